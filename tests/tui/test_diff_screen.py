"""The diff room on a real store."""

import asyncio
import json
from pathlib import Path

import pytest

from batchtui.domain.comparison import Comparison
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.screens.batches import BatchesScreen
from batchtui.tui.screens.compare import CompareScreen
from batchtui.tui.screens.diff import DiffScreen
from batchtui.tui.screens.diff_export import DiffExportScreen
from batchtui.tui.widgets.diff_pane import DiffView
from batchtui.tui.widgets.label_matrix import LabelMatrix
from tests.tui.conftest import NARROW, WIDE, end_all, make_app, submit, told, until, until_shown, until_told
from tests.tui.diffing import FAILED, bring_home, compare_two, diff_screen, go_to, pane_lines, shown_ids
from tests.tui.screen_text import screen_text, uneven_lines

SIZES = [NARROW, WIDE]

OLD = {
    "same": "The Elbe flows into the North Sea.",
    "little": "The Rhine flows through six countries and into the North Sea.",
    "much": "The Danube is long.",
    "worse": "An answer.",
    "better": FAILED,
    "gone": "Only on the left.",
}
NEW = {
    "same": "The Elbe flows into the North Sea.",
    "little": "The Rhine flows through nine countries and into the North Sea.",
    "much": "Ten countries lie on its way, and four capitals.",
    "worse": FAILED,
    "better": "An answer at last.",
    "new": "Only on the right.",
}


@pytest.fixture
async def two(bench: Workbench) -> Workbench:
    await bring_home(bench, "old", OLD, hours_ago=2)
    await bring_home(bench, "new", NEW, hours_ago=1)
    return bench


@pytest.mark.parametrize("size", SIZES)
async def test_two_marked_rows_are_compared_the_older_on_the_left(two: Workbench, size: tuple[int, int]) -> None:
    app = make_app(two)
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = await compare_two(pilot)
        await until_shown(pilot, "old  →  new", "[all 7]", "changed 2", "outcome 2", "left 1", "right 1", "same 1")
        assert set(shown_ids(screen)) == OLD.keys() | NEW.keys()
        assert shown_ids(screen)[-1] == "same"
        ids = shown_ids(screen)
        assert ids.index("much") < ids.index("little")
        assert uneven_lines(app) == []


