"""The room of what batches cost and how long they took."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from textual.widgets import Input

from batchtui.paths import Places
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.stats import StatsScreen
from tests.tui.conftest import NARROW, WIDE, end_all, make_app, submit, until, until_shown, until_told
from tests.tui.screen_text import HOSTILE, screen_text, uneven_lines, unsafe_characters


@pytest.fixture
async def sent(bench: Workbench, server: Served) -> Workbench:
    """Three jobs of two models that have ended, and one that runs."""
    for name, model in (("rivers", "claude-haiku-4-5"), ("lakes", "claude-opus-4-5"), ("seas", "claude-haiku-4-5")):
        await submit(bench, name, 4, model=model)
    end_all(server)
    await bench.sync.run()
    await submit(bench, "ponds", 3, model="claude-haiku-4-5")
    return bench


def change(places: Places, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Change the store as another process would."""
    connection = sqlite3.connect(places.database)
    with connection:
        for statement, values in statements:
            connection.execute(statement, values)
    connection.close()


def stats_screen(app: BatchtuiApp) -> StatsScreen:
    assert isinstance(app.screen, StatsScreen)
    return app.screen


async def test_an_empty_room_says_what_to_do(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "Nothing was sent yet.", "n there composes one, N sends a file.")
        await pilot.press("x")
        await until_told(pilot, "Nothing is shown.")
        await pilot.press("escape")
        await until_shown(pilot, "No batches yet.")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_batches_are_grouped_by_one_thing_after_the_other(sent: Workbench, size: tuple[int, int]) -> None:
    document = await sent.stats.read()
    app = make_app(sent)
    async with app.run_test(size=size) as pilot:
        await pilot.press("6")
        await until_shown(pilot, document[0].day, "spent", "saved", "4 batches", "░ up to")
        await pilot.press("t")
        await until_shown(pilot, "Template", "(without a template", "Better")
        await pilot.press("t")
        # What cost most comes first, and its bars are its own.
        await until_shown(pilot, "claude-opus-4-5 · $", "claude-haiku")
        await pilot.press("down")
        await until_shown(pilot, "claude-haiku-4-5 · $", "░ up to")
        await pilot.press("t")
        await until_shown(pilot, "Profile", "http://127.0.0.1:")
        await pilot.press("t")
        await until_shown(pilot, "1-9", "Half in", "Longest")
        await pilot.press("T", "T", "T", "T")
        await until_shown(pilot, "Day")


async def test_the_pane_says_all_there_is(sent: Workbench) -> None:
    app = make_app(sent)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "░ up to")
        await pilot.press("enter")
        await until_shown(pilot, "at most, to come", "of 1 batch", "answered 12 100.0%", "half within")
        await pilot.press("G")
        await until_shown(pilot, "Length of an answer, in tokens", "95 % at most", "max_tokens 64 asked for last")
        await pilot.press("escape")
        await until(pilot, lambda: not stats_screen(app).has_class("-only-pane"))


async def test_days_profiles_and_a_filter_narrow_it(sent: Workbench, places: Places) -> None:
    change(
        places,
        ("UPDATE batches SET created_at = '2026-01-02T12:00:00+00:00' WHERE key = 1", ()),
        ("UPDATE batches SET profile = 'work' WHERE key = 2", ()),
    )
    app = make_app(sent)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "2026-01-02", "all days · all profiles", "4 batches")
        await pilot.press("d")
        await until_shown(pilot, "last 90 days", "3 batches")
        await pilot.press("f", "f")
        await until_shown(pilot, "last 90 days · work", "1 batch,")
        await pilot.press("f", "d", "d", "d", "slash", *"model:opus", "enter")
        await until_shown(pilot, "all days · all profiles", "1 batch, 4 requests")
        await pilot.press("slash", *"nothing")
        await until_shown(pilot, "Nothing fits this filter and this time.")
        await pilot.press("escape", "s")
        await until_shown(pilot, "4 batches")


