"""The room of what waits to be sent again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import TextArea

from batchtui.domain.request import body_length
from batchtui.paths import Places
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Served
from batchtui.store import Store
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.params import ParamsScreen
from batchtui.tui.screens.queue import QueueScreen
from tests.services.composing import Data, template
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
from tests.tui.screen_text import HOSTILE, screen_text, uneven_lines, unsafe_characters


async def invalid_job(bench: Workbench, server: Served, name: str = "old", count: int = 3) -> None:
    """Send a job whose requests the API does not take, and bring its results home."""
    await submit(bench, name, count, temperature=0.5)
    end_all(server)
    await bench.sync.run()


def sent_params(bench: Workbench, attempt: int = 2) -> dict[str, dict[str, Any]]:
    """Return what the newest attempts have sent, by custom_id."""
    found = {}
    for stored in bench.store.batches.list():
        if stored.attempt == attempt:
            for line in bench.store.files.requests_path(stored.id).read_bytes().splitlines():
                request = json.loads(line)
                found[request["custom_id"]] = request["params"]
    return found


def queue_screen(app: BatchtuiApp) -> QueueScreen:
    assert isinstance(app.screen, QueueScreen)
    return app.screen


async def test_an_empty_queue_says_what_to_do(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "Nothing waits to be sent again.", "r there sends again what failed")
        await pilot.press("r")
        await until_told(pilot, "Nothing waits here.")
        await pilot.press("escape")
        await until_shown(pilot, "No batches yet.")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_equal_causes_stand_together_and_unfold(
    bench: Workbench, server: Served, size: tuple[int, int]
) -> None:
    await failed_job(bench, server)
    biggest, *others = bench.queue.groups()
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, f"{biggest.count} rows of rivers", "↻ resend", "waiting", biggest.why)
        assert screen_text(app).count("▸") == 1 + len(others)
        await pilot.press("enter", "down")
        row = bench.queue.rows(bench.queue.jobs()[0], [biggest.custom_ids[0]])[0]
        await until_shown(pilot, "▾", f"{row.custom_id}  attempt 1", "as it would go out", f'"{row.custom_id}",')
        if size == WIDE:
            await until_shown(pilot, '"claude-haiku-5-5"', "history", "✗ errored")
        await pilot.press("enter")
        await until(pilot, lambda: queue_screen(app).has_class("-only-pane"))
        assert queue_screen(app).pane.size.width == size[0]
        await pilot.press("escape", "left")
        await until(pilot, lambda: "▾" not in screen_text(app))
        assert queue_screen(app).table.cursor_index == 0


async def test_a_group_is_edited_and_sent(bench: Workbench, server: Served) -> None:
    await invalid_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "3 rows of old", "✎ edit first")
        await pilot.press("r")
        await until_told(pilot, "has to be changed first: e edits it")
        await pilot.press("e")
        await until_shown(pilot, "Edit 3 requests", "temperature=0.5")
        text = app.screen.query_one(TextArea)
        for typed, problem in {
            "": "Set at least one param",
            "temperature": "Line 1 is not of the form param=value",
            "model=x\n.a=1": "Line 2 is not of the form param=value",
            "max_tokens=0": "max_tokens must be at least 1",
            "messages.7.content=x": "there is no such place",
        }.items():
            text.text = typed
            await pilot.press("ctrl+s")
            await until_shown(pilot, problem)
        assert {row.is_edited for row in bench.queue.rows(bench.queue.jobs()[0])} == {False}
        text.text = "temperature=null\nmax_tokens=99\n\nsystem=Be [/b] brief."
        await pilot.press("ctrl+s")
        await until_told(pilot, "3 requests edited; r sends them")
        await until_shown(pilot, "✎ edited", "max_tokens=99", "system=Be [/b] brief.", "3 rows ready")
        await pilot.press("r")
        await until_shown(pilot, "Retry 3 of 3 requests?", "half the standard price", "attempt 2 of old: 3 rows")
        assert posts(server) == 1
        await pilot.press("y")
        await until_told(pilot, "old, attempt 2, is on its way: 3 requests")
        await until_shown(pilot, "Nothing waits to be sent again.")
    assert {
        (params["max_tokens"], params["system"], "temperature" in params) for params in sent_params(bench).values()
    } == {(99, "Be [/b] brief.", False)}
    assert posts(server) == 2


async def test_leaving_the_dialog_changes_nothing(bench: Workbench, server: Served) -> None:
    await invalid_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "3 rows of old")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ParamsScreen))
        await pilot.press(*"max", "escape")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))
    assert {row.is_edited for row in bench.queue.rows(bench.queue.jobs()[0])} == {False}


class _lent:  # noqa: N801 - stands in for a method
    """A terminal that can be lent, which that of a test cannot."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...


