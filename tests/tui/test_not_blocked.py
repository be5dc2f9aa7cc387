"""A keypress never waits for the network, and leaving never waits for it either: here no answer ever comes."""

import gc

from batchtui.paths import Places
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from tests.tui.conftest import (
    NARROW,
    end_all,
    failed_job,
    make_app,
    make_bench,
    submit,
    until,
    until_shown,
)


async def test_keys_work_while_the_list_hangs(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    await submit(bench, "lakes", 3)
    server.simulator.faults.pending.append(Fault(kind="hang", method="GET", times=0))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until(pilot, lambda: app.session.poller.state.polling)
        await pilot.press("down", "enter")
        await until_shown(pilot, "[all 40]")
        await pilot.press("e", "t", "escape")
        await until_shown(pilot, "n Compose")
        await pilot.press("R", "equals_sign", "slash", *"riv", "enter")
        await until_shown(pilot, "/ riv", "rivers")
        await pilot.press("r")
        await until_shown(pilot, "Send again (y)")
        await pilot.press("y")
        await until_shown(pilot, "sending")
        await pilot.press("question_mark")
        await until_shown(pilot, "Keys here")
        assert app.session.poller.state.polling


async def test_leaving_is_quick_with_a_poll_under_way(bench: Workbench, server: Served) -> None:
    await submit(bench, "lakes", 3)
    server.simulator.faults.pending.append(Fault(kind="hang", times=0))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until(pilot, lambda: app.session.poller.state.polling)
        await pilot.press("q")
    await app.workers.wait_for_complete()
    assert bench.store.leases.holder(f"poll default {server.base_url}") is None


async def test_leaving_is_quick_with_a_download_under_way(bench: Workbench, server: Served) -> None:
    await submit(bench, "lakes", 3)
    end_all(server)
    server.simulator.faults.pending.append(Fault(kind="hang", path="/v1/messages/batches/*/results", times=0))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "✓ ended")
        await pilot.press("w")
        await until_shown(pilot, "downloading lakes")
        await pilot.press("q")
    assert bench.store.batches.list()[0].results in {"none", "partial"}


async def test_an_error_is_told_once_and_stays_on_top(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(Fault(kind="refuse", status=500, times=0))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "✗ server error")
        told_before = len(app._notifications)
        await pilot.press("R")
        await until(pilot, lambda: app.session.poller.state.failures > 1)
        assert len(app._notifications) == told_before
        server.simulator.faults.pending.clear()
        await pilot.press("R")
        await until_shown(pilot, "synced")


async def test_a_refused_key_is_told(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(Fault(kind="refuse", status=401, error_type="authentication_error"))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "Your API key", "401 authentication_error")


async def test_a_batch_sent_by_another_process_is_asked_for_soon(
    bench: Workbench, server: Served, places: Places
) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: app.session.poll is not None and app.session.poll.next_at is not None)
        before = app.session.poll.last_synced_at
        other = make_bench(places, server.base_url)
        await submit(other, "elsewhere")
        await other.close()
        await until_shown(pilot, "● running", "elsewhere")
        await until(pilot, lambda: app.session.poll.last_synced_at != before)


async def test_what_had_not_begun_when_the_app_ends_is_never_made(bench: Workbench) -> None:
    app = make_app(bench)
    made: list[str] = []

    async def work() -> None:
        made.append("work")

    async with app.run_test(size=NARROW):
        app.start(work, "late")
        app.workers.cancel_group(app, "late")
    assert not made
    # A coroutine that nobody awaits says so when it is collected, in whichever test that happens.
    gc.collect()
