"""What can go along with a retry: answers that somebody may want anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any

from batchtui.domain.estimate import Estimate
from batchtui.domain.queue import Decision, QueueRow
from batchtui.services.prepare import Prepared
from batchtui.services.retry import RetryPlan


@dataclass(frozen=True, slots=True)
class Offer:
    """Answers that could be asked for anew as well, in place of any row with the same custom_id; `key` takes them.

    `is_marked` says that the user marked them; then they are counted in the plan as well.
    """

    key: str
    words: str
    plans: tuple[RetryPlan, ...]
    is_marked: bool = False

    @property
    def count(self) -> int:
        """Return how many rows there are."""
        return sum(len(plan.rows) for plan in self.plans)


def total_estimate(plans: Sequence[RetryPlan] | Sequence[Prepared]) -> Estimate:
    """Return what several plans, or what was spooled of them, cost together; there is at least one."""
    return reduce(add, (plan.estimate for plan in plans))


def with_offers(plans: Sequence[RetryPlan], offers: Sequence[Offer]) -> list[RetryPlan]:
    """Return plans with the rows of the offers for the same job, a row in several as the first has it.

    The price of such a row is counted each time.
    """
    if not offers:
        return list(plans)
    merged = []
    for number, plan in enumerate(plans):
        rows: dict[str, QueueRow] = {}
        for extra in (offer.plans[number] for offer in offers):
            for row in extra.rows:
                rows.setdefault(row.custom_id, _changed(row, extra.changes))
        rows |= {row.custom_id: row for row in plan.rows if row.custom_id not in rows}
        estimate = total_estimate([plan, *(offer.plans[number] for offer in offers)])
        merged.append(replace(plan, rows=tuple(rows.values()), estimate=estimate))
    return merged


def _changed(row: QueueRow, changes: Mapping[str, Any]) -> QueueRow:
    """Return a row that goes out with changes of its own."""
    before = row.decision or Decision(row.failure.attempt)
    decision = replace(before, choice="chosen", edits={**before.edits, **changes})
    return QueueRow(row.failure, row.ruling, row.state, decision)
