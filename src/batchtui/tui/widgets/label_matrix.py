"""Labels on the left against labels on the right: a table with a cursor that is on one of its cells."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from batchtui.domain.comparison import Matrix
from batchtui.domain.human import count
from batchtui.tui.widgets.scrolling import LineView
from batchtui.tui.widgets.table_paint import fit

LABEL_CELLS = 14
"""How wide the labels of the left are."""

COLUMN_CELLS = 9
"""How wide a column of counts is, with the gap before it."""

HEAD_LINES = 2


def _move(keys: str, where: str, tooltip: str) -> Binding:
    name = where.replace("_", "-")
    return Binding(keys, f"go('{where}')", "Move", show=False, id=f"cell-{name}", tooltip=tooltip)


class LabelMatrix(LineView, can_focus=True, inherit_bindings=False):
    """Counts of rows by their labels; enter on one of them asks for its rows."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "label-matrix--label",
        "label-matrix--none",
        "label-matrix--same",
        "label-matrix--moved",
        "label-matrix--cursor",
    }

    DEFAULT_CSS = """
    LabelMatrix {
        height: 1fr;
        background: $surface;
        color: $foreground;
        & > .label-matrix--label { color: $text-primary; text-style: bold; }
        & > .label-matrix--none { color: $foreground 30%; }
        & > .label-matrix--same { color: $text-success; }
        & > .label-matrix--moved { color: $text-warning; text-style: bold; }
        & > .label-matrix--cursor { background: $foreground 15%; }
        &:focus > .label-matrix--cursor { background: $primary 50%; text-style: reverse; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _move("up,k", "up", "The label above"),
        _move("down,j", "down", "The label below"),
        _move("left,h", "left", "The label to the left"),
        _move("right,l", "right", "The label to the right"),
        Binding("enter", "choose", "Its rows", id="cell-rows", tooltip="Narrow the list to the rows of this cell"),
    ]

    class Chosen(Message):
        """The rows of a cell are asked for."""

        def __init__(self, left: str, right: str) -> None:
            super().__init__()
            self.left = left
            self.right = right

    def __init__(self) -> None:
        super().__init__()
        self._matrix = Matrix((), (), {})
        self._words = ""
        self._row = 0
        self._column = 0
        self._first_column = 0

    def show(self, matrix: Matrix | None, words: str = "") -> None:
        """Show other counts, or what there is to say where there are none."""
        self._matrix, self._words = matrix or Matrix((), (), {}), words
        self._go_to(self._row, self._column)

    def _go_to(self, row: int, column: int) -> None:
        """Put the cursor on a cell and bring it into view."""
        self._row = max(0, min(row, len(self._matrix.left_labels) - 1))
        self._column = max(0, min(column, len(self._matrix.right_labels) - 1))
        shown = max(1, (self.size.width - LABEL_CELLS - 1) // COLUMN_CELLS)
        self._first_column = max(self._column - shown + 1, min(self._first_column, self._column))
        self.set_line_count(len(self._matrix.left_labels) + HEAD_LINES)
        lines = max(1, self.size.height - HEAD_LINES)
        top = self.scroll_offset.y
        self.scroll_to(y=min(max(top, self._row - lines + 1), self._row), animate=False, force=True)
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._go_to(self._row, self._column)

    def action_go(self, where: str) -> None:
        """Move the cursor by a cell."""
        down, right = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}[where]
        self._go_to(self._row + down, self._column + right)

    def action_choose(self) -> None:
        """Ask for the rows of the cell under the cursor, if there are any."""
        matrix = self._matrix
        if matrix.left_labels and matrix.right_labels:
            left, right = matrix.left_labels[self._row], matrix.right_labels[self._column]
            if matrix.count(left, right):
                self.post_message(self.Chosen(left, right))

    def on_click(self, event: events.Click) -> None:
        """Move to the cell clicked; a double click asks for its rows."""
        row = event.y - HEAD_LINES + self.scroll_offset.y
        column = (event.x - LABEL_CELLS - 1) // COLUMN_CELLS + self._first_column
        if 0 <= row < len(self._matrix.left_labels) and 0 <= column < len(self._matrix.right_labels):
            event.stop()
            self._go_to(row, column)
            if event.chain == 2:
                self.action_choose()

    def render_line(self, y: int) -> Strip:
        """Draw one line: the words and the labels of the right on top, then a label of the left with its counts."""
        plain = self.visual_style.rich_style
        return Strip(self._line(y, plain)).adjust_cell_length(self.size.width, plain)

    def _line(self, y: int, plain: Style) -> list[Segment]:
        label = self._style("label", plain)
        if y == 0:
            return [Segment(f" {fit(self._words, self.size.width - 1)}", self._style("none", plain))]
        columns = self._matrix.right_labels[self._first_column :]
        if y < HEAD_LINES:
            titles = "".join(f" {fit(name, COLUMN_CELLS - 1, align_right=True)}" for name in columns)
            corner = "left ╲ right" if columns else ""
            return [Segment(f" {fit(corner, LABEL_CELLS)}", self._style("none", plain)), Segment(titles, label)]
        row = y - HEAD_LINES + self.scroll_offset.y
        if row >= len(self._matrix.left_labels):
            return []
        name = self._matrix.left_labels[row]
        return [
            Segment(f" {fit(name, LABEL_CELLS)}", label),
            *(self._cell(row, number, name, other, plain) for number, other in enumerate(columns)),
        ]

    def _cell(self, row: int, number: int, left: str, right: str, plain: Style) -> Segment:
        rows = self._matrix.count(left, right)
        style = self._style("none" if not rows else "same" if left == right else "moved", plain)
        if (row, number + self._first_column) == (self._row, self._column):
            style = self._style("cursor", style)
        return Segment(fit(count(rows) if rows else "·", COLUMN_CELLS, align_right=True), style)

    def _style(self, name: str, base: Style) -> Style:
        return base + self.get_visual_style(f"label-matrix--{name}").rich_style
