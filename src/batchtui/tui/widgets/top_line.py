"""The line on top of a room."""

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.widget import Widget

from batchtui.tui.widgets.table_model import Cell
from batchtui.tui.widgets.tones import toned


class TopLine(Widget):
    """One line whose cells are asked for every second, because they hold times; `line` is given the width."""

    DEFAULT_CSS = """
    TopLine { height: 1; background: $panel; color: $foreground; text-wrap: nowrap; }
    """

    def __init__(self, line: Callable[[int], Sequence[Cell]]) -> None:
        super().__init__()
        self._line = line
        self._shown: list[Cell] = []

    def on_mount(self) -> None:
        """Keep the times right."""
        self.set_interval(1, self._keep_right)

    def render(self) -> Content:
        """Draw the line."""
        self._shown = list(self._line(self.size.width))
        return toned(self._shown)

    def _keep_right(self) -> None:
        # A key that comes right after a paint is not answered before the next.
        if self._shown != list(self._line(self.size.width)):
            self.refresh()
