"""The third room: templates, the text of one, and what becomes of its rows."""

import random
from typing import TYPE_CHECKING, ClassVar

from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.widgets import Static, TextArea

from batchtui.domain.errors import BatchtuiError
from batchtui.tui import bindings
from batchtui.tui.drafts import Draft, TemplateKey
from batchtui.tui.messages import ComposeAsked, CopyAsked, ErrorMet, PagerAsked, SubmitAsked
from batchtui.tui.present import compose as present
from batchtui.tui.present.batches import utc_now
from batchtui.tui.screens.room import Room
from batchtui.tui.session import Session
from batchtui.tui.text import clean_line
from batchtui.tui.trying import Trying
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.navigation import MOVE_BINDINGS
from batchtui.tui.widgets.preview_pane import PreviewPane
from batchtui.tui.widgets.table_model import ListSource
from batchtui.tui.widgets.template_editor import TemplateEditor
from batchtui.tui.widgets.tones import toned
from batchtui.tui.widgets.virtual_table import VirtualTable
from batchtui.tui.working import begin

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.worker import Worker

    from batchtui.domain.filter import Filter
    from batchtui.tui.flows.compose import Verb

QUIET_SECONDS = 0.08
"""How long nothing is typed before the row is tried again."""

FILES_SECONDS = 2.0
"""How often it is looked whether another program has changed a template."""

EMPTY = "No templates.\n\nn begins one."
NO_MATCH = "Nothing fits this filter.\n\nesc takes it away."
LOCKED = "It holds what would not come out of here as it went in: O opens it in $EDITOR."


