"""The sixth room: where the money and the time went."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.human import counted
from batchtui.domain.stats import AXES, FIELDS, BatchFigures, Group, total
from batchtui.services.read import to_json
from batchtui.services.stats import Report, as_csv, record
from batchtui.tui import bindings
from batchtui.tui.messages import CopyAsked, ErrorMet, StatsExportAsked
from batchtui.tui.present import stats as present
from batchtui.tui.screens.room import Room, explained
from batchtui.tui.session import Session
from batchtui.tui.stats_source import Scope, StatsKey, StatsSource, look, plot
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.plot import Plot
from batchtui.tui.widgets.virtual_table import VirtualTable
from batchtui.tui.working import begin


class StatsTable(VirtualTable[StatsKey]):
    """The table of groups: enter reads all of one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.STATS_TABLE


class StatsScreen(Room):
    """What batches came to. Holds what is looked at, the filter and the sort; all else is in the store."""

    ROOM = "stats"
    SORTS = present.SORTS
    FILTER_HINT = "words, day: template: model: profile: server: size:, ! turns a term round"
    CSS_PATH = "stats.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings.STATS

    pane = getters.query_one(FactsPane)
    plot = getters.query_one(Plot)

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self._scope = Scope()
        self._batches: Sequence[BatchFigures] = ()
        self._report = Report("day", "", (), total(()))
        self._source = StatsSource()
        self._is_stale = True
        self._look_wanted = asyncio.Event()

    def compose_head(self) -> ComposeResult:
        """Lay out the plot."""
        yield Plot()

    def compose_panes(self) -> ComposeResult:
        """Lay out the table, and what is known of a group."""
        yield StatsTable(present.columns("day"), empty=present.LOOKING, classes="list")
        pane = FactsPane()
        pane.add_class("pane")
        yield pane

    def on_mount(self) -> None:
        """Follow the store."""
        self.session.batches_changed.subscribe(self, lambda _nothing: self._changed())
        begin(self, self._keep_looking, "look")

    def on_screen_resume(self) -> None:
        """Look at what there is by now."""
        self._changed()

    def _changed(self) -> None:
        """Read again, as soon as somebody sees it."""
        self._is_stale = True
        if self.is_current:
            self._look_wanted.set()

    async def _keep_looking(self) -> None:
        """Read what there is and group it, again whenever that or what is wanted may have changed."""
        while True:
            await self._look_wanted.wait()
            self._look_wanted.clear()
            try:
                if self._is_stale:
                    self._is_stale = False
                    self._batches = await self._read()
                self._report = await asyncio.to_thread(look, self._batches, self._scope)
            except BatchtuiError as error:
                self.post_message(ErrorMet(error))
            else:
                self._when_there(self.fill)

    def _when_there(self, show: Callable[[], None]) -> None:
        """Show something, unless the app ends: the table is gone then before what reads for it."""
        if self.query(StatsTable):
            show()

    async def _read(self) -> Sequence[BatchFigures]:
        def progress(done: int, of: int) -> None:
            words = f"{present.LOOKING}\n\n{done:,} of {counted(of, 'batch', 'batches')}"
            self._when_there(lambda: self.table.set_empty(words))

        return await self.session.workbench.stats.read(progress)

    def fill(self) -> None:
        """Show the groups, as they are sorted now."""
        by = self._report.by
        self._source = StatsSource(present.sorted_groups(self._report.groups, by, self.sort, reverse=self.reverse))
        with self.painted_once():
            self.table.set_columns(present.columns(by))
            self.table.set_source(self._source)
            self.table.set_empty(present.NO_MATCH if self._batches else present.EMPTY)
            self.show_sort()
            self._choose()

    @property
    def group(self) -> Group | None:
        """What is under the cursor."""
        key = self.table.cursor_key
        return None if key is None else self._source.at(key)

    def _choose(self) -> None:
        """Show what is known of the group under the cursor."""
        group = self.group
        self.set_class(group is None, "-empty")
        self.plot.show(plot(self._report, self._scope, group))
        if group is not None:
            self.pane.show(present.facts(group))
        self.refresh_bindings()

    def _look_at(self, scope: Scope) -> None:
        if scope.by != self._scope.by:
            self.sort, self.reverse = self.SORTS[0], False
        self._scope = scope
        self._look_wanted.set()

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done now."""
        if action in {"export", "copy"} and not self._report.groups:
            return "Nothing is shown."
        if action == "next_profile" and len(self._profiles) < 2:
            return "All batches are of one profile."
        return ""

    @property
    def _profiles(self) -> list[str]:
        return sorted({batch.profile for batch in self._batches})

    def action_sort(self) -> None:
        """Sort by the next column that this table has."""
        sorts = [self.SORTS[0], *(column.key for column in present.columns(self._report.by))]
        self.sort_by(sorts[(sorts.index(self.sort) + 1) % len(sorts)])

    def action_next_axis(self, step: int = 1) -> None:
        """Group by the next thing."""
        by = AXES[(AXES.index(self._scope.by) + step) % len(AXES)]
        self._look_at(replace(self._scope, by=by))

    def action_next_period(self) -> None:
        """Show other days."""
        at = present.PERIODS.index(self._scope.days)
        self._look_at(replace(self._scope, days=present.PERIODS[(at + 1) % len(present.PERIODS)]))

    @explained
    def action_next_profile(self) -> None:
        """Show the next profile alone, and after the last all together."""
        choices = [None, *self._profiles]
        at = choices.index(self._scope.profile) if self._scope.profile in choices else 0
        self._look_at(replace(self._scope, profile=choices[(at + 1) % len(choices)]))

    @explained
    def action_export(self) -> None:
        """Ask for a file for what is shown."""
        self.post_message(StatsExportAsked(self._report))

    @explained
    def action_copy(self) -> None:
        """Offer the name and the figures under the cursor, and the whole table."""
        shown, group = self._report, self.group
        if group is not None:
            self.post_message(
                CopyAsked(
                    [
                        ("n", "the name", present.name(group)),
                        ("j", "its figures as JSON", lambda: to_json(record(group)).decode()),
                        ("c", "the table as CSV", lambda: as_csv(shown).decode()),
                    ]
                )
            )

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self._choose()

    @on(VirtualTable.Activated)
    def _activated(self) -> None:
        self.zoom("-only-pane")

    @on(FilterLine.Changed)
    def _filtered(self, event: FilterLine.Changed) -> None:
        from batchtui.domain.filter import parse_filter

        self._look_at(replace(self._scope, words=parse_filter(event.text, FIELDS) if event.text.strip() else None))
