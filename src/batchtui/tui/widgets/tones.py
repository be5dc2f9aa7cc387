"""What a cell's meaning looks like outside of tables."""

from collections.abc import Iterable, Mapping

from textual.content import Content

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