def set_editor(folder: Path, monkeypatch: pytest.MonkeyPatch, *edits: str) -> None:
    """Let the editor run one `sed` script after the other, the last of them from then on."""
    editor, count = folder / "editor", folder / "count"
    cases = "\n".join(f"{number}) sed -i '{edit}' \"$1\";;" for number, edit in enumerate(edits[:-1], 1))
    editor.write_text(
        f"#!/bin/sh\necho >> {count}\ncase $(wc -l < {count}) in\n{cases}\n*) sed -i '{edits[-1]}' \"$1\";;\nesac\n"
    )
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)


async def test_a_request_is_edited_in_an_editor_until_it_can_be_sent(
    bench: Workbench, server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await invalid_job(bench, server)
    set_editor(tmp_path, monkeypatch, "s/64/0/", "s/: 0,/: 77,/")
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        monkeypatch.setattr(app, "suspend", _lent)
        await pilot.press("5")
        await until_shown(pilot, "3 rows of old")
        await pilot.press("O")
        await until_told(pilot, "The editor takes one request")
        await pilot.press("enter", "down", "down", "O")
        await until_shown(pilot, "row-0001 cannot be sent like that", "max_tokens must be at least 1")
        await pilot.press("y")
        await until_told(pilot, "row-0001 is edited; r sends it")
        await until_shown(pilot, "✎ 1 edited", '"max_tokens": 77')
        assert queue_screen(app).table.cursor_key.custom_id == "row-0001"
    edited = {row.custom_id for row in bench.queue.rows(bench.queue.jobs()[0]) if row.is_edited}
    assert edited == {"row-0001"}


async def test_requests_are_made_anew_from_another_template(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    data = Data(tmp_path)
    with_temperature = template().text.replace("max_tokens: 64", "max_tokens: 64\n  temperature: 0.5")
    prepared = await bench.composer.prepare(template(with_temperature), data.countries(3))
    await bench.submissions.send(prepared, name="lands")
    end_all(server)
    await bench.sync.run()
    data.close()
    bench.templates.save("better", template().text.replace("Name a river", "Name a lake"), replace=False)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "3 rows of lands")
        await pilot.press("T")
        await until_shown(pilot, "Make them anew from", "better")
        await pilot.press("1")
        await until_told(pilot, "3 requests made anew from better")
        await until_shown(pilot, "Name a lake in land 1", "✎ edited")


async def test_only_rows_with_data_can_be_made_anew(bench: Workbench, server: Served) -> None:
    await invalid_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "3 rows of old")
        await pilot.press("T")
        await until_told(pilot, "It was not made from a template and rows of data.")


async def test_rows_are_held_and_dropped_and_taken_back(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    (first, *_) = bench.queue.groups()
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, f"{first.count} rows of rivers")
        for key, done, state, refused in (
            ("h", "held; h lets them go again", "‖ held", "It is held: h lets it go."),
            ("D", "dropped; D takes them back", "✗ dropped", "It was dropped: D takes that back."),
        ):
            await pilot.press(key)
            await until_told(pilot, f"{first.count} rows {done}")
            await until_shown(pilot, state)
            assert queue_screen(app).table.cursor_key.custom_id == ""
            assert queue_screen(app).table.cursor_key.cause == first.cause
            await pilot.press("r")
            await until_told(pilot, refused)
            await pilot.press(key)
            await until(pilot, lambda state=state: state not in screen_text(app))
        assert {group.state for group in bench.queue.groups()} == {"waiting"}
    assert posts(server) == 1


async def test_all_that_is_ready_goes_with_one_question(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server, "rivers", 20)
    await failed_job(bench, server, "lakes", 20)
    await invalid_job(bench, server)
    ready = [row for target in bench.queue.jobs() for row in bench.queue.rows(target) if row.is_sendable]
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "3 rows of old")
        await pilot.press("A")
        await until_shown(pilot, f"Retry {len(ready)} of 40 requests?", "attempt 2 of rivers", "attempt 2 of lakes")
        assert posts(server) == 3
        await pilot.press("y")
        await until_told(pilot, "rivers, attempt 2, is on its way")
        await until_told(pilot, "lakes, attempt 2, is on its way")
        await until(pilot, lambda: len(bench.queue.groups()) == 1)
        await until_shown(pilot, "3 rows of old")
        await pilot.press("A")
        await until_told(pilot, "Nothing shown here is ready to be sent.")
    assert len(sent_params(bench)) <= len(ready)
    assert posts(server) == 5


