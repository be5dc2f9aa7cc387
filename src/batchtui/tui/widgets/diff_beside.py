"""What stands below the pairs: the one to read, or what can be said of all of them."""

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from batchtui.tui.widgets.diff_pane import DiffPane, DiffView
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.label_matrix import LabelMatrix

Panel = Literal["reading", "numbers", "requests", "labels"]


class DiffBeside(Vertical):
    """Shows one of four things; those that are rarely wanted are made when they are."""

    DEFAULT_CSS = """
    DiffBeside > FactsPane, DiffBeside > LabelMatrix { display: none; height: 1fr; }
    DiffBeside.-facts > DiffPane, DiffBeside.-labels > DiffPane { display: none; }
    DiffBeside.-facts > FactsPane, DiffBeside.-labels > LabelMatrix { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(id="diff-beside", classes="pane -half")
        self.panel: Panel = "reading"

    def compose(self) -> ComposeResult:
        """Lay out the pane to read in."""
        yield DiffPane()

    @property
    def front(self) -> Widget:
        """What takes the focus."""
        kinds: dict[Panel, type[Widget]] = {"reading": DiffView, "labels": LabelMatrix}
        return self.query_one(kinds.get(self.panel, FactsPane))

    @property
    def facts(self) -> FactsPane:
        """The lines of numbers or of requests; only once they were turned to."""
        return self.query_one(FactsPane)

    @property
    def labels(self) -> LabelMatrix:
        """The matrix of labels; only once it was turned to."""
        return self.query_one(LabelMatrix)

    async def turn_to(self, panel: Panel) -> None:
        """Show another panel."""
        self.panel = panel
        if panel in {"numbers", "requests"} and not self.query(FactsPane):
            await self.mount(FactsPane())
        if panel == "labels" and not self.query(LabelMatrix):
            await self.mount(LabelMatrix())
        self.set_class(panel in {"numbers", "requests"}, "-facts")
        self.set_class(panel == "labels", "-labels")
