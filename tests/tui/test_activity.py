"""The room of what goes over the wire."""

import pytest

from batchtui.domain.errors import NoKeyError
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from batchtui.tui.screens.activity import ActivityScreen
from tests.tui.conftest import NARROW, WIDE, end_all, make_app, submit, until, until_shown, until_told
from tests.tui.screen_text import screen_text

RESULTS = "/v1/messages/batches/*/results"


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_transfers_calls_and_news(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    await submit(bench, "rivers", 20)
    app = make_app(bench)
    async with app.run_test(size=size) as pilot:
        end_all(server)
        await pilot.press("7")
        await until_shown(pilot, "↑ upload", "↓ download", "rivers", "100%", "✓ done", "! news")
        await pilot.press("slash", *"upload", "enter", "down")
        await until_shown(pilot, "upload of rivers", "moved")


async def test_a_download_is_ended(bench: Workbench, server: Served) -> None:
    await submit(bench, "rivers", 20)
    end_all(server)
    server.simulator.faults.pending.append(Fault(kind="hang", path=RESULTS))
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7")
        await until_shown(pilot, "under way")
        await pilot.press("g")
        await until_shown(pilot, "timeline of msgbatch_")
        await pilot.press("c")
        await until_shown(pilot, "End this download?")
        await pilot.press("y")
        await until_shown(pilot, "✗ not done")
        await until(pilot, lambda: not bench.transfers.running)
        await pilot.press("c")
        await until_told(pilot, "It is not under way.")


async def test_an_upload_is_not_cut_off(bench: Workbench, server: Served) -> None:
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7")
        with bench.transfers.moving("up", "rivers", "intent_1", 100):
            await until_shown(pilot, "under way")
            await pilot.press("g", "c")
            await until_told(pilot, "nobody would know what became of it")


async def test_a_transfer_that_ends_after_a_newer_one_is_shown(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7")
        with bench.transfers.moving("up", "rivers", "intent_1", 100):
            with bench.transfers.moving("down", "lakes", "msgbatch_1", 100):
                await until_shown(pilot, "rivers", "lakes", "under way")
            await until_shown(pilot, "under way", "✓ done")
        await until(pilot, lambda: "under way" not in screen_text(app))


async def test_nothing_is_read_again_while_nothing_happens(bench: Workbench) -> None:
    with bench.transfers.moving("up", "rivers", "intent_1", 100):
        pass
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7")
        await until_shown(pilot, "rivers", "✓ done")
        screen = app.screen
        assert isinstance(screen, ActivityScreen)
        screen.fill()
        shown = screen.happening
        screen._look()
        assert screen.happening is shown


async def test_hostile_text_is_text(bench: Workbench) -> None:
    with pytest.raises(NoKeyError), bench.transfers.moving("down", "[red]\x1b]2;x\x07[/nope] {x}", "x", 3):
        raise NoKeyError("[@click=app.quit]\x1b[31mno key\x9b")
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7")
        await until_shown(pilot, "[red]", "[/nope]", "[@click=app.quit]")
        assert isinstance(app.screen, ActivityScreen)
