"""From cells to strips: how one line of a virtual table is drawn."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from batchtui.tui.text import clean_line
from batchtui.tui.widgets.table_model import Column, Place, Row, place_columns

GUTTER_WIDTH = 3
"""Cells left of the first column: the cursor's bar, the mark, a space."""

_CURSOR_BAR = "▌"
_MARK = "●"


def fit(text: str, width: int, *, align_right: bool = False) -> str:
    """Return outside text as one safe line of exactly `width` cells, padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    # An emoji family takes eleven characters for two cells; more than that is a flood.
    text = clean_line(text, max_length=width * 8 + 16)
    if text.isascii():
        used = len(text)
        if used > width:
            return text[: width - 1] + "…"
    else:
        # A joiner at the end would swallow the padding when Rich measures the segment.
        text = text.rstrip("\u200d")
        used = cell_len(text)
        if used > width:
            return set_cell_size(text, width - 1).rstrip("\u200d") + "…"
    padding = " " * (width - used)
    return padding + text if align_right else text + padding


class RowPainter:
    """Draws header and rows of one table and keeps the strips it drew, until `forget` or a new width."""

    STRIPS_KEPT = 128

    def __init__(self, table: Widget, columns: Sequence[Column]) -> None:
        self._table = table
        self._width = -1
        self._places: list[Place] = []
        self._strips: LRUCache[tuple[int, bool, bool], Strip] = LRUCache(self.STRIPS_KEPT)
        self._styles: dict[tuple[str, ...], Style] = {}
        self.columns = tuple(columns)
        self.sort_key: str | None = None
        self.sort_reverse = False

    def forget(self) -> None:
        """Drop all that was drawn: rows, styles, columns or the sort have changed."""
        self._strips.clear()
        self._styles.clear()
        self._width = -1

    def column_at(self, x: int) -> Column | None:
        """Return the column drawn at cell `x` of the row, or None left of the first."""
        found = [place.column for place in self._places if place.x + GUTTER_WIDTH <= x]
        return found[-1] if found else None

    def header(self, width: int) -> Strip:
        """Draw the header line."""
        self._lay_out(width)
        plain = self._style("virtual-table--header")
        titles: list[tuple[str, Style]] = []
        for place in self._places:
            title = place.column.title
            style = plain
            if place.column.key == self.sort_key:
                style = self._style("virtual-table--header", "virtual-table--sorted")
                title = f"{_fit_title(title, place.width - 2)} {'▼' if self.sort_reverse else '▲'}"
            titles.append((fit(title, place.width, align_right=place.column.align == "right"), style))
        return self._join([(" " * GUTTER_WIDTH, plain)], titles, width)

    def row(self, index: int, cells: Row, width: int, *, cursor: bool, marked: bool) -> Strip:
        """Draw one row; `cells` must be the same for the same `index` until `forget`."""
        self._lay_out(width)
        strip = self._strips.get((index, cursor, marked))
        if strip is None:
            strip = self._draw_row(cells, width, cursor=cursor, marked=marked)
            self._strips[index, cursor, marked] = strip
        return strip

    def empty(self, content: Content, y: int, size: Size) -> Strip:
        """Draw line `y` of the text that stands in the middle of a table without rows."""
        style = self._table.get_visual_style("virtual-table--empty")
        lines = Visual.to_strips(self._table, content, size.width, None, style) if size.width else []
        offset = y - max(0, (size.height - len(lines)) // 2)
        if 0 <= offset < len(lines):
            return lines[offset].adjust_cell_length(size.width, style.rich_style)
        return Strip.blank(size.width, style.rich_style)

    def _draw_row(self, cells: Row, width: int, *, cursor: bool, marked: bool) -> Strip:
        base = (
            *(("virtual-table--marked",) if marked else ()),
            *(("virtual-table--cursor",) if cursor else ()),
        )
        plain = self._style(*base)
        gutter = [
            (_CURSOR_BAR if cursor else " ", self._style(*base, "virtual-table--bar")),
            (f"{_MARK} " if marked else "  ", self._style(*base, "virtual-table--mark")),
        ]
        painted: list[tuple[str, Style]] = []
        for place in self._places:
            text, tone = cells[place.position] if place.position < len(cells) else ("", "")
            style = self._style(*base, f"virtual-table--{tone}") if tone else plain
            painted.append((fit(text, place.width, align_right=place.column.align == "right"), style))
        return self._join(gutter, painted, width)

    def _join(self, gutter: list[tuple[str, Style]], cells: list[tuple[str, Style]], width: int) -> Strip:
        """Make one strip of gutter and cells; the space up to the next cell is part of a cell's segment.

        The number of segments is what a line costs to write, and a space looks alike in every tone of a row.
        """
        segments = [Segment(text, style) for text, style in gutter]
        ends = [*(place.x for place in self._places), width - GUTTER_WIDTH][1:]
        for place, end, (text, style) in zip(self._places, ends, cells, strict=True):
            segments.append(Segment(text + " " * (end - place.x - place.width), style))
        strip = Strip(Segment.simplify(segments), width if self._places else GUTTER_WIDTH)
        return strip.adjust_cell_length(width, gutter[-1][1])

    def _lay_out(self, width: int) -> None:
        if width != self._width:
            self._strips.clear()
            self._width = width
            self._places = place_columns(self.columns, max(0, width - GUTTER_WIDTH - 1))

    def _style(self, *classes: str) -> Style:
        style = self._styles.get(classes)
        if style is None:
            style = self._styles[classes] = self._table.get_visual_style(*classes).rich_style
        return style


def _fit_title(title: str, width: int) -> str:
    """Return a column title without padding, cut to leave room for the sort arrow."""
    return fit(title, min(width, cell_len(title)))
