"""The fourth room: two sides row by row, and what differs in the pair under the cursor."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.geometry import Size

from batchtui.domain.comparison import Comparison, Kind, Matrix
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.opinion import Verdict
from batchtui.tui import bindings
from batchtui.tui.messages import (
    DiffExportAsked,
    ErrorMet,
    JudgeAsked,
)
from batchtui.tui.present import diff as present
from batchtui.tui.present import diff_numbers, reasons
from batchtui.tui.present.diff import ALL
from batchtui.tui.screens.diff_read import DiffRead
from batchtui.tui.screens.room import explained
from batchtui.tui.session import Session
from batchtui.tui.widgets.diff_beside import Panel
from batchtui.tui.widgets.label_matrix import LabelMatrix
from batchtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from batchtui.services.judging import Judging


class DiffScreen(DiffRead):
    """The pairs of two sides and the one that is read, or numbers, requests and labels of all of them."""

    CSS_PATH = "diff.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings.DIFF

    def __init__(self, session: Session, size: Size) -> None:
        super().__init__(session, size)
        self._matrix: Matrix | None = None
        self._fields: list[str | None] = []

    def on_screen_resume(self) -> None:
        """Show what was compared last, which may be another than before."""
        self.show_compared()

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done with what is compared."""
        return reasons.why_not_with_pairs(
            action,
            self.comparison.summary if self.comparison else None,
            has_pair=self.table.cursor_key is not None,
            read_only=self.session.workbench.profile.read_only,
        )

    def load_opinions(self, comparison: Comparison) -> None:
        """Read what a person and judges said, and show it."""
        self._load_opinions(comparison)

    @work(group="opinions", exclusive=True)
    async def _load_opinions(self, comparison: Comparison) -> None:
        try:
            opinions = await self.on_reader(partial(self._opinions_of, comparison))
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
            return
        if comparison is self.comparison and opinions != self.opinions:
            self.opinions = opinions
            self.show_rows()
        if comparison is self.comparison and self.beside.panel != "reading":
            self._sum_up(comparison)

    @property
    def judging(self) -> "Judging":
        """What people and judges say; imported when it is first wanted, after the first rows are shown."""
        return self.session.workbench.judging

    def _opinions_of(self, comparison: Comparison) -> present.Opinions:
        return present.Opinions(
            self.judging.opinions(comparison),
            self.judging.verdicts(comparison),
            self.judging.tally(comparison).judge,
        )

    def action_next_view(self, step: int = 1) -> None:
        """Compare the next view of the pair, or show the labels of the next field."""
        if self.beside.panel != "labels":
            super().action_next_view(step)
        elif self.comparison is not None and self._fields:
            self._fields = [*self._fields[step:], *self._fields[:step]]
            self._sum_up(self.comparison)

    def go(self, kind: Kind, step: int) -> bool:
        """Go to the next pair of a kind, or the one before; False if none is shown."""
        at = self.source.step(self.table.cursor_index, step, kind) if self.source else None
        if self.source is None or at is None:
            return False
        return self.table.move_to(self.source.key_at(at))

    @explained
    def action_go_kind(self, kind: Kind, step: int) -> None:
        """Go to the next pair of a kind, or the one before; in the text that is read, first to its next change."""
        if kind == "changed" and self.view.has_focus and self.view.go_to_change(step):
            return
        if not self.go(kind, step):
            self.notify(reasons.NONE_SHOWN[kind], severity="warning", timeout=4, markup=False)

    @explained
    def action_decide(self, verdict: Verdict) -> None:
        """Say which side is better and go on to the next changed pair, or take back what was said."""
        comparison, pair = self.comparison, self.pair
        if comparison is None or pair is None:
            return
        person = dict(self.opinions.person)
        decided = None if person.get(pair.custom_id) == verdict else verdict
        person.pop(pair.custom_id, None)
        if decided is not None:
            person[pair.custom_id] = decided
        self.opinions = present.Opinions(person, self.opinions.judge, self.opinions.judged)
        self._keep(comparison, pair.custom_id, decided)
        self.show_rows()
        if decided is not None:
            self.go("changed", 1)

    @work(group="decide")
    async def _keep(self, comparison: Comparison, custom_id: str, verdict: Verdict | None) -> None:
        try:
            await self.judging.decide(comparison, custom_id, verdict)
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
            self.load_opinions(comparison)

    async def action_beside(self, panel: Panel) -> None:
        """Show numbers, requests or labels in place of the pair that is read, or that again."""
        reason = self.why_not("beside")
        if reason:
            self.notify(reason, severity="warning", timeout=4, markup=False)
            return
        await self.beside.turn_to("reading" if self.beside.panel == panel else panel)
        if self.beside.panel == "reading":
            self.table.focus()
        elif self.comparison is not None:
            self.beside.front.focus()
            self._sum_up(self.comparison)

    @work(group="beside", exclusive=True)
    async def _sum_up(self, comparison: Comparison) -> None:
        """Show numbers, requests or labels, once they are known."""
        beside = self.beside
        try:
            if beside.panel == "numbers":
                beside.facts.show(diff_numbers.lines(comparison, self.opinions), keep_place=True)
            elif beside.panel == "requests":
                beside.facts.show([[diff_numbers.LOOKING]])
                beside.facts.show(diff_numbers.request_lines(await self.comparisons.request_changes(comparison)))
            elif beside.panel == "labels":
                await self._show_labels(comparison)
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))

    async def _show_labels(self, comparison: Comparison) -> None:
        """Show the labels of the field whose turn it is; first of the answers themselves, if they are labels."""
        labels = self.beside.labels
        if not self._fields:
            labels.show(None, "looking for labels …")
            self._matrix = await self.comparisons.labels(comparison)
            fields: list[str | None] = list(await self.comparisons.label_fields(comparison))
            self._fields = [None, *fields] if self._matrix is not None else fields
        if self._fields:
            self._matrix = await self.comparisons.labels(comparison, self._fields[0])
        labels.show(self._matrix, diff_numbers.label_words(self._matrix, len(self._fields)))

    @on(LabelMatrix.Chosen)
    def _label_chosen(self, event: LabelMatrix.Chosen) -> None:
        if self._matrix is not None:
            self.narrow_to_label((event.left, event.right), self._matrix.positions(event.left, event.right))
            self.table.focus()

    @explained
    def action_judge(self) -> None:
        """Ask for a batch that judges the marked pairs, or all changed ones that are shown."""
        if self.comparison is not None and self.source is not None:
            marked = self._marked_positions()
            self.post_message(JudgeAsked(self.comparison, marked or self.source.of_kind("changed")))

    @explained
    def action_export(self) -> None:
        """Ask for a file of the marked pairs, or of all that are shown."""
        if self.comparison is not None and self.source is not None:
            marked = self._marked_positions()
            self.post_message(
                DiffExportAsked(
                    self.comparison,
                    marked or list(self.source.positions),
                    are_marked=bool(marked),
                    ignore_white_space=self.reading.ignores_white_space,
                )
            )

    def _marked_positions(self) -> list[int]:
        """Return which pairs are marked, in the order shown."""
        if self.source is None or not self.table.marked:
            return []
        places = (self.source.index_of(key) for key in self.table.chosen)
        return [self.source.positions[place] for place in places if place is not None]

    async def action_back(self) -> None:
        """Leave the pane, the panel, the search, the labels, the filter, the kind, and at last the room."""
        if self.leave_pane() or self.beside.panel != "reading":
            if self.beside.panel != "reading":
                await self.beside.turn_to("reading")
        elif self.end_search():
            pass
        elif self.label is not None:
            self.narrow_to_label(None)
        elif self.filter_line.text:
            self.filter_line.action_clear()
        elif self.only != ALL:
            self.narrow(ALL)
        else:
            await self.go_to_room("batches")

    @on(VirtualTable.MarksChanged, ".list")
    def _marked(self) -> None:
        self.show_status()
