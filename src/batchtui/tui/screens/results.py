"""The second room: every result of a batch or job, and the one under the cursor to read."""

import asyncio
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widgets import Static

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.selection import ResultKey, StoredResult
from batchtui.services.find import Target
from batchtui.tui import bindings
from batchtui.tui.messages import CopyAsked, DownloadAsked, ErrorMet, PagerAsked, RetryAsked
from batchtui.tui.present import reasons
from batchtui.tui.present import results as present
from batchtui.tui.present.batches import utc_now
from batchtui.tui.present.empty import head_line, no_results
from batchtui.tui.present.results import ALL, VIEWS, View
from batchtui.tui.results_source import Found, Query, ResultsSource, body_of, find
from batchtui.tui.screens.room import Room, explained, told
from batchtui.tui.session import Session
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.reading_pane import ReadingPane, TextView
from batchtui.tui.widgets.table_model import Cell, ListSource
from batchtui.tui.widgets.tones import toned
from batchtui.tui.widgets.virtual_table import VirtualTable

ELAPSED_SECONDS = 1
"""How often the words in place of results are written anew."""


class ResultTable(VirtualTable[ResultKey]):
    """The table of results: enter gives the pane all the room."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.RESULT_TABLE


class ResultsScreen(Room):
    """The results of one target. Holds what is narrowed to, how it is sorted, and which view is read."""

    ROOM = "results"
    SORTS = present.SORTS
    FILTER_HINT = "words in the id, the answer or the error"
    CSS_PATH = "results.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings.RESULTS

    pane = getters.query_one(ReadingPane)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self._target: Target | None = None
        self._found: Found | None = None
        self._only = ALL
        self._view: View = VIEWS[0]
        self._reader = session.workbench.reader
        self._read: tuple[ResultKey, View] | None = None

    def compose_head(self) -> ComposeResult:
        """Lay out what the results are of, and the outcomes."""
        yield Static(id="head")
        yield Static(id="chips")

    def compose_panes(self) -> ComposeResult:
        """Lay out the table and the reading pane."""
        yield ResultTable(present.COLUMNS, classes="list")
        yield ReadingPane(classes="pane")

    def on_mount(self) -> None:
        """Follow the store."""
        self.session.batches_changed.subscribe(self, lambda _nothing: self._changed(frozenset()))
        self.session.results_arriving.subscribe(self, self._changed)
        self.set_interval(ELAPSED_SECONDS, self._show_head)

    @told
    def on_screen_resume(self) -> None:
        """Show what is under the cursor of the batches, which may be another than last time."""
        target = self.session.selected_target()
        if target is not None and (self._target is None or _identity(target) != _identity(self._target)):
            self._target, self._found, self._only = target, None, ALL
            self.filter_line.action_clear()
            self.table.set_source(ListSource(), keep_place=False)
            self.zoom("")
            self.pane.show("", "")
            self._read = None
        self._show_head()
        self.fill()

    @property
    def row(self) -> StoredResult | None:
        """The result under the cursor."""
        key = self.table.cursor_key
        return None if key is None else self.session.workbench.store.results.row(key)

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with these results."""
        if self._target is None:
            return "There is no batch here." if action in reasons.ABOUT_A_ROW else ""
        batches = self._target.batches
        if action == "retry" and self.session.workbench.profile.read_only:
            return reasons.READ_ONLY
        if action in {"retry", "download"} and not all(self.session.is_ours(stored) for stored in batches):
            return f"It belongs to profile {batches[0].profile} at {batches[0].base_url}: open batchtui with that."
        if action == "retry":
            return reasons.why_no_retry(batches)
        if action == "download":
            return reasons.why_no_download(batches)
        if action.startswith("go_failed") and (self._found is None or not self._found.failed_at):
            return "No row shown here has failed."
        if action in {"copy", "pager"} and self.table.cursor_key is None:
            return "There is no result here."
        return ""

    @told
    def _changed(self, arriving: frozenset[str]) -> None:
        """Look again if the batches shown have changed, or if results of them have come."""
        if self._target is None:
            return
        before, self._target = self._target, self.session.refind(self._target)
        if self._target != before or any(stored.id in arriving for stored in before.batches):
            self._show_head()
            self.fill()

    def fill(self) -> None:
        """Show what there is, as it is narrowed and sorted now, once it is found."""
        if self._target is not None:
            text = self.filter_line.text.strip()
            self._search(Query(self._target, self._only, text, present.SORT_BY[self.sort], self.reverse))

    @work(group="results", exclusive=True)
    async def _search(self, query: Query) -> None:
        try:
            found = await asyncio.to_thread(find, self.session.workbench, query)
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
            return
        self._found = found
        with self.painted_once():
            self.table.set_source(
                ResultsSource(self.session.workbench, found, lambda error: self.post_message(ErrorMet(error)))
            )
            self.show_sort()
            self._show_head()
            self._show_row()

    def _show_head(self) -> None:
        """Show what the results are of and what there is of them, or what stands in their place."""
        head, chips = self.query_one("#head", Static), self.query_one("#chips", Static)
        head.update(toned(head_line(self._target, utc_now())), layout=False)
        counts = self._found.counts if self._found else {}
        chips.update(toned(present.chip_line(counts, self._only, self.size.width)), layout=False)
        if self._found is None or not self._found.keys:
            narrowed = bool(self._found and self._found.query.text) or self._only != ALL
            self.table.set_empty(no_results(self._target, self.session.downloads, utc_now(), narrowed=narrowed))

    @told
    def _show_row(self) -> None:
        """Read the row under the cursor."""
        row = self.row
        self.set_class(row is None, "-empty")
        if row is None:
            self._read = None
            self.pane.show("", "")
            return
        body = body_of(self._reader, row, self._view)
        same = self._read == (row.key, self._view)
        self._read = (row.key, self._view)
        title = [Cell(f"{row.facts.custom_id}   ")]
        title += [Cell(f"{view}  ", "strong" if view == self._view else "muted") for view in VIEWS]
        self.pane.show(toned(title), body.text, body.language, keep_place=same)

    def action_next_outcome(self, step: int = 1) -> None:
        """Narrow to the next outcome there is."""
        chips = present.chips(self._found.counts if self._found else {})
        position = chips.index(self._only) if self._only in chips else 0
        self._only = chips[(position + step) % len(chips)]
        self._show_head()
        self.fill()

    def action_next_view(self) -> None:
        """Read the row in the next view."""
        self._view = VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)]
        self._show_row()

    @explained
    def action_go_failed(self, step: int) -> None:
        """Go to the next failed row, or the one before."""
        position = self._found.failed_from(self.table.cursor_index, step) if self._found else None
        if position is not None and self._found is not None:
            self.table.move_to(self._found.keys[position])

    @explained
    def action_retry(self) -> None:
        """Ask for a retry of what failed, or of what is marked."""
        if self._target is None:
            return
        marked = self.table.chosen if self.table.marked else []
        rows = self._reader.rows(marked)
        self.post_message(RetryAsked(self._target, [row.facts.custom_id for row in rows]))

    @explained
    def action_download(self) -> None:
        """Ask for the results now."""
        if self._target is not None:
            self.post_message(DownloadAsked([s for s in self._target.batches if reasons.can_download(s)]))

    @explained
    def action_pager(self) -> None:
        """Read the view in the pager, however long it is."""
        if row := self.row:
            self.post_message(PagerAsked(body_of(self._reader, row, self._view).text))

    @explained
    def action_copy(self) -> None:
        """Offer what there is of the row."""
        if row := self.row:
            choices = [("i", "the custom_id", row.facts.custom_id)]
            choices += [
                (view[0].lower(), f"the {view}", body_of(self._reader, row, view).text) for view in VIEWS[:3]
            ]
            self.post_message(CopyAsked(choices))

    async def action_back(self) -> None:
        """Leave the pane, the filter, the outcome, and at last the room."""
        if self.leave_pane():
            return
        if self.filter_line.text:
            self.filter_line.action_clear()
        elif self._only != ALL:
            self._only = ALL
            self._show_head()
            self.fill()
        else:
            await self.go_to_room("batches")

    @on(VirtualTable.Highlighted)
    @on(VirtualTable.MarksChanged)
    def _moved(self) -> None:
        self._show_row()
        self.refresh_bindings()

    @on(VirtualTable.Activated)
    def _activated(self) -> None:
        self.zoom("-only-pane")
        self.query_one(TextView).focus()

    @on(FilterLine.Changed)
    def _filtered(self) -> None:
        self.fill()


def _identity(target: Target) -> str:
    return target.job.id if target.is_job else target.batches[0].id
