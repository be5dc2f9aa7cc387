"""Lines that are drawn for the room there is: a heading, and a plot below it."""

from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from batchtui.tui.text import clean_line
from batchtui.tui.widgets.table_model import Cell
from batchtui.tui.widgets.table_paint import fit
from batchtui.tui.widgets.tones import toned

Draw = Callable[[int, int], Sequence[Sequence[Cell]]]
"""Returns lines for a width and a height in cells."""


class Plot(Widget):
    """What `draw` returns, drawn again when the size changes; lines that are too long are cut."""

    DEFAULT_CSS = """
    Plot { text-wrap: nowrap; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._draw: Draw = lambda _width, _height: []

    def show(self, draw: Draw) -> None:
        """Draw something else."""
        self._draw = draw
        self.refresh()

    def render(self) -> Content:
        """Draw it."""
        width, height = self.size
        return Content("\n").join(toned(_cut(line, width)) for line in self._draw(width, height))


def _cut(line: Sequence[Cell], width: int) -> Iterator[Cell]:
    for cell in line:
        wanted = cell_len(clean_line(cell.text))
        yield Cell(fit(cell.text, min(wanted, width)), cell.tone)
        width = max(0, width - wanted)
