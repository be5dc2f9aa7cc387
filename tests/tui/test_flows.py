"""From a key to its effect at the server, and back to the screen."""

import asyncio
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from batchtui.domain import split
from batchtui.domain.errors import UnclearSubmissionError
from batchtui.domain.request import body_length
from batchtui.paths import Places
from batchtui.services.prepare import Prepared
from batchtui.services.retry import RetryPlan
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from batchtui.tui.flows.ask import agreed
from batchtui.tui.present.notices import Notice
from batchtui.tui.present.questions import Question
from batchtui.tui.screens.batches import BatchesScreen
from batchtui.tui.screens.settle import SettleScreen
from batchtui.tui.screens.submit import SubmitScreen
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.dialogs import ConfirmScreen
from tests.services.conftest import posts, request_line
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
from tests.tui.screen_text import screen_text

CREATE = "/v1/messages/batches"


def write_requests(path: Path, count: int = 3) -> Path:
    path.write_bytes(b"\n".join(request_line(f"r-{number}") for number in range(count)) + b"\n")
    return path


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_one_key_retries_what_failed(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    sent = await failed_job(bench, server)
    counts = bench.store.batches.get(sent.batches[0].id).batch.counts
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("r")
        await until_shown(pilot, f"Retry {counts.failed} of 40 requests?", "half the standard price", "attempt 2")
        assert posts(server) == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        assert posts(server) == 1
        await pilot.press("r")
        await until_shown(pilot, f"Retry {counts.failed} of 40 requests?")
        await pilot.press("y")
        await until_told(pilot, f"rivers, attempt 2, is on its way: {counts.failed} requests")
        await until_shown(pilot, "● running")
        end_all(server)
        await pilot.press("R")
        await until_shown(pilot, "✓ ended", "40/40")
        await pilot.press("r")
        await until_shown(pilot, "Nothing failed", "truncated, with max_tokens 128")
        await pilot.press("y")
        await until_shown(pilot, "Nothing would be sent.")
    assert posts(server) == 2
    assert list(bench.store.files.spool_path("x").parent.parent.glob("prepare-*")) == []


async def test_parts_that_wait_for_room_are_shown_and_go_out_by_themselves(
    bench: Workbench, server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 4, "max_body_bytes": 10**9})
    monkeypatch.setattr(bench.submissions, "_max_queued_requests", 5)
    path = write_requests(tmp_path / "large.jsonl", 8)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until_shown(pilot, "Send 8 requests?", "2 parts")
        await pilot.press("y")
        await until_told(pilot, "4 requests of large wait for room at the API and go out by themselves")
        await until_shown(pilot, "◷ waiting", "● running")
        await pilot.press("g")
        await until_shown(pilot, "It goes out by itself as soon as the API has room for it.", "part 2 of 2")
        end_all(server)
        await pilot.press("R")
        await until(pilot, lambda: posts(server) == 2)
        await until(pilot, lambda: bench.settlements.open_submissions() == [])
        await until(pilot, lambda: "◷ waiting" not in screen_text(app))


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_time_a_part_has_to_wait_is_seen_to_pass(
    bench: Workbench, server: Served, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = write_requests(tmp_path / "rivers.jsonl")
    server.simulator.faults.pending.append(
        Fault(kind="refuse", status=429, retry_after=300, method="POST", path=CREATE)
    )
    await bench.submissions.send(await bench.prepare(path.read_bytes().splitlines(), "test"), name="rivers")

    def left() -> list[str]:
        return re.findall(r"in (4:\d\d|5:00)", screen_text(app))

    app = make_app(bench)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "◷ in", "not before", "It goes out by itself")
        before = left()
        assert len(before) == 2, "in the list and in the details"
        await until(pilot, lambda: len(left()) == 2 and before[0] not in left())
    assert posts(server) == 1


