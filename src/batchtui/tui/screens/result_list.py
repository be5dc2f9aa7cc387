"""The list half of the results room: which results are shown, how narrowed, how sorted, as they come."""

from functools import partial
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
from batchtui.tui.messages import ErrorMet
from batchtui.tui.present import results as present
from batchtui.tui.present.batches import utc_now
from batchtui.tui.present.completion import complete
from batchtui.tui.present.empty import head_line, no_results
from batchtui.tui.present.results import ALL
from batchtui.tui.results_source import Found, Hunt, Query, ResultsSource, find, find_failed, find_first
from batchtui.tui.screens.room import Room, explained, told
from batchtui.tui.session import Session
from batchtui.tui.widgets.filter_line import FilterLine, FindLine
from batchtui.tui.widgets.table_model import ListSource
from batchtui.tui.widgets.tones import ToneLine, toned
from batchtui.tui.widgets.virtual_table import VirtualTable

ELAPSED_SECONDS = 1
"""How often the words in place of results are written anew."""

PAINTED_SECONDS = 0.05
"""How long the terminal gets to paint the first rows before all are looked for."""

FILTER_HINT = "words, status: error: stop: model: flag: id: tokens>500 cost>0.01, ! turns a term round"


class ResultTable(VirtualTable[ResultKey]):
    """The table of results: enter gives the pane all the room."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.RESULT_TABLE


class ResultList(Room):
    """The results of one target. Holds what they are narrowed to, how they are sorted, and what is searched for."""

    ROOM = "results"
    SORTS = present.SORTS
    FILTER_HINT = FILTER_HINT

    find_line = getters.query_one(FindLine)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self.target: Target | None = None
        self.found: Found | None = None
        self.hunt: Hunt | None = None
        self.only = ALL
        self.reader = session.workbench.reader
        self.on_reader = session.workbench.store.on_reader
        self._wanted: Query | None = None
        self._is_looking = False
        self._known: dict[str, list[str]] = {}

    def compose_head(self) -> ComposeResult:
        """Lay out what the results are of, and the outcomes."""
        yield ToneLine(id="head")
        yield ToneLine(id="chips")

    def compose_foot(self) -> ComposeResult:
        """Lay out the line for a search, and what is marked and found."""
        yield FindLine("a text, or a regular expression with ^r; enter searches all answers")
        yield Static(id="status")

    def on_mount(self) -> None:
        """Follow the store."""
        self.filter_line.complete = lambda text: complete(text, self._known)
        self.session.batches_changed.subscribe(self, lambda _nothing: self._changed(frozenset()))
        self.session.results_arriving.subscribe(self, self._changed)
        self.set_interval(ELAPSED_SECONDS, self.show_head)

    @property
    def row(self) -> StoredResult | None:
        """The result under the cursor; raises `StoreError`."""
        key = self.table.cursor_key
        return None if key is None else next(self.reader.rows([key]))

    @property
    def is_narrowed(self) -> bool:
        """Whether some rows are left out."""
        return bool(self.filter_line.text.strip()) or self.only != ALL

    def show_target(self, target: Target) -> None:
        """Show the results of another batch or job, all of them."""
        self.target, self.found, self.hunt, self.only, self._known = target, None, None, ALL, {}
        self.filter_line.action_clear()
        self.table.set_columns(present.columns(with_attempt=target.is_job and len(target.batches) > 1))
        self.table.set_source(ListSource(), keep_place=False)
        self.show_status()

    @told
    def _changed(self, arriving: frozenset[str]) -> None:
        """Look again if the batches shown have changed, or if results of them have come."""
        if self.target is None:
            return
        before, self.target = self.target, self.session.refind(self.target)
        if self.target != before or any(stored.id in arriving for stored in before.batches):
            self.show_head()
            self.fill()

    @told
    def fill(self) -> None:
        """Show what there is, as it is narrowed and sorted now, once it is found."""
        if self.target is not None:
            self._wanted = query = self._query(self.target)
            if self.found is None and (found := find_first(self.reader, query)):
                self.show_found(found)
                self.set_timer(PAINTED_SECONDS, self._begin_to_look)
            else:
                self._begin_to_look()

    def _begin_to_look(self) -> None:
        if not self._is_looking:
            self._look()

    def _query(self, target: Target) -> Query:
        text = self.filter_line.text.strip()
        return Query(target, self.only, text, present.SORT_BY[self.sort], self.reverse)

    @work(group="results")
    async def _look(self) -> None:
        """Look until what was asked for last is shown: what was asked for meanwhile is left out."""
        self._is_looking = True
        try:
            while (query := self._wanted) is not None:
                self._wanted = None
                found = await self.on_reader(partial(find, self.reader, query))
                if self.target is not None and same(query.target, self.target):
                    self.show_found(found)
                    found.failed = await self.on_reader(partial(find_failed, self.reader, found))
                    self.refresh_bindings()
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
        finally:
            self._is_looking = False

    def show_found(self, found: Found) -> None:
        """Show these rows; cursor and marks stay where they are, as far as they are among them."""
        self.found = found
        if self.hunt is not None:
            self.hunt.place(found.keys)
        with self.painted_once():
            self.show_rows()
            self.show_sort()
            self.show_head()
            self.show_status()

    def show_rows(self) -> None:
        """Give the table its rows anew, with what was found in them."""
        if self.found is not None:
            self.table.set_source(
                ResultsSource(
                    self.session.workbench,
                    self.found,
                    lambda error: self.post_message(ErrorMet(error)),
                    self.hunt,
                )
            )

    def show_head(self) -> None:
        """Show what the results are of and what there is of them, or what stands in their place."""
        self.query_one("#head", ToneLine).show(head_line(self.target, utc_now()))
        counts = self.found.counts if self.found else {}
        self.query_one("#chips", ToneLine).show(present.chip_line(counts, self.only, self.size.width))
        if self.found is None or not self.found.keys:
            narrowed = self.found is not None and (bool(self.found.query.text) or self.only != ALL)
            self.table.set_empty(no_results(self.target, self.session.downloads, utc_now(), narrowed=narrowed))

    def show_status(self) -> None:
        """Show what is marked and what was found, if anything."""
        hunt = self.hunt
        line = present.status_line(
            len(self.table.marked),
            hunt.name if hunt else "",
            len(hunt.hits) if hunt else 0,
            len(hunt.places) if hunt else 0,
            is_searching=hunt is not None and not hunt.is_over,
        )
        status = self.query_one("#status", Static)
        status.update(toned(line))
        status.set_class(bool(line), "-shown")

    async def action_filter(self) -> None:
        """Type a filter; what can stand in it is looked up meanwhile."""
        await super().action_filter()
        if self.target is not None and not self._known:
            self._learn(Query(self.target))

    @work(group="facets", exclusive=True)
    async def _learn(self, query: Query) -> None:
        try:
            facets = await self.on_reader(partial(self.reader.facets, query.selection))
            counts = self.reader.count(query.selection)
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
            return
        outcomes = [word for word in present.chips(counts) if word != ALL]
        self._known = {
            "status": [word for word in outcomes if word not in facets.flags],
            "error": list(dict.fromkeys(group.error_type for group in facets.errors)),
            "stop": list(facets.stop_reasons),
            "model": list(facets.models),
            "flag": list(facets.flags),
        }

    def action_next_outcome(self, step: int = 1) -> None:
        """Narrow to the next outcome there is."""
        chips = present.chips(self.found.counts if self.found else {})
        position = chips.index(self.only) if self.only in chips else 0
        self.narrow(chips[(position + step) % len(chips)])

    def narrow(self, only: str) -> None:
        """Narrow to an outcome."""
        self.only = only
        self.show_head()
        self.fill()

    @explained
    def action_go_failed(self, step: int) -> None:
        """Go to the next failed row, or the one before."""
        if self.found is not None and self.found.failed is not None:
            position = self.found.failed.step(self.table.cursor_index, step)
            if position is not None:
                self.table.move_to(self.found.keys[position])

    @on(FilterLine.Changed)
    def _filtered(self) -> None:
        self.fill()


def same(one: Target, other: Target) -> bool:
    """Return whether these are the same batch or job, perhaps at another time."""
    return identity(one) == identity(other)


def identity(target: Target) -> str:
    """Return what stays of a target whatever becomes of it."""
    return target.job.id if target.is_job else target.batches[0].id