async def test_says_what_to_do_where_nothing_is_compared(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("4")
        await until_shown(pilot, "Nothing is compared yet.", "press d")
        for key in ("J", "x", "left_square_bracket", "n"):
            await pilot.press(key)
            await until_told(pilot, "Nothing is compared yet: d asks for two sides.")
            app.clear_notifications()
        await pilot.press("escape")
        assert isinstance(app.screen, BatchesScreen)


async def test_shows_what_differs_in_words(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        go_to(screen, "little")
        await until_shown(pilot, "- The Rhine flows through six countries")
        (line,) = [line for line in pane_lines(app) if "Rhine" in line]
        assert "nine" in line.partition("│")[2]
        await pilot.press("i")
        await until(pilot, lambda: sum("Rhine" in line for line in pane_lines(app)) == 2)
        await pilot.press("i")
        await until(pilot, lambda: sum("Rhine" in line for line in pane_lines(app)) == 1)


async def test_says_where_there_is_no_room_for_both_sides(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compare_two(pilot)
        await pilot.press("i")
        await until_told(pilot, "There is no room for both sides beside each other: it takes 100 columns.")
        assert screen.view.is_side_by_side


async def test_chips_and_keys_go_through_the_kinds(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compare_two(pilot)
        await pilot.press("f")
        await until(pilot, lambda: shown_ids(screen) == ["much", "little"])
        await until_shown(pilot, "[changed 2]")
        await pilot.press("f")
        await until(pilot, lambda: set(shown_ids(screen)) == {"worse", "better"})
        await pilot.press("n")
        await until_told(pilot, "No row shown here has changed.")
        await pilot.press("escape")
        await until(pilot, lambda: len(shown_ids(screen)) == 7)

        def here() -> str:
            assert screen.pair is not None
            return screen.pair.custom_id

        walked = []
        for key in ("n", "n", "n", "N", "e", "e", "E"):
            await pilot.press(key)
            await pilot.pause()
            walked.append(here())
        assert set(walked[:2]) == {"much", "little"}
        assert walked[2] == walked[0]
        assert walked[3] == walked[1]
        assert set(walked[4:6]) == {"worse", "better"}
        assert walked[6] == walked[4]


async def test_a_side_that_failed_or_is_missing_is_told(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        for custom_id, words in {
            "worse": ("overloaded_error", "Overloaded", "An answer."),
            "better": ("An answer at last.",),
            "gone": ("No answer on the right: new", "Only on the left."),
            "new": ("No answer on the left: old", "Only on the right."),
        }.items():
            go_to(screen, custom_id)
            await until(pilot, lambda words=words: all(word in "\n".join(pane_lines(app)) for word in words))


async def test_filter_search_and_escape(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        await pilot.press("slash", *"status:errored", "enter")
        await until(pilot, lambda: set(shown_ids(screen)) == {"worse", "better"})
        await pilot.press("escape")
        await until(pilot, lambda: len(shown_ids(screen)) == 7)
        await pilot.press("ctrl+f", *"capitals", "enter")
        await until(pilot, lambda: shown_ids(screen) == ["much"])
        await until_shown(pilot, "1 row with “capitals”")
        await pilot.press("escape")
        await until(pilot, lambda: len(shown_ids(screen)) == 7)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        await pilot.press("4")
        await until_shown(pilot, "old  →  new", "[all 7]")


async def test_json_is_compared_as_json(bench: Workbench) -> None:
    old = {"label": "spam", "score": 1, "tags": ["a", "b"], "gone": True}
    new = {"tags": ["a", "c"], "score": 1, "label": "ham", "why": "it came"}
    await bring_home(bench, "old", {"row": json.dumps(old)}, hours_ago=2)
    await bring_home(bench, "new", {"row": json.dumps(new)}, hours_ago=1)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compare_two(pilot)
        await until_shown(pilot, "label  changed", "gone  removed", "why  added", "tags[1]  changed")
        assert "score" not in "".join(pane_lines(app))
        await pilot.press("c")
        await until(pilot, lambda: '"score": 1' in "".join(pane_lines(app)))
        await pilot.press("c", "p")
        await until(pilot, lambda: json.dumps(old) in "".join(pane_lines(app)))


async def test_white_space_is_ignored_on_demand(bench: Workbench) -> None:
    await bring_home(bench, "old", {"row": "one  two\nthree"}, hours_ago=2)
    await bring_home(bench, "new", {"row": "one two\nthree"}, hours_ago=1)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compare_two(pilot)
        await until_shown(pilot, "- one  two", "+ one two")
        await pilot.press("w")
        await until_shown(pilot, "Nothing differs but white space.", "white space ignored")


async def test_a_person_decides_by_key(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        await pilot.press("f")
        await until(pilot, lambda: shown_ids(screen) == ["much", "little"])
        await pilot.press("g", "left_square_bracket", "right_square_bracket")
        comparison = screen.comparison
        assert comparison is not None
        decided = {"much": "left", "little": "right"}
        await until(pilot, lambda: two.judging.opinions(comparison) == decided)
        await until_shown(pilot, "you ◀1 ▶1 tie 0", "◀ left", "right ▶")
        assert screen.pair is not None
        assert screen.pair.custom_id == "much"
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: two.judging.opinions(comparison) == {"little": "right"})
        assert screen.pair.custom_id == "much"
        await pilot.press("backslash")
        await until(pilot, lambda: two.judging.opinions(comparison) == {"little": "right", "much": "tie"})


async def test_numbers_of_both_sides(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compare_two(pilot)
        await pilot.press("b")
        await until_shown(pilot, "succeeded", "output tokens", "cost", "duration", "10m")
        await pilot.press("b")
        await until(pilot, lambda: app.screen.query_one(DiffView).display and "duration" not in screen_text(app))


async def test_labels_open_the_rows_of_a_cell(bench: Workbench) -> None:
    labels = ["yes", "no", "maybe"]
    old = {f"row-{number:02}": labels[number % 3] for number in range(30)}
    new = {**old, "row-00": "no", "row-03": "no", "row-01": "maybe"}
    await bring_home(bench, "old", old, hours_ago=2)
    await bring_home(bench, "new", new, hours_ago=1)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        await pilot.press("L")
        await until_shown(pilot, "27 of 30 rows agree", "left ╲ right")
        matrix = app.screen.query_one(LabelMatrix)
        found = matrix._matrix
        matrix._go_to(found.left_labels.index("yes"), found.right_labels.index("no"))
        await pilot.press("enter")
        await until(pilot, lambda: set(shown_ids(screen)) == {"row-00", "row-03"})
        await until_shown(pilot, "[yes → no]")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(shown_ids(screen)) == 30)


async def test_what_was_asked_differently(bench: Workbench, server: Served) -> None:
    await submit(bench, "old", 6, max_tokens=100)
    await submit(bench, "new", 6, max_tokens=200)
    end_all(server)
    await bench.sync.run()
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        assert len(shown_ids(screen)) == 6
        await pilot.press("a")
        await until_shown(pilot, "max_tokens  all rows", "100", "200")
        await pilot.press("a", "t", "t")
        await until_shown(pilot, "max_tokens  changed")


@pytest.mark.parametrize("key", ["d", "4"])
async def test_sides_are_asked_for(two: Workbench, key: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(two.store.files.results_path("msgbatch_new").read_bytes())
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press(*(["4", "d"] if key == "4" else ["d"]))
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        left, right = (app.screen.query_one(name) for name in ("#left", "#right"))
        if key == "d":
            assert right.value == "new"  # type: ignore[attr-defined]
        left.value, right.value = "old", "nobody knows this"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until_shown(pilot, "nobody knows this")
        right.value = str(path)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await until_shown(pilot, "[all 7]", "changed 2")


async def test_more_than_two_rows_are_not_compared(two: Workbench) -> None:
    await bring_home(two, "third", {"same": "x"})
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("asterisk", "d")
        await until_told(pilot, "Two rows are compared, and 3 are marked.")


async def test_a_report_is_written(two: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compare_two(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, DiffExportScreen))
        await until_shown(pilot, "Export 7 rows shown", "old-vs-new.html")
        assert isinstance(app.screen, DiffExportScreen)
        app.screen.path.value = str(path)
        await pilot.press("enter")
        await until_told(pilot, "7 rows")
        assert "Danube" in path.read_text(encoding="utf-8")


async def test_parts_of_a_pair_are_copied(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compare_two(pilot)
        await pilot.press("f")
        await until_shown(pilot, "[changed 2]")
        await pilot.press("g", "y", "u")
        await until_told(pilot, "a unified diff")
        assert "-The Danube is long." in app.clipboard


async def test_judges_are_asked_and_their_verdicts_come_home(two: Workbench, server: Served) -> None:
    app = make_app(two)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        comparison = screen.comparison
        assert comparison is not None
        await pilot.press("J")
        await until_shown(pilot, "judge: old vs new", "2 requests")
        await pilot.press("y")
        await until(pilot, lambda: len(server.simulator.shelf.all()) == 1)
        end_all(server)
        await until(
            pilot, lambda: bool(two.judging.verdicts(comparison)) or two.judging.tally(comparison).judge.unreadable
        )
        told_by = two.judging.tally(comparison).judge
        await until(pilot, lambda: screen.opinions.judged == told_by)


async def test_a_read_only_profile_judges_nothing(two: Workbench) -> None:
    from dataclasses import replace

    two.profile = replace(two.profile, read_only=True)
    app = make_app(two)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compare_two(pilot)
        await pilot.press("J")
        await until_told(pilot, "This is read-only")


async def test_new_results_of_a_side_are_compared(bench: Workbench, server: Served) -> None:
    await submit(bench, "old", 5)
    end_all(server)
    await bench.sync.run()
    await submit(bench, "new", 5)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("space", "down", "space", "d")
        await until_shown(pilot, "left 5", "[all 5]")
        screen = diff_screen(app)
        await pilot.press("j", "j")
        before = screen.pair
        assert before is not None
        end_all(server)
        await pilot.press("R")
        await until(pilot, lambda: screen.comparison is not None and screen.comparison.summary.only_left == 0)
        await until(pilot, lambda: screen.pair is not None and screen.pair.right is not None)
        assert screen.pair is not None
        assert screen.pair.custom_id == before.custom_id
        assert told(app) == "" or "ended" in told(app)


async def test_a_side_that_is_gone_is_told_of_once_and_by_its_name(two: Workbench) -> None:
    app = make_app(two)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compare_two(pilot)
        await until_shown(pilot, "[all 7]")
        await two.store.batches.forget("msgbatch_new")
        await app.session.look()
        await until_told(pilot, "new is not here any more.")
        app.clear_notifications()
        await two.store.jobs.rename(two.store.batches.get("msgbatch_old").job_id, "older")
        await app.session.look()
        await pilot.pause()
        assert told(app) == ""


@pytest.mark.parametrize("is_moved", [True, False])
async def test_a_cursor_that_was_moved_stays_on_its_row_when_the_order_becomes_known(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, is_moved: bool
) -> None:
    words = [f"word{number}" for number in range(40)]
    old = {f"row-{number:03}": " ".join(words) for number in range(700)}
    new = {custom_id: " ".join([*words[: 40 - int(custom_id[4:]) % 39], "changed"]) for custom_id in old}
    await bring_home(bench, "old", old, hours_ago=2)
    await bring_home(bench, "new", new, hours_ago=1)
    app = make_app(bench)
    may_rank, rank = asyncio.Event(), bench.comparisons.rank

    async def rank_later(comparison: Comparison) -> None:
        await may_rank.wait()
        await rank(comparison)

    monkeypatch.setattr(bench.comparisons, "rank", rank_later)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("space", "down", "space", "d")
        await until_shown(pilot, "row-000")
        screen = diff_screen(app)
        if is_moved:
            await pilot.press("j")
        assert screen.pair is not None
        here = screen.pair.custom_id
        may_rank.set()
        await until(pilot, lambda: screen.comparison is not None and screen.comparison.is_ranked)
        await until(pilot, lambda: shown_ids(screen)[0] == "row-038")
        assert (screen.table.cursor_index == 0) == (not is_moved)
        assert screen.pair.custom_id == (here if is_moved else "row-038")


async def test_a_long_pair_is_compared_beside_the_keys(bench: Workbench) -> None:
    lines = [f"line {number} " + "of many words " * 5 for number in range(1_000)]
    await bring_home(bench, "old", {"long": "\n".join(lines), "short": "a"}, hours_ago=2)
    lines[700] = "something else altogether"
    await bring_home(bench, "new", {"long": "\n".join(lines), "short": "b"}, hours_ago=1)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        go_to(screen, "short")
        await until(pilot, lambda: any("- a" in line for line in pane_lines(app)))
        go_to(screen, "long")
        await pilot.pause()
        assert screen.pair is not None
        assert screen.comparison is not None
        assert screen.reading.texts(screen.comparison, screen.pair).is_long
        await until_shown(pilot, "+ something else altogether", "equal lines")