async def test_a_body_on_its_way_has_a_bar(
    bench: Workbench, server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_requests(tmp_path / "rivers.jsonl", 2_000)
    bars: list[str] = []
    app = make_app(bench)

    def see(_nothing: None) -> None:
        bars.extend(
            f"{doing.sent_bytes} of {doing.total_bytes}" for doing in app.session.doing if doing.total_bytes
        )

    async with app.run_test(size=NARROW, notifications=True) as pilot:
        app.session.activity_changed.subscribe(app.screen, see)
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until_shown(pilot, "Send 2,000 requests?")
        await pilot.press("y")
        await until_told(pilot, "rivers is on its way: 2,000 requests")
    total = body_length(sum(map(len, path.read_bytes().splitlines())), 2_000)
    assert bars[-1] == f"{total} of {total}"
    assert len(bars) > 1


async def test_a_file_is_checked_priced_and_sent(bench: Workbench, server: Served, tmp_path: Path) -> None:
    path = write_requests(tmp_path / "questions.jsonl")
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until_shown(pilot, "Send 3 requests?", "questions", "half the standard price", "profile default")
        await pilot.press("y")
        await until_told(pilot, "questions is on its way: 3 requests")
        await until_shown(pilot, "● running", "questions")
    assert posts(server) == 1
    (stored,) = bench.store.batches.list()
    assert bench.store.files.requests_path(stored.id).read_bytes() == path.read_bytes()


async def test_what_is_wrong_with_a_file_is_said_where_it_was_given(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(request_line("a") + b"\n" + request_line("a") + b"\nnot json\n")
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        field = app.screen.query_one("#path", Input)
        for given, answer in {
            "": "Give the path of a file.",
            str(tmp_path): "is a directory",
            str(tmp_path / "no"): "no such file",
            str(bad): "line 2 a:",
        }.items():
            field.value = given
            await pilot.press("enter")
            await until_shown(pilot, answer)
            assert isinstance(app.screen, SubmitScreen)
        await until_shown(pilot, "line 3", "Nothing was written and nothing was sent.")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
    assert posts(server) == 0
    assert [path for path in bench.store.files.spool_path("x").parent.parent.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("key", "kept"), [("enter", True), ("ctrl+r", False)])
async def test_what_can_be_mended_is_offered(
    bench: Workbench, server: Served, tmp_path: Path, key: str, kept: bool
) -> None:
    path = tmp_path / "old.jsonl"
    path.write_bytes(request_line("a", temperature=0.5) + b"\n" + request_line("b", betas=["b-1"]) + b"\n")
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until_shown(pilot, "ctrl+r mends this", "line 1 a: temperature", "line 2 b: betas")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        await until(pilot, lambda: not list(bench.store.files.spool_path("x").parent.parent.iterdir()))
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until_shown(pilot, "ctrl+r mends this")
        await pilot.press(key)
        await until_shown(pilot, "Send 2 requests?", *(["2 warnings"] if kept else ["2 requests mended", "b-1"]))
        await pilot.press("y")
        await until_told(pilot, "old is on its way")
    (stored,) = bench.store.batches.list()
    assert (b"temperature" in bench.store.files.requests_path(stored.id).read_bytes()) is kept
    create = next(seen for seen in server.simulator.log if seen["method"] == "POST" and seen["path"] == CREATE)
    assert create["headers"].get("anthropic-beta") == (None if kept else "b-1")


async def test_toasts_leave_a_question_free(bench: Workbench) -> None:
    await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        for number in range(6):
            tell(app, Notice(f"{number} " + "words " * 40))
        await pilot.press("c")
        await until_shown(pilot, "Cancel 1 batch of 3 requests?", "5 words")
        frame = app.screen.query_one("Dialog > Vertical").region
        shown = [toast.region for toast in app.screen.query("Toast") if toast.is_on_screen]
        assert len(shown) == 1
        assert not any(region.overlaps(frame) for region in shown)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        await until_shown(pilot, "5 words")
        assert "4 words" not in screen_text(app)


async def test_a_key_pressed_twice_asks_once(
    bench: Workbench, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failed_job(bench, server)
    prepare, has_time = bench.retries.prepare, asyncio.Event()

    async def prepare_slowly(plan: RetryPlan) -> Prepared:
        await has_time.wait()
        return await prepare(plan)

    monkeypatch.setattr(bench.retries, "prepare", prepare_slowly)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("r", "r")
        await pilot.pause()
        has_time.set()
        await until_shown(pilot, "of 40 requests?")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        await until(pilot, lambda: not app.session.asked)
        assert isinstance(app.screen, BatchesScreen)
        await pilot.press("N", "N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        assert sum(isinstance(screen, SubmitScreen) for screen in app.screen_stack) == 1
    assert posts(server) == 1


async def test_a_batch_that_is_the_wrong_one_is_told_of_and_shown(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    other = tmp_path / "other.jsonl"
    lines = [request_line(f"other-{number}") for number in range(3)]
    other.write_bytes(b"\n".join(lines) + b"\n")
    server.simulator.faults.pending.append(Fault(kind="drop_before", method="POST", path=CREATE))
    with pytest.raises(UnclearSubmissionError):
        await submit(bench, "rivers", 3)
    await bench.gateway.create(other, body_bytes=body_length(sum(map(len, lines)), len(lines)))
    (found,) = await bench.settlements.look()
    await bench.settlements.adopt(found.intent, found.candidates[0].batch)
    end_all(server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until_told(pilot, "is not the batch that was sent as rivers: 3 results in it answer none")
        await until_shown(pilot, "3 results answer none of its requests")


async def test_a_key_that_is_refused_is_asked_for(places: Places, server: Served) -> None:
    keys = ["sk-ant-invalid-of-somebody"]
    bench = make_bench(places, server.base_url, find_key=lambda: keys[-1])
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until_shown(pilot, "Your API key", "401")
        await pilot.press("escape")
        await until_shown(pilot, "✗ key refused · R asks again")
        await pilot.press("R")
        await until(pilot, lambda: app.session.poller.state.failures == 2)
        assert isinstance(app.screen, BatchesScreen)
        keys.append("sk-ant-another")
        await pilot.press("R")
        await until_shown(pilot, "synced")
    await bench.close()


async def test_cancel_asks_and_cancels(bench: Workbench, server: Served) -> None:
    server.simulator.change({"cancel_seconds": 3600})
    await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("c")
        await until_shown(pilot, "Cancel 1 batch of 3 requests?")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        await pilot.press("c")
        await until_shown(pilot, "Cancel 1 batch of 3 requests?")
        await pilot.press("y")
        await until_shown(pilot, "◌ canceling")
        await pilot.press("c")
        await until_told(pilot, "It is being canceled already.")
    assert len([entry for entry in server.simulator.log if entry["path"].endswith("/cancel")]) == 1


async def test_marked_batches_are_canceled_together(bench: Workbench, server: Served) -> None:
    server.simulator.change({"cancel_seconds": 3600})
    for name in ("a", "b", "c"):
        await submit(bench, name, 2)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("space", "down", "space", "c")
        await until_shown(pilot, "Cancel 2 batches of 4 requests?")
        await pilot.press("y")
        await until(pilot, lambda: screen_text(app).count("● ◌ canceling") == 2)


async def test_rename(bench: Workbench) -> None:
    await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("e")
        await until_shown(pilot, "Rename")
        app.screen.query_one(Input).value = "[/streams]"
        await pilot.press("enter")
        await until_shown(pilot, "  [/streams]")
    assert bench.store.batches.list()[0].job_name == "[/streams]"


@pytest.mark.parametrize("key", ["e", "c"])
async def test_what_was_typed_before_a_question_was_seen_is_no_answer(
    bench: Workbench, server: Served, key: str
) -> None:
    await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        early = [events.Key("y", "y"), events.Paste("yes"), events.Key("enter", None)]
        await pilot.press(key)
        await until_shown(pilot, {"e": "Rename", "c": "Cancel 1 batch of 3 requests?"}[key])
        question = app.screen
        for event in early:
            app.post_message(event)
        await pilot.pause()
        assert app.screen is question
        assert [field.value for field in question.query(Input)] == ["rivers"] * (key == "e")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
    assert not [entry for entry in server.simulator.log if entry["path"].endswith("/cancel")]


async def test_copies_the_id(bench: Workbench) -> None:
    sent = await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("y")
        await until_shown(pilot, "the id", "the name")
        await pilot.press("i")
        await until_told(pilot, "Sent the id to the terminal's clipboard")
        assert app.clipboard == sent.batches[0].id


async def test_an_unclear_answer_opens_the_settling_and_is_settled_by_looking(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    path = write_requests(tmp_path / "questions.jsonl")
    app = make_app(bench)
    server.simulator.faults.pending.append(Fault(kind="drop_after", method="POST", path=CREATE))
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until_shown(pilot, "Send 3 requests?")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SettleScreen))
        await until_shown(pilot, "? unclear", "1 batch could be it")
        await pilot.press("a")
        await until_shown(pilot, "Which one is it?")
        await pilot.press("1")
        await until_told(pilot, "questions is msgbatch_")
        await until_shown(pilot, "● running", "questions")
    assert posts(server) == 1
    assert bench.settlements.open_submissions() == []
    assert bench.store.batches.list()[0].requests_known


async def test_an_unclear_submission_is_asked_about_at_the_start_and_sent_again_only_on_demand(
    bench: Workbench, server: Served
) -> None:
    server.simulator.faults.pending.append(Fault(kind="drop_before", method="POST", path=CREATE))
    with pytest.raises(Exception, match="unknown whether it arrived"):
        await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "Without an outcome", "? unclear", "no batch that could be it")
        await pilot.press("s")
        await until_shown(pilot, "Send 3 requests again?", "this pays twice")
        await pilot.press("n")
        await until_shown(pilot, "Without an outcome")
        before = posts(server)
        await until_shown(pilot, "no batch that could be it")
        await pilot.press("s")
        await until_shown(pilot, "Send 3 requests again?")
        await pilot.press("y")
        await until_told(pilot, "rivers is on its way")
    assert posts(server) == before + 1


async def test_a_draft_is_dropped(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(
        Fault(kind="refuse", method="POST", path=CREATE, status=403, error_type="permission_error")
    )
    with pytest.raises(Exception, match=r"."):
        await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "✎ draft", "Nothing was sent.")
        await pilot.press("r")
        await until_told(pilot, "It has not become a batch yet")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SettleScreen))
        await pilot.press("x")
        await until_shown(pilot, "Drop 3 requests?")
        await pilot.press("y")
        await until_told(pilot, "rivers: dropped")
        await until_shown(pilot, "No batches yet.")


async def test_a_read_only_profile_drops_nothing(bench: Workbench, server: Served) -> None:
    prepared = await bench.prepare([request_line(f"r{number}") for number in range(3)], "test", sample=1)
    await bench.submissions.send(prepared, name="rivers")
    bench.profile = replace(bench.profile, read_only=True)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "rivers")
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, SettleScreen))
        await pilot.press("x")
        await until_told(pilot, "read-only")
    assert len(bench.settlements.open_submissions()) == 1


