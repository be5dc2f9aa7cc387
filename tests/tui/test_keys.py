from collections.abc import Iterable

import pytest
from textual.binding import Binding, BindingType
from textual.widgets import Input

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui import bindings
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.compare import CompareScreen
from batchtui.tui.screens.compose import ComposeScreen
from batchtui.tui.screens.data_picker import DataPicker
from batchtui.tui.screens.diff_export import DiffExportScreen
from batchtui.tui.screens.export import ExportScreen
from batchtui.tui.screens.first_start import FirstStartScreen
from batchtui.tui.screens.help import HelpScreen
from batchtui.tui.screens.params import ParamsScreen
from batchtui.tui.screens.results import ResultsScreen
from batchtui.tui.screens.retry import RetryScreen
from batchtui.tui.screens.search import SearchScreen
from batchtui.tui.screens.settle import SettleScreen
from batchtui.tui.screens.submit import SubmitScreen
from batchtui.tui.widgets.choices import Choices, Toggle
from batchtui.tui.widgets.dialogs import ConfirmScreen, PromptScreen
from batchtui.tui.widgets.diff_pane import DiffView
from batchtui.tui.widgets.filter_line import FilterLine, FindLine
from batchtui.tui.widgets.label_matrix import LabelMatrix
from batchtui.tui.widgets.menu import MenuScreen
from batchtui.tui.widgets.navigation import MOVE_BINDINGS
from batchtui.tui.widgets.virtual_table import VirtualTable
from tests.tui.conftest import NARROW, WIDE, failed_job, make_app, submit, until, until_shown
from tests.tui.screen_text import screen_lines, uneven_lines

ROOMS: dict[str, list[BindingType]] = {
    "batches": [*bindings.BATCH_TABLE, *bindings.BATCHES, *bindings.ROOM, *bindings.APP],
    "results": [*bindings.RESULT_TABLE, *bindings.RESULTS, *bindings.ROOM, *bindings.APP],
    "compose": [*bindings.TEMPLATE_TABLE, *bindings.COMPOSE, *bindings.ROOM, *bindings.APP],
    "diff": [*bindings.DIFF_TABLE, *bindings.DIFF, *bindings.ROOM, *bindings.APP],
    "queue": [*bindings.QUEUE_TABLE, *bindings.QUEUE, *bindings.ROOM, *bindings.APP],
}
DIALOGS = (
    Choices,
    CompareScreen,
    ConfirmScreen,
    DataPicker,
    DiffExportScreen,
    DiffView,
    ExportScreen,
    FilterLine,
    FindLine,
    FirstStartScreen,
    HelpScreen,
    LabelMatrix,
    MenuScreen,
    ParamsScreen,
    PromptScreen,
    RetryScreen,
    SearchScreen,
    SettleScreen,
    SubmitScreen,
    Toggle,
)


def declared(of: Iterable[BindingType]) -> list[Binding]:
    return [binding for binding in of if isinstance(binding, Binding)]


@pytest.mark.parametrize("room", ROOMS)
def test_no_two_keys_clash(room: str) -> None:
    keys = [key for binding in declared([*ROOMS[room], *MOVE_BINDINGS]) for key in binding.key.split(",")]
    assert sorted(keys) == sorted(set(keys))


def test_every_key_can_be_remapped_and_has_a_help() -> None:
    everything = [
        *ROOMS["batches"],
        *bindings.RESULT_TABLE,
        *bindings.RESULTS,
        *bindings.GROUP_TABLE,
        *bindings.DIFF_TABLE,
        *bindings.DIFF,
        *VirtualTable.BINDINGS,
        *(binding for dialog in DIALOGS for binding in dialog.BINDINGS),
    ]
    of_their_own = {binding.id: binding for binding in declared(everything)}
    assert all(binding.id and binding.tooltip and binding.description for binding in declared(everything))
    names = [name for name, _ in {(b.id, b.action + b.tooltip) for b in declared(everything)}]
    assert sorted(map(str, names)) == sorted(map(str, of_their_own))


async def press_all(app: BatchtuiApp, room: str) -> None:
    """Press every key of a room, and leave whatever it opened."""
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        for binding in declared([*ROOMS[room], *MOVE_BINDINGS]):
            if binding.action in {"quit", "pager"}:
                continue
            for key in binding.key.split(","):
                if app.current_mode != room:
                    await app.switch_mode(room)
                await pilot.press(key)
                assert uneven_lines(app) == [], key
                while len(app.screen_stack) > 1 or isinstance(app.focused, Input):
                    await pilot.press("escape")
        assert app.is_running


@pytest.mark.parametrize("room", ROOMS)
async def test_every_key_with_rows(bench: Workbench, server: Served, room: str) -> None:
    await failed_job(bench, server)
    await submit(bench, "lakes", 3)
    await press_all(make_app(bench), room)
    assert len(bench.store.batches.list()) == 2


@pytest.mark.parametrize("room", ROOMS)
async def test_every_key_without_rows(bench: Workbench, room: str) -> None:
    await press_all(make_app(bench), room)


async def test_the_help_lists_the_keys_and_why_one_is_dimmed(bench: Workbench) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until_shown(pilot, "Send a file of requests, after a question", "Retry failed: It still runs")
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


async def test_the_palette_finds_and_does_actions(bench: Workbench) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("ctrl+p")
        await until_shown(pilot, "Cancel  (c)", "API key", "Adopt  (a)")
        await pilot.press(*"cancel (c")
        await until_shown(pilot, "Cancel the batch, after a question")
        await pilot.press("down", "enter")
        await until_shown(pilot, "Cancel 1 batch of 3 requests?")


async def test_keys_can_be_remapped(bench: Workbench) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        app.set_keymap({"cancel": "K", "move-down": "ctrl+n"})
        await pilot.press("c")
        await until(pilot, lambda: "K Cancel" in screen_lines(app)[-1])
        await pilot.press("K")
        await until_shown(pilot, "Cancel 1 batch of 3 requests?")


async def test_a_click_on_a_key_presses_it(bench: Workbench) -> None:
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        bar = screen_lines(app)[-1]
        await pilot.click("KeyBar", offset=(bar.index("Compose"), 0))
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen))


async def test_leaving_an_empty_results_room_leads_back(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        await pilot.press("escape")
        await until_shown(pilot, "No batches yet.")
