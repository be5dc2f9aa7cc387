"""What becomes of one row, and below it what becomes of all."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.highlight import Language
from batchtui.tui.widgets.reading_pane import ReadingPane
from batchtui.tui.widgets.table_model import Cell
from batchtui.tui.widgets.tones import toned


class PreviewPane(Vertical):
    """A text to read over some lines about it."""

    DEFAULT_CSS = """
    PreviewPane {
        & > ReadingPane { height: 1fr; min-height: 4; }
        & > FactsPane { height: auto; max-height: 50%; border-top: solid $border; }
        & > FactsPane:focus { border-top: solid $primary; }
    }
    """

    def compose(self) -> ComposeResult:
        """Lay out text and lines."""
        yield ReadingPane()
        yield FactsPane()

    def show_text(
        self, title: Sequence[Cell], text: str, language: Language = "text", *, keep_place: bool = True
    ) -> None:
        """Show a text under a title, where the one before was read or from its top."""
        self.query_one(ReadingPane).show(toned(title), text, language, keep_place=keep_place)

    def show_facts(self, lines: Sequence[Sequence[Cell]]) -> None:
        """Show the lines below."""
        self.query_one(FactsPane).show(lines, keep_place=True)
