"""The second room: every result of a batch or job, and the one under the cursor to read."""

import gc
from functools import partial
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.selection import ResultKey
from batchtui.tui import bindings
from batchtui.tui.copying import row_choices
from batchtui.tui.messages import (
    CopyAsked,
    DownloadAsked,
    EditorAsked,
    ErrorMet,
    ExportAsked,
    FlagAsked,
    NoteAsked,
    PagerAsked,
    RetryAsked,
)
from batchtui.tui.present import groups, numbers, reasons
from batchtui.tui.present.bodies import View
from batchtui.tui.present.results import ALL, COLUMNS
from batchtui.tui.results_reading import Reading
from batchtui.tui.results_source import Found, Query
from batchtui.tui.screens.result_list import ResultTable, same
from batchtui.tui.screens.result_search import ResultSearch
from batchtui.tui.screens.room import explained, told
from batchtui.tui.session import Session
from batchtui.tui.widgets.reading_pane import ReadingPane
from batchtui.tui.widgets.result_pane import ResultPane, Side
from batchtui.tui.widgets.table_model import ListSource
from batchtui.tui.widgets.tones import toned
from batchtui.tui.widgets.virtual_table import VirtualTable

_ABOUT_RESULTS = frozenset({"copy", "export", "flag", "note", "pager", "editor", "groups", "numbers"})