async def test_marks_and_filter_say_which_rows_go(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    groups = bench.queue.groups()
    first, second = groups[:2]
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, f"{first.count} rows of rivers")
        await pilot.press("space", "down", "space", "r")
        await until_shown(pilot, f"Retry {first.count + second.count} of 40 requests?")
        await pilot.press("n", "escape", "slash", *f"id:{second.custom_ids[0]}", "enter")
        await until_shown(pilot, "1 row of rivers")
        await pilot.press("A")
        await until_shown(pilot, "Retry 1 of 40 requests?")
        await pilot.press("y")
        await until_told(pilot, "attempt 2, is on its way: 1 request")
    assert list(sent_params(bench)) == [second.custom_ids[0]]


async def test_a_key_is_about_the_row_the_cursor_is_on_by_then(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    first, second = bench.queue.groups()[:2]
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, f"{first.count} rows of rivers")
        screen = queue_screen(app)
        screen.table.action_go("down")
        screen.action_ask("hold")
        await until_told(pilot, f"{second.count} rows held")
    held = [group.cause for group in bench.queue.groups() if group.state == "held"]
    assert held == [second.cause]


async def test_groups_are_sorted(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    await invalid_job(bench, server)
    app = make_app(bench)

    def shown() -> Sequence[Any]:
        table = queue_screen(app).table
        return [table._source.key_at(number) for number in range(len(table._source))]

    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "3 rows of old")
        before = shown()
        for name in ("rows", "verdict", "cause", "state", "attempt", "price", "job"):
            await pilot.press("s")
            assert queue_screen(app).sort == name
            assert sorted(shown()) == sorted(before)
            if name == "verdict":
                assert shown()[-1].verdict == "edit_first"
        assert shown() == before
        await pilot.press("S")
        assert shown() == before[::-1]


async def test_read_only_sends_nothing(server: Served, bench: Workbench) -> None:
    await failed_job(bench, server)
    profile = Profile("default", bench.gateway.base_url, read_only=True)
    reader = Workbench(bench.store, bench.gateway, profile, poll_seconds=0.1)
    app = make_app(reader)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "rows of rivers")
        await pilot.press("r", "A")
        await until_told(pilot, "This is read-only")
        assert posts(server) == 1


async def test_requests_that_are_not_known_are_attached(bench: Workbench, server: Served, tmp_path: Path) -> None:
    server.simulator.change({"error_rate": 1.0})
    lines = [request_line(f"r-{number}") for number in range(3)]
    path = tmp_path / "made.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    await bench.gateway.create(path, body_bytes=body_length(sum(map(len, lines)), len(lines)))
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "Its requests are not known", "Its request is not known")
        for key in "reO":
            await pilot.press(key)
        await until_told(pilot, "a attaches the file")
        await pilot.press("a")
        await until_shown(pilot, "Attach requests")
        await pilot.press(*str(path), "enter")
        await until_told(pilot, "are known now")
        await until_shown(pilot, "as it would go out", "claude-haiku-5-5")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_nothing_from_outside_is_obeyed(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    texts = [text[:5_000] for text in HOSTILE.values()]
    sent = await submit(bench, "hostile", len(texts))
    end_all(server)
    (stored,) = sent.batches
    await bench.store.batches.record(
        (await bench.gateway.list_batches()).batches, profile="default", base_url=server.base_url
    )
    writer = bench.store.results.writer(stored.id)
    for number, text in enumerate(texts):
        error = {"type": "error", "error": {"type": text[:300], "message": text}}
        line = json.dumps({"custom_id": f"row-{number:04}", "result": {"type": "errored", "error": error}})
        await writer.feed(line.encode() + b"\n")
    await writer.finish(expected=len(texts))
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "of hostile")
        for key in ["down", "enter"] * len(texts):
            await pilot.press(key)
            await pilot.pause()
            assert unsafe_characters(app) == set()
            assert uneven_lines(app) == []
        await pilot.press("y", "e", "e")
        await pilot.pause()
        assert unsafe_characters(app) == set()


async def test_what_another_process_decides_is_seen(bench: Workbench, server: Served, places: Places) -> None:
    await failed_job(bench, server)
    (first, *_) = bench.queue.groups()
    target = bench.queue.jobs()[0]
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("5")
        await until_shown(pilot, f"{first.count} rows of rivers")
        other = Workbench(Store.open(places), bench.gateway, bench.profile, poll_seconds=1)
        await other.queue.hold(target, first.custom_ids)
        other.store.close()
        await until_shown(pilot, "‖ held")
