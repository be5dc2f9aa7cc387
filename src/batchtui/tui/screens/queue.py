"""The fifth room: what failed and waits to be sent again, by cause."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.geometry import Size

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.queue import Attempted, QueueRow
from batchtui.services.editing import request_text
from batchtui.tui import bindings
from batchtui.tui.messages import (
    AdoptAsked,
    Chosen,
    CopyAsked,
    CopyChoice,
    ErrorMet,
    PagerAsked,
    QueueAsked,
)
from batchtui.tui.present import queue as present
from batchtui.tui.present.queue import QueueKey, QueueVerb, Waiting
from batchtui.tui.queue_source import JobRows, QueueSource, gather, read
from batchtui.tui.screens.room import Room
from batchtui.tui.session import Session
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.reading_pane import ReadingPane
from batchtui.tui.widgets.tones import toned
from batchtui.tui.widgets.virtual_table import VirtualTable
from batchtui.tui.working import begin

if TYPE_CHECKING:
    from batchtui.domain.filter import Filter


class QueueTable(VirtualTable[QueueKey]):
    """The table of groups: enter shows their rows."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.QUEUE_TABLE


class QueueScreen(Room):
    """What waits. Holds the filter, the sort and which groups are unfolded; all else is in the store."""

    ROOM = "queue"
    SORTS = present.SORTS
    FILTER_HINT = "words, job: error: verdict: state: id: model:, ! turns a term round"
    CSS_PATH = "queue.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings.QUEUE

    about = getters.query_one("#about", FactsPane)
    pane = getters.query_one(ReadingPane)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self._words: Filter | None = None
        self._opened: set[QueueKey] = set()
        self._jobs: list[JobRows] = []
        self._groups: list[Waiting] = []
        self._source = QueueSource()
        self._chosen: list[Waiting] = []
        self._shown: QueueKey | None = None
        self._request = ""
        self._history: Sequence[Attempted] = ()
        self._is_stale = True
        self._look_wanted = asyncio.Event()
        self._read_wanted = asyncio.Event()

    def compose_panes(self) -> ComposeResult:
        """Lay out the table, and what is known of a row over its request."""
        yield QueueTable(present.COLUMNS, empty=present.LOOKING, classes="list")
        with Vertical(classes="pane"):
            yield FactsPane(id="about")
            yield ReadingPane()

    def on_mount(self) -> None:
        """Follow the store."""
        self.session.batches_changed.subscribe(self, lambda _nothing: self._changed())
        begin(self, self._keep_looking, "look")
        begin(self, self._keep_reading, "read")

    def on_screen_resume(self) -> None:
        """Look at what waits by now."""
        self._changed()

    def _changed(self) -> None:
        """Look again, as soon as somebody sees it."""
        self._is_stale = True
        if self.is_current:
            self._look_wanted.set()

    async def _keep_looking(self) -> None:
        """Find what waits and fits the filter, again whenever that may have changed."""
        bench = self.session.workbench
        while True:
            await self._look_wanted.wait()
            self._look_wanted.clear()
            try:
                if self._is_stale:
                    self._is_stale = False
                    self._jobs = await asyncio.to_thread(read, bench, self.session.is_ours)
                self._groups = await asyncio.to_thread(gather, self._jobs, self._words)
            except BatchtuiError as error:
                self.post_message(ErrorMet(error))
            else:
                self.fill()

    def fill(self) -> None:
        """Show the groups, as they are sorted and unfolded now."""
        before = self.table.cursor_key
        shown = present.sorted_groups(self._groups, self.sort, reverse=self.reverse)
        self._source = source = QueueSource(shown, self._opened)
        with self.painted_once():
            self.table.set_source(source)
            if before is not None and source.index_of(before) is None and (after := source.successor(before)):
                self.table.move_to(after)
            self.table.set_empty(present.NO_MATCH if self._words else present.EMPTY)
            self.show_sort()
            self._choose()

    def _choose(self) -> None:
        """Show the row under the cursor, and let the keys follow it and the marks."""
        key = self.table.cursor_key
        self._chosen = self._source.chosen(self.table.chosen)
        self.set_class(key is None, "-empty")
        is_same = key == self._shown
        self._shown = key
        if not is_same:
            self._request, self._history = "", ()
        if key is not None:
            self._show_facts(key, keep_place=is_same)
            self._read_wanted.set()
        self.refresh_bindings()

    def _show_facts(self, key: QueueKey, *, keep_place: bool) -> None:
        shown, row = self._source.at(key)
        lines = [*present.facts(shown, row), *(present.history(self._history) if self._history else ())]
        self.about.show(lines, keep_place=keep_place)

    async def _keep_reading(self) -> None:
        """Read the request and the history of the row under the cursor, again whenever that may be another."""
        while True:
            await self._read_wanted.wait()
            self._read_wanted.clear()
            key = self._shown
            try:
                if key is not None and self._source.index_of(key) is not None:
                    await self._read(key)
            except BatchtuiError as error:
                self.post_message(ErrorMet(error))

    async def _read(self, key: QueueKey) -> None:
        """Show request and history, unless the cursor is elsewhere by then."""
        shown, row = self._source.at(key)
        request = await asyncio.to_thread(self._request_of, row or shown.rows[0])
        if key == self._shown:
            is_same, self._request = request == self._request, request
            self.pane.show(toned(present.title(shown, row)), *present.request_body(request), keep_place=is_same)
            self.refresh_bindings()
        if row is not None and key == self._shown:
            history = await asyncio.to_thread(self.session.workbench.queue.history, shown.target, row.custom_id)
            if key == self._shown and self._source.index_of(key) is not None:
                self._history = history
                self._show_facts(key, keep_place=True)

    def _request_of(self, row: QueueRow) -> str:
        """Return the request of a row as it would go out, empty if it is not known."""
        if not row.failure.length:
            return ""
        return request_text(next(self.session.workbench.retries.request_lines([row])))

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with the group or row under the cursor, or the marked ones."""
        read_only = self.session.workbench.profile.read_only
        if action == "send_all":
            return present.why_not_all(self._groups, read_only=read_only)
        if action == "pager":
            return "" if self._request else "There is no request here."
        verb = action.removeprefix("ask('").removesuffix("')")
        return present.why_not(verb, self._chosen, read_only=read_only) if verb != action else ""

    def action_ask(self, verb: QueueVerb | Literal["attach", "copy"]) -> None:
        """Do something with the marked rows or what is under the cursor, unless something speaks against it."""
        # The message that the cursor has moved may still be on its way here.
        self._chosen = self._source.chosen(self.table.chosen)
        if reason := self.why_not(f"ask('{verb}')"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        elif verb == "attach":
            batches = self._chosen[0].target.batches
            self.post_message(AdoptAsked(next(stored for stored in batches if not stored.requests_known)))
        elif verb == "copy":
            self.post_message(CopyAsked(self._copy_choices()))
        else:
            self.post_message(QueueAsked(present.turned(verb, self._chosen), chosen_rows(self._chosen)))

    def action_send_all(self) -> None:
        """Send all rows shown that are ready."""
        if reason := self.why_not("send_all"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        else:
            self.post_message(QueueAsked("send", chosen_rows(self._groups, only_ready=True)))

    def _copy_choices(self) -> list[CopyChoice]:
        shown = self._chosen[0]
        ids = [row.custom_id for one in self._chosen for row in one.rows]
        failure = shown.rows[0].failure
        choices: list[CopyChoice] = [("i", "the custom_id" if len(ids) == 1 else "the custom_ids", "\n".join(ids))]
        choices.append(("e", "the error", f"{shown.group.cause} {failure.error_message or ''}".strip()))
        if self._request:
            choices.append(("r", "the request", self._request))
        return choices

    def action_pager(self) -> None:
        """Read the request in the pager."""
        if reason := self.why_not("pager"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        else:
            self.post_message(PagerAsked(self._request))

    def action_fold(self, close: bool) -> None:
        """Show the rows of a group below it, or fold them away."""
        key = self.table.cursor_key
        if key is None:
            return
        if close:
            self._opened.discard(key.group)
        else:
            self._opened.add(key.group)
        self.fill()
        if close:
            self.table.move_to(key.group)

    @on(VirtualTable.Highlighted)
    @on(VirtualTable.MarksChanged)
    def _moved(self) -> None:
        self._choose()

    @on(VirtualTable.Activated)
    def _activated(self, event: VirtualTable.Activated[QueueKey]) -> None:
        if event.key.custom_id:
            self.zoom("-only-pane")
        else:
            self.action_fold(event.key in self._opened)

    @on(FilterLine.Changed)
    def _filtered(self, event: FilterLine.Changed) -> None:
        from batchtui.domain.filter import parse_filter

        self._words = parse_filter(event.text, present.FIELDS) if event.text.strip() else None
        self._look_wanted.set()


def chosen_rows(groups: Iterable[Waiting], *, only_ready: bool = False) -> list[Chosen]:
    """Return the rows of groups, job by job."""
    found: dict[str, Chosen] = {}
    for shown in groups:
        ids = [row.custom_id for row in shown.rows if row.is_sendable or not only_ready]
        chosen = found.setdefault(shown.group.job_id, Chosen(shown.target, []))
        chosen.custom_ids.extend(ids)
    return [chosen for chosen in found.values() if chosen.custom_ids]
