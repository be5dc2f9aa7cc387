"""Sending again what failed, as a new attempt of the same job."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batchtui.domain.errors import InputError, RefusedError
from batchtui.domain.estimate import CHARS_PER_TOKEN, Estimate, Estimator
from batchtui.domain.job import Job, JobSummary
from batchtui.domain.lint import Linter
from batchtui.domain.policy import RetryPolicy
from batchtui.domain.queue import Decision, QueueRow, queue_row
from batchtui.domain.request import encode_request
from batchtui.domain.result import read_object
from batchtui.domain.retry import Cause, FailedRow, causes
from batchtui.domain.selection import Selection
from batchtui.domain.verdicts import EDIT_FIRST, NEVER, RESEND, Verdicts
from batchtui.services.find import Target
from batchtui.services.models import ModelLists
from batchtui.services.prepare import Line, Prepared, spool
from batchtui.services.submit import OnSent, Submission, Submissions
from batchtui.store import Store

FLAGS = ("truncated", "refused", "flagged")
"""What a success may be that somebody wants another answer for."""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What a retry would send and what it would leave, before anything is written.

    `by_error` covers all rows looked at, chosen or not, and so do the numbers by verdict. `skipped` are left:
    never, edit first without an edit, given up after the same error on too many attempts, held or dropped by a
    person. `left` counts them, each once: by `unknown` request, by state, else by verdict. `changes` are set on the
    params of every row that is sent, after what was decided about it. `estimate` is from the index alone: the input
    is guessed from the bytes of the requests.
    """

    job: Job
    attempt: int
    rows: tuple[QueueRow, ...]
    resend: int
    edit_first: int
    skipped: int
    by_error: tuple[Cause, ...]
    changes: Mapping[str, Any]
    never: int = 0
    given_up: int = 0
    set_aside: int = 0
    left: Mapping[str, int] = field(default_factory=dict)
    estimate: Estimate = field(default_factory=lambda: Estimator().estimate())

    @property
    def failed(self) -> int:
        """Return how many rows were looked at: those without an answer, or without one that is wanted."""
        return len(self.rows) + self.skipped