class TemplateTable(VirtualTable[TemplateKey], inherit_bindings=False):
    """The list of templates: enter writes in one. Nothing is marked here."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVE_BINDINGS, *bindings.TEMPLATE_TABLE]

    def action_mark(self, what: str) -> None:
        """Leave it unmarked, whatever is clicked."""


class ComposeScreen(Room):
    """Templates, and one of them tried on rows: `Composing` holds what is in hand, `Trying` what comes of it."""

    ROOM = "compose"
    SORTS = present.SORTS
    FILTER_HINT = "words in the name or the description"
    CSS_PATH = "compose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings.COMPOSE

    editor = getters.query_one(TemplateEditor)
    preview = getters.query_one(PreviewPane)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self._composing = session.composing
        self._trying = Trying(session.composing, self._show_try)
        self._words: Filter | None = None
        # Where the cursor was put or seen last: it may have moved on, of which the message is still to come.
        self._placed: TemplateKey | None = None
        self._shown: Draft | None = None
        # Not what the editor holds by now: of a letter just typed the message is still to come.
        self._known_text = ""
        self._read: object = None
        self._basis: object = None
        self._quiet: Timer | None = None
        self._survey: Worker[None] | None = None

    def compose_head(self) -> ComposeResult:
        """Lay out what is in hand."""
        yield Static(id="head")

    def compose_panes(self) -> ComposeResult:
        """Lay out the list with what is known of a template, the text, and the preview."""
        with Vertical(id="side"):
            yield TemplateTable(present.COLUMNS, empty=EMPTY, classes="list")
            yield FactsPane(id="about")
        with Container(id="work"):
            yield TemplateEditor()
            yield PreviewPane()

    def on_mount(self) -> None:
        """Show what there is, and follow the files."""
        self._composing.changed.subscribe(self, lambda _nothing: self.fill())
        begin(self, self._trying.follow, "try")
        self._look_at_files()
        self.set_interval(FILES_SECONDS, lambda: self._look_at_files() if self.is_current else None)

    def on_unmount(self) -> None:
        """Let go of the data."""
        self._composing.data.close()

    def on_screen_suspend(self) -> None:
        """Say that what is not saved stays here."""
        if self.session.unsaved and self.app.current_mode != self.ROOM:
            names = clean_line(", ".join(self.session.unsaved), max_length=100)
            self.app.notify(f"Not saved: {names}. It stays in Compose until you quit.", timeout=4, markup=False)

    def fill(self) -> None:
        """Show the list and the template in hand as they are now."""
        drafts = [
            draft
            for draft in present.sorted_drafts(self._composing.drafts.values(), self.sort, reverse=self.reverse)
            if self._words is None or self._words.holds(present.template_values(draft))
        ]
        now = utc_now()
        with self.painted_once():
            self.table.set_source(ListSource((draft.key, present.template_row(draft, now)) for draft in drafts))
            self.table.set_empty(NO_MATCH if self._words else EMPTY)
            self.show_sort()
            key = self._composing.key
            if key != self._placed and key in {draft.key for draft in drafts}:
                self.table.move_to(key)
                self._placed = key
            self._show_draft()

    def _show_draft(self) -> None:
        """Show the text in hand, and try it."""
        draft = self._composing.draft
        if draft is not self._shown:
            self._shown, self._trying.survey = draft, None
            self.editor.show(draft.text if draft else "", is_locked=draft is None or bool(draft.trouble))
        elif draft is not None and draft.text != self._known_text:
            self.editor.take(draft.text)
        self._known_text = draft.text if draft else ""
        composing = self._composing
        basis = (draft.key, draft.text, draft.choice, composing.data.version, composing.answer) if draft else None
        if basis != self._basis:
            self._basis = basis
            self._survey = begin(self, self._trying.go_through, "survey", exclusive=True)
        self._trying.want()
        self._show_facts()

    @work(group="files", exclusive=True)
    async def _look_at_files(self) -> None:
        try:
            await self._composing.look()
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))

    def _show_try(self) -> None:
        """Show what came of the row."""
        if not self.is_attached:
            # The row was still being tried when the app was left.
            return
        trying = self._trying
        read = (trying.view, self._composing.key)
        with self.painted_once():
            self.preview.show_text(trying.title, *trying.body, keep_place=read == self._read)
            self._show_facts()
        self._read = read

    def _show_facts(self) -> None:
        """Show what is known, around the text and below the preview."""
        draft, trying = self._composing.draft, self._trying
        self.query_one("#head", Static).update(toned(present.head_line(draft, trying.look)), layout=False)
        self.query_one("#about", FactsPane).show(present.about(draft, trying.look), keep_place=True)
        self.preview.show_facts(present.facts(trying.look, trying.survey, is_counting=trying.is_counting))

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with the template in hand."""
        composing = self._composing
        return present.why_not(
            action, composing.draft, composing.data.count, read_only=self.session.workbench.profile.read_only
        )

    def action_ask(self, verb: "Verb") -> None:
        """Do something that takes a question, a dialog or a file, unless something speaks against it."""
        if reason := self.why_not(f"ask('{verb}')"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        else:
            self.post_message(SubmitAsked() if verb == "file" else ComposeAsked(verb))

    def action_next_view(self) -> None:
        """Read the row in the next view there is."""
        self._trying.next_view()

    def action_go_row(self, step: int) -> None:
        """Try the next row, the one before, or for 0 any row."""
        composing, count = self._composing, self._composing.data.count
        if reason := self.why_not(f"go_row({step})"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        elif step == 0 and count:
            composing.take_row(random.randint(1, count))  # noqa: S311 - nothing is guarded by it
        elif count is None or composing.number + step <= count:
            composing.take_row(composing.number + step)

    def action_pager(self) -> None:
        """Read the preview in the pager, however long it is."""
        self.post_message(PagerAsked(self._trying.body.text))

    def action_copy(self) -> None:
        """Offer what there is of the row."""
        trying = self._trying
        choices = [("v", f"the {trying.view}", trying.body.text)]
        if trying.look and trying.look.preview and (rendered := trying.look.preview.rendered):
            choices.append(("i", "the custom_id", rendered.custom_id))
            choices.append(("r", "the request line", rendered.line.decode("utf-8", "replace")))
        if draft := self._composing.draft:
            choices.append(("t", "the template", draft.text))
        self.post_message(CopyAsked(choices))

    def action_zoom(self) -> None:
        """Give all the room to the pane with the focus, or share it again."""
        self.toggle_class("-zoom")

    def leave_pane(self) -> bool:
        """Go back to the list, and tell whether the focus was elsewhere."""
        if self.table.has_focus:
            return False
        self.remove_class("-zoom")
        self.table.focus()
        return True

    async def action_back(self) -> None:
        """Leave the pane, the filter, and at last the room."""
        if self.leave_pane():
            return
        if self.filter_line.text:
            self.filter_line.action_clear()
        elif self.has_class("-zoom"):
            self.remove_class("-zoom")
        else:
            await self.go_to_room("batches")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Let the panes follow what is being done, where there is no room for all."""
        self.set_class(event.widget is self.editor, "-editing")
        self.set_class(event.widget is self.table, "-listing")

    @on(VirtualTable.Highlighted)
    def _moved(self, event: VirtualTable.Highlighted[TemplateKey]) -> None:
        if event.key is not None and event.key in self._composing.drafts:
            self._placed = event.key
            self._composing.choose(event.key)
            self._show_draft()
            self.refresh_bindings()

    @on(VirtualTable.Activated)
    def _activated(self) -> None:
        if self.editor.read_only:
            self.notify(LOCKED, severity="warning", timeout=6, markup=False)
        self.add_class("-editing")
        self.editor.focus()

    @on(TextArea.Changed)
    def _typed(self) -> None:
        draft = self._composing.draft
        if draft is None or draft is not self._shown or draft.text == self.editor.typed:
            return
        was_changed = draft.is_changed
        self._known_text = draft.text = self.editor.typed
        if self._quiet:
            self._quiet.stop()
        self._quiet = self.set_timer(QUIET_SECONDS, self._show_draft)
        # What goes through the rows with the text before is ended here and not when typing is over.
        if self._survey:
            self._survey.cancel()
        self._trying.is_counting, self._basis = True, None
        if was_changed != draft.is_changed:
            self.fill()

    @on(FilterLine.Changed)
    def _filtered(self, event: FilterLine.Changed) -> None:
        from batchtui.domain.filter import parse_filter

        self._words = parse_filter(event.text, present.FILTER_FIELDS) if event.text.strip() else None
        self.fill()