async def test_it_is_sorted_by_the_columns_there_are(sent: Workbench, places: Places) -> None:
    change(places, ("UPDATE batches SET created_at = '2026-01-02T12:00:00+00:00' WHERE key = 1", ()))
    app = make_app(sent)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "2026-01-02")
        first = stats_screen(app).group
        assert first is not None
        assert first.key != "2026-01-02"
        await pilot.press("s", "home")
        await until(pilot, lambda: (group := stats_screen(app).group) and group.key == "2026-01-02")
        await pilot.press("s", "home")
        await until(pilot, lambda: (group := stats_screen(app).group) and group.key == first.key)
        assert stats_screen(app).sort == "batches"


async def test_what_arrives_while_one_looks_is_added(sent: Workbench, server: Served) -> None:
    app = make_app(sent)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "░ up to")
        end_all(server)
        await pilot.press("R")
        await until(pilot, lambda: "░ up to" not in screen_text(app))
        await until_shown(pilot, "answered 15 100.0%")


async def test_the_figures_are_written_to_a_file(
    sent: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = make_app(sent)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("6", "t", "t")
        await until_shown(pilot, "claude-opus-4-5 · $")
        await pilot.press("x")
        await until_shown(pilot, "Export the figures")
        await pilot.press("enter")
        path = tmp_path / "stats-by-model.csv"
        await until(pilot, path.exists)
        await until_told(pilot, "stats-by-model.csv")
        with path.open(encoding="utf-8", newline="") as file:
            assert [row["model"] for row in csv.DictReader(file)] == ["claude-haiku-4-5", "claude-opus-4-5"]
        await pilot.press("x")
        await until_shown(pilot, "Export the figures")
        app.screen.query_one(Input).value = "figures.txt"
        await pilot.press("enter")
        await until_shown(pilot, "The name must end in .csv or in .json.")
        app.screen.query_one(Input).value = "figures.json"
        await pilot.press("enter")
        await until(pilot, (tmp_path / "figures.json").exists)
        document = json.loads((tmp_path / "figures.json").read_bytes())
        assert (document["by"], document["total"]["batches"]) == ("model", 4)
        await pilot.press("x")
        await until_shown(pilot, "Export the figures")
        before = path.stat().st_ino
        await pilot.press("enter")
        await until_shown(pilot, "Overwrite the file?")
        await pilot.press("y")
        await until(pilot, lambda: path.stat().st_ino != before)


async def test_nobodys_name_is_obeyed(sent: Workbench, places: Places) -> None:
    texts = [text[:5_000].encode("utf-8", "replace").decode() for text in HOSTILE.values()]
    at, statements = "2026-01-02T12:00:00+00:00", list[tuple[str, tuple[object, ...]]]()
    for number, text in enumerate(texts, 100):
        job = f"job_{number}"
        statements += [
            ("INSERT INTO templates (key, sha256, name, text) VALUES (?1, ?1, ?2, '')", (number, text)),
            ("INSERT INTO jobs (id, name, profile, created_at) VALUES (?1, ?1, ?2, ?3)", (job, text, at)),
            (
                "INSERT INTO batches (key, id, job_id, profile, base_url, status, processing, succeeded, errored,"
                " canceled, expired, created_at, template_key, models)"
                " VALUES (?1, ?1, ?2, ?3, ?3, 'ended', 0, 1, 0, 0, 0, ?4, ?1, ?5)",
                (number, job, text, at, json.dumps([text])),
            ),
        ]
    change(places, *statements)
    app = make_app(sent)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "2026-01-02")
        for moves in (["down"] * len(texts), ["G", "g"], ["G", "g"]):
            await pilot.press("t")
            await until(pilot, lambda: len(stats_screen(app)._report.groups) >= len(texts))
            for move in moves:
                await pilot.press(move)
                assert not unsafe_characters(app)
                assert not uneven_lines(app)
        assert app.is_running


async def test_a_batch_that_runs_is_said_to_take_as_long_as_those_like_it(sent: Workbench) -> None:
    app = make_app(sent)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "ponds", "like this", "median,", "at the 90th", "2 batches of 4 requests")
