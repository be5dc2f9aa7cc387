"""What stands beside the results: the one to read, or what can be said of all of them."""

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from batchtui.tui import bindings
from batchtui.tui.present import groups
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.reading_pane import ReadingPane, TextView
from batchtui.tui.widgets.virtual_table import VirtualTable

Side = Literal["reading", "groups", "numbers"]


class GroupTable(VirtualTable[str]):
    """Groups of results; the key of one is the filter that narrows to it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.GROUP_TABLE


class ResultPane(Vertical):
    """Shows one of three things; the two that are rarely wanted are made when they are."""

    DEFAULT_CSS = """
    ResultPane.-groups > ReadingPane, ResultPane.-numbers > ReadingPane,
    ResultPane > GroupTable, ResultPane > FactsPane { display: none; }
    ResultPane.-groups > GroupTable, ResultPane.-numbers > FactsPane { display: block; height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__(classes="pane -half")
        self.side: Side = "reading"

    def compose(self) -> ComposeResult:
        """Lay out the reading pane."""
        yield ReadingPane()

    @property
    def front(self) -> Widget:
        """What takes the focus."""
        kinds: dict[Side, type[Widget]] = {"reading": TextView, "groups": GroupTable, "numbers": FactsPane}
        return self.query_one(kinds[self.side])

    @property
    def groups(self) -> GroupTable:
        """The table of groups; only once it was turned to."""
        return self.query_one(GroupTable)

    @property
    def numbers(self) -> FactsPane:
        """The lines of numbers; only once they were turned to."""
        return self.query_one(FactsPane)

    async def turn_to(self, side: Side) -> None:
        """Show another side."""
        self.side = side
        if side == "groups" and not self.query(GroupTable):
            await self.mount(GroupTable(groups.COLUMNS, empty=groups.NOTHING))
        if side == "numbers" and not self.query(FactsPane):
            await self.mount(FactsPane())
        self.set_class(side == "groups", "-groups")
        self.set_class(side == "numbers", "-numbers")
