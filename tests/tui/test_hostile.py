"""Text from outside, over all screens: nothing of it is markup, nothing of it is a command to the terminal."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from textual.events import Paste
from textual.widgets import Input

from batchtui.domain.batch import Batch, Counts
from batchtui.services.prepare import prepare
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.present.bodies import VIEWS
from batchtui.tui.screens.results import ResultsScreen
from tests.services.conftest import request_line
from tests.tui.conftest import NARROW, WIDE, make_app, until, until_shown
from tests.tui.screen_text import HOSTILE, screen_text, uneven_lines, unsafe_characters

TEXTS = {name: text[:20_000] for name, text in HOSTILE.items()}
VISIBLE = ("closing tag", "open tag", "path", "markup", "action link")


def result_line(number: int, text: str) -> bytes:
    """Return a result with the text wherever a server could put one; even rows succeed."""
    message = {
        "id": "msg_1",
        "model": text[:300],
        "stop_reason": text[:300],
        "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    error = {"type": "error", "error": {"type": text[:300], "message": text}}
    result = {"type": "succeeded", "message": message} if number % 2 == 0 else {"type": "errored", "error": error}
    return json.dumps({"custom_id": f"{number:02} {text[:300]}", "result": result}).encode()


async def hostile_home(bench: Workbench, server: Served) -> None:
    """Fill the store with batches by hostile names, and one with hostile results; its requests are not known."""
    now = datetime.now(UTC)
    lines = [result_line(number, text) for number, text in enumerate([*TEXTS.values()] * 2)]
    ended = Batch(
        "msgbatch_hostile",
        "ended",
        Counts(succeeded=len(lines) - len(lines) // 2, errored=len(lines) // 2),
        now,
        now + timedelta(hours=24),
        ended_at=now,
    )
    running = [
        Batch(f"msgbatch_{number}", text[:100], Counts(processing=1), now - timedelta(minutes=number + 1))
        for number, text in enumerate(TEXTS.values())
        if text.isprintable()
    ]
    await bench.store.batches.record([ended, *running], profile="default", base_url=server.base_url)
    writer = bench.store.results.writer(ended.id)
    await writer.feed(b"\n".join(lines) + b"\n")
    assert (await writer.finish(expected=None)).complete
    for stored, text in zip(bench.store.batches.list(), TEXTS.values(), strict=False):
        await bench.store.jobs.rename(stored.job_id, text[:500].encode("utf-8", "replace").decode())
        await bench.store.jobs.set_note(stored.job_id, text[:500].encode("utf-8", "replace").decode())


def assert_harmless(app: BatchtuiApp, what: str) -> None:
    assert unsafe_characters(app) == set(), what
    assert uneven_lines(app) == [], what


def results_screen(app: BatchtuiApp) -> ResultsScreen:
    assert isinstance(app.screen, ResultsScreen)
    return app.screen


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_over_the_batches(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    await hostile_home(bench, server)
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        for row in range(len(bench.store.batches.list())):
            assert_harmless(app, f"row {row}")
            await pilot.press("down")
            await pilot.pause()
        assert "[/foo]" in screen_text(app)
        for keys in (["y", "escape"], ["e", "escape"], ["question_mark", "escape"], ["c", "n"], ["r"], ["S"]):
            await pilot.press(keys[0])
            await pilot.pause()
            assert_harmless(app, keys[0])
            await pilot.press(*keys[1:])
        await pilot.press("slash")
        for text in TEXTS.values():
            app.screen.query_one(Input).value = ""
            app.screen.query_one(Input).post_message(Paste(text[:1000]))
            await pilot.pause()
            assert unsafe_characters(app) == set()


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_over_the_results(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    await hostile_home(bench, server)
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "Outcome", "[all ")
        screen = results_screen(app)
        assert screen.found is not None
        for key in screen.found.keys:
            screen.table.move_to(key)
            for view in VIEWS:
                await pilot.pause()
                assert_harmless(app, f"{view} of {key}")
                if key[1] % 5:
                    break
                screen.action_next_view()
        await pilot.press("y")
        await pilot.pause()
        # The menu may cut an emoji of the room behind it in two, which makes that line uneven and nothing else.
        assert unsafe_characters(app) == set()
        await pilot.press("t")
        await pilot.pause()
        assert_harmless(app, "toast")
        assert not any(char in app.clipboard for char in "\x1b\x07\x9b")
        await pilot.press("f")
        await pilot.pause()
        await until(pilot, lambda: not unsafe_characters(app))


async def test_markup_is_shown_as_it_stands(bench: Workbench, server: Served) -> None:
    await hostile_home(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "[all ")
        screen = results_screen(app)
        assert screen.found is not None
        for number, name in enumerate(TEXTS):
            if name in VISIBLE:
                screen.table.move_to(screen.found.keys[number])
                await until_shown(pilot, TEXTS[name])


async def test_an_error_of_the_server_is_shown_as_it_stands(bench: Workbench, server: Served) -> None:
    evil = "[/foo] \x1b]0;owned\x07 [@click=app.bell]x[/]"
    server.simulator.faults.pending.append(Fault(kind="refuse", status=400, message=evil, times=0))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "[/foo]")
        assert_harmless(app, "error")


async def test_hostile_requests_are_confirmed_as_they_stand(bench: Workbench) -> None:
    prepared = await prepare(bench.store, [request_line("a", model="[/m]\x1b[2J")], "[/source]")
    await bench.submissions.send(prepared, name="[/name]\x1b[2J")
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("c")
        await until_shown(pilot, "[/name]")
        assert_harmless(app, "confirm")
