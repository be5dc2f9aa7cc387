from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from batchtui.tui.widgets.table_model import Cell, Column, ListSource, Marks, Row, RowBlocks, place_columns
from batchtui.tui.widgets.table_paint import fit
from tests.tui.screen_text import HOSTILE

COLUMNS = st.lists(
    st.builds(
        Column,
        key=st.just("k"),
        title=st.just("t"),
        width=st.none() | st.integers(1, 30),
        min_width=st.none() | st.integers(1, 12),
        weight=st.integers(1, 4),
        priority=st.integers(0, 3),
    ),
    max_size=8,
)


@given(COLUMNS, st.integers(0, 200))
def test_columns_stay_inside_and_apart(columns: list[Column], available: int) -> None:
    places = place_columns(columns, available)
    x = -1
    for place in places:
        assert place.x > x
        assert place.width > 0
        x = place.x + place.width
    assert x <= max(available, -1)


def test_columns_are_dropped_by_priority_and_fill_shares_the_rest() -> None:
    columns = [
        Column("status", "Status", width=10),
        Column("name", "Name", min_width=10, weight=3),
        Column("text", "Text", min_width=10, weight=1),
        Column("cost", "Cost", width=8, priority=1),
        Column("profile", "Profile", width=8, priority=2),
    ]
    wide = {place.column.key: place.width for place in place_columns(columns, 114)}
    assert wide == {"status": 10, "name": 55, "text": 25, "cost": 8, "profile": 8}
    assert [place.column.key for place in place_columns(columns, 42)] == ["status", "name", "text", "cost"]
    assert [place.column.key for place in place_columns(columns, 33)] == ["status", "name", "text"]


def test_a_fixed_column_with_a_least_width_gives_way_before_others_are_dropped() -> None:
    columns = [Column("id", "Id", width=30, min_width=8), Column("n", "N", width=5, priority=1)]
    assert [place.width for place in place_columns(columns, 20)] == [13, 5]


@given(st.text(st.characters(exclude_categories=())), st.integers(0, 30), st.booleans())
def test_any_text_fits_its_cell(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, align_right=right)) == width


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_fits_its_cell(text: str) -> None:
    for width in (1, 2, 7, 40):
        fitted = fit(text, width)
        assert cell_len(fitted) == width
        assert len(fitted) <= width * 9 + 16


class CountingSource(ListSource[int]):
    def __init__(self, count: int) -> None:
        super().__init__((number, (Cell(str(number)),)) for number in range(count))
        self.asked: list[tuple[int, int]] = []

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        self.asked.append((start, stop))
        return super().rows(start, stop)


def test_rows_are_asked_for_in_blocks_once() -> None:
    source = CountingSource(100)
    blocks = RowBlocks(source)
    assert [blocks.row(index)[0].text for index in (0, 63, 64, 99, 5)] == ["0", "63", "64", "99", "5"]
    assert source.asked == [(0, 64), (64, 100)]
    assert blocks.row(120) == ()


def test_marks_follow_keys_and_a_range_follows_the_cursor() -> None:
    source = ListSource([(key, ()) for key in "abcdef"])
    marks: Marks[str] = Marks()
    marks.toggle(source, "b")
    marks.toggle_range(source, 3)
    marks.follow(source, 4)
    assert marks.keys(source) == set("bde")
    marks.follow(source, 2)
    assert marks.keys(source) == set("bcd")

    moved = ListSource([(key, ()) for key in "xdcba"])
    marks.prune(moved)
    marks.follow(moved, 2)
    assert marks.keys(moved) == set("bdc")

    marks.drop(moved)
    assert marks.keys(moved) == {"b"}
    marks.drop(moved)
    assert not marks


def test_marking_all_twice_marks_none_and_lost_rows_lose_their_mark() -> None:
    source = ListSource([(key, ()) for key in "abc"])
    marks: Marks[str] = Marks()
    marks.toggle_all(source)
    assert marks.keys(source) == set("abc")
    marks.prune(ListSource([("b", ())]))
    assert marks.keys(source) == {"b"}
    marks.toggle_all(source)
    marks.toggle_all(source)
    assert not marks
