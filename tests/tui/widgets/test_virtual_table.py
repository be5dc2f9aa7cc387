from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.message import Message

from batchtui.tui.widgets.table_model import Cell, Column, ListSource, Row
from batchtui.tui.widgets.virtual_table import VirtualTable
from tests.tui.screen_text import HOSTILE, screen_lines, screen_text, uneven_lines, unsafe_characters

COLUMNS = [
    Column("name", "Name", min_width=10),
    Column("status", "Status", width=10),
    Column("cost", "Cost", width=8, align="right", priority=1),
]
SIZES = [(80, 24), (160, 50)]


def rows(names: Sequence[str]) -> ListSource[str]:
    return ListSource((name, (Cell(name, "strong"), Cell("ended", "ok"), Cell("$1.00"))) for name in names)


def numbered(count: int, first: int = 0) -> ListSource[str]:
    return rows([f"row-{number:05}" for number in range(first, first + count)])


class Endless:
    """A source that counts what it is asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked = 0

    def __len__(self) -> int:
        return self.count

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        self.asked += stop - start
        return [(Cell(str(index)), Cell("ended"), Cell("")) for index in range(start, stop)]

    def key_at(self, index: int) -> int:
        return index

    def index_of(self, key: int) -> int | None:
        return key if key < self.count else None


class TableApp(App[None]):
    def __init__(self, table: VirtualTable[Any]) -> None:
        super().__init__()
        self.table = table
        self.told: list[Message] = []
        self.escaped = 0

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_virtual_table_activated(self, message: VirtualTable.Activated[str]) -> None:
        self.told.append(message)

    def on_virtual_table_header_selected(self, message: VirtualTable.HeaderSelected[str]) -> None:
        self.told.append(message)

    def on_virtual_table_highlighted(self, message: VirtualTable.Highlighted[str]) -> None:
        self.told.append(message)

    def on_virtual_table_marks_changed(self, message: VirtualTable.MarksChanged[str]) -> None:
        self.told.append(message)

    def last(self, kind: type[Message]) -> Any:
        return [message for message in self.told if isinstance(message, kind)][-1]


def names_shown(app: App[None]) -> list[str]:
    return [line[:12] for line in screen_lines(app)]


def table_of(source: Any, **options: Any) -> VirtualTable[Any]:
    return VirtualTable(COLUMNS, source, **options)


@pytest.mark.parametrize("size", SIZES)
async def test_shows_rows_under_a_fixed_header(size: tuple[int, int]) -> None:
    app = TableApp(table_of(numbered(1000)))
    async with app.run_test(size=size) as pilot:
        await pilot.press("G")
        await pilot.pause()
        lines = screen_lines(app)
        assert lines[0].split() == ["Name", "Status", "Cost"]
        assert lines[1].split()[0] == f"row-{1000 - size[1] + 1:05}"
        assert lines[-1].split()[:2] == ["▌", "row-00999"]
        assert uneven_lines(app) == []


async def test_moves_by_arrows_and_letters() -> None:
    app = TableApp(table_of(numbered(1000)))
    async with app.run_test(size=(80, 24)) as pilot:
        for key, index in {
            "down": 1,
            "j": 2,
            "k": 1,
            "up": 0,
            "k ": 0,
            "pagedown": 23,
            "ctrl+d": 34,
            "ctrl+u": 23,
            "pageup": 0,
            "end": 999,
            "g": 0,
            "G": 999,
            "home": 0,
        }.items():
            await pilot.press(key.strip())
            assert app.table.cursor_index == index, key
        assert app.last(VirtualTable.Highlighted).key == "row-00000"


async def test_only_rows_near_the_screen_are_asked_for() -> None:
    source = Endless(100_000)
    app = TableApp(table_of(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G", "g", "pagedown")
        await pilot.pause()
    assert source.asked <= 4 * 64


async def test_the_cursor_keeps_its_key_and_its_line_when_rows_come_above() -> None:
    app = TableApp(table_of(numbered(1000, first=100)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.move_to("row-00600")
        await pilot.press("k", "k")
        await pilot.pause()
        before = names_shown(app)
        app.table.set_source(numbered(1100))
        await pilot.pause()
        assert app.table.cursor_key == "row-00598"
        assert app.table.cursor_index == 598
        assert names_shown(app) == before


async def test_a_table_at_its_top_shows_new_rows_and_keeps_the_cursor_on_its_row() -> None:
    app = TableApp(table_of(numbered(50, first=2)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.set_source(numbered(52))
        await pilot.pause()
        lines = screen_lines(app)
        assert lines[1].split()[0] == "row-00000"
        assert lines[3].split()[:2] == ["▌", "row-00002"]


async def test_a_lost_row_leaves_the_cursor_where_it_was() -> None:
    app = TableApp(table_of(rows("abcdef")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j")
        app.table.set_source(rows("abdef"))
        await pilot.pause()
        assert app.last(VirtualTable.Highlighted).key == "d"
        app.table.set_source(rows("a"))
        assert app.table.cursor_key == "a"
        app.table.set_source(rows(""))
        await pilot.pause()
        assert app.last(VirtualTable.Highlighted).key is None
        await pilot.press("enter", "space", "v", "asterisk", "G", "pagedown", "k")
        assert app.table.chosen == []


async def test_the_scroll_is_cut_back_when_most_rows_go() -> None:
    app = TableApp(table_of(numbered(1000)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        app.table.set_source(numbered(30))
        await pilot.pause()
        assert screen_lines(app)[-1].split()[:2] == ["▌", "row-00029"]


async def test_without_keeping_the_place_the_table_starts_over() -> None:
    app = TableApp(table_of(numbered(1000)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G", "space")
        app.table.set_source(numbered(1000), keep_place=False)
        await pilot.pause()
        assert app.table.cursor_key == "row-00000"
        assert app.table.marked == set()
        assert screen_lines(app)[1].split()[:2] == ["▌", "row-00000"]


async def test_marks_ranges_and_escape() -> None:
    app = TableApp(table_of(rows("abcdef")))
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.table.chosen == ["a"]
        await pilot.press("j", "space", "j", "v", "j", "j")
        assert app.table.chosen == list("bcde")
        await pilot.pause()
        assert app.last(VirtualTable.MarksChanged).count == 4
        assert [line.split()[0] for line in screen_lines(app)[1:7]] == ["a", "●", "●", "●", "▌●", "f"]
        await pilot.press("k", "escape")
        assert app.table.chosen == ["b"]
        await pilot.press("v", "j", "v", "j")
        assert app.table.chosen == list("bde")
        await pilot.press("asterisk")
        assert app.table.chosen == list("abcdef")
        app.table.set_source(rows("fa"))
        assert app.table.chosen == ["f", "a"]
        await pilot.press("escape")
        assert app.table.marked == set()
        app.table.set_marked(["a", "gone"])
        assert app.table.marked == {"a"}


async def test_escape_is_left_to_the_screen_when_nothing_is_marked() -> None:
    class EscapeApp(TableApp):
        BINDINGS: ClassVar = [("escape", "count")]

        def action_count(self) -> None:
            self.escaped += 1

    app = EscapeApp(table_of(rows("ab")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "escape")
        assert app.escaped == 0
        await pilot.press("escape")
        assert app.escaped == 1


async def test_mouse_moves_marks_opens_scrolls_and_sorts() -> None:
    app = TableApp(table_of(numbered(1000)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(app.table, offset=(10, 3))
        assert app.table.cursor_key == "row-00002"
        await pilot.click(app.table, offset=(1, 4))
        assert app.table.marked == {"row-00003"}
        await pilot.click(app.table, offset=(10, 5), times=2)
        assert app.last(VirtualTable.Activated).key == "row-00004"
        await pilot.click(app.table, offset=(78, 0))
        assert app.last(VirtualTable.HeaderSelected).column_key == "cost"
        app.table.post_message(_wheel_down(app))
        await pilot.pause()
        assert app.table.scroll_offset.y > 0
        assert app.table.cursor_key == "row-00004"


async def test_a_table_scrolled_away_from_its_cursor_stays_there_on_reload() -> None:
    app = TableApp(table_of(numbered(1000)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.scroll_to(y=400, animate=False)
        await pilot.pause()
        app.table.set_source(numbered(1100))
        await pilot.pause()
        assert screen_lines(app)[1].split()[0] == "row-00400"
        assert app.table.cursor_key == "row-00000"
        await pilot.press("j")
        await pilot.pause()
        assert "▌  row-00001" in screen_text(app)


def _wheel_down(app: App[None]) -> Message:
    from textual.events import MouseScrollDown

    return MouseScrollDown(app.screen, 10, 5, 0, 1, 0, shift=False, meta=False, ctrl=False)


async def test_enter_opens_and_the_sort_arrow_is_shown() -> None:
    app = TableApp(table_of(rows("ab")))
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.set_sort("cost", reverse=True)
        await pilot.press("j", "enter")
        await pilot.pause()
        assert app.last(VirtualTable.Activated).key == "b"
        assert app.last(VirtualTable.Activated).control is app.table
        assert screen_lines(app)[0].endswith("Cost ▼")


async def test_changed_rows_are_drawn_after_a_reload() -> None:
    class Growing(Endless):
        word = "before"

        def rows(self, start: int, stop: int) -> Sequence[Row]:
            return [(Cell(self.word), Cell(""), Cell("")) for _ in range(start, stop)]

    source = Growing(3)
    app = TableApp(table_of(source))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "before" in screen_text(app)
        source.word = "after"
        app.table.reload()
        await pilot.pause()
        assert "before" not in screen_text(app)
        assert screen_text(app).count("after") == 3


async def test_an_empty_table_says_so_literally() -> None:
    app = TableApp(table_of(None, empty="no batches [/yet]\x1b[2J"))
    async with app.run_test(size=(80, 24)) as pilot:
        assert screen_lines(app)[12].strip() == "no batches [/yet]\ufffd[2J"
        app.table.set_empty("none")
        await pilot.pause()
        assert screen_lines(app)[12].strip() == "none"


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_cells_titles_and_keys_are_only_text(size: tuple[int, int]) -> None:
    columns = [
        Column("a", "[/x]\x1b[2J[@click=app.bell]y[/]", min_width=12),
        Column("b", HOSTILE["wide"], width=12),
        Column("c", "c", width=12, align="right"),
    ]
    source = ListSource(
        (key, (Cell(text), Cell(text, "bad"), Cell(text, "muted"))) for key, text in HOSTILE.items()
    )
    app = TableApp(VirtualTable(columns, source))
    async with app.run_test(size=size) as pilot:
        await pilot.press("asterisk", *["j"] * len(HOSTILE))
        await pilot.pause()
        assert unsafe_characters(app) == set()
        assert uneven_lines(app) == []
        await pilot.press("g")
        await pilot.pause()
        assert "a[/foo]b" in screen_text(app)


async def test_survives_tiny_screens() -> None:
    app = TableApp(table_of(numbered(1000)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.move_to("row-00500")
        before = screen_lines(app)
        for size in [(1, 1), (2, 2), (3, 1), (1, 5), (10, 3), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.press("j", "k")
            await pilot.pause()
            assert uneven_lines(app) == []
        assert app.table.cursor_key == "row-00500"
        assert len(screen_lines(app)) == len(before)


async def test_narrow_tables_drop_columns_by_priority() -> None:
    app = TableApp(table_of(numbered(3)))
    async with app.run_test(size=(26, 10)):
        assert screen_lines(app)[0].split() == ["Name", "Status"]


async def test_theme_and_focus_change_what_is_drawn() -> None:
    app = TableApp(table_of(numbered(3)))
    async with app.run_test(size=(40, 5)) as pilot:
        styles = [app.table.render_line(1)]
        app.set_focus(None)
        await pilot.pause()
        styles.append(app.table.render_line(1))
        app.theme = "textual-light"
        await pilot.pause()
        styles.append(app.table.render_line(1))
        assert styles[0] != styles[1] != styles[2]
        assert len({strip.text for strip in styles}) == 1