class Retries:
    """Plans retries from the final answers of a job and sends them."""

    def __init__(
        self,
        store: Store,
        submissions: Submissions,
        models: ModelLists,
        *,
        table: Verdicts,
        policy: RetryPolicy,
    ) -> None:
        self._store = store
        self._models = models
        self._submissions = submissions
        self._table = table
        self._policy = policy

    def queue(self, summary: JobSummary) -> list[QueueRow]:
        """Return the rows of a job that have no answer and are not on their way to one, in input order."""
        failed = self._store.results.failed([stored.key for stored in summary.batches])
        decisions = self._store.queue.decisions(summary.job.id)
        return [self._queue_row(row, decisions) for row in failed]

    def plan(
        self,
        target: Target,
        *,
        only: str | None = None,
        custom_ids: Iterable[str] | None = None,
        include_invalid: bool = False,
        changes: Mapping[str, Any] | None = None,
    ) -> RetryPlan:
        """Return what would be sent again of a batch or job.

        A row that has succeeded in a later attempt, or is in one that still runs or waits to be sent, is not
        failed any more. `only` narrows to an outcome or error type; with `truncated`, `refused` or `flagged` it
        asks for another answer of the rows whose final answer is that. `custom_ids` narrow to rows, and choose such
        answers among them and rows that were given up. Rows whose request is invalid go only with
        `include_invalid`, with `changes`, or if a person edited them. Raises `RefusedError` where the requests are
        not known, or a submission of the job is still open.
        """
        summary = self._store.jobs.summary(target.job.id)
        self._require_settled(summary)
        chosen_ids = None if custom_ids is None else set(custom_ids)
        rows = self._rows(summary, target, only, chosen_ids)
        if rows and not any(row.failure.length for row in rows):
            raise RefusedError(
                f"{target.name}: its requests are not known, because it was not sent from here.",
                unharmed="Nothing was sent.",
                todo="Its failed rows can be sent again once the file it was made from is attached: "
                f"`batchtui adopt {target.batches[0].id} --requests FILE`.",
            )
        anyway = include_invalid or bool(changes)
        sent, left = [], Counter[str]()
        for row in rows:
            if _goes(row, anyway=anyway, is_chosen=chosen_ids is not None):
                sent.append(row)
            else:
                left[_left_as(row)] += 1
        verdicts = Counter(row.verdict for row in rows)
        states = Counter(row.state for row in rows)
        return RetryPlan(
            job=target.job,
            attempt=summary.attempts + 1,
            rows=tuple(sent),
            resend=verdicts[RESEND],
            edit_first=verdicts[EDIT_FIRST],
            skipped=len(rows) - len(sent),
            by_error=causes((row.failure for row in rows), self._table),
            changes=dict(changes or {}),
            never=verdicts[NEVER],
            given_up=states["given_up"],
            set_aside=states["held"] + states["dropped"],
            left=left,
            estimate=self._estimate(sent, changes or {}),
        )

    async def prepare(self, plan: RetryPlan) -> Prepared:
        """Spool, check and price the rows of a plan.

        The lines are the ones sent before but for the changes, and they go out with the betas of the job. What they
        were made from goes along.
        """
        if not plan.rows:
            raise RefusedError(
                f"{plan.job.name}: nothing to send again.", unharmed="Nothing was sent.", todo=_todo(plan)
            )
        betas = self._store.intents.betas(plan.job.id)
        linter = Linter(self._models.known(), betas=betas)
        prepared = await asyncio.to_thread(
            spool,
            self._store,
            self._lines(plan, linter),
            linter,
            f"attempt {plan.attempt} of {plan.job.name}",
            template=self._store.templates.of_job(plan.job.id),
        )
        return replace(prepared, betas=betas)

    async def send(self, plan: RetryPlan, prepared: Prepared, on_sent: OnSent | None = None) -> Submission:
        """Send a prepared retry as a new attempt; see `Submissions.send` for what it raises."""
        return await self._submissions.send(prepared, job=plan.job, attempt=plan.attempt, on_sent=on_sent)

    def _rows(
        self, summary: JobSummary, target: Target, only: str | None, chosen_ids: set[str] | None
    ) -> list[QueueRow]:
        if only in FLAGS:
            rows = self._answered(summary, {only})
        else:
            rows = self.queue(summary)
            if chosen_ids is not None:
                rows += self._answered(summary, set(FLAGS))
            if only not in {None, "failed"}:
                rows = [row for row in rows if only in {row.failure.type, row.failure.error_type}]
        if not target.is_job:
            keys = {stored.key for stored in target.batches}
            held = self._store.requests.custom_ids(next(iter(keys)))
            rows = [row for row in rows if row.custom_id in held or row.failure.batch_key in keys]
        if chosen_ids is not None:
            rows = [row for row in rows if row.custom_id in chosen_ids]
        return rows

    def _answered(self, summary: JobSummary, flags: set[str]) -> list[QueueRow]:
        """Return the rows whose final answer has one of these flags and that are not on their way to another."""
        keys = tuple(stored.key for stored in summary.batches)
        found: dict[str, QueueRow] = {}
        decisions = self._store.queue.decisions(summary.job.id)
        for flag in sorted(flags):
            selected = self._store.results.keys(Selection(keys, final=True, only=flag))
            for row in self._store.results.answered(selected, flag, keys):
                found.setdefault(row.custom_id, self._queue_row(row, decisions))
        return list(found.values())

    def _queue_row(self, row: FailedRow, decisions: Mapping[str, Decision]) -> QueueRow:
        return queue_row(row, decisions.get(row.custom_id), self._table, self._policy.attempts)

    def _estimate(self, rows: Sequence[QueueRow], changes: Mapping[str, Any]) -> Estimate:
        models = sorted({row.failure.model for row in rows})
        estimator = Estimator(usual_output=self._store.results.usual_output(models) if models else {})
        for row in rows:
            edits = {**(row.decision.edits if row.decision else {}), **changes}
            model, max_tokens = edits.get("model"), edits.get("max_tokens")
            estimator.add_size(
                model if isinstance(model, str) else row.failure.model,
                max(1, round((row.failure.length + _size(edits)) / CHARS_PER_TOKEN)),
                max_tokens if isinstance(max_tokens, int) else row.failure.max_tokens,
            )
        return estimator.estimate()

    def _require_settled(self, summary: JobSummary) -> None:
        if summary.open_intents:
            raise RefusedError(
                f"{summary.job.name}: an earlier submission of this job is still open.",
                unharmed="Nothing was sent.",
                todo="`batchtui settle` shows it; its rows must not go out twice.",
            )

    def _lines(self, plan: RetryPlan, linter: Linter) -> Iterator[Line]:
        for number, row in enumerate(plan.rows, 1):
            failure, decision = row.failure, row.decision
            line = self._store.requests.line_at(failure.batch_key, failure.offset, failure.length)
            if decision is not None and decision.params is not None:
                line = encode_request(row.custom_id, dict(decision.params))
            changes = {**(decision.edits if decision else {}), **plan.changes}
            request = linter.check(number, with_changes(line, changes) if changes else line)
            if request is not None:
                yield request, self._store.requests.row_line(failure.batch_key, row.custom_id)


def _goes(row: QueueRow, *, anyway: bool, is_chosen: bool) -> bool:
    """Return whether a row is sent; one without a request line cannot be."""
    if not row.failure.length or row.state in {"held", "dropped"}:
        return False
    if row.state == "given_up" and not (is_chosen or anyway):
        return False
    return row.verdict == RESEND or row.is_decided or (anyway and row.verdict == EDIT_FIRST)


def _left_as(row: QueueRow) -> str:
    """Return what a row that is not sent counts as."""
    if not row.failure.length:
        return "unknown"
    return row.verdict if row.state == "waiting" else row.state


def _todo(plan: RetryPlan) -> str:
    if plan.edit_first:
        return "Rows with an invalid request need a change first (--set, or --include-invalid)."
    if plan.given_up:
        return "They met the same error again and again: change them first, `batchtui queue list` shows them."
    return "`batchtui queue list` shows what waits and why." if plan.skipped else ""


def _size(edits: Mapping[str, Any]) -> int:
    return sum(len(value) for value in edits.values() if isinstance(value, str))


def with_changes(line: bytes, changes: Mapping[str, Any]) -> bytes:
    """Return a request line with params set by dotted path (`max_tokens`, `thinking.budget_tokens`).

    Raises `InputError` where a path leads through something that has no keys.
    """
    request = read_object(line)
    params = request["params"]
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = params
        for name in parents:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise InputError(
                    f"{path}: {name} holds no keys.", todo="Set a param by its path, as max_tokens=2048."
                )
        place[last] = value
    return encode_request(request["custom_id"], params)
