"""Reads two texts at a time: what differs between them, side by side or in one column."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from time import monotonic
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.strip import Strip

from batchtui.domain.diff import DiffLine
from batchtui.tui import bindings
from batchtui.tui.widgets.diff_layout import Kind, Layout, Mark, Piece, Row
from batchtui.tui.widgets.navigation import MOVE_BINDINGS, lines_to_move
from batchtui.tui.widgets.scrolling import LineView
from batchtui.tui.widgets.titled_pane import TitledPane

TWO_COLUMNS_FROM_CELLS = 100
"""How wide the pane must be for two columns."""

SLICE_SECONDS = 0.008
"""How long lines are laid out before keys get their turn."""

NUMBER_DIGITS_MIN = 2

Find = Callable[[str], Iterable[Mark]]
"""Gives where something stands in a line."""

_SIGNS: dict[Kind, tuple[str, str]] = {"changed": ("-", "+"), "removed": ("-", " "), "added": (" ", "+")}
"""What stands before a line on the left and on the right, so that no colour is needed to tell them apart."""


class DiffView(LineView, can_focus=True, inherit_bindings=False):
    """The lines of a diff, as few of them laid out at once as a key can wait for."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff-view--added",
        "diff-view--added-word",
        "diff-view--between",
        "diff-view--hit",
        "diff-view--number",
        "diff-view--removed",
        "diff-view--removed-word",
    }

    DEFAULT_CSS = """
    DiffView {
        height: 1fr;
        background: $surface;
        color: $foreground;
        & > .diff-view--number { color: $foreground 40%; }
        & > .diff-view--between { color: $text-accent; text-style: italic; }
        & > .diff-view--added { background: $success 10%; }
        & > .diff-view--removed { background: $error 10%; }
        & > .diff-view--added-word { background: $success 40%; text-style: bold underline; }
        & > .diff-view--removed-word { background: $error 40%; text-style: bold underline; }
        & > .diff-view--hit { background: $warning; color: $background; text-style: bold; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*MOVE_BINDINGS, *bindings.DIFF_VIEW]

    def __init__(self) -> None:
        super().__init__()
        self.is_side_by_side = True
        self._rows: Sequence[Row] = ()
        self._find: Find | None = None
        self._layout = Layout()
        self._laid_for = (0, 0)
        self._digits = NUMBER_DIGITS_MIN
        self._strips: LRUCache[int, Strip] = LRUCache(256)
        self._is_fresh = False
        self._at = -1

    @property
    def has_room_for_two(self) -> bool:
        """Whether it is wide enough for both sides beside each other."""
        return self.size.width >= TWO_COLUMNS_FROM_CELLS

    @property
    def columns(self) -> Literal[1, 2]:
        """How many columns there are: two only where there is room for them."""
        return 2 if self.is_side_by_side and self.has_room_for_two else 1

    @property
    def is_laid_out(self) -> bool:
        """Whether all lines have their place, and can be scrolled to."""
        return self._layout.is_over

    def show(self, rows: Sequence[Row], *, keep_place: bool = False, find: Find | None = None) -> None:
        """Show another diff from its first change on, or a newer version of the same where it was read."""
        top = self._top_line() if keep_place else None
        self._rows, self._find = rows, find
        numbers = (max(row.left_number or 0, row.right_number or 0) for row in rows if isinstance(row, DiffLine))
        self._digits = max(NUMBER_DIGITS_MIN, len(str(max(numbers, default=0))))
        self._is_fresh = not keep_place
        self._lay_out(top)

    def set_side_by_side(self, is_side_by_side: bool) -> None:
        """Show both sides beside each other where there is room, or one below the other."""
        self.is_side_by_side = is_side_by_side
        self._is_fresh = True
        self._lay_out(None)

    def on_resize(self) -> None:
        """Wrap anew for another width, with the same line on top."""
        if self._laid_for != (self.columns, self._text_width):
            self._lay_out(self._top_line())

    def _top_line(self) -> int | None:
        top = self.scroll_offset.y
        return self._layout.places[top].line if 0 < top < len(self._layout.places) else None

    def _lay_out(self, top_line: int | None) -> None:
        """Begin to lay out all lines, with this one on top if it is still there."""
        self._laid_for = (self.columns, self._text_width)
        self._layout = layout = Layout(self._rows, self._text_width, columns=self.columns)
        self._at = -1
        self._strips.clear()
        layout.go_on(lambda place: place.line >= (top_line or 0))
        enough = len(layout.places) + self.size.height
        layout.go_on(lambda _place: len(layout.places) > enough)
        self.set_line_count(len(layout.places))
        top = layout.first_of(top_line) if top_line is not None else 0
        self.scroll_to(y=top, animate=False, force=True)
        self._lay_out_more(layout, 0)

    def _lay_out_more(self, layout: Layout, looked_at: int) -> None:
        """Lay out as many lines as there is time for, and the others later; some were looked at for a change."""
        if layout is not self._layout:
            return
        until = monotonic() + SLICE_SECONDS
        layout.go_on(lambda _place: not len(layout.places) % 64 and monotonic() > until)
        count = len(layout.places)
        if not layout.is_over:
            self.set_timer(SLICE_SECONDS, lambda: self._lay_out_more(layout, count))
        self.set_line_count(count)
        self.refresh()
        self._go_to_first_change(looked_at)

    def _go_to_first_change(self, start: int) -> None:
        """Scroll to the first change of a diff that is new, if it is among the lines from here on."""
        if self._is_fresh and self.size.height:
            at = self._layout.change_after(start - 1)
            if at is not None:
                self._is_fresh = False
                self._scroll_into_view(at)

    def go_to_change(self, step: int) -> bool:
        """Scroll to the next changed lines, or those before; False if there are none in that direction."""
        layout = self._layout
        at = layout.change_after(self._at) if step > 0 else layout.change_before(self._at)
        if at is not None:
            self._scroll_into_view(at)
        return at is not None

    def _scroll_into_view(self, line: int) -> None:
        self._at = line
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= line < top + height:
            self.scroll_to(y=line - height // 3, animate=False, force=True)

    @property
    def _gutter_cells(self) -> int:
        """The cells before a text: numbers and sign."""
        return self._digits + 3 if self.columns == 2 else 2 * self._digits + 4

    @property
    def _column_cells(self) -> int:
        """The cells of a column, its gutter included; two have a line between them."""
        width = max(1, self.size.width - 1)
        return (width - 1) // 2 if self.columns == 2 else width

    @property
    def _text_width(self) -> int:
        return max(1, self._column_cells - self._gutter_cells)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        number = y + self.scroll_offset.y
        plain = self.visual_style.rich_style
        if number >= len(self._layout.places):
            return Strip.blank(self.size.width, plain)
        strip = self._strips.get(number)
        if strip is None:
            drawn = self._draw(number, plain)
            strip = self._strips[number] = Strip(drawn).adjust_cell_length(self.size.width, plain)
        return strip

    def _draw(self, number: int, plain: Style) -> list[Segment]:
        place = self._layout.places[number]
        line = self._layout.lines[place.line]
        is_first = self._layout.begins_line(number)
        if line.kind in {"fold", "note"}:
            text = line.left.text[slice(*place.left)] if line.left and place.left else ""
            return [Segment(" " * self._gutter_cells + text, self._look("between", plain))]
        signs = _SIGNS.get(line.kind, (" ", " "))
        if self.columns == 1:
            piece, span = (line.right, place.right) if line.left is None else (line.left, place.left)
            sign = signs[0] if line.left is not None else signs[1]
            numbers = tuple(p.number if p is not None and is_first else None for p in (line.left, line.right))
            return self._column(piece, span, sign, numbers, plain)
        return [
            *self._column(line.left, place.left, signs[0], _first(line.left, is_first), plain),
            Segment("│", self._look("number", plain)),
            *self._column(line.right, place.right, signs[1], _first(line.right, is_first), plain),
        ]

    def _column(
        self,
        piece: Piece | None,
        span: Mark | None,
        sign: str,
        numbers: Sequence[int | None],
        plain: Style,
    ) -> list[Segment]:
        """Draw the numbers, the sign and the text of one column, as wide as it is."""
        side = {"-": "removed", "+": "added"}.get(sign)
        base = self._look(side, plain) if side and span is not None else plain
        gutter = " ".join(f"{number or '':>{self._digits}}" for number in numbers)
        segments = [
            Segment(f"{gutter} ", self._look("number", base)),
            Segment(f"{sign if span is not None else ' '} ", base),
        ]
        if piece is not None and span is not None:
            segments += self._words(piece, span, side, base)
        width = self._column_cells
        return list(Strip(segments).adjust_cell_length(width, base).crop(0, width))

    def _words(self, piece: Piece, span: Mark, side: str | None, base: Style) -> list[Segment]:
        # A flood of combining characters is one cell wide and may be a whole body long.
        start, end = span[0], min(span[1], span[0] + self._text_width * 8 + 16)
        text = piece.text[start:end]
        looks = [("" if side is None else f"{side}-word", *mark) for mark in piece.marks_in(start, end)]
        if self._find is not None:
            looks += [("hit", max(0, hit[0] - start), hit[1] - start) for hit in self._find(piece.text)]
        edges = sorted({0, len(text), *(edge for _, *mark in looks for edge in mark if 0 <= edge <= len(text))})
        segments = []
        for begin, stop in pairwise(edges):
            style = base
            for look, first, last in looks:
                if look and first <= begin and stop <= last:
                    style = self._look(look, style)
            segments.append(Segment(text[begin:stop], style))
        return segments

    def _look(self, name: str, base: Style) -> Style:
        return base + self.get_visual_style(f"diff-view--{name}").rich_style

    def notify_style_update(self) -> None:
        """Draw anew in other styles."""
        super().notify_style_update()
        self._strips.clear()

    def action_go(self, where: str) -> None:
        """Scroll: by lines or pages, to the start or the end."""
        if where in {"first", "last"}:
            self.scroll_to(y=0 if where == "first" else self.max_scroll_y, animate=False, force=True)
        else:
            lines = lines_to_move(where, max(1, self.size.height))
            self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True)


def _first(piece: Piece | None, is_first: bool) -> tuple[int | None]:
    return (piece.number if piece is not None and is_first else None,)


class DiffPane(TitledPane):
    """A title line over one diff, which is replaced as a whole."""

    def compose(self) -> ComposeResult:
        """Lay out title and diff."""
        yield self.title()
        yield DiffView()

    def show(
        self, title: Content, rows: Sequence[Row], *, keep_place: bool = False, find: Find | None = None
    ) -> None:
        """Show a diff under a title; what `find` finds in a line stands out."""
        self.set_title(title)
        self.query_one(DiffView).show(rows, keep_place=keep_place, find=find)
