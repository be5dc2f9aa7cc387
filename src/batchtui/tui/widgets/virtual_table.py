"""The one table of the program: any number of rows, of which only those on the screen are asked for."""

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from batchtui.tui.widgets.literal import literal
from batchtui.tui.widgets.navigation import MOVE_BINDINGS, lines_to_move
from batchtui.tui.widgets.scrolling import LineView
from batchtui.tui.widgets.table_model import Column, K, ListSource, Marks, RowBlocks, RowSource, in_order
from batchtui.tui.widgets.table_paint import GUTTER_WIDTH, RowPainter

EventK = TypeVar("EventK", bound=Hashable)


class VirtualTable(LineView, Generic[K], can_focus=True, inherit_bindings=False):
    """A table over a `RowSource`: a cursor kept by key, marks, a sortable header, columns that follow the width.

    The table only shows and points. Sorting, filtering and reading are the source's: give it a new one with
    `set_source`, or call `reload` when the same one has changed. Neither moves the cursor off its row or the
    row on the screen. Marks are kept for keys that are still shown: what cannot be seen is not marked.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--header",
        "virtual-table--sorted",
        "virtual-table--cursor",
        "virtual-table--marked",
        "virtual-table--bar",
        "virtual-table--mark",
        "virtual-table--empty",
        "virtual-table--ok",
        "virtual-table--bad",
        "virtual-table--warn",
        "virtual-table--muted",
        "virtual-table--accent",
        "virtual-table--strong",
    }

    DEFAULT_CSS = """
    VirtualTable {
        height: 1fr;
        background: $surface;
        color: $foreground;
        text-align: center;
        & > .virtual-table--header { color: $text-muted; background: $panel; text-style: bold; }
        & > .virtual-table--sorted { color: $text-accent; }
        & > .virtual-table--cursor { background: $foreground 8%; }
        & > .virtual-table--marked { background: $accent 12%; }
        & > .virtual-table--bar { color: $foreground 30%; }
        & > .virtual-table--mark { color: $accent; }
        & > .virtual-table--empty { color: $text-muted; }
        & > .virtual-table--ok { color: $text-success; }
        & > .virtual-table--bad { color: $text-error; }
        & > .virtual-table--warn { color: $text-warning; }
        & > .virtual-table--muted { color: $text-muted; }
        & > .virtual-table--accent { color: $text-accent; }
        & > .virtual-table--strong { text-style: bold; }
        &:focus {
            & > .virtual-table--header { color: $foreground; }
            & > .virtual-table--cursor { background: $primary 35%; text-style: bold; }
            & > .virtual-table--bar { color: $primary; }
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVE_BINDINGS,
        Binding("enter", "activate", "Open", show=False, id="row-open", tooltip="Open the row"),
        Binding(
            "space",
            "mark('row')",
            "Mark",
            show=False,
            id="mark-row",
            tooltip="Mark the row, or take the mark off",
        ),
        Binding(
            "v",
            "mark('range')",
            "Mark range",
            show=False,
            id="mark-range",
            tooltip="Mark a range from here; again keeps it, escape drops it",
        ),
        Binding(
            "asterisk",
            "mark('all')",
            "Mark all",
            show=False,
            id="mark-all",
            tooltip="Mark all rows shown, or take all marks off",
        ),
        Binding(
            "escape", "mark('none')", "Unmark", show=False, id="mark-none", tooltip="Drop the range or the marks"
        ),
    ]

    cursor_key: var[K | None] = var(None, init=False)
    """The key of the row under the cursor, or None when there are no rows. Not to be set: see `move_to`.

    Who watches it is called at once, so that what is said about the row is painted together with the move; a
    handler of `Highlighted` comes a frame later, but is called once for several moves.
    """

    class _TableMessage(Message, Generic[EventK]):
        """What a table tells: which table, so that `@on(..., "#id")` can choose."""

        def __init__(self, table: "VirtualTable[EventK]") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "VirtualTable[EventK]":
            """The table that sent the message."""
            return self.table

    class Highlighted(_TableMessage[EventK]):
        """The cursor is on another row; `key` is None when there are no rows any more."""

        def __init__(self, table: "VirtualTable[EventK]", key: EventK | None) -> None:
            super().__init__(table)
            self.key = key

        def can_replace(self, message: Message) -> bool:
            """Let a held arrow key tell only where it got to."""
            return isinstance(message, VirtualTable.Highlighted) and message.table is self.table

    class Activated(_TableMessage[EventK]):
        """A row was opened with enter or a double click."""

        def __init__(self, table: "VirtualTable[EventK]", key: EventK) -> None:
            super().__init__(table)
            self.key = key

    class MarksChanged(_TableMessage[EventK]):
        """Other rows are marked now; `count` is how many, a range in progress included."""

        def __init__(self, table: "VirtualTable[EventK]", count: int) -> None:
            super().__init__(table)
            self.count = count

    class HeaderSelected(_TableMessage[EventK]):
        """A column's title was clicked."""

        def __init__(self, table: "VirtualTable[EventK]", column_key: str) -> None:
            super().__init__(table)
            self.column_key = column_key

    def __init__(
        self,
        columns: Sequence[Column],
        source: RowSource[K] | None = None,
        *,
        empty: str | Content = "",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._painter = RowPainter(self, columns)
        self._source: RowSource[K] = ListSource() if source is None else source
        self._blocks = RowBlocks(self._source)
        self._empty = literal(empty)
        self._marks: Marks[K] = Marks()
        self._marks_told = 0
        self._cursor = 0
        self.reload()

    @property
    def cursor_index(self) -> int:
        """The position of the row under the cursor; 0 when there are no rows."""
        return self._cursor

    @property
    def marked(self) -> set[K]:
        """The keys of the marked rows, a range in progress included."""
        return self._marks.keys(self._source)

    @property
    def chosen(self) -> list[K]:
        """What an action is about, in the order shown: the marked rows, or else the one under the cursor."""
        if self._marks:
            return in_order(self._source, self.marked)
        return [] if self.cursor_key is None else [self.cursor_key]

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; the source must give cells in their order from now on."""
        self._painter.columns = tuple(columns)
        self.reload()

    def set_sort(self, column_key: str | None, *, reverse: bool = False) -> None:
        """Show the sort arrow at a column, or at none. Sorting itself is the source's."""
        self._painter.sort_key = column_key
        self._painter.sort_reverse = reverse
        self.refresh()

    def set_empty(self, empty: str | Content) -> None:
        """Set what is shown when there are no rows; a `str` is literal."""
        self._empty = literal(empty)
        self.refresh()

    def set_source(self, source: RowSource[K], *, keep_place: bool = True) -> None:
        """Show other rows. Without `keep_place` the cursor starts at the first row, with nothing marked."""
        self._source = source
        if not keep_place:
            self._cursor = 0
            self._marks.replace(source, ())
            self.scroll_to(y=0, animate=False, force=True)
        self._reload(self.cursor_key if keep_place else None)

    def reload(self) -> None:
        """Read the rows on the screen again: the source has changed.

        The cursor stays on its key, on the same line of the screen; when its row is gone it stays at its
        position. A table scrolled to the top stays there, so that new rows are seen; one scrolled away from its
        cursor stays where it is.
        """
        self._reload(self.cursor_key)

    def _reload(self, key: K | None) -> None:
        """Read the rows anew, with the cursor on this one if it is still there."""
        self._blocks = RowBlocks(self._source)
        self._painter.forget()
        self._marks.prune(self._source)
        self.set_line_count(len(self._source) + 1)
        top = self.scroll_offset.y
        line = self._cursor - top
        index = None if key is None else self._source.index_of(key)
        index = self._cursor if index is None else index
        if 0 <= line < self._page_rows:
            self._move_cursor(index, index - line if top else 0)
        else:
            self._place_cursor(index, top)
        self.refresh()

    def move_to(self, key: K) -> bool:
        """Put the cursor on the row with this key and scroll it into view; False when it is not shown."""
        index = self._source.index_of(key)
        if index is not None:
            self._move_cursor(index)
        return index is not None

    def set_marked(self, keys: Iterable[K]) -> None:
        """Mark exactly these rows; keys that are not shown are left out."""
        self._marks.replace(self._source, set(keys))
        self._tell_marks()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen: the header on top, then rows, or the empty text in the middle."""
        width = self.size.width - self.scrollbar_size_vertical
        if y == 0:
            return self._painter.header(width)
        if not len(self._source):
            return self._painter.empty(self._empty, y - 1, Size(width, self._page_rows))
        index = y - 1 + self.scroll_offset.y
        if index >= len(self._source):
            return Strip.blank(width, self.visual_style.rich_style)
        return self._painter.row(
            index,
            self._blocks.row(index),
            width,
            cursor=index == self._cursor,
            marked=self._marks.has(self._source.key_at(index), index),
        )

    def notify_style_update(self) -> None:
        """Draw anew in the new styles: theme or focus has changed."""
        super().notify_style_update()
        self._painter.forget()

    def on_mount(self) -> None:
        """Tell where the cursor is at the start."""
        if self.cursor_key is not None:
            self.post_message(self.Highlighted(self, self.cursor_key))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._move_cursor(self._cursor)

    def on_click(self, event: events.Click) -> None:
        """Move to the row clicked; its gutter marks it, a double click opens it, a title asks for a sort."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        if offset.y == 0:
            if column := self._painter.column_at(offset.x):
                self.post_message(self.HeaderSelected(self, column.key))
            return
        index = offset.y - 1 + self.scroll_offset.y
        if index >= len(self._source):
            return
        self._move_cursor(index)
        if offset.x < GUTTER_WIDTH:
            self.action_mark("row")
        elif event.chain == 2:
            self.action_activate()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to the screen when there is nothing to unmark."""
        if action == "mark" and parameters == ("none",):
            return bool(self._marks)
        return super().check_action(action, parameters)

    def action_go(self, where: str) -> None:
        """Move the cursor: by rows or pages, to the first or the last row."""
        if where in {"first", "last"}:
            self._move_cursor(0 if where == "first" else len(self._source) - 1)
            return
        rows = lines_to_move(where, self._page_rows)
        top = self.scroll_offset.y
        self._move_cursor(self._cursor + rows, top if abs(rows) == 1 else top + rows)

    def action_activate(self) -> None:
        """Open the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(self.Activated(self, self.cursor_key))

    def action_mark(self, what: str) -> None:
        """Mark: the row, a range from here, all rows, or none."""
        if self.cursor_key is None:
            return
        if what == "row":
            self._marks.toggle(self._source, self.cursor_key)
        elif what == "range":
            self._marks.toggle_range(self._source, self._cursor)
        elif what == "all":
            self._marks.toggle_all(self._source)
        else:
            self._marks.drop(self._source)
        self._tell_marks()

    @property
    def _page_rows(self) -> int:
        """How many rows the screen shows under the header."""
        return max(1, self.size.height - 1)

    def _move_cursor(self, index: int, top: int | None = None) -> None:
        """Put the cursor on a row, with row `top` first on the screen as far as that leaves the cursor in view."""
        index = max(0, min(index, len(self._source) - 1))
        top = self.scroll_offset.y if top is None else top
        self._place_cursor(index, min(max(top, index - self._page_rows + 1), index))

    def _place_cursor(self, index: int, top: int) -> None:
        """Put the cursor on a row and row `top` first on the screen, both as far as there are rows."""
        count = len(self._source)
        before, key_before = self._cursor, self.cursor_key
        self._cursor = max(0, min(index, count - 1))
        top = max(0, min(top, count - self._page_rows))
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        self._marks.follow(self._source, self._cursor)
        self.refresh_line(before + 1)
        self.refresh_line(self._cursor + 1)
        self._tell_marks()
        self.cursor_key = self._source.key_at(self._cursor) if count else None
        if self.cursor_key != key_before and self.is_running:
            self.post_message(self.Highlighted(self, self.cursor_key))

    def _tell_marks(self) -> None:
        """Repaint and report, when other rows are marked than were last told."""
        if self._marks.changes != self._marks_told:
            self._marks_told = self._marks.changes
            self.refresh()
            if self.is_running:
                self.post_message(self.MarksChanged(self, self._marks.count(self._source)))
