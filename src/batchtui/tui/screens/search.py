"""Searching the answers of all batches on disk."""

from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.human import ago, counted
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKeys
from batchtui.tui.present.batches import short_id, utc_now
from batchtui.tui.session import Opened, Session
from batchtui.tui.widgets.dialogs import DIALOG_CSS, LineInput
from batchtui.tui.widgets.literal import literal
from batchtui.tui.widgets.table_model import Cell, Column, ListSource, Row
from batchtui.tui.widgets.virtual_table import VirtualTable

COLUMNS = (
    Column("name", "Job", min_width=16),
    Column("hits", "Hits", width=8, align="right"),
    Column("made", "Made", width=10, align="right", priority=1),
    Column("id", "Id", width=12, priority=2),
)


class HitTable(VirtualTable[int]):
    """The batches in which something was found."""


class SearchScreen(ModalScreen[Opened | None]):
    """Search all batches, newest first; dismisses with the one to open and what to search in it.

    Batches are shown as they are found. Escape ends the search first, and then leaves.
    """

    DEFAULT_CSS = f"""
    SearchScreen {{
        {DIALOG_CSS}
        & > Vertical {{ width: 90; height: 80%; }}
        #search-state {{ color: $text-muted; height: 1; }}
        HitTable {{ height: 1fr; margin: 1 0 0 0; }}
    }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", id="search-stop", tooltip="End the search, then go back"),
        Binding(
            "ctrl+r", "switch('regex')", "Regex", id="search-regex", tooltip="A regular expression, or plain text"
        ),
        Binding("ctrl+t", "switch('case')", "Case", id="search-case", tooltip="Letters match in case, or in any"),
        Binding(
            "tab", "app.focus_next", "To the list", show=False, id="search-next", tooltip="To the batches found"
        ),
        Binding("down", "to_list", "To the list", show=False, id="search-list", tooltip="To the batches found"),
    ]

    table = getters.query_one(HitTable)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._search: Search | None = None
        self._is_searching = False
        self._switches = {"regex": False, "case": False}
        self._rows: list[tuple[int, Row]] = []
        self._hits = 0

    def compose(self) -> ComposeResult:
        """Lay out what to search for, how it goes, and the batches found."""
        with Vertical() as frame:
            frame.border_title = " Search all batches "
            yield LineInput(placeholder="a text; enter searches the answers of all batches on disk")
            yield Static(id="search-state", markup=False)
            yield HitTable(COLUMNS)

    def on_mount(self) -> None:
        """Say how it is searched."""
        self._show_state()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._search = Search(event.value, self._switches["regex"], self._switches["case"])
        except BatchtuiError as error:
            self.query_one("#search-state", Static).update(literal(f"{error.what} {error.todo}"))
            return
        self._seek(self._search)

    @work(group="search", exclusive=True)
    async def _seek(self, search: Search) -> None:
        self._rows, self._hits, self._is_searching = [], 0, True
        self.table.set_source(ListSource(), keep_place=False)
        self._show_state()

        def show(batch_key: int, hits: ResultKeys) -> None:
            if not self._rows:
                self.table.focus()
            self._hits += len(hits)
            self._rows.append((batch_key, self._row(batch_key, len(hits))))
            self.table.set_source(ListSource(self._rows))
            self._show_state()

        try:
            await self._session.workbench.reader.search_everywhere(search, show)
        except BatchtuiError as error:
            self.notify(str(error), severity="error", markup=False)
        finally:
            self._is_searching = False
            if self.is_running:
                self._show_state()

    def _row(self, batch_key: int, hits: int) -> Row:
        stored = self._session.workbench.store.batches.by_key(batch_key)
        age = ago(utc_now() - stored.batch.created_at)
        return (
            Cell(stored.job_name),
            Cell(f"{hits:,}", "accent"),
            Cell(age, "muted"),
            Cell(short_id(stored.id), "muted"),
        )

    def _show_state(self) -> None:
        words = "  ".join(
            f"{'●' if on else '○'} {key} {name}"
            for key, name, on in (
                ("^r", "regex", self._switches["regex"]),
                ("^t", "case", self._switches["case"]),
            )
        )
        if self._is_searching:
            words += "   searching … esc stops"
        if self._search is not None:
            words += f"   {counted(self._hits, 'hit')} in {counted(len(self._rows), 'batch', 'batches')}"
        self.query_one("#search-state", Static).update(literal(words))

    def action_switch(self, what: str) -> None:
        """Switch how it is searched."""
        self._switches[what] = not self._switches[what]
        self._show_state()

    def action_to_list(self) -> None:
        """Go to the batches found."""
        self.table.focus()

    async def action_stop(self) -> None:
        """End the search, or else leave."""
        if self._is_searching:
            self.workers.cancel_group(self, "search")
        else:
            await self.action_dismiss(None)

    @on(VirtualTable.Activated)
    async def _opened(self, event: VirtualTable.Activated[int]) -> None:
        stored = self._session.workbench.store.batches.by_key(event.key)
        target = self._session.workbench.finder.known(stored.id)
        await self.action_dismiss(Opened(target, self._search))
