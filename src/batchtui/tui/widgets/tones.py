"""What a cell's meaning looks like outside of tables."""

from collections.abc import Iterable, Mapping

from textual.content import Content
from textual.widgets import Static

from batchtui.tui.widgets.literal import literal_line
from batchtui.tui.widgets.table_model import Cell, Tone

_STYLES: Mapping[Tone, str] = {
    "": "",
    "ok": "$text-success",
    "bad": "$text-error",
    "warn": "$text-warning",
    "muted": "$foreground-muted",
    "accent": "$text-accent",
    "strong": "bold",
}


def toned(cells: Iterable[Cell]) -> Content:
    """Return one line of cells side by side; every text is cleaned and literal."""
    return Content.assemble(*(literal_line(cell.text, _STYLES[cell.tone]) for cell in cells))


class ToneLine(Static):
    """A line of cells, painted when they change."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._cells: list[Cell] = []

    def show(self, cells: Iterable[Cell]) -> None:
        """Show these cells."""
        shown = list(cells)
        if shown != self._cells:
            self._cells = shown
            self.update(toned(shown), layout=False)
