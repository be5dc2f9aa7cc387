"""`r`: the question before rows are sent again, and what goes along."""

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from batchtui.domain.request import body_length
from batchtui.services.find import Target
from batchtui.services.retry import RetryPlan
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.screens.batches import BatchesScreen
from batchtui.tui.screens.queue import QueueScreen
from batchtui.tui.screens.retry import RetryScreen
from tests.services.conftest import posts, request_line
from tests.tui.conftest import (
    NARROW,
    WIDE,
    end_all,
    failed_job,
    make_app,
    submit,
    until,
    until_shown,
    until_told,
)
from tests.tui.screen_text import screen_text


async def truncated_job(bench: Workbench, server: Served, *, error_rate: float = 0.0) -> None:
    """Send a job of 20 rows that fail or whose answers are cut off, and bring its results home."""
    server.simulator.change({"truncate_rate": 1.0, "error_rate": error_rate})
    await submit(bench, "rivers", 20)
    end_all(server)
    await bench.sync.run()
    server.simulator.change({"truncate_rate": 0.0, "error_rate": 0.0})


def sent_again(bench: Workbench) -> dict[str, int]:
    """Return the max_tokens of what the second attempt has sent, by custom_id."""
    (stored,) = [stored for stored in bench.store.batches.list() if stored.attempt == 2]
    lines = bench.store.files.requests_path(stored.id).read_bytes().splitlines()
    return {line["custom_id"]: line["params"]["max_tokens"] for line in map(json.loads, lines)}


async def test_truncated_answers_go_along_with_more_room(bench: Workbench, server: Served) -> None:
    await truncated_job(bench, server, error_rate=0.5)
    (target,) = bench.queue.jobs()
    failed = {row.custom_id for row in bench.queue.rows(target) if row.is_sendable}
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, f"Retry {len(failed)} of 20 requests?", "[ ] t ", "truncated, with max_tokens 128")
        await pilot.press("t")
        await until_shown(pilot, "[x] t ")
        title = screen_text(app)
        await pilot.press("t")
        await until_shown(pilot, "[ ] t ", f"Retry {len(failed)} of 20 requests?")
        await pilot.press("t", "y")
        await until_told(pilot, "rivers, attempt 2, is on its way")
    sent = sent_again(bench)
    assert f"Retry {len(sent)} of 20 requests?" in title
    assert failed < set(sent)
    assert {name: max_tokens for name, max_tokens in sent.items() if name in failed} == dict.fromkeys(failed, 64)
    assert {max_tokens for name, max_tokens in sent.items() if name not in failed} == {128}


async def test_nothing_failed_but_answers_are_truncated(bench: Workbench, server: Served) -> None:
    await truncated_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, "Nothing failed", "20 truncated, with max_tokens 128")
        await pilot.press("y")
        await until_told(pilot, "Nothing would be sent.")
        assert isinstance(app.screen, RetryScreen)
        await pilot.press("t", "y")
        await until_told(pilot, "attempt 2, is on its way: 20 requests")
    assert set(sent_again(bench).values()) == {128}


async def test_marked_answers_are_taken_at_once(bench: Workbench, server: Served) -> None:
    await truncated_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 20]", "row-0000")
        await pilot.press("space", "down", "space", "r")
        await until_shown(pilot, "Retry 2 of 20 requests?", "[x] t  2 truncated, with max_tokens 128")
        assert "Not sent" not in screen_text(app)
        await pilot.press("y")
        await until_told(pilot, "attempt 2, is on its way: 2 requests")
    assert sent_again(bench) == {"row-0000": 128, "row-0001": 128}


async def test_nothing_is_wrong_with_it(bench: Workbench, server: Served) -> None:
    server.simulator.change({"truncate_rate": 0.0, "refusal_rate": 0.0})
    await submit(bench, "rivers", 3, max_tokens=4000)
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_told(pilot, "Nothing failed in it. No answer is truncated, refused or flagged either.")
        assert isinstance(app.screen, BatchesScreen)


async def test_what_is_to_be_edited_leads_to_the_queue(bench: Workbench, server: Served) -> None:
    await submit(bench, "old", 3, temperature=0.5)
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, "Nothing goes out as it is", "3 to be edited first: 5 goes to the queue")
        await pilot.press("5")
        await until_shown(pilot, "3 rows of old")
        assert isinstance(app.screen, QueueScreen)
    assert posts(server) == 1


