"""What is typed in one burst, faster than the screens follow, gets where it was meant to go."""

import pytest
from textual.events import Key

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.results import ResultsScreen
from tests.tui.conftest import WIDE, failed_job, make_app, until, until_shown
from tests.tui.screen_text import screen_text

NAMES = {"/": "slash", "\x06": "ctrl+f", "\r": "enter", "\x1b": "escape"}


def burst(app: BatchtuiApp, keys: str) -> None:
    """Give the app keys as a terminal does: all of them before the first is looked at."""
    for key in keys:
        app.post_message(Key(NAMES.get(key, key), key))


async def test_a_filter_is_typed_at_once(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 40]")
        burst(app, "/fstatus\r")
        await until(pilot, lambda: app.screen.query_one("FilterLine").text == "fstatus")
        assert isinstance(app.screen, ResultsScreen)
        await until(pilot, lambda: app.screen.table.has_focus)
        assert app.screen.only == "all"


@pytest.mark.parametrize("again", [False, True])
async def test_a_search_is_typed_at_once(bench: Workbench, server: Served, again: bool) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 40]")
        if again:
            burst(app, "\x06other\r")
            await until_shown(pilot, "“other”")
            await pilot.press("escape")
        burst(app, "\x06river\r")
        await until_shown(pilot, "“river”")
        assert "[all 40]" in screen_text(app)


async def test_a_filter_of_the_batches_is_typed_at_once(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until_shown(pilot, "rivers")
        burst(app, "/eq\r")
        await until(pilot, lambda: app.screen.query_one("FilterLine").text == "eq")
        await until(pilot, lambda: app.screen.table.has_focus)
        burst(app, "/\x1b")
        await until(pilot, lambda: app.screen.query_one("FilterLine").text == "")