async def test_requests_are_attached_to_a_batch_made_elsewhere(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    path = write_requests(tmp_path / "made.jsonl")
    lines = path.read_bytes().splitlines()
    made = await bench.gateway.create(path, body_bytes=body_length(sum(map(len, lines)), len(lines)))
    batch_id = made.id
    end_all(server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until_shown(pilot, batch_id, "not known: it was not sent from here")
        await pilot.press("a")
        await until_shown(pilot, "Attach requests")
        app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until_told(pilot, "are known now")
    assert bench.store.batches.get(batch_id).requests_known


async def test_quitting_asks_only_while_something_is_sent(bench: Workbench, server: Served, tmp_path: Path) -> None:
    path = write_requests(tmp_path / "questions.jsonl")
    app = make_app(bench)
    server.simulator.faults.pending.append(Fault(kind="hang", method="POST", path=CREATE))
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until_shown(pilot, "Send 3 requests?")
        await pilot.press("y")
        await until(pilot, lambda: app.session.is_sending)
        for key in ("q", "ctrl+q"):
            await pilot.press(key)
            await until_shown(pilot, "Quit while sending?")
            await pilot.press("n")
            await until(pilot, lambda: not isinstance(app.screen, ConfirmScreen))
        await pilot.press("q")
        await until_shown(pilot, "Quit while sending?")
        await pilot.press("y")
        await until(pilot, lambda: app._exit)
    (intent,) = bench.settlements.open_submissions()
    assert intent.state in {"unclear", "sending"}
    assert "rivers" not in told(app)


async def test_the_cap_in_the_settings_holds(bench: Workbench, server: Served, tmp_path: Path) -> None:
    file = write_requests(tmp_path / "rivers.jsonl")
    await failed_job(bench, server, "lakes")
    app = make_app(bench, max_cost_usd=0.0)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(file)
        await pilot.press("enter")
        await until_told(pilot, "more than $0.00")
        assert isinstance(app.screen, BatchesScreen)
        app.clear_notifications()
        await pilot.press("r")
        await until_told(pilot, "more than $0.00")
        assert isinstance(app.screen, BatchesScreen)
    assert posts(server) == 1
    assert not list(bench.store.files.spool_path("x").parent.parent.iterdir())


async def test_a_pipe_is_not_waited_for(bench: Workbench, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    app = make_app(bench)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, SubmitScreen))
        app.screen.query_one("#path", Input).value = str(pipe)
        await pilot.press("enter")
        await until_shown(pilot, "is a pipe or a device.")


async def test_a_question_waits_until_nothing_is_typed(bench: Workbench) -> None:
    await submit(bench, "rivers")
    app = make_app(bench)
    answers: list[bool] = []

    async def ask() -> None:
        answers.append(await agreed(app, Question("Send 1 request?", ("about $1",), "Send")))

    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.start(ask)
        app.start(ask)
        await pilot.press("y")
        assert isinstance(app.screen, BatchesScreen)
        assert isinstance(app.focused, Input)
        assert app.focused.value == "y"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert sum(isinstance(screen, ConfirmScreen) for screen in app.screen_stack) == 1
        await pilot.press("y")
        await until(pilot, lambda: answers == [True] and isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: answers == [True, False])
