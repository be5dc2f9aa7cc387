"""The rows of a comparison as they are printed and exported, and what there is to say of it as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from batchtui.domain.comparison import CHANGED, Comparison, Kind, Matrix, RequestChanges, SideTotals
from batchtui.domain.diff import as_json, json_changes, similarity
from batchtui.domain.diff.model import JsonChange
from batchtui.domain.judging import Tally, Votes
from batchtui.domain.opinion import Verdict
from batchtui.services.compare import Comparisons
from batchtui.services.judging import Judging

PAIRS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say of a comparison beside its rows.

    `changes` of the requests are None where nobody asked for them, and so is `matrix`, also where the answers are
    no labels.
    """

    comparison: Comparison
    tally: Tally
    changes: RequestChanges | None
    matrix: Matrix | None
    opinions: Mapping[str, Verdict]
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One row of a comparison with both texts, None where a side has none.

    A type is None where a side has no such row. `similarity` is from 0 to 1, None where there are not two answers.
    `opinion` is what a person decided, `judged` what a judge said.
    """

    custom_id: str
    kind: Kind
    left_type: str | None
    right_type: str | None
    left: str | None
    right: str | None
    similarity: float | None
    opinion: Verdict | None
    judged: Verdict | None

    @property
    def json_changes(self) -> list[JsonChange] | None:
        """Return what differs if both answers are JSON, None if they are not."""
        if self.left is None or self.right is None:
            return None
        both = as_json(self.left, self.right)
        return None if both is None else json_changes(*both)


async def report(
    comparisons: Comparisons, judging: Judging, comparison: Comparison, *, with_requests: bool
) -> Report:
    """Read what there is to say of a comparison; with requests and labels every line of it is read."""
    verdicts = await asyncio.to_thread(judging.verdicts, comparison)
    return Report(
        comparison,
        await asyncio.to_thread(judging.tally, comparison),
        await comparisons.request_changes(comparison) if with_requests else None,
        await _labels(comparisons, comparison) if with_requests else None,
        judging.opinions(comparison),
        verdicts,
    )


async def _labels(comparisons: Comparisons, comparison: Comparison) -> Matrix | None:
    """Return the labels that the answers are, else those of the field that looks most like one, if any does."""
    matrix = await comparisons.labels(comparison)
    if matrix is None:
        for field in (await comparisons.label_fields(comparison))[:1]:
            matrix = await comparisons.labels(comparison, field)
    return matrix


def rows(
    comparisons: Comparisons,
    comparison: Comparison,
    positions: Sequence[int],
    opinions: Mapping[str, Verdict],
    verdicts: Mapping[str, Verdict],
) -> Iterator[DiffRow]:
    """Yield the rows at these positions; it blocks."""
    for start in range(0, len(positions), PAIRS_AT_ONCE):
        some = positions[start : start + PAIRS_AT_ONCE]
        for pair in comparisons.pairs(comparison, some):
            left, right = comparisons.texts(comparison, pair)
            yield DiffRow(
                pair.custom_id,
                pair.kind,
                None if pair.left is None else pair.left.facts.type,
                None if pair.right is None else pair.right.facts.type,
                left,
                right,
                _similarity(pair.kind, comparison.similarity[pair.position], left, right),
                opinions.get(pair.custom_id),
                verdicts.get(pair.custom_id),
            )


def in_white_space_only(comparisons: Comparisons, comparison: Comparison) -> set[int]:
    """Return the positions of changed pairs whose answers are the same but for white space; it blocks."""
    changed = [position for position, code in enumerate(comparison.pairs.kinds) if code == CHANGED]
    found = set()
    for start in range(0, len(changed), PAIRS_AT_ONCE):
        for pair in comparisons.pairs(comparison, changed[start : start + PAIRS_AT_ONCE]):
            left, right = comparisons.texts(comparison, pair)
            if left is not None and right is not None and "".join(left.split()) == "".join(right.split()):
                found.add(pair.position)
    return found


def head_object(comparison: Comparison) -> dict[str, Any]:
    """Return the summary as `diff --json` begins with it."""
    summary = comparison.summary
    return {
        "a": comparison.left.name,
        "b": comparison.right.name,
        "on": comparison.on,
        "same": summary.same,
        "changed": summary.changed,
        "only_a": summary.only_left,
        "only_b": summary.only_right,
        "outcome_changed": summary.outcome,
        "totals": {"a": _totals(summary.left), "b": _totals(summary.right)},
        "notes": list(comparison.notes),
    }


def report_object(found: Report) -> dict[str, Any]:
    """Return what JSON has beside the summary: who prefers what, and requests and labels if they were asked for."""
    made: dict[str, Any] = {"preferred": tally_object(found.tally)}
    if found.changes is not None:
        made["request_changes"] = _changes(found.changes)
        made["labels"] = None if found.matrix is None else _matrix(found.matrix)
    return made


def tally_object(tally: Tally) -> dict[str, Any]:
    """Return opinions and verdicts counted, as JSON."""
    return {
        "by_person": _votes(tally.person),
        "by_judge": _votes(tally.judge),
        "both": tally.both,
        "agreeing": tally.agreeing,
    }


def row_object(row: DiffRow, diff: str | None) -> dict[str, Any]:
    """Return one element of `rows` in `diff --json`; `diff` is None where there is nothing to show."""
    return {
        "custom_id": row.custom_id,
        "kind": row.kind,
        "a_type": row.left_type,
        "b_type": row.right_type,
        "similarity": None if row.similarity is None else round(row.similarity, 4),
        "diff": diff,
        "preferred": _preferred(row.opinion),
        "judged": _preferred(row.judged),
    }


def _changes(changes: RequestChanges) -> dict[str, Any]:
    return {
        "compared": changes.compared,
        "equal": changes.equal,
        "unknown": changes.unknown,
        "changes": [
            {"path": one.path, "a": one.left, "b": one.right, "count": one.count} for one in changes.groups
        ],
    }


def _matrix(matrix: Matrix) -> dict[str, Any]:
    return {
        "field": matrix.field,
        "a": list(matrix.left_labels),
        "b": list(matrix.right_labels),
        "counts": [[matrix.count(left, right) for right in matrix.right_labels] for left in matrix.left_labels],
        "agreeing": matrix.agreeing,
        "total": matrix.total,
    }


def _preferred(verdict: Verdict | None) -> str | None:
    return None if verdict is None else {"left": "a", "right": "b", "tie": "tie"}[verdict]


def _totals(side: SideTotals) -> dict[str, Any]:
    tokens = side.tokens
    return {
        "rows": side.rows,
        "succeeded": side.succeeded,
        "failed": side.failed,
        "truncated": side.truncated,
        "refused": side.refused,
        "flagged": side.flagged,
        "input_tokens": tokens.total_input,
        "output_tokens": tokens.output,
        "cost_usd": side.cost_usd,
        "duration_seconds": side.duration_seconds,
    }


def _votes(votes: Votes) -> dict[str, Any]:
    return {
        "a": votes.left,
        "b": votes.right,
        "ties": votes.ties,
        "unreadable": votes.unreadable,
        "failed": votes.failed,
        "waiting": votes.waiting,
        "b_share": votes.right_share,
        "b_share_interval": list(votes.interval) if votes.decided else None,
    }


def _similarity(kind: Kind, known: float, left: str | None, right: str | None) -> float | None:
    if kind not in {"same", "changed"} or left is None or right is None:
        return None
    return similarity(left, right) if isnan(known) else known
