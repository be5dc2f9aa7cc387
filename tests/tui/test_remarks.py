"""`m` and `M`: what a person says of results, on the screen."""

import pytest

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from tests.tui.conftest import NARROW, WIDE, end_all, make_app, submit, until, until_shown
from tests.tui.screen_text import screen_text, uneven_lines


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_row_is_flagged_and_noted(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    await submit(bench, "rivers", 5)
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "row-0000", "[all 5]")
        await pilot.press("m")
        await until_shown(pilot, "⚑ flagged 1")
        await pilot.press("m")
        await until(pilot, lambda: "flagged" not in screen_text(app))
        await pilot.press("m", "m", "m")
        await until_shown(pilot, "⚑ flagged 1")
        await pilot.press("*", "m")
        await until_shown(pilot, "⚑ flagged 5", "5 results flagged")
        await pilot.press("m")
        await until(pilot, lambda: "⚑" not in screen_text(app))
        await pilot.press("*", "down", "M")
        await until_shown(pilot, "Note", "nothing is sent")
        await pilot.press(*"dull", "enter")
        await until_shown(pilot, "✎ dull")
        assert uneven_lines(app) == []
        await pilot.press("M")
        await until_shown(pilot, "nothing is sent")
        await pilot.press("end", *"er", "enter")
        await until_shown(pilot, "✎ duller")
        await pilot.press("slash", *"note:ULLE", "enter")
        await until_shown(pilot, "row-0001", "[all 1]")
        (row,) = bench.reader.rows(bench.remarks.keys(bench.finder.known("rivers"), ["row-0001"]))
        assert (row.note, row.facts.flags) == ("duller", ())