class ResultsScreen(ResultSearch):
    """The results of one target and the one that is read, or groups and numbers of all that are shown."""

    DEFAULT_CSS = """
    ResultsScreen {
        #head, #chips, #status { height: 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
        #head, #chips { padding: 0 1; }
        #status { background: $panel; display: none; }
        #status.-shown { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings.RESULTS

    beside = getters.query_one(ResultPane)
    pane = getters.query_one(ReadingPane)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self.reading = Reading(session.workbench)
        self._read: tuple[ResultKey, View] | None = None
        self._is_settled = False

    def compose_panes(self) -> ComposeResult:
        """Lay out the table and what stands beside it."""
        yield ResultTable(COLUMNS, classes="list")
        yield ResultPane()

    def on_mount(self) -> None:
        """Read what is under the cursor as it moves."""
        self.watch(self.table, "cursor_key", self.show_row, init=False)

    def on_screen_resume(self) -> None:
        """Show what is to be shown, which may be another than last time."""
        self.show_opened()

    @told
    def show_opened(self) -> None:
        """Show what was opened, or what is under the cursor of the batches."""
        opened = self.session.opened
        target = opened.target if opened else self.session.selected_target()
        if target is not None and (self.target is None or not same(target, self.target)):
            self.show_target(target)
            self.zoom("")
            self.pane.show("", "")
            self._read = None
        if opened is not None and opened.search is not None:
            self.search(opened.search)
            opened.search = None
        self.show_head()
        self.fill()

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with these results."""
        if self.target is None:
            return "There is no batch here." if action in reasons.ABOUT_A_ROW else ""
        batches = self.target.batches
        if action == "retry" and self.session.workbench.profile.read_only:
            return reasons.READ_ONLY
        if action in {"retry", "download"} and not all(self.session.is_ours(stored) for stored in batches):
            return f"It belongs to profile {batches[0].profile} at {batches[0].base_url}: open batchtui with that."
        if action == "retry":
            return reasons.why_no_retry(batches)
        if action == "download":
            return reasons.why_no_download(batches)
        if action.startswith("go_"):
            return self.why_not_go(action)
        if action in _ABOUT_RESULTS and self.table.cursor_key is None:
            return "There is no result here."
        return ""

    def show_found(self, found: Found) -> None:
        """Show these rows, and whatever stands beside them."""
        with self.app.batch_update():
            super().show_found(found)
            self.show_row()
        if self.beside.side != "reading":
            self._sum_up(found.query)
        if not self._is_settled:
            # What is made now stays, and looking through it again and again would show as delayed keys.
            self._is_settled = True
            self.call_after_refresh(gc.freeze)

    @told
    def show_row(self) -> None:
        """Read the row under the cursor."""
        row = self.row
        self.set_class(row is None, "-empty")
        if row is None:
            self._read = None
            self.pane.show("", "")
            return
        body, view = self.reading.body(row), self.reading.view
        is_same = self._read == (row.key, view)
        self._read = (row.key, view)
        title = toned(self.reading.title(row))
        find = self.hunt.search.spans if self.hunt else None
        self.pane.show(title, body.text, body.language, keep_place=is_same, find=find)

    @told
    def action_next_view(self, step: int = 1) -> None:
        """Read the row in the next view there is of it, or the one before."""
        if row := self.row:
            self.reading.go_on(row, step)
            self.show_row()

    def action_plain(self) -> None:
        """Read it as it stands, or made easy to read."""
        self.reading.is_plain = not self.reading.is_plain
        self.show_row()

    async def action_beside(self, side: Side) -> None:
        """Show groups or numbers in place of the one that is read, or that again."""
        reason = self.why_not(side)
        if reason:
            self.notify(reason, severity="warning", timeout=4, markup=False)
            return
        await self.beside.turn_to("reading" if self.beside.side == side else side)
        if self.beside.side == "reading":
            self.table.focus()
        elif self.found is not None:
            self.beside.front.focus()
            self._sum_up(self.found.query)

    @work(group="beside", exclusive=True)
    async def _sum_up(self, query: Query) -> None:
        """Show groups or numbers of the rows shown, once they are known."""
        of = "all results" if query.only == ALL and not query.text else "the rows shown"
        try:
            if self.beside.side == "groups":
                facets = await self.on_reader(partial(self.reader.facets, query.selection))
                total = len(self.found.keys) if self.found else 0
                self.beside.groups.set_source(ListSource(groups.rows(facets, total)))
            else:
                summed = await self.on_reader(partial(self.reader.numbers, query.selection))
                self.beside.numbers.show(numbers.lines(summed, of), keep_place=True)
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))

    @explained
    def action_retry(self) -> None:
        """Ask for a retry of what failed, or of what is marked."""
        if self.target is not None:
            marked = self.table.chosen if self.table.marked else []
            rows = self.reader.rows(marked)
            self.post_message(RetryAsked(self.target, [row.facts.custom_id for row in rows]))

    @explained
    def action_download(self) -> None:
        """Ask for the results now."""
        if self.target is not None:
            self.post_message(DownloadAsked([s for s in self.target.batches if reasons.can_download(s)]))

    @explained
    def action_pager(self) -> None:
        """Read the view in the pager, however long it is."""
        if row := self.row:
            self.post_message(PagerAsked(self.reading.body(row).text))

    @explained
    def action_editor(self) -> None:
        """Look at the view in the editor; nothing comes of changing it."""
        if row := self.row:
            body = self.reading.body(row)
            self.post_message(EditorAsked(body.text, body.language))

    @explained
    def action_copy(self) -> None:
        """Offer what there is of the row."""
        if row := self.row:
            self.post_message(CopyAsked(row_choices(self.session.workbench, row)))

    @explained
    def action_flag(self) -> None:
        """Flag the row or the marked ones, or take the flag away."""
        if self.target is not None:
            self.post_message(FlagAsked(self.target, self.table.chosen))

    @explained
    def action_note(self) -> None:
        """Ask for a note on the row or the marked ones."""
        keys = self.table.chosen
        if self.target is not None and keys:
            (first, *_) = self.reader.rows(keys[:1])
            self.post_message(NoteAsked(self.target, keys, first.note if len(keys) == 1 else ""))

    @explained
    def action_export(self) -> None:
        """Ask for a file of the marked rows, or of all that are shown."""
        if self.target is not None and self.found is not None:
            marked = self.table.chosen if self.table.marked else []
            self.post_message(ExportAsked(marked or self.found.keys, self.target.job.name, are_marked=bool(marked)))

    async def action_back(self) -> None:
        """Leave the pane, the search, the filter, the outcome, and at last the room."""
        if self.leave_pane():
            if self.beside.side != "reading":
                await self.beside.turn_to("reading")
        elif self.beside.side != "reading":
            await self.beside.turn_to("reading")
        elif self.end_search():
            pass
        elif self.filter_line.text:
            self.filter_line.action_clear()
        elif self.only != ALL:
            self.narrow(ALL)
        else:
            await self.go_to_room("batches")

    def zoom(self, name: str) -> None:
        """Give the room to one of the two, or to both for an empty name."""
        super().zoom(name)
        if name == "-only-pane":
            self.beside.front.focus()

    @on(VirtualTable.MarksChanged, ".list")
    def _marked(self) -> None:
        self.show_status()

    @on(VirtualTable.Activated, ".list")
    def _activated(self) -> None:
        self.zoom("-only-pane")

    @on(VirtualTable.Activated, "GroupTable")
    async def _narrowed(self, event: VirtualTable.Activated[str]) -> None:
        if event.key not in self.filter_line.text:
            await self.filter_line.put(f"{self.filter_line.text.strip()} {event.key}".strip())
        self.table.focus()
