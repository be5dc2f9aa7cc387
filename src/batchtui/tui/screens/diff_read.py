"""The reading half of the diff room: what differs in the pair under the cursor, and how it is read."""

import asyncio
from functools import partial

from textual import getters, on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size

from batchtui.domain.comparison import Comparison, Pair
from batchtui.domain.errors import BatchtuiError
from batchtui.tui.diff_reading import DiffReading, Texts
from batchtui.tui.messages import CopyAsked, CopyChoice, ErrorMet, PagerAsked
from batchtui.tui.present import diff as present
from batchtui.tui.present import reasons
from batchtui.tui.screens.diff_list import DiffTable
from batchtui.tui.screens.diff_search import DiffSearch
from batchtui.tui.screens.room import explained, told
from batchtui.tui.session import Session
from batchtui.tui.widgets.diff_beside import DiffBeside
from batchtui.tui.widgets.diff_layout import Note
from batchtui.tui.widgets.diff_pane import DiffPane, DiffView
from batchtui.tui.widgets.tones import toned
from batchtui.tui.widgets.virtual_table import VirtualTable

REST_SECONDS = 0.05
"""How long the cursor must rest on a long pair before it is compared."""


class DiffRead(DiffSearch):
    """A list of pairs, and what differs in one of them."""

    beside = getters.query_one(DiffBeside)
    pane = getters.query_one(DiffPane)
    view = getters.query_one(DiffView)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self.reading = DiffReading(self.comparisons)
        self._read: tuple[object, ...] = ()

    def compose_panes(self) -> ComposeResult:
        """Lay out the table and what stands below it."""
        yield DiffTable(present.COLUMNS, empty=present.NOTHING, classes="list")
        yield DiffBeside()

    @property
    def pair(self) -> Pair | None:
        """The pair under the cursor; raises `StoreError`."""
        comparison, position = self.comparison, self.position
        return None if comparison is None or position is None else self.comparisons.pair(comparison, position)

    @told
    def show_row(self) -> None:
        """Show what differs in the pair under the cursor, at once unless that takes long."""
        comparison, pair = self.comparison, self.pair
        self.set_class(pair is None, "-empty")
        find = self.hunt.search.spans if self.hunt else None
        reads = (comparison, self.table.cursor_key, *self.reading.manner, self.hunt)
        if pair is None or comparison is None:
            self._read = ()
            self.workers.cancel_group(self, "long")
            self.pane.show(Content(), ())
        elif reads != self._read:
            is_same = self._read[:3] == reads[:3]
            self._read = reads
            title = toned(self.reading.title(comparison, pair))
            texts = self.reading.texts(comparison, pair)
            self.workers.cancel_group(self, "long")
            if texts.is_long:
                self.pane.show(title, [Note("comparing …")])
                self._show_long(comparison, pair, texts)
            else:
                rows = self.reading.rows(comparison, pair, texts)
                self.pane.show(title, rows, keep_place=is_same, find=find)

    @work(group="long", exclusive=True)
    async def _show_long(self, comparison: Comparison, pair: Pair, texts: Texts) -> None:
        """Show what differs in a long pair once it is known, unless the cursor only passed over it."""
        await asyncio.sleep(REST_SECONDS)
        rows = await asyncio.to_thread(self.reading.rows, comparison, pair, texts)
        find = self.hunt.search.spans if self.hunt else None
        self.pane.show(toned(self.reading.title(comparison, pair)), rows, find=find)

    def action_next_view(self, step: int = 1) -> None:
        """Compare the next view of the pair, or the one before."""
        self.reading.go_on(step)
        self.show_row()

    def action_side_by_side(self) -> None:
        """Show both sides beside each other, or one below the other."""
        if self.view.has_room_for_two:
            self.view.set_side_by_side(not self.view.is_side_by_side)
        else:
            self.notify(reasons.NO_ROOM_FOR_TWO, severity="warning", timeout=4, markup=False)

    def action_white_space(self) -> None:
        """Ignore white space, or not."""
        self.reading.ignores_white_space = not self.reading.ignores_white_space
        self.show_row()

    def action_plain(self) -> None:
        """Compare JSON as text, or as JSON."""
        self.reading.is_plain = not self.reading.is_plain
        self.show_row()

    def action_fold_lines(self) -> None:
        """Show all lines, or only those around a change."""
        self.reading.is_folded = not self.reading.is_folded
        self.show_row()

    @explained
    def action_pager(self) -> None:
        """Read what differs in the pager."""
        self._page()

    @work(group="pager", exclusive=True)
    async def _page(self) -> None:
        try:
            if (pair := self.pair) is not None and self.comparison is not None:
                text = await asyncio.to_thread(self.reading.unified, self.comparison, pair)
                self.post_message(PagerAsked(text or "Nothing differs.\n"))
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))

    @explained
    def action_copy(self) -> None:
        """Offer what there is of the pair."""
        comparison, pair = self.comparison, self.pair
        if comparison is None or pair is None:
            return
        texts = self.reading.texts(comparison, pair)
        choices: list[CopyChoice] = [("i", "the custom_id", pair.custom_id)]
        if texts.left is not None:
            choices.append(("l", f"the {self.reading.view} on the left", texts.left))
        if texts.right is not None:
            choices.append(("r", f"the {self.reading.view} on the right", texts.right))
        choices.append(("u", "a unified diff", partial(self.reading.unified, comparison, pair)))
        self.post_message(CopyAsked(choices))

    def zoom(self, name: str) -> None:
        """Give the room to one of the two, or to both for an empty name."""
        super().zoom(name)
        if name == "-only-pane":
            self.beside.front.focus()

    @on(VirtualTable.Highlighted, ".list")
    def _moved(self) -> None:
        self.show_row()

    @on(VirtualTable.Activated, ".list")
    def _activated(self) -> None:
        self.zoom("-only-pane")
