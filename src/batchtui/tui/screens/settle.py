"""Submissions without an outcome, each with the batches that could be it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.human import count, counted, local_time
from batchtui.services.settle import OpenSubmission
from batchtui.services.workbench import Workbench
from batchtui.tui.present.batches import short_id, status
from batchtui.tui.widgets.dialogs import Dialog
from batchtui.tui.widgets.literal import literal
from batchtui.tui.widgets.table_model import Cell, Column, ListSource
from batchtui.tui.widgets.virtual_table import VirtualTable

COLUMNS = (
    Column("state", "State", width=10),
    Column("name", "Name", min_width=14),
    Column("requests", "Requests", width=8, align="right"),
    Column("sent", "Sent", width=16, priority=1),
)

Verb = Literal["adopt", "resend", "discard"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an open submission."""

    verb: Verb
    submission: OpenSubmission


class SettleScreen(Dialog[Decision | None]):
    """Choose what becomes of a submission; dismisses with the decision, or None. Here nothing is done yet."""

    CSS_PATH = "settle.tcss"
    KEYS = "a adopt · s send · x drop · esc later"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('adopt')", "Adopt", id="settle-adopt", tooltip="This batch is it"),
        Binding("s", "decide('resend')", "Send", id="settle-resend", tooltip="Nothing was created: send it"),
        Binding("x", "decide('discard')", "Drop", id="settle-discard", tooltip="Give it up"),
        Binding("escape", "dismiss", "Later", id="settle-later", tooltip="Leave everything as it is"),
    ]

    def __init__(self, workbench: Workbench) -> None:
        super().__init__("Without an outcome")
        self._workbench = workbench
        intents = workbench.settlements.open_submissions()
        self._submissions: Sequence[OpenSubmission] = [OpenSubmission(intent, ()) for intent in intents]
        self._is_looking = True
        self._trouble = ""

    def compose_body(self) -> ComposeResult:
        """Lay out the table and what is known of the row."""
        yield VirtualTable[str](COLUMNS)
        yield Static(id="about")

    def on_mount(self) -> None:
        """Show what is known here, and look at the API for what may have come of it."""
        self._fill()
        self._look()

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        try:
            self._submissions = await self._workbench.settlements.look()
        except BatchtuiError as error:
            self._trouble = str(error)
        self._is_looking = False
        self._fill()

    def _fill(self) -> None:
        table = self.query_one(VirtualTable)
        table.set_source(
            ListSource(
                (
                    one.intent.id,
                    (
                        status(one.intent),
                        Cell(one.intent.job_name, "strong"),
                        Cell(count(one.intent.request_count)),
                        Cell(local_time(one.intent.sent_at), "muted"),
                    ),
                )
                for one in self._submissions
            )
        )
        self._show()

    @property
    def _submission(self) -> OpenSubmission | None:
        key = self.query_one(VirtualTable).cursor_key
        return next((one for one in self._submissions if one.intent.id == key), None)

    @on(VirtualTable.Highlighted)
    def _show(self) -> None:
        self.query_one("#about", Static).update(literal(self._about()))

    def _about(self) -> str:
        one = self._submission
        if one is None:
            return "Nothing is open."
        intent = one.intent
        part = f"attempt {intent.attempt}, part {intent.part} of {intent.parts}"
        if not one.is_here:
            return f"{part}. It is for {intent.base_url}: open batchtui with that to settle it."
        if intent.state == "waiting":
            return f"{part}. It goes out by itself as soon as the API has room.\n{intent.error or ''}".rstrip()
        if intent.state == "draft":
            return f"{part}. Nothing was sent.\n{intent.error or ''}".rstrip()
        if self._is_looking:
            return f"{part}. It was sent, and no answer came.\nLooking for its batch …"
        if one.candidates:
            ids = ", ".join(short_id(stored.id) for stored in one.candidates[:3])
            return f"{part}. {counted(len(one.candidates), 'batch', 'batches')} could be it: {ids}.\na takes it."
        found = self._trouble or "The API has no batch that could be it. If that is so, s sends it."
        return f"{part}. It was sent, and no answer came.\n{found}"

    async def action_decide(self, verb: Verb) -> None:
        """Dismiss with a decision on the row under the cursor, if it can be taken."""
        one = self._submission
        if one is None:
            return
        if verb == "adopt" and not one.candidates:
            words = "Still looking." if self._is_looking else "There is no batch that could be it."
            self.notify(words, severity="warning", timeout=4, markup=False)
        elif verb == "resend" and one.intent.state == "unclear" and self._is_looking:
            self.notify("Still looking: perhaps it was created.", severity="warning", timeout=4, markup=False)
        elif one.intent.state == "sending":
            self.notify("It is being sent right now.", severity="warning", timeout=4, markup=False)
        else:
            await self.action_dismiss(Decision(verb, one))
