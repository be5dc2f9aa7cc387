"""A pane of short lines about one thing, scrolled as a whole."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from batchtui.tui.widgets.navigation import MOVE_BINDINGS, lines_to_move
from batchtui.tui.widgets.table_model import Cell
from batchtui.tui.widgets.tones import toned


class FactsPane(VerticalScroll, can_focus=True, inherit_bindings=False):
    """Lines of cells, the first of them a heading; long ones are wrapped."""

    DEFAULT_CSS = """
    FactsPane {
        background: $surface;
        padding: 0 1;
        scrollbar-size-vertical: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*MOVE_BINDINGS]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._shown: Sequence[Sequence[Cell]] = ()

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static()

    def show(self, lines: Sequence[Sequence[Cell]], *, keep_place: bool = False) -> None:
        """Show other lines, from the top unless they are a newer version of the same."""
        if lines == self._shown:
            return
        self._shown = lines
        self.query_one(Static).update(Content("\n").join(toned(line) for line in lines))
        if not keep_place:
            self.scroll_home(animate=False)

    def action_go(self, where: str) -> None:
        """Scroll: by lines or pages, to the start or the end."""
        if where in {"first", "last"}:
            self.scroll_to(y=0 if where == "first" else self.max_scroll_y, animate=False)
        else:
            self.scroll_relative(y=lines_to_move(where, max(1, self.size.height)), animate=False)
