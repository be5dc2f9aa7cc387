"""Room on the disk, from the list: what takes it, archiving, and dropping what is old."""

from datetime import UTC, datetime, timedelta

import pytest

from batchtui.services import housekeeping
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from tests.tui.conftest import WIDE, failed_job, make_app, submit, until, until_shown, until_told


async def test_the_chosen_are_archived_after_a_question(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    (stored,) = bench.store.batches.list()
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "rivers", "disk")
        await pilot.press("A")
        await until_shown(pilot, "archive 1 batch: what is chosen")
        await pilot.press("a")
        await until_shown(pilot, "Archive 1 batch,", stored.id)
        assert not bench.store.bodies.is_archived(stored.id)
        await pilot.press("y")
        await until_told(pilot, "1 batch archived")
        await until_shown(pilot, "B archived")
    assert bench.store.bodies.is_archived(stored.id)


async def test_old_ones_are_archived_by_their_age(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    (stored,) = bench.store.batches.list()
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "rivers")
        await pilot.press("A")
        await until_shown(pilot, "archive what ended long ago")
        await pilot.press("o")
        await until_shown(pilot, "Archive what ended so many days ago")
        await pilot.press("enter")
        await until_told(pilot, "There is nothing to archive.")
        await pilot.press("A", "o")
        await until_shown(pilot, "Archive what ended so many days ago")
        await pilot.press("backspace", "backspace", "0", "enter")
        await until_shown(pilot, "Archive 1 batch,")
        await pilot.press("n")
        await until(pilot, lambda: len(app.screen_stack) == 1)
    assert not bench.store.bodies.is_archived(stored.id)


async def test_what_old_ones_hold_is_dropped(
    bench: Workbench, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failed_job(bench, server)
    (stored,) = bench.store.batches.list()
    ended_at = datetime.now(UTC) - timedelta(days=100)
    # The clock of the simulator cannot be put back behind that of the store.
    monkeypatch.setattr(housekeeping, "_ended_at", lambda _stored: ended_at)
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "rivers")
        await pilot.press("A", "d")
        await until_shown(pilot, "Drop what ended so many days ago")
        await pilot.press("backspace", "backspace", "3", "enter")
        await until_shown(pilot, "29 or more")
        await pilot.press("backspace", "9", "0", "enter")
        await until_shown(pilot, "Drop what was sent and came back of 1 batch,", "cannot be taken back")
        await pilot.press("y")
        await until_told(pilot, "are free")
    assert not bench.store.files.results_path(stored.id).exists()
    assert bench.store.batches.list()


async def test_what_runs_is_not_archived(bench: Workbench, server: Served) -> None:
    await submit(bench, "rivers")
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "rivers")
        await pilot.press("A", "a")
        await until_told(pilot, "it still runs")
