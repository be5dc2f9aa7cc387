"""Deleting batches from the list."""

import pytest

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from tests.tui.conftest import failed_job, make_app, submit, until, until_shown, until_told
from tests.tui.screen_text import screen_text


@pytest.mark.parametrize(
    ("place", "is_there", "is_here"), [("b", False, False), ("r", False, True), ("l", True, False)]
)
async def test_it_asks_where_and_whether(
    bench: Workbench, server: Served, place: str, is_there: bool, is_here: bool
) -> None:
    sent = await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "rivers")
        await pilot.press("D")
        await until_shown(pilot, "at the API only, kept here")
        await pilot.press(place)
        await until_shown(pilot, "Delete 1 batch of 40 requests", sent.batches[0].id)
        assert bench.store.batches.list()
        await pilot.press("y")
        await until_told(pilot, "1 batch deleted")
        await until(pilot, lambda: ("rivers" in screen_text(app)) == is_here)
    assert bool(server.simulator.shelf.all()) == is_there
    assert bool(bench.store.batches.list()) == is_here
    await bench.sync.run()
    assert bool(bench.store.batches.list()) == is_here


async def test_what_runs_is_not_deleted(bench: Workbench, server: Served) -> None:
    await submit(bench, "rivers")
    app = make_app(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "rivers")
        await pilot.press("D")
        await until_told(pilot, "It still runs: c cancels it.")
