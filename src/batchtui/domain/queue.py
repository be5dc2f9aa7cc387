"""The retry queue: failed rows that wait to be sent again, and what a person decided about them.

A row is in the queue because it has failed and not because it was put there, so the queue can neither lose a row
nor hold one that is answered. Only decisions are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from batchtui.domain.facets import alike
from batchtui.domain.retry import FailedRow
from batchtui.domain.verdicts import RESEND, Verdict, Verdicts

QueueState = Literal["waiting", "held", "dropped", "given_up"]

Choice = Literal["waiting", "held", "dropped", "chosen"]
"""What a person may decide: `chosen` sends a row that would be left alone, as a truncated one."""


NO_REQUEST = "Its request is not known; attach the file it was made from."
"""Why a row cannot be sent again whose batch was made elsewhere."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a row after it failed in `attempt`; a later failure wants a new one.

    `edits` are set on its params by dotted path; `params` take the place of those sent before, edits come after.
    `template_key` is the number of the kept template that `params` were made anew from, None if from no other.
    """

    attempt: int
    choice: Choice = "waiting"
    edits: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] | None = None
    template_key: int | None = None

    @property
    def is_edit(self) -> bool:
        """Return whether the request is not sent as it was."""
        return bool(self.edits) or self.params is not None


@dataclass(frozen=True, slots=True)
class Attempted:
    """What became of a row in one attempt.

    `outcome` is that of its result, or `missing`, `gone` with the results of the batch, or `running`. `is_edited`
    says that its request was not the one of the attempt before. `cost_usd` is None where it is not known.
    """

    attempt: int
    batch_id: str
    outcome: str
    error_type: str | None
    error_message: str | None
    cost_usd: float | None
    is_edited: bool


class Ruling(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What is to be done about rows that failed with exactly this error, and why.

    Rows of one look at the queue share it, so that many of them are counted fast; it equals only itself.
    """

    cause: str
    message: str
    has_request: bool
    verdict: Verdict
    why: str


class QueueRow(msgspec.Struct, frozen=True, gc=False):
    """A row that has no answer, or one that a person wants another of.

    `decision` is what a person decided about this failure, None if nothing.
    """

    failure: FailedRow
    ruling: Ruling
    state: QueueState
    decision: Decision | None

    @property
    def custom_id(self) -> str:
        """Return what the row is called."""
        return self.failure.custom_id

    @property
    def cause(self) -> str:
        """Return the type of its error, or its outcome."""
        return self.ruling.cause

    @property
    def verdict(self) -> Verdict:
        """Return what the table of verdicts says."""
        return self.ruling.verdict

    @property
    def is_edited(self) -> bool:
        """Return whether its request does not go out as it was."""
        return self.decision is not None and self.decision.is_edit

    @property
    def is_decided(self) -> bool:
        """Return whether a person changed its request, or wants it sent as it is."""
        return self.is_edited or (self.decision is not None and self.decision.choice == "chosen")

    @property
    def is_sendable(self) -> bool:
        """Return whether it goes out when the queue is sent: it can succeed as it is, or a person decided so."""
        return self.state == "waiting" and bool(self.failure.length) and (self.verdict == RESEND or self.is_decided)


@dataclass(frozen=True, slots=True)
class QueueGroup:
    """Rows of one job whose errors are alike and that are in the same state; `custom_ids` in input order.

    `attempt` is the newest that one of them failed in, and `edited` of them are not sent as they were.
    """

    job_id: str
    job_name: str
    cause: str
    message: str
    verdict: Verdict
    why: str
    state: QueueState
    attempt: int
    edited: int
    custom_ids: tuple[str, ...]

    @property
    def count(self) -> int:
        """Return how many rows there are."""
        return len(self.custom_ids)


def queue_rows(
    failures: Iterable[FailedRow], decisions: Mapping[str, Decision], table: Verdicts, attempts: int
) -> list[QueueRow]:
    """Return failed rows as they stand in the queue; a decision about an earlier failure counts no more."""
    rulings: dict[tuple[str, str | None, str | None, bool], Ruling] = {}
    rows = []
    for failure in failures:
        key = (failure.type, failure.error_type, failure.error_message, failure.length > 0)
        ruling = rulings.get(key) or rulings.setdefault(key, _ruling(failure, table))
        decision = decisions.get(failure.custom_id) if decisions else None
        if decision is not None and decision.attempt != failure.attempt:
            decision = None
        if decision is None:
            state: QueueState = "given_up" if failure.failures >= attempts else "waiting"
        else:
            state = state_of(decision, failure.failures, attempts)
        rows.append(QueueRow(failure, ruling, state, decision))
    return rows


def _ruling(failure: FailedRow, table: Verdicts) -> Ruling:
    rule = table.rule(failure.type, failure.error_type, failure.error_message)
    has_request = failure.length > 0
    return Ruling(
        failure.error_type or failure.type,
        failure.error_message or "",
        has_request,
        rule.verdict,
        rule.why if has_request else NO_REQUEST,
    )


def state_of(decision: Decision | None, failures: int, attempts: int) -> QueueState:
    """Return the state of a failed row.

    One that met the same error `attempts` times is given up, until a person edits it or chooses it.
    """
    if decision is not None:
        if decision.choice in {"held", "dropped"}:
            return "held" if decision.choice == "held" else "dropped"
        if decision.choice == "chosen" or decision.is_edit:
            return "waiting"
    return "given_up" if failures >= attempts else "waiting"


def groups(job_id: str, job_name: str, rows: Iterable[QueueRow]) -> list[QueueGroup]:
    """Return the rows of a job as groups of equal causes, biggest first."""
    gathered: dict[tuple[str, str, Verdict, QueueState], list[QueueRow]] = {}
    places: dict[tuple[Ruling, QueueState], list[QueueRow]] = {}
    for row in rows:
        place = places.get((row.ruling, row.state))
        if place is None:
            ruling = row.ruling
            kind = (ruling.cause, alike(ruling.message), ruling.verdict, row.state)
            place = places[ruling, row.state] = gathered.setdefault(kind, [])
        place.append(row)
    found = [
        QueueGroup(
            job_id,
            job_name,
            cause,
            message,
            verdict,
            alikes[0].ruling.why,
            state,
            max(row.failure.attempt for row in alikes),
            sum(row.is_edited for row in alikes),
            tuple(row.custom_id for row in alikes),
        )
        for (cause, message, verdict, state), alikes in gathered.items()
    ]
    return sorted(found, key=lambda group: -group.count)
