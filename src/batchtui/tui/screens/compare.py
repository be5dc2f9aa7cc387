"""Asking what is to be compared: two sides, and what they are joined on."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label, Static

from batchtui.domain.errors import BatchtuiError
from batchtui.services.compare import Comparisons
from batchtui.tui.diff_source import Compared
from batchtui.tui.widgets.dialogs import Dialog, LineInput
from batchtui.tui.widgets.literal import literal
from batchtui.tui.widgets.paths import PathSuggester

HELP = (
    "Each side is a batch or a job by id or name, @1 for the newest batch, JOB#2 for the second attempt of a job, "
    "or a file of results as the API gives them."
)


class CompareScreen(Dialog[Compared | None]):
    """Ask for two sides; dismisses with them, or None. What is wrong with one is shown here."""

    CSS_PATH = "compare.tcss"
    KEYS = "enter compare · tab next · → complete · esc cancel"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="compare-cancel", tooltip="Go back, nothing is compared"),
    ]

    def __init__(self, comparisons: Comparisons, left: str, right: str) -> None:
        """Ask with these proposed for both sides."""
        super().__init__("Compare")
        self._comparisons = comparisons
        self._proposed = (left, right)

    def compose_body(self) -> ComposeResult:
        """Lay out the three inputs and the place for what is wrong."""
        yield Static(literal(HELP), classes="help")
        for name, value in zip(("Left", "Right"), self._proposed, strict=True):
            yield Label(name, markup=False)
            line = LineInput(value, placeholder="id, name or results.jsonl", id=name.lower())
            line.suggester = PathSuggester()
            yield line
        yield Label("Joined on", markup=False)
        yield LineInput(placeholder="custom_id, or a column of the data rows", id="on")
        yield Static(id="report")

    def on_mount(self) -> None:
        """Start with the first side that is not known."""
        self.query_one("#right" if self._proposed[0] else "#left").focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#report", Static).update(literal(""))

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        left, right, column = (self.query_one(name, LineInput).value.strip() for name in ("#left", "#right", "#on"))
        try:
            compared = Compared(self._comparisons.side(left), self._comparisons.side(right), column or None)
        except BatchtuiError as error:
            self.query_one("#report", Static).update(literal(f"{error.what} {error.todo}"))
        else:
            await self.action_dismiss(compared)
