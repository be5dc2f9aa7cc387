import json

import pytest

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.results import ResultsScreen
from batchtui.tui.widgets.reading_pane import ReadingPane, TextView
from tests.tui.conftest import NARROW, WIDE, end_all, failed_job, make_app, submit, until, until_shown, until_told
from tests.tui.screen_text import screen_lines, screen_text, uneven_lines

SIZES = [NARROW, WIDE]


def results_screen(app: BatchtuiApp) -> ResultsScreen:
    assert isinstance(app.screen, ResultsScreen)
    return app.screen


def pane_text(app: BatchtuiApp) -> str:
    return app.screen.query_one(TextView)._source


@pytest.mark.parametrize("size", SIZES)
async def test_reads_row_after_row(bench: Workbench, server: Served, size: tuple[int, int]) -> None:
    await failed_job(bench, server)
    target = bench.finder.known("rivers")
    rows = list(bench.reader.rows(bench.reader.keys(bench.reader.selection(target))))
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "row-0000", "[all 40]")
        assert uneven_lines(app) == []
        for row in rows[:6]:
            assert row.facts.custom_id in screen_text(app)
            wanted = bench.reader.text(row) if row.facts.succeeded else row.facts.error_message
            assert wanted
            assert wanted.split("\n")[0] in pane_text(app)
            await pilot.press("down")
            await pilot.pause()


async def test_goes_through_the_views(bench: Workbench, server: Served) -> None:
    await submit(bench, "rivers", 3)
    end_all(server)
    await bench.sync.run()
    (row, *_) = bench.reader.rows(bench.reader.keys(bench.reader.selection(bench.finder.known("rivers"))))
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: pane_text(app) == bench.reader.text(row))
        await pilot.press("t")
        await pilot.pause()
        assert json.loads(pane_text(app)) == json.loads(bench.reader.line(row))
        await pilot.press("t")
        await pilot.pause()
        assert json.loads(pane_text(app))["custom_id"] == "row-0000"
        await pilot.press("t")
        await pilot.pause()
        assert "claude-haiku-5-5" in pane_text(app)
        assert str(row.facts.tokens.output) in pane_text(app)
        await pilot.press("t")
        await pilot.pause()
        assert pane_text(app) == bench.reader.text(row)


async def test_outcomes_narrow_and_failed_rows_are_found(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    target = bench.finder.known("rivers")
    failed = bench.reader.keys(bench.reader.selection(target, only="failed"))
    succeeded = bench.reader.keys(bench.reader.selection(target, only="succeeded"))
    assert len(failed) > 2
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "[all 40]")
        screen = results_screen(app)
        seen = []
        for _ in failed:
            await pilot.press("e")
            seen.append(screen.table.cursor_key)
        assert sorted(seen) == sorted(failed)
        await pilot.press("E")
        assert screen.table.cursor_key == seen[-2]
        await pilot.press("f")
        await until_shown(pilot, f"[succeeded {len(succeeded)}]")
        await until(pilot, lambda: screen.found is not None and screen.found.keys == succeeded)
        await pilot.press("e")
        await until_told(pilot, "No row shown here has failed.")
        await pilot.press("F", "F", "F")
        await until_shown(pilot, f"[errored {len(failed)}]")
        await pilot.press("escape")
        await until_shown(pilot, "[all 40]")


async def test_filter_finds_text_and_escape_leads_back(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "[all 40]")
        await pilot.press("slash", *"row-0017", "enter")
        await until_shown(pilot, "[all 1]")
        assert "row-0016" not in screen_text(app)
        await pilot.press("escape")
        await until_shown(pilot, "[all 40]")
        await pilot.press("escape")
        await until_shown(pilot, "Requests")


async def test_sorts_by_outcome(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "[all 40]")
        await pilot.press("s")
        await until_shown(pilot, "Outcome ▲")
        assert "✗ errored" in screen_lines(app)[4]
        await pilot.press("S")
        await until_shown(pilot, "Outcome ▼")
        await until(pilot, lambda: "✓ succeeded" in "".join(screen_lines(app)[4:44]))


async def test_a_running_batch_says_what_to_wait_for_and_then_shows_its_rows(
    bench: Workbench, server: Served
) -> None:
    await submit(bench, "rivers", 4)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "It still runs", "no counts and no results before the end")
        end_all(server)
        await pilot.press("R")
        await until_shown(pilot, "[all 4]", "row-0003", "✓ succeeded")


async def test_a_job_shows_its_final_answers(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    plan = bench.retries.plan(bench.finder.known("rivers"))
    await bench.retries.send(plan, await bench.retries.prepare(plan))
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        assert "▸ rivers" in screen_text(app)
        await pilot.press("enter")
        await until_shown(pilot, "[all 40]", "succeeded 40", "final answers of 2 batches")


async def test_the_pane_takes_all_room_and_gives_it_back(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "[all 40]")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.focused, TextView)
        assert app.screen.query_one(ReadingPane).size.height > 15
        await pilot.press("escape")
        await pilot.pause()
        assert "Outcome" in screen_text(app)


async def test_retries_only_the_marked_rows(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "[all 40]")
        await pilot.press("e", "space", "e", "space", "r")
        await until_shown(pilot, "Retry 2 of 40 requests?")
        await pilot.press("y")
        await until_told(pilot, "attempt 2, is on its way: 2 requests")
    assert [stored.batch.counts.total for stored in bench.store.batches.list()] == [2, 40]


async def test_switching_between_batches_shows_the_other_results(bench: Workbench, server: Served) -> None:
    await submit(bench, "rivers", 3)
    await submit(bench, "lakes", 2)
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "lakes", "[all 2]")
        await pilot.press("1", "down", "2")
        await until_shown(pilot, "rivers", "[all 3]")


async def test_without_a_batch_it_says_where_to_go(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "No batch is chosen.")
        await pilot.press("r", "t", "e", "o", "y", "f", "enter", "w", "s")
        await pilot.press("escape")
        await until_shown(pilot, "No batches yet.")


async def test_a_file_that_is_gone_is_told_and_harms_nothing_else(bench: Workbench, server: Served) -> None:
    sent = await failed_job(bench, server)
    bench.store.files.results_path(sent.batches[0].id).unlink()
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "[all 40]")
        await pilot.press("t")
        await until_told(pilot, "results.jsonl")
        await pilot.press("o", "y", "escape", "down", "escape")
        await until_shown(pilot, "n Compose")


async def test_what_became_of_a_row_in_each_attempt_is_a_view(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    plan = bench.retries.plan(bench.finder.known("rivers"))
    await bench.retries.send(plan, await bench.retries.prepare(plan))
    end_all(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    rows = list(bench.reader.rows(bench.reader.keys(bench.reader.selection(target, final=True))))
    assert {row.attempt for row in rows} == {1, 2}
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "[all 40]")
        await until(pilot, lambda: pane_text(app))
        for row in rows[:12]:
            assert ("history" in screen_text(app)) == (row.attempt > 1)
            if row.attempt > 1:
                await pilot.press("T")
                shown = pane_text(app)
                assert "attempt 2  succeeded\n" in shown
                assert shown.index("attempt 2") < shown.index("attempt 1  errored\n")
                assert all(stored.id in shown for stored in target.batches)
                await pilot.press("t")
            await pilot.press("down")
            await pilot.pause()
