"""The list half of the diff room: what is compared, which pairs are shown, how narrowed, how sorted."""

import asyncio
from array import array
from collections.abc import Collection
from contextlib import suppress
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widgets import Static

from batchtui.domain.batch import StoredBatch
from batchtui.domain.comparison import Comparison
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.search import Search
from batchtui.tui import bindings
from batchtui.tui.diff_source import Compared, DiffHunt, DiffQuery, DiffSource, PairKey, find, renewed
from batchtui.tui.messages import ErrorMet
from batchtui.tui.present import diff as present
from batchtui.tui.present.completion import complete
from batchtui.tui.present.diff import ALL, Opinions
from batchtui.tui.screens.result_list import FILTER_HINT, PAINTED_SECONDS
from batchtui.tui.screens.room import Room, explained, told
from batchtui.tui.session import Session
from batchtui.tui.widgets.filter_line import FilterLine, FindLine
from batchtui.tui.widgets.table_model import Cell, ListSource
from batchtui.tui.widgets.tones import toned
from batchtui.tui.widgets.virtual_table import VirtualTable

RANKED_FIRST = 500
"""Up to how many changed rows it is waited a moment for how much they changed, before any is shown."""

RANKED_FIRST_SECONDS = 0.1


class DiffTable(VirtualTable[PairKey]):
    """The table of pairs: enter gives the pane all the room."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.DIFF_TABLE

    @property
    def is_untouched(self) -> bool:
        """Whether the cursor is where it was at first, and nothing is marked or read in the pane."""
        return self.cursor_index == 0 and self.has_focus and not self.marked


class DiffList(Room):
    """The pairs of two sides. Holds what they are narrowed to, how they are sorted, and what is searched for."""

    ROOM = "diff"
    SORTS = present.SORTS
    FILTER_HINT = FILTER_HINT

    find_line = getters.query_one(FindLine)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self.comparisons = session.workbench.comparisons
        self.on_reader = session.workbench.store.on_reader
        self.compared: Compared | None = None
        self.comparison: Comparison | None = None
        self.opinions = Opinions()
        self.only = ALL
        self.label: tuple[str, str] | None = None
        self.hunt: DiffHunt | None = None
        self._labelled: Collection[int] = ()
        self._found: array[int] | None = None
        self._source: DiffSource | None = None
        self._batches: list[StoredBatch] = []
        self._wanted: DiffQuery | None = None
        self._is_looking = False
        self._starts_over = False

    def compose_head(self) -> ComposeResult:
        """Lay out what is compared, and the kinds of pairs."""
        yield Static(id="head")
        yield Static(id="chips")

    def compose_foot(self) -> ComposeResult:
        """Lay out the line for a search, and what is marked and found."""
        yield FindLine("a text, or a regular expression with ^r; enter searches both sides")
        yield Static(id="status")

    def on_mount(self) -> None:
        """Follow the store."""
        self.filter_line.complete = lambda text: complete(text, {})
        self.session.batches_changed.subscribe(self, lambda _nothing: self.follow())

    def show_compared(self) -> None:
        """Show what was compared last, anew if it is not shown already."""
        compared = self.session.compared
        if compared is not None and compared != self.compared:
            self.compared, self.comparison, self.opinions = compared, None, Opinions()
            self.only, self.label, self.hunt, self._found, self._source = ALL, None, None, None, None
            self.workers.cancel_group(self, "search")
            self.filter_line.action_clear()
            self.table.set_source(ListSource(), keep_place=False)
            self.show_row()
            self._compare(compared)
        self.show_head()

    @told
    def follow(self) -> None:
        """Compare again if a side has changed, else look for new verdicts."""
        if self.compared is None:
            return
        batches = self._batches_of(self.compared)
        if self._batches != batches:
            # A side that is gone is told of once.
            self._batches = batches
            self._compare(renewed(self.comparisons, self.compared))
        elif self.comparison is not None:
            self.load_opinions(self.comparison)

    def _batches_of(self, compared: Compared) -> list[StoredBatch]:
        """Return the batches of both sides as they are now, those of a job that has grown included."""
        sides = (compared.left, compared.right)
        jobs = {side.ident.partition(":")[2].partition("#")[0] for side in sides}
        keys = {key for side in sides for key in side.batch_keys}
        return [stored for stored in self.session.batches if stored.key in keys or stored.job_id in jobs]

    @work(group="compare", exclusive=True)
    async def _compare(self, compared: Compared) -> None:
        """Join the sides and show the pairs: those that changed most first, as soon as it is known how much."""
        self._batches = self._batches_of(compared)
        try:
            comparison = await self.comparisons.compare(compared.left, compared.right, on=compared.on)
        except BatchtuiError as error:
            self.table.set_empty(str(error))
            self.post_message(ErrorMet(error))
            return
        self.compared = self.session.compared = compared
        self.comparison, self.label, self._labelled = comparison, None, ()
        ranked = asyncio.Event()
        is_small = comparison.summary.changed <= RANKED_FIRST
        if is_small:
            self._rank(comparison, ranked)
            with suppress(TimeoutError):
                await asyncio.wait_for(ranked.wait(), RANKED_FIRST_SECONDS)
        self._want()
        await self._find_wanted()
        await asyncio.sleep(PAINTED_SECONDS)
        if not is_small:
            self._rank(comparison, ranked)
        self.load_opinions(comparison)
        if self.hunt is not None:
            self.search(self.hunt.search)

    @work(group="rank", exclusive=True)
    async def _rank(self, comparison: Comparison, ranked: asyncio.Event) -> None:
        """Find out how much each pair changed, and show what changed most first.

        A cursor that was moved stays on its pair; one that nobody has moved stays on the first row.
        """
        try:
            await self.comparisons.rank(comparison)
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
        finally:
            ranked.set()
        if comparison is self.comparison:
            self._starts_over = True
            self.table.reload()
            self.fill()

    def load_opinions(self, comparison: Comparison) -> None:
        """Read what a person and judges said."""
        raise NotImplementedError

    def show_row(self) -> None:
        """Show the pair under the cursor."""
        raise NotImplementedError

    def fill(self) -> None:
        """Show the pairs as they are narrowed and sorted now, once they are found."""
        if self.comparison is not None:
            self._want()
            self._look()

    def _want(self) -> None:
        self._wanted = DiffQuery(self.only, self.filter_line.text.strip(), self.sort, self.reverse)

    @work(group="found")
    async def _look(self) -> None:
        await self._find_wanted()

    async def _find_wanted(self) -> None:
        """Look until what was asked for last is shown: what was asked for meanwhile is left out."""
        if self._is_looking:
            return
        self._is_looking = True
        try:
            while (query := self._wanted) is not None and (comparison := self.comparison) is not None:
                self._wanted = None
                starts_over, self._starts_over = self._starts_over, False
                found = await find(self.comparisons, comparison, query)
                if comparison is self.comparison:
                    self._found = found
                    self.show_rows(keep_place=not (starts_over and self.query_one(DiffTable).is_untouched))
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
        finally:
            self._is_looking = False

    def show_rows(self, *, keep_place: bool = True) -> None:
        """Give the table the pairs found, less those that search and labels leave out."""
        if self.comparison is None or self._found is None:
            return
        shown = self._found
        for left in (self.hunt.hits if self.hunt else None, self._labelled if self.label else None):
            if left is not None:
                shown = array("q", [position for position in shown if position in left])
        self._source = DiffSource(
            self.comparisons,
            self.comparison,
            shown,
            self.opinions,
            lambda error: self.post_message(ErrorMet(error)),
        )
        with self.painted_once():
            self.table.set_empty(present.NOTHING_FITS if len(self.comparison.pairs) else present.NO_PAIRS)
            self.table.set_source(self._source, keep_place=keep_place)
            self.show_sort()
            self.show_head()
            self.show_status()
            self.show_row()

    @property
    def source(self) -> DiffSource | None:
        """The rows of the table, None before there are any."""
        return self._source

    @property
    def position(self) -> int | None:
        """Where the pair under the cursor is among all pairs."""
        if self._source is None or self.table.cursor_key is None:
            return None
        return self._source.positions[self.table.cursor_index]

    def show_head(self) -> None:
        """Show what is compared and what kinds of pairs there are, or what stands in their place."""
        compared, comparison = self.compared, self.comparison
        summary = comparison.summary if comparison is not None else None
        head = [Cell("Diff", "muted")]
        if compared is not None:
            is_ranking = comparison is not None and not comparison.is_ranked
            head = present.head_line(
                compared.left, compared.right, compared.on, self.opinions, is_ranking=is_ranking
            )
        self.query_one("#head", Static).update(toned(head), layout=False)
        chips = present.chip_line(summary, self.only, self.label)
        self.query_one("#chips", Static).update(toned(chips), layout=False)
        if comparison is None:
            self.table.set_empty("comparing …" if compared else present.NOTHING)

    def show_status(self) -> None:
        """Show what is marked and what was found, if anything."""
        hunt = self.hunt
        line = present.status_line(
            len(self.table.marked),
            hunt.name if hunt else "",
            len(hunt.hits) if hunt else 0,
            self.comparison.notes if self.comparison else (),
            is_searching=hunt is not None and not hunt.is_over,
        )
        status = self.query_one("#status", Static)
        status.update(toned(line))
        status.set_class(bool(line), "-shown")

    @explained
    def action_next_kind(self, step: int = 1) -> None:
        """Narrow to the next kind there is."""
        chips = present.chips(self.comparison.summary if self.comparison else None)
        self.narrow(chips[(chips.index(self.only) + step) % len(chips)] if self.only in chips else ALL)

    def narrow(self, only: str) -> None:
        """Narrow to a kind."""
        self.only = only
        self.show_head()
        self.fill()

    def narrow_to_label(self, label: tuple[str, str] | None, positions: Collection[int] = ()) -> None:
        """Narrow to the rows with these labels, or to no labels any more."""
        self.label, self._labelled = label, frozenset(positions)
        self.show_rows()

    def search(self, search: Search) -> None:
        """Narrow the list to the pairs in which either side holds a text."""
        raise NotImplementedError

    @on(FilterLine.Changed)
    @told
    def _filtered(self) -> None:
        self.fill()
