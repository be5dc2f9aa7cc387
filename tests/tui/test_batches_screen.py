import pytest
from textual.widgets import Input

from batchtui.domain.batch import Batch, Counts
from batchtui.paths import Places
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.batches import BatchesScreen
from batchtui.tui.widgets.facts_pane import FactsPane
from tests.tui.conftest import (
    NARROW,
    WIDE,
    end_all,
    failed_job,
    make_app,
    make_bench,
    submit,
    told,
    until,
    until_shown,
    until_told,
)
from tests.tui.screen_text import screen_lines, screen_text, uneven_lines, unsafe_characters

SIZES = [NARROW, WIDE]


def row_of(app: BatchtuiApp, text: str) -> str:
    return next(line for line in screen_lines(app)[1:] if text in line)


@pytest.mark.parametrize("size", SIZES)
async def test_shows_what_is_stored_before_anything_is_asked(
    bench: Workbench, server: Served, size: tuple[int, int]
) -> None:
    await failed_job(bench, server)
    await submit(bench, "lakes", 3)
    server.simulator.faults.pending.append(Fault(kind="hang", times=0))
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True):
        assert "● running" in row_of(app, "lakes")
        assert "✗" in row_of(app, "rivers")
        assert "default" in screen_lines(app)[0]
        assert "not synced yet" in screen_lines(app)[0]
        assert uneven_lines(app) == []
        assert unsafe_characters(app) == set()


async def test_a_running_batch_shows_its_clock_and_no_progress(bench: Workbench) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True):
        assert "The API gives no counts before the end." in screen_text(app)
        assert "24h left" in screen_text(app)


async def test_an_end_is_shown_and_told_once(bench: Workbench, server: Served) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until(pilot, lambda: app.session.poller.state.last_synced_at is not None)
        end_all(server)
        await pilot.press("R")
        await until_told(pilot, "lakes ended: 3 succeeded")
        await until_shown(pilot, "✓ ended", "on disk")
        await pilot.press("R")
        await until(pilot, lambda: not app.session.poller.state.polling)
        assert told(app).count("lakes ended") == 1


async def test_what_another_process_writes_is_shown(bench: Workbench, server: Served, places: Places) -> None:
    app = make_app(bench)
    other = make_bench(places, server.base_url)
    server.simulator.faults.pending.append(Fault(kind="hang", method="GET", times=0, skip=1))
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "No batches yet.")
        await other.store.batches.record(
            [made_elsewhere("msgbatch_elsewhere")], profile="default", base_url=server.base_url
        )
        await until_shown(pilot, "msgbatch_elsewhere")
    await other.close()


def made_elsewhere(batch_id: str) -> Batch:
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    return Batch(batch_id, "in_progress", Counts(processing=7), now, now + timedelta(hours=24))


async def test_filter_narrows_and_escape_takes_it_away(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("slash", *"status:failed")
        await pilot.pause()
        assert "rivers" in screen_text(app)
        assert "lakes" not in screen_text(app)
        await pilot.press("enter")
        assert not isinstance(app.focused, Input)
        assert "status:failed" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "lakes" in screen_text(app)
        await pilot.press("slash", *"nosuchthing", "enter")
        await pilot.pause()
        assert "Nothing fits this filter." in screen_text(app)


async def test_sorts_by_column_and_back(bench: Workbench) -> None:
    for name in ("b", "c", "a"):
        await submit(bench, f"{name}-job", 2)
    app = make_app(bench)

    def names() -> list[str]:
        return [line.split("-job")[0][-1] for line in screen_lines(app)[2:5]]

    async with app.run_test(size=NARROW, notifications=True) as pilot:
        assert names() == ["a", "c", "b"]
        await pilot.press("s", "s")
        await pilot.pause()
        assert names() == ["a", "b", "c"]
        assert "Name ▲" in screen_lines(app)[1]
        await pilot.press("S")
        await pilot.pause()
        assert names() == ["c", "b", "a"]


async def test_attempts_fold_under_their_job(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    target = bench.finder.known("rivers")
    plan = bench.retries.plan(target)
    await bench.retries.send(plan, await bench.retries.prepare(plan))
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        assert "▸ rivers" in screen_text(app)
        assert "2 batches" in screen_text(app)
        await pilot.press("right")
        await pilot.pause()
        assert "▾ rivers" in screen_text(app)
        assert "attempt 2" in row_of(app, "attempt 2")
        await pilot.press("down", "left")
        await pilot.pause()
        assert "▸ rivers" in screen_text(app)
        assert app.session.selected() is not None


async def test_the_cursor_stays_with_a_batch_that_becomes_a_job(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("down", "r")
        await until_shown(pilot, "Send again (y)")
        await pilot.press("y")
        await until_shown(pilot, "▸ rivers")
        key = app.session.selected()
        assert key is not None
        assert key.kind == "job"


async def test_a_key_that_cannot_be_used_says_why(bench: Workbench, server: Served) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_told(pilot, "It still runs: what failed is known when it has ended.")
        await pilot.press("w")
        await until_told(pilot, "its results are downloaded as soon as it has ended")


async def test_a_batch_of_another_server_is_not_touched(bench: Workbench, server: Served) -> None:
    await bench.store.batches.record(
        [made_elsewhere("msgbatch_far")], profile="other", base_url="https://elsewhere.example"
    )
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("c")
        await until_told(pilot, "It belongs to profile other at https://elsewhere.example")
    assert all(entry["method"] == "GET" for entry in server.simulator.log)


async def test_read_only_sends_nothing(server: Served, bench: Workbench, places: Places) -> None:
    await submit(bench, "lakes", 3)
    reading = make_bench(places, server.base_url, read_only=True)
    app = make_app(reading)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        assert "read-only" in screen_lines(app)[0]
        for key in ("N", "c", "r"):
            await pilot.press(key)
        await until_told(pilot, "This is read-only")
        assert isinstance(app.screen, BatchesScreen)
    await reading.close()


async def test_zoom_goes_round(bench: Workbench) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        pane = app.screen.query_one(FactsPane)
        assert pane.display
        await pilot.press("z")
        await pilot.pause()
        assert not pane.display
        await pilot.press("z")
        await pilot.pause()
        assert pane.has_focus
        assert "Status" not in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "Status" in screen_text(app)


async def test_survives_the_smallest_screens(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        before = [line for line in screen_lines(app)[1:] if line]
        for size in ((1, 1), (3, 2), (20, 4), (10, 60), NARROW, WIDE):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert uneven_lines(app) == []
        assert screen_lines(app)[1] == before[0]


async def test_pause_and_refresh(bench: Workbench, server: Served) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until(pilot, lambda: app.session.poller.state.last_synced_at is not None)
        await pilot.press("equals_sign")
        await until_shown(pilot, "paused")
        await until(pilot, lambda: not app.session.poller.state.polling)
        seen = len(server.simulator.log)
        await pilot.press("equals_sign")
        await until(pilot, lambda: len(server.simulator.log) > seen)
