"""Which answers are better: what a person decides, and what a judge is asked in a batch and says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from batchtui.domain.comparison import Comparison
from batchtui.domain.errors import RefusedError
from batchtui.domain.human import counted
from batchtui.domain.job import JobSummary
from batchtui.domain.judging import Tally, read_choice, votes
from batchtui.domain.lint import Problem
from batchtui.domain.opinion import Verdict
from batchtui.domain.result import SUCCEEDED
from batchtui.domain.selection import Selection
from batchtui.services.compare import Comparisons
from batchtui.services.compose import Composer
from batchtui.services.exporting.output import texts_of
from batchtui.services.judging_rows import JudgedPair, PairRows
from batchtui.services.making import OnRows
from batchtui.services.prepare import Prepared
from batchtui.services.read import Reader
from batchtui.services.templates import Templates
from batchtui.store import Store
from batchtui.store.bulk import BulkRow
from batchtui.store.opinions import Sides

if TYPE_CHECKING:
    from batchtui.domain.template.model import Template

JUDGE = "judge"
"""The template of a judge, unless another one is named: the shipped one, or one of this name in the home."""

NAME_CHARS_MAX = 100

_HOME = frozenset({"complete", "partial"})
_PAIR = msgspec.json.Decoder(JudgedPair)


@dataclass(slots=True)
class _Judged:
    """What judges have said so far; `verdicts` holds None for an answer that could not be read."""

    verdicts: dict[str, Verdict | None] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    waiting: int = 0

    def add(self, custom_id: str, verdict: Verdict | None) -> None:
        """Take in an answer; one that cannot be read takes no verdict of an earlier job away."""
        self.failed.discard(custom_id)
        if verdict is not None or custom_id not in self.verdicts:
            self.verdicts[custom_id] = verdict

    @property
    def read(self) -> dict[str, Verdict]:
        """Return the verdicts that could be read."""
        return {custom_id: verdict for custom_id, verdict in self.verdicts.items() if verdict is not None}


class Judging:
    """Opinions of a person about a comparison, and batches that judge it.

    An opinion and a judge's verdict belong to the two sides and what joins them, whichever is the left one.
    """

    def __init__(
        self, store: Store, reader: Reader, comparisons: Comparisons, composer: Composer, templates: Templates
    ) -> None:
        self._store = store
        self._reader = reader
        self._comparisons = comparisons
        self._composer = composer
        self._templates = templates
        self._last: tuple[object, _Judged] | None = None

    def opinions(self, comparison: Comparison) -> dict[str, Verdict]:
        """Return what a person decided, by custom_id."""
        return self._store.opinions.of(_sides(comparison))

    async def decide(self, comparison: Comparison, custom_id: str, verdict: Verdict | None) -> None:
        """Write down which answer a person finds better, in place of what was there; None takes it back."""
        await self._store.opinions.decide(_sides(comparison), custom_id, verdict)

    async def compose(
        self,
        comparison: Comparison,
        positions: Sequence[int],
        template: Template | None = None,
        *,
        on_rows: OnRows | None = None,
    ) -> Prepared:
        """Spool a batch that judges the changed ones among some pairs, to be sent as any submission.

        A is the left and the right by turns, and the data rows remember which. The job that is made of it belongs
        to the comparison from before the first byte is sent; `job_name` is what to call it. What is not judged is
        told in its problems. `on_rows` is as for `Composer.prepare`. Raises `RefusedError` if there is nothing to
        judge, what reading a template and `Composer.prepare` raise, and `StoreError`.
        """
        judge = template or self._templates.load(JUDGE)
        with closing(PairRows(self._comparisons, self._reader, comparison, positions)) as rows:
            if not rows.count():
                raise RefusedError(
                    "There is nothing to judge: no answer of these differs between the sides.",
                    unharmed="Nothing was sent.",
                )
            key = await self._store.opinions.keep(_sides(comparison))
            prepared = await self._composer.prepare(judge, rows, on_rows=on_rows)
        passed_over = len(positions) - prepared.request_count
        problems, counts = prepared.problems, dict(prepared.counts)
        if passed_over:
            message = f"{counted(passed_over, 'pair')} not judged: both answers are the same, or one is missing"
            problems = (*problems, Problem(1, "", "not-judged", message, "warning"))
            counts["not-judged"] = 1
        return replace(prepared, comparison_key=key, problems=problems, counts=counts)

    @staticmethod
    def job_name(comparison: Comparison) -> str:
        """Return what to call a job that judges a comparison."""
        return f"judge: {comparison.left.name} vs {comparison.right.name}"[:NAME_CHARS_MAX]

    def verdicts(self, comparison: Comparison) -> dict[str, Verdict]:
        """Return what judges said, by custom_id, the newest job before older ones; their answers are read for it.

        It blocks for as long as that takes, the first time after something came home.
        """
        return self._judged(comparison).read

    def tally(self, comparison: Comparison) -> Tally:
        """Return the verdicts of a person and of judges counted; it blocks as `verdicts` does."""
        opinions, judged = self.opinions(comparison), self._judged(comparison)
        verdicts = judged.read
        both = opinions.keys() & verdicts.keys()
        judge = votes(
            verdicts.values(),
            unreadable=len(judged.verdicts) - len(verdicts),
            failed=len(judged.failed),
            waiting=judged.waiting,
        )
        agreeing = sum(opinions[custom_id] == verdicts[custom_id] for custom_id in both)
        return Tally(votes(opinions.values()), judge, len(both), agreeing)

    def _judged(self, comparison: Comparison) -> _Judged:
        sides = _sides(comparison)
        jobs = [self._store.jobs.summary(job_id) for job_id in self._store.opinions.judgings(sides)]
        state = (sides, jobs)
        if self._last is None or self._last[0] != state:
            judged = _Judged()
            for job in jobs:
                self._read(comparison, job, judged)
            self._last = (state, judged)
        return self._last[1]

    def _read(self, comparison: Comparison, job: JobSummary, judged: _Judged) -> None:
        """Take in the final answers of a job."""
        home = tuple(stored.key for stored in job.batches if stored.results in _HOME)
        under_way = [stored for stored in job.batches if stored.results == "none"]
        judged.waiting += sum(stored.batch.counts.total for stored in under_way)
        judged.waiting += sum(intent.request_count for intent in job.open_intents)
        keys = self._reader.keys(Selection(home, final=True)) if home else ()
        for block in self._store.bulk.blocks(keys, joined=True):
            texts = texts_of(block)
            for row, text, data_row in zip(map(BulkRow._make, block.rows), texts, block.data_rows, strict=True):
                pair = _pair(data_row)
                custom_id = row.custom_id if pair is None else pair.pair
                if row.type != SUCCEEDED:
                    if custom_id not in judged.verdicts:
                        judged.failed.add(custom_id)
                else:
                    judged.add(custom_id, _verdict(comparison, pair, text or ""))


def _sides(comparison: Comparison) -> Sides:
    return comparison.left.ident, comparison.right.ident, comparison.on


def _pair(data_row: bytes | None) -> JudgedPair | None:
    """Return what a data row remembers, None if it is not one that was made here."""
    if data_row is None:
        return None
    try:
        return _PAIR.decode(data_row)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _verdict(comparison: Comparison, pair: JudgedPair | None, text: str) -> Verdict | None:
    """Return which side a judge chose, None if that cannot be told."""
    choice = read_choice(text)
    if choice is None or pair is None:
        return None
    if choice == "tie":
        return "tie"
    a_side: dict[str, Verdict] = {comparison.left.ident: "left", comparison.right.ident: "right"}
    side = a_side.get(pair.side_a)
    if side is None:
        return None
    other: Verdict = "right" if side == "left" else "left"
    return side if choice == "A" else other
