"""The first room: every batch there is, what is on its way out, and all about the one under the cursor."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from batchtui.domain.batch import StoredBatch
from batchtui.domain.job import Intent
from batchtui.store import Store
from batchtui.tui import bindings
from batchtui.tui.messages import (
    AdoptAsked,
    AskedOfBatches,
    CancelAsked,
    CompareAsked,
    ComposeAgainAsked,
    CopyAsked,
    DeleteAsked,
    DownloadAsked,
    HouseAsked,
    RenameAsked,
    RetryAsked,
    SettleAsked,
    SubmitAsked,
)
from batchtui.tui.present import batches as present
from batchtui.tui.present import listing, reasons
from batchtui.tui.present.batches import utc_now
from batchtui.tui.present.details import details
from batchtui.tui.present.listing import Item, JobRow, ListRow, RowKey, batches_of
from batchtui.tui.rooms import import_for_comparing
from batchtui.tui.screens.room import Room, explained, told
from batchtui.tui.session import Session
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.table_model import Row
from batchtui.tui.widgets.virtual_table import VirtualTable
from batchtui.tui.working import begin

if TYPE_CHECKING:
    from batchtui.domain.durations import Typical
    from batchtui.domain.filter import Filter

EMPTY = (
    "No batches yet.\n\n"
    "n composes one from a template and rows of data.\n"
    "N sends a file of requests.\n"
    "Batches made elsewhere appear when the API has been asked."
)
NO_MATCH = "Nothing fits this filter.\n\nesc takes it away."

ABOUT_BATCHES: Mapping[str, type[AskedOfBatches]] = {
    "cancel": CancelAsked,
    "delete": DeleteAsked,
    "download": DownloadAsked,
    "house": HouseAsked,
}
"""What can be asked for of the batches of the marked rows, or of the one under the cursor."""

AGES_SECONDS = 5
"""How often ages are counted anew."""


class ListingSource:
    """The rows of the list, each turned into cells when it is looked at."""

    def __init__(self, rows: Sequence[ListRow]) -> None:
        self._rows = rows
        self.now = utc_now()
        self._index = {row.key: number for number, row in enumerate(rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the cells of some rows."""
        return [present.cells(row, self.now) for row in self._rows[start:stop]]

    def key_at(self, index: int) -> RowKey:
        """Return the key of a row."""
        return self._rows[index].key

    def index_of(self, key: RowKey) -> int | None:
        """Return where a row is."""
        return self._index.get(key)

    def successor(self, item: Item) -> RowKey | None:
        """Return the row of the same job, for one that is not there any more: a draft sent, a job begun."""
        return next((row.key for row in self._rows if row.item.job_id == item.job_id), None)

    def side(self, key: RowKey) -> str:
        """Return what a row is compared by: the id of its job, or of its batch where the job has others."""
        item = self.item(key)
        return key.id if isinstance(item, Intent) or RowKey("job", item.job_id) in self._index else item.job_id

    def item(self, key: RowKey) -> Item:
        """Return what a row stands for."""
        return self._rows[self._index[key]].item

    def batches(self, rows: Sequence[RowKey]) -> list[StoredBatch]:
        """Return the batches of some rows, each once."""
        items = (self.item(key) for key in rows)
        chosen = {
            stored.id: stored for item in items if not isinstance(item, Intent) for stored in batches_of(item)
        }
        return list(chosen.values())


