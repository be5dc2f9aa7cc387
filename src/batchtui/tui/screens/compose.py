"""The third room: templates, the text of one, and what becomes of its rows."""

import asyncio
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
from batchtui.tui.drafts import Draft, Look, TemplateKey
from batchtui.tui.messages import ComposeAsked, CopyAsked, ErrorMet, PagerAsked, SubmitAsked
from batchtui.tui.present import compose as present
from batchtui.tui.present import reasons
from batchtui.tui.present.batches import utc_now
from batchtui.tui.present.compose import VIEWS, Body, View
from batchtui.tui.screens.room import Room
from batchtui.tui.session import Session
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.navigation import MOVE_BINDINGS
from batchtui.tui.widgets.preview_pane import PreviewPane
from batchtui.tui.widgets.table_model import ListSource
from batchtui.tui.widgets.template_editor import TemplateEditor
from batchtui.tui.widgets.tones import toned
from batchtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.timer import Timer

    from batchtui.domain.filter import Filter
    from batchtui.services.compose import Survey
    from batchtui.tui.flows.compose import Verb

QUIET_SECONDS = 0.08
"""How long nothing is typed before the row is tried again."""

SURVEY_QUIET_SECONDS = 0.4
"""How long nothing is changed before all rows are gone through again."""

FILES_SECONDS = 2.0
"""How often it is looked whether another program has changed a template."""

EMPTY = "No templates.\n\nn begins one."
NO_MATCH = "Nothing fits this filter.\n\nesc takes it away."