async def test_what_is_held_and_given_up_is_counted(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    (target,) = bench.queue.jobs()
    held = [row.custom_id for row in bench.queue.rows(target)][:3]
    await bench.queue.hold(target, held)
    ready = sum(row.is_sendable for row in bench.queue.rows(target))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, f"Retry {ready} of 40 requests?", "3 held or dropped")


async def test_a_key_pressed_twice_while_it_is_planned_asks_once(
    bench: Workbench, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failed_job(bench, server)
    plan, has_time, planned = bench.retries.plan, Event(), []

    def plan_slowly(target: Target, **chosen: Any) -> RetryPlan:
        planned.append(chosen)
        has_time.wait(10)
        return plan(target, **chosen)

    monkeypatch.setattr(bench.retries, "plan", plan_slowly)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r", "r")
        await until(pilot, lambda: planned)
        await pilot.press("r")
        assert len(planned) == 1
        has_time.set()
        await until_shown(pilot, "of 40 requests?")
        await pilot.press("n")
        await until(pilot, lambda: not app.session.asked)
        assert isinstance(app.screen, BatchesScreen)
    assert posts(server) == 1


async def test_nothing_is_written_before_the_yes(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    spools = bench.store.files.spool_path("x").parent.parent
    before = sorted(spools.rglob("*"))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, "of 40 requests?")
        assert sorted(spools.rglob("*")) == before
        await pilot.press("n")
    assert posts(server) == 1


async def test_the_cap_holds_before_the_question(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench, max_cost_usd=0.000001)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_told(pilot, "more than <$0.0001")
        assert isinstance(app.screen, BatchesScreen)
    assert posts(server) == 1


async def test_the_cap_holds_for_what_goes_along(bench: Workbench, server: Served) -> None:
    await truncated_job(bench, server)
    app = make_app(bench, max_cost_usd=0.000001)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, "20 truncated")
        await pilot.press("t", "y")
        await until_told(pilot, "more than <$0.0001")
    assert posts(server) == 1


@pytest.mark.parametrize("agrees", [True, False])
async def test_a_batch_from_elsewhere_wants_its_file(
    bench: Workbench, server: Served, tmp_path: Path, agrees: bool
) -> None:
    server.simulator.change({"error_rate": 1.0})
    lines = [request_line(f"r-{number}") for number in range(3)]
    path = tmp_path / "made.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    await bench.gateway.create(path, body_bytes=body_length(sum(map(len, lines)), len(lines)))
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, "The requests are not known", "was not sent from here")
        if not agrees:
            await pilot.press("n")
            await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
            return
        await pilot.press("y")
        await until_shown(pilot, "Attach requests")
        await pilot.press(*str(path), "enter")
        await until_told(pilot, "are known now; what failed can be retried")
        await pilot.press("r")
        await until_shown(pilot, "of 3 requests?")
    assert posts(server) == 1


async def test_a_file_with_some_of_the_requests_is_attached_after_a_question(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    lines = [request_line(f"r-{number}") for number in range(3)]
    path, some, rest = tmp_path / "made.jsonl", tmp_path / "some.jsonl", tmp_path / "rest.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    some.write_bytes(lines[1] + b"\n")
    rest.write_bytes(lines[2] + b"\n" + lines[0] + b"\n")
    stored = await bench.gateway.create(path, body_bytes=body_length(sum(map(len, lines)), len(lines)))
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("a")
        await until_shown(pilot, "Attach requests")
        await pilot.press(*str(some), "enter")
        await until_shown(pilot, "Attach 1 of 3 requests?", "2 are missing")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        assert not bench.store.batches.get(stored.id).requests_known
        await pilot.press("a")
        await until_shown(pilot, "Attach requests")
        await pilot.press(*str(some), "enter")
        await until_shown(pilot, "Attach 1 of 3 requests?")
        await pilot.press("y")
        await until_told(pilot, "1 of 3 requests")
        await pilot.press("a")
        await until_shown(pilot, "Attach requests")
        await pilot.press(*str(rest), "enter")
        await until_told(pilot, "are known now; what failed can be retried")
    assert bench.store.requests.custom_ids(bench.store.batches.get(stored.id).key) == {"r-0", "r-1", "r-2"}