class BatchTable(VirtualTable[RowKey]):
    """The table of batches: enter reads the results."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.BATCH_TABLE


class BatchesScreen(Room):
    """The list of batches. Holds the filter, the sort and which jobs are unfolded; all else is in the store."""

    ROOM = "batches"
    FILTER_HINT = "words, status:failed, !word"
    SORTS = listing.SORTS
    BINDINGS: ClassVar[list[BindingType]] = bindings.BATCHES

    pane = getters.query_one(FactsPane)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self._words: Filter | None = None
        self._open_jobs: set[str] = set()
        self._source = ListingSource([])
        self._shown: RowKey | None = None

    def compose_panes(self) -> ComposeResult:
        """Lay out the table and the details."""
        yield BatchTable(present.columns(with_profile=False), empty=EMPTY, classes="list")
        pane = FactsPane()
        pane.add_class("pane")
        yield pane

    def on_mount(self) -> None:
        """Show what is in the store, and follow it."""
        self.session.selected = lambda: self.table.cursor_key
        self.fill()
        self.session.batches_changed.subscribe(self, lambda _nothing: self.fill())
        self.session.results_arriving.subscribe(self, lambda _ids: self.show_details())
        self.set_interval(AGES_SECONDS, self._count_ages)
        self.set_interval(1, partial(self._count_ages, if_waiting=True))
        self.session.poll_changed.subscribe(self, lambda _state: self._count_ages(if_waiting=True))

    def fill(self) -> None:
        """Show the list as it is now."""
        batches = self.session.batches
        rows = listing.rows(
            batches,
            self.session.intents,
            words=self._words,
            sort=self.sort,
            reverse=self.reverse,
            open_jobs=self._open_jobs,
        )
        before = self.item
        self._source = source = ListingSource(rows)
        with self.painted_once():
            self.table.set_columns(present.columns(with_profile=present.has_several_profiles(batches)))
            key = self.table.cursor_key
            self.table.set_source(source)
            if key is not None and before is not None and source.index_of(key) is None:
                self.table.move_to(source.successor(before) or key)
            self.table.set_empty(NO_MATCH if self._words else EMPTY)
            self.show_sort()
            self.show_details()

    def _count_ages(self, *, if_waiting: bool = False) -> None:
        """Let ages be seen to grow, or the time of parts that wait to pass."""
        if if_waiting and not any(intent.state == "waiting" for intent in self.session.intents):
            return
        self._source.now = utc_now()
        self.table.reload()
        self.show_details()

    @told
    def show_details(self) -> None:
        """Show what is known of the row under the cursor."""
        key = self.table.cursor_key
        item = self.item
        self.set_class(item is None, "-empty")
        if item is not None:
            poll = self.session.poll
            lines = details(
                item,
                utc_now(),
                disk=_disk(self.session, item),
                received_bytes=self.session.downloads.get(item.id) if isinstance(item, StoredBatch) else None,
                strangers=_strangers(self.session.workbench.store, item),
                next_look_at=poll.next_at if poll else None,
                typical=_typical(self.session, item),
            )
            self.pane.show(lines, keep_place=key == self._shown)
        self._shown = key

    @property
    def item(self) -> Item | None:
        """What is under the cursor."""
        key = self.table.cursor_key
        return None if key is None else self._source.item(key)

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with the row under the cursor or the marked ones."""
        action = action.removeprefix("ask('").removesuffix("')")
        if action == "compare":
            return reasons.why_no_comparison([self._source.item(key) for key in _to_compare(self.table)])
        if action == "settle":
            return "" if self.session.intents else "Every submission has its batch."
        chosen = self._source.batches(self.table.chosen)
        return reasons.why_not(
            action,
            self.item,
            chosen,
            ours=all(self.session.is_ours(stored) for stored in chosen),
            read_only=self.session.workbench.profile.read_only,
        )

    @on(VirtualTable.Activated)
    async def open_results(self) -> None:
        """Read the results, or settle what has no batch yet."""
        if isinstance(self.item, Intent):
            self.post_message(SettleAsked())
        else:
            await self.go_to_room("results")

    @explained
    def action_retry(self) -> None:
        """Ask for a retry."""
        if target := self.session.selected_target():
            self.post_message(RetryAsked(target))

    def action_ask(self, verb: str) -> None:
        """Ask for something with the batches of the marked rows, or of the one under the cursor."""
        if reason := self.why_not(f"ask('{verb}')"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        else:
            chosen = self._source.batches(self.table.chosen)
            self.post_message(ABOUT_BATCHES[verb](reasons.meant(verb, chosen)))

    @explained
    def action_rename(self) -> None:
        """Ask for another name."""
        if target := self.session.selected_target():
            self.post_message(RenameAsked(target.job))

    @explained
    def action_compare(self) -> None:
        """Ask for a comparison of the two rows, the older one on the left, or of this one with another."""
        rows = sorted(_to_compare(self.table), key=lambda key: listing.made_at(self._source.item(key)))
        if len(rows) == 2:
            self.post_message(CompareAsked(self._source.side(rows[0]), self._source.side(rows[1])))
        else:
            self.post_message(CompareAsked(row=rows[0] if rows else self.table.cursor_key))

    async def action_compose(self) -> None:
        """Go where requests are made."""
        await self.go_to_room("compose")

    @explained
    def action_compose_again(self) -> None:
        """Ask for the template of the job under the cursor."""
        if target := self.session.selected_target():
            self.post_message(ComposeAgainAsked(target))

    @explained
    def action_submit(self) -> None:
        """Ask for a file to send."""
        self.post_message(SubmitAsked())

    @explained
    def action_adopt(self) -> None:
        """Ask for the requests of a batch made elsewhere, or for such a batch."""
        self.post_message(AdoptAsked(self.item if isinstance(self.item, StoredBatch) else None))

    @explained
    def action_settle(self) -> None:
        """Ask what to do with open submissions."""
        self.post_message(SettleAsked())

    @explained
    def action_copy(self) -> None:
        """Offer id and name."""
        item = self.item
        if isinstance(item, JobRow):
            self.post_message(CopyAsked([("n", "the name", item.name), ("i", "the id of the job", item.job_id)]))
        elif item is not None:
            self.post_message(CopyAsked([("i", "the id", item.id), ("n", "the name", item.job_name)]))

    def action_fold(self, close: bool) -> None:
        """Show the batches of a job below it, or fold them away."""
        key = self.table.cursor_key
        item = self.item
        if key is None or item is None or isinstance(item, Intent):
            return
        job_id = item.job_id
        if close:
            self._open_jobs.discard(job_id)
        else:
            self._open_jobs.add(job_id)
        self.fill()
        if close:
            self.table.move_to(RowKey("job", job_id))

    async def action_back(self) -> None:
        """Leave the pane, or take the filter away."""
        if not self.leave_pane():
            self.filter_line.action_clear()

    @on(VirtualTable.Highlighted)
    @on(VirtualTable.MarksChanged)
    def _moved(self) -> None:
        self.show_details()
        self.refresh_bindings()
        if self.table.marked:
            # Who marks may want to compare.
            begin(self, import_for_comparing, "import", exclusive=True)

    @on(FilterLine.Changed)
    def _filtered(self, event: FilterLine.Changed) -> None:
        from batchtui.domain.filter import parse_filter

        self._words = parse_filter(event.text, listing.FIELDS) if event.text.strip() else None
        self.fill()


def _strangers(store: Store, item: Item) -> int:
    """Return how many results of a row answer none of its requests."""
    if isinstance(item, Intent):
        return 0
    batches = (stored for stored in batches_of(item) if stored.results != "none")
    return sum(store.batches.stranger_count(stored.key) for stored in batches)


def _disk(session: Session, item: Item) -> tuple[int, bool]:
    """Return the bytes that a row takes on the disk, and whether something of it is archived."""
    batches = () if isinstance(item, Intent) else batches_of(item)
    uses = [session.workbench.housekeeping.disk_use(stored) for stored in batches]
    return sum(use.total_bytes for use in uses), any(use.is_archived for use in uses)


def _to_compare(table: VirtualTable[RowKey]) -> list[RowKey]:
    """Return the marked rows, and the one under the cursor beside a single one."""
    marked = table.chosen if table.marked else []
    cursor = table.cursor_key
    return [*marked, cursor] if len(marked) == 1 and cursor is not None and cursor not in marked else marked


def _typical(session: Session, item: Item) -> "Typical | None":
    """Return how long batches took that are like the one that runs, if one does."""
    batches = () if isinstance(item, Intent) else batches_of(item)
    running = next((stored for stored in reversed(batches) if not stored.batch.has_ended), None)
    return None if running is None else session.typical(running)