class TemplateTable(VirtualTable[TemplateKey], inherit_bindings=False):
    """The list of templates: enter writes in one. Nothing is marked here."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVE_BINDINGS, *bindings.TEMPLATE_TABLE]

    def action_mark(self, what: str) -> None:
        """Leave it unmarked, whatever is clicked."""


class ComposeScreen(Room):
    """Templates, and the one in hand tried on its rows. Holds the view; the rest is `Composing`'s."""

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
        self._words: Filter | None = None
        self._view: View = VIEWS[0]
        self._shown: Draft | None = None
        self._look: Look | None = None
        self._body = Body("")
        self._survey: Survey | BatchtuiError | None = None
        self._is_counting = False
        self._basis: object = None
        self._wanted = asyncio.Event()
        self._quiet: Timer | None = None

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
        self._follow()
        self._look_at_files()
        self.set_interval(FILES_SECONDS, self._look_at_files)

    def on_screen_resume(self) -> None:
        """Show what another room has taken in hand."""
        self.fill()

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
            if self._composing.key in {draft.key for draft in drafts}:
                self.table.move_to(self._composing.key)
            self._show_draft()

    def _show_draft(self) -> None:
        """Show the text in hand, and try it."""
        draft = self._composing.draft
        if draft is not self._shown:
            self._shown, self._survey = draft, None
            self.editor.show(draft.text if draft else "")
        elif draft is not None and draft.text != self.editor.typed:
            self.editor.take(draft.text)
        self._show_facts()
        self._wanted.set()
        basis = (draft.key, draft.text, draft.choice, self._composing.answer) if draft else None
        if basis != self._basis:
            self._basis = basis
            self._is_counting = True
            self._go_through()

    @work(group="files", exclusive=True)
    async def _look_at_files(self) -> None:
        try:
            await self._composing.look()
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))

    @work(group="look")
    async def _follow(self) -> None:
        """Try the row in hand whenever that is wanted: one after another, so that the newest is shown last."""
        before: tuple[object, ...] = ()
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            look, draft = await self._composing.look_at_row(), self._composing.draft
            if not present.can_view(self._view, self._composing.answer, draft):
                self._view = VIEWS[0]
            view = self._view
            self._body = await asyncio.to_thread(present.body, view, draft, look, self._composing.answer)
            self._look = look
            now = (view, draft.key if draft else None)
            title = present.preview_title(view, look, self._composing.answer, draft)
            with self.painted_once():
                self.preview.show_text(title, *self._body, keep_place=now == before)
                self._show_facts()
            before = now

    @work(group="survey", exclusive=True)
    async def _go_through(self) -> None:
        """Go through all rows; the next change ends it and begins anew."""
        await asyncio.sleep(SURVEY_QUIET_SECONDS)
        try:
            self._survey = await self._composing.survey()
        except BatchtuiError as error:
            self._survey = error
        self._is_counting = False
        self._wanted.set()

    def _show_facts(self) -> None:
        """Show what is known, around the text and below the preview."""
        draft, look = self._composing.draft, self._look
        self.query_one("#head", Static).update(toned(present.head_line(draft, look)), layout=False)
        self.query_one("#about", FactsPane).show(present.about(draft, look), keep_place=True)
        self.preview.show_facts(present.facts(look, self._survey, is_counting=self._is_counting))

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with the template in hand."""
        draft = self._composing.draft
        verb = action.removeprefix("ask('").removesuffix("')")
        if verb in {"send", "try", "file"} and self.session.workbench.profile.read_only:
            return reasons.READ_ONLY
        if draft is None:
            return "" if verb in {"new", "file"} or not action.startswith(("ask", "go_row")) else NO_TEMPLATE
        if verb in {"send", "try", "row"} or action.startswith(("go_row", "random_row")):
            return "" if draft.choice else "There are no rows yet: d chooses them."
        if verb in {"rename", "delete"} and not draft.is_own:
            return "Only a template of your own can be renamed or deleted: c makes one of it."
        if verb in {"save", "revert"} and not draft.is_changed and draft.is_own:
            return "There is nothing to save: it is as its file." if verb == "save" else "Nothing is changed in it."
        return ""

    def action_ask(self, verb: "Verb") -> None:
        """Do something that takes a question, a dialog or a file, unless something speaks against it."""
        if reason := self.why_not(f"ask('{verb}')"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        else:
            self.post_message(SubmitAsked() if verb == "file" else ComposeAsked(verb))

    def action_next_view(self) -> None:
        """Read the row in the next view there is."""
        after = VIEWS[VIEWS.index(self._view) + 1 :] + VIEWS
        self._view = next(
            view for view in after if present.can_view(view, self._composing.answer, self._composing.draft)
        )
        self._wanted.set()

    def action_go_row(self, step: int) -> None:
        """Try the next row, or the one before, as far as there are rows."""
        number, count = self._composing.number + step, self._composing.row_count
        if not self.why_not("go_row") and number >= 1 and (count is None or number <= count):
            self._composing.take_row(number)

    def action_random_row(self) -> None:
        """Try any row."""
        if count := self._composing.row_count:
            self._composing.take_row(random.randint(1, count))  # noqa: S311 - nothing is guarded by it

    def action_pager(self) -> None:
        """Read the preview in the pager, however long it is."""
        self.post_message(PagerAsked(self._body.text))

    def action_copy(self) -> None:
        """Offer what there is of the row."""
        choices = [("v", f"the {self._view}", self._body.text)]
        preview = self._look.preview if self._look else None
        if preview and preview.rendered:
            choices.append(("i", "the custom_id", preview.rendered.custom_id))
            choices.append(("r", "the request line", preview.rendered.line.decode("utf-8", "replace")))
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
            self._composing.choose(event.key)
            self._show_draft()
            self.refresh_bindings()

    @on(VirtualTable.Activated)
    def _activated(self) -> None:
        self.add_class("-editing")
        self.editor.focus()

    @on(TextArea.Changed)
    def _typed(self) -> None:
        draft = self._composing.draft
        if draft is None or draft is not self._shown or draft.text == self.editor.typed:
            return
        was_changed, draft.text = draft.is_changed, self.editor.typed
        self._is_counting = True
        self._basis = None
        if self._quiet:
            self._quiet.stop()
        self._quiet = self.set_timer(QUIET_SECONDS, self._show_draft)
        self._go_through()
        if was_changed != draft.is_changed:
            self.fill()

    @on(TemplateEditor.Left)
    def _left_editor(self) -> None:
        self.leave_pane()

    @on(FilterLine.Changed)
    def _filtered(self, event: FilterLine.Changed) -> None:
        from batchtui.domain.filter import parse_filter

        self._words = parse_filter(event.text, present.FILTER_FIELDS) if event.text.strip() else None
        self.fill()


NO_TEMPLATE = "There is no template here: n begins one."
