"""Lines that are drawn for the room there is: a heading, and a plot below it."""

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.widget import Widget

from batchtui.tui.widgets.table_model import Cell
from batchtui.tui.widgets.tones import toned

Draw = Callable[[int, int], Sequence[Sequence[Cell]]]
"""Returns lines for a width and a height in cells."""


class Plot(Widget):
    """What `draw` returns, drawn again when the size changes."""

    DEFAULT_CSS = """
    Plot { text-wrap: nowrap; text-overflow: ellipsis; padding: 0 1; }
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
        return Content("\n").join(toned(line) for line in self._draw(self.size.width, self.size.height))
