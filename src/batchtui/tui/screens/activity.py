"""The seventh room: what goes over the wire, and what there was to tell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import UnknownIdError
from batchtui.domain.news import News
from batchtui.services.transfers import Transfer
from batchtui.tui import bindings
from batchtui.tui.messages import CopyAsked, EndTransferAsked
from batchtui.tui.present import activity as present
from batchtui.tui.present.activity import Happening
from batchtui.tui.present.batches import utc_now
from batchtui.tui.screens.room import Room, explained, told
from batchtui.tui.session import Session
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.table_model import Row
from batchtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from batchtui.domain.filter import Filter

LOOK_SECONDS = 0.5
"""How often it is looked what goes on, while somebody does."""

NEWS_SHOWN = 200


class ActivitySource:
    """The rows, each turned into cells when it is looked at."""

    def __init__(self, rows: Sequence[Happening] = ()) -> None:
        self._rows = rows
        self._index = {row.key: number for number, row in enumerate(rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the cells of some rows."""
        now = utc_now()
        return [present.cells(row, now) for row in self._rows[start:stop]]

    def key_at(self, index: int) -> str:
        """Return the key of a row."""
        return self._rows[index].key

    def index_of(self, key: str) -> int | None:
        """Return where a row is."""
        return self._index.get(key)

    def at(self, key: str) -> Happening:
        """Return what a row stands for."""
        return self._rows[self._index[key]]


class ActivityTable(VirtualTable[str]):
    """The table of what happens: enter reads all of one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.ACTIVITY_TABLE


class ActivityScreen(Room):
    """Uploads, downloads and calls of this run, and news. Holds filter and sort; all else is in the services."""

    ROOM = "activity"
    SORTS = present.SORTS
    FILTER_HINT = "words, what:upload what:call state:404, !word"
    BINDINGS: ClassVar[list[BindingType]] = bindings.ACTIVITY

    pane = getters.query_one(FactsPane)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self._words: Filter | None = None
        self._source = ActivitySource()
        self._news: list[News] | None = None
        self._newest: tuple[object, ...] = ()

    def compose_panes(self) -> ComposeResult:
        """Lay out the table and the details."""
        yield ActivityTable(present.COLUMNS, empty=present.EMPTY, classes="list")
        pane = FactsPane()
        pane.add_class("pane")
        yield pane

    def on_mount(self) -> None:
        """Look again and again."""
        self.session.batches_changed.subscribe(self, lambda _nothing: self._forget_news())
        self.set_interval(LOOK_SECONDS, self._look)

    def on_screen_resume(self) -> None:
        """Show what is going on by now."""
        self._forget_news()
        self.fill()

    def _forget_news(self) -> None:
        """Read what there is to tell again at the next look: the store has changed."""
        self._news = None

    def _look(self) -> None:
        """Show what goes on, if anything does."""
        if self.is_current and (
            self._news is None or self.session.workbench.transfers.running or self._newest != self._newest_now()
        ):
            self.fill()

    def _newest_now(self) -> tuple[object, ...]:
        bench = self.session.workbench
        transfers, calls = bench.transfers.recent, bench.calls
        newest = transfers[-1] if transfers else None
        return (newest, bool(bench.transfers.running), calls[-1] if calls else None)

    @told
    def fill(self) -> None:
        """Show what goes on and what was."""
        bench = self.session.workbench
        if self._news is None:
            self._news = bench.notices.recent(NEWS_SHOWN)
        self._newest = self._newest_now()
        rows = present.happenings(bench.transfers.recent, bench.calls, self._news, utc_now())
        self._source = ActivitySource(present.shown(rows, self._words, self.sort, reverse=self.reverse))
        with self.painted_once():
            self.table.set_source(self._source)
            self.table.set_empty(present.NO_MATCH if self._words else present.EMPTY)
            self.show_sort()
            self.show_details()

    @property
    def happening(self) -> Happening | None:
        """What is under the cursor."""
        key = self.table.cursor_key
        return None if key is None else self._source.at(key)

    def show_details(self) -> None:
        """Show all that is known of the row under the cursor."""
        row = self.happening
        self.set_class(row is None, "-empty")
        if row is not None:
            self.pane.show(present.facts(row, self._batch(row), utc_now()), keep_place=True)

    def _batch(self, row: Happening) -> StoredBatch | None:
        """Return the batch a row is about, None where it is about none; an upload has none yet."""
        if isinstance(row.entry, News):
            return row.entry.stored
        if not isinstance(row.entry, Transfer) or row.entry.direction == "up":
            return None
        try:
            return self.session.workbench.store.batches.get(row.entry.batch_id)
        except UnknownIdError:
            return None

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with the row under the cursor."""
        row = self.happening
        if action == "copy":
            return "" if row else "Nothing is here."
        if action == "end_transfer":
            return present.why_no_end(row)
        return ""

    @explained
    def action_end_transfer(self) -> None:
        """End the download under the cursor."""
        if (row := self.happening) and isinstance(row.entry, Transfer):
            self.post_message(EndTransferAsked(row.entry))

    @explained
    def action_copy(self) -> None:
        """Offer what is known of the row."""
        if row := self.happening:
            lines = present.facts(row, self._batch(row), utc_now())
            words = "\n".join("".join(cell.text for cell in line) for line in lines)
            self.post_message(CopyAsked([("a", "all that is known of it", words)]))

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.show_details()
        self.refresh_bindings()

    @on(VirtualTable.Activated)
    def _activated(self) -> None:
        self.zoom("-only-pane")

    @on(FilterLine.Changed)
    def _filtered(self, event: FilterLine.Changed) -> None:
        from batchtui.domain.filter import parse_filter

        self._words = parse_filter(event.text, present.FIELDS) if event.text.strip() else None
        self.fill()
