"""Searching, grouping and summing up results, and the views of one of them, on results made for it."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from batchtui.domain.batch import Batch, Counts
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.results import ResultsScreen
from batchtui.tui.screens.search import SearchScreen
from batchtui.tui.widgets.reading_pane import TextView
from tests.tui.conftest import NARROW, WIDE, make_app, until, until_shown, until_told
from tests.tui.screen_text import HOSTILE, screen_text, uneven_lines, unsafe_characters

Block = dict[str, Any]


def answer(
    number: int, *blocks: Block | str, stop_reason: str = "end_turn", model: str = "claude-haiku-5-5"
) -> bytes:
    content = [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks]
    message = {
        "id": f"msg_{number}",
        "model": model,
        "stop_reason": stop_reason,
        "content": content,
        "usage": {"input_tokens": 100, "cache_read_input_tokens": 300, "output_tokens": 10 * (number + 1)},
    }
    return line(number, {"type": "succeeded", "message": message})


def failure(number: int, error_type: str, message: str) -> bytes:
    error = {"type": "error", "error": {"type": error_type, "message": message}}
    return line(number, {"type": "errored", "error": error})


def line(number: int, result: dict[str, Any]) -> bytes:
    return json.dumps({"custom_id": f"row-{number:04}", "result": result}).encode()


async def made(
    bench: Workbench, server: Served, lines: Sequence[bytes], name: str = "rivers", hours: int = 1
) -> None:
    """Put an ended batch with these results into the store."""
    failed = sum(b'"errored"' in one for one in lines)
    now = datetime.now(UTC) - timedelta(hours=hours)
    batch = Batch(
        f"msgbatch_{name}", "ended", Counts(succeeded=len(lines) - failed, errored=failed), now, None, ended_at=now
    )
    await bench.store.batches.record([batch], profile="default", base_url=server.base_url)
    writer = bench.store.results.writer(batch.id)
    await writer.feed(b"\n".join(lines) + b"\n")
    assert (await writer.finish(expected=len(lines))).complete
    stored = bench.store.batches.list()[0]
    await bench.store.jobs.rename(bench.finder.known(batch.id).batches[0].job_id, name)
    assert stored is not None


def mixed() -> list[bytes]:
    """Return 60 results: needles in 3, failures of two kinds, some truncated."""
    lines = []
    for number in range(60):
        if number in {7, 30, 55}:
            lines.append(answer(number, f"Some words before.\n\nHere is the Needle of row {number} in hay."))
        elif number % 10 == 3:
            lines.append(failure(number, "invalid_request_error", f"max_tokens: {number}000 > 64000"))
        elif number % 10 == 6:
            lines.append(failure(number, "overloaded_error", "Overloaded"))
        elif number % 10 == 9:
            lines.append(answer(number, f"Cut {number}", stop_reason="max_tokens"))
        else:
            lines.append(answer(number, f"Plain hay {number}."))
    return lines


def results(app: BatchtuiApp) -> ResultsScreen:
    assert isinstance(app.screen, ResultsScreen)
    return app.screen


def pane_text(app: BatchtuiApp) -> str:
    return app.screen.query_one(TextView)._source


def cursor_id(app: BatchtuiApp) -> str:
    row = results(app).row
    return row.facts.custom_id if row else ""


async def searched(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press("ctrl+f")
    await pilot.press(*keys, "enter")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_search_finds_marks_and_walks(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    await made(bench, server, mixed())
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 60]")
        await searched(pilot, *"needle")
        await until_shown(pilot, "3 hits of “needle”")
        assert cursor_id(app) == "row-0007"
        await until_shown(pilot, "» …")
        view = app.screen.query_one(TextView)
        assert [pane_text(app)[start:end] for start, end in view._hits] == ["Needle"]
        seen = []
        for key in ("n", "n", "n", "N"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(cursor_id(app))
        assert seen == ["row-0030", "row-0055", "row-0007", "row-0055"]
        assert uneven_lines(app) == []
        await pilot.press("escape")
        await pilot.pause()
        assert "hits" not in screen_text(app)
        assert not view._hits
        await pilot.press("n")
        await until_told(pilot, "Nothing is searched for")


async def test_a_search_can_be_a_regex_and_mind_the_case(bench: Workbench, server: Served) -> None:
    await made(bench, server, mixed())
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 60]")
        await searched(pilot, "ctrl+t", *"needle")
        await until_shown(pilot, "0 hits of “needle”")
        await searched(pilot, "ctrl+t", "ctrl+r", *r"needle of row (7|55)\b")
        await until_shown(pilot, "2 hits of /needle of row (7|55)")
        await searched(pilot, "(")
        await until_told(pilot, "is no regular expression")
        assert results(app).hunt is not None


async def test_hits_hold_when_the_list_is_narrowed_or_sorted(bench: Workbench, server: Served) -> None:
    await made(bench, server, mixed())
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 60]")
        await searched(pilot, *"hay")
        await until_shown(pilot, "42 hits of “hay”")
        await pilot.press("slash", *"tokens>500", "enter")
        await until_shown(pilot, "[all 8]", "42 hits of “hay”, 7 of them shown")
        await pilot.press("slash", "escape")
        await until_shown(pilot, "42 hits of “hay”")
        await pilot.press("s", "s", "s", "s", "s", "S")
        await until_shown(pilot, "Tokens ▼")
        await until(pilot, lambda: results(app).found and results(app).found.query.reverse)
        await pilot.press("g", "n", "n")
        await until(pilot, lambda: cursor_id(app) == "row-0057")


async def test_the_next_hit_is_in_the_text_that_is_read(bench: Workbench, server: Served) -> None:
    long = "\n\n".join(f"Paragraph {number} with a needle." for number in range(100))
    await made(bench, server, [answer(0, long), answer(1, "another needle")])
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 2]")
        await searched(pilot, *"needle")
        await until_shown(pilot, "2 hits")
        await pilot.press("enter")
        for _ in range(99):
            await pilot.press("n")
        await until_shown(pilot, "Paragraph 99 with a needle.")
        assert cursor_id(app) == "row-0000"
        await pilot.press("n")
        await until(pilot, lambda: cursor_id(app) == "row-0001")


async def test_groups_of_equal_errors_narrow_the_list(bench: Workbench, server: Served) -> None:
    await made(bench, server, mixed())
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 60]")
        await pilot.press("b")
        await until_shown(pilot, "invalid_request_error: max_tokens", "overloaded_error: Overloaded")
        await until_shown(pilot, "end_turn", "claude-haiku-5-5", "truncated")
        await pilot.press("enter")
        await until(pilot, lambda: results(app).found and len(results(app).found.keys) == 6)
        assert "error:" in results(app).filter_line.text
        await pilot.press("escape")
        await until_shown(pilot, "text", "JSON")
        await pilot.press("escape")
        await until_shown(pilot, "[all 60]")


async def test_numbers_of_the_rows_shown(bench: Workbench, server: Served) -> None:
    await made(bench, server, mixed())
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 60]")
        await pilot.press("i")
        await until_shown(pilot, "Numbers of all results", "cache hit rate", "75.0%", "Next time: max_tokens")
        await pilot.press("escape", "slash", *"id:row-0001", "enter", "i")
        await until_shown(pilot, "Numbers of the rows shown")
        await pilot.press("i")
        await until_shown(pilot, "Plain hay 1.")


async def test_marks_are_counted_below(bench: Workbench, server: Served) -> None:
    await made(bench, server, mixed())
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 60]")
        await pilot.press("space")
        await until_shown(pilot, "● 1 row marked")
        await pilot.press("v", "down", "down")
        await until_shown(pilot, "● 3 rows marked")
        await pilot.press("asterisk")
        await until_shown(pilot, "● 60 rows marked")
        await pilot.press("asterisk")
        await until(pilot, lambda: "marked" not in screen_text(app))


async def test_the_filter_is_completed_by_what_occurs(bench: Workbench, server: Served) -> None:
    await made(bench, server, mixed())
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 60]")
        await pilot.press("slash", *"sto", "tab")
        await until(pilot, lambda: results(app).filter_line.text == "stop:")
        await until(pilot, lambda: results(app)._known)
        await pilot.press("m")
        await until_shown(pilot, "max_tokens")
        await pilot.press("tab")
        await until(pilot, lambda: results(app).filter_line.text == "stop:max_tokens")
        await until_shown(pilot, "[all 6]")


async def test_only_views_with_something_in_them_are_gone_through(bench: Workbench, server: Served) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Zürich"}}
    thought = {"type": "thinking", "thinking": "Let me think.", "signature": "x"}
    await made(bench, server, [answer(0, thought, "**It** rains.", call), answer(1, "Nothing else.")])
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: pane_text(app) == "**It** rains.")
        await pilot.press("p")
        await until_shown(pilot, "plain")
        await pilot.press("p", "t")
        await until(pilot, lambda: pane_text(app) == "Let me think.")
        await pilot.press("t")
        await until(pilot, lambda: "weather" in pane_text(app) and '"city": "Zürich"' in pane_text(app))
        await pilot.press("down")
        await until(pilot, lambda: pane_text(app) == "No tool was called in this answer.")
        await pilot.press("t")
        await until(pilot, lambda: pane_text(app).startswith('{\n  "custom_id": "row-0001"'))
        await pilot.press("p")
        row = results(app).row
        assert row is not None
        await until(pilot, lambda: pane_text(app) == bench.reader.line(row).decode())
        await pilot.press("T")
        await until(pilot, lambda: pane_text(app) == "Nothing else.")


async def test_all_batches_are_searched_and_one_is_opened(bench: Workbench, server: Served) -> None:
    await made(bench, server, [answer(0, "no such thing")], "lakes", hours=2)
    await made(bench, server, mixed(), "rivers", hours=3)
    await made(bench, server, [answer(0, "hay"), answer(1, "a needle")], "seas", hours=1)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await pilot.press(*"needle", "enter")
        await until_shown(pilot, "4 hits in 2 batches", "seas", "rivers")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        await until_shown(pilot, "[all 60]", "3 hits of “needle”")
        assert cursor_id(app) == "row-0007"
        await pilot.press("escape", "escape", "2")
        await until_shown(pilot, "[all 2]", "seas")


async def test_the_editor_gets_a_private_copy_and_no_key(
    bench: Workbench, server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(bench, server, [answer(0, "It \x1b[2J rains.")])
    seen = tmp_path / "seen"
    editor = tmp_path / "editor"
    editor.write_text(
        f'#!/bin/sh\n(cat "$1"; stat -c %a "$(dirname "$1")"; env) > {seen}.part; mv {seen}.part {seen}\n'
    )
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 1]")
        monkeypatch.setattr(app, "suspend", _lent)
        await pilot.press("O")
        await until(pilot, seen.exists)
    text = seen.read_text()
    assert text.startswith("It \ufffd[2J rains.")
    assert "rains.700\n" in text
    assert "sk-ant-secret" not in text
    assert os.environ["ANTHROPIC_API_KEY"] == "sk-ant-secret"


class _lent:  # noqa: N801 - stands in for a method
    """A terminal that can be lent, which that of a test cannot."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_hostile_texts_in_every_corner(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    lines = []
    for number, text in enumerate(HOSTILE.values()):
        short = text[:200]
        call = {"type": short, "id": short, "name": short, "input": {short: short}}
        lines += [
            answer(2 * number, text[:3000] + " needle", call, stop_reason=short, model=short),
            failure(2 * number + 1, short, text[:3000] + " needle"),
        ]
    await made(bench, server, lines)
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:

        async def harmless(what: str) -> None:
            await pilot.pause()
            assert unsafe_characters(app) == set(), what
            assert uneven_lines(app) == [], what

        await pilot.press("2")
        await until_shown(pilot, f"[all {len(lines)}]")
        await searched(pilot, *"needle")
        await until_shown(pilot, "hits of “needle”")
        for _ in range(len(lines)):
            await pilot.press("n")
            await harmless("hit")
        await pilot.press("escape", "b")
        await until_shown(pilot, "Group", "error")
        for _ in range(len(lines) // 2):
            await pilot.press("pagedown")
            await harmless("groups")
        await pilot.press("escape", "slash", *"model:")
        await until(pilot, lambda: results(app)._known)
        for key in ("m", "backspace", "a", "tab"):
            await pilot.press(key)
            await harmless("filter")
