"""Sending again what failed, as a new attempt of the same job."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from batchtui.domain.errors import InputError, RefusedError
from batchtui.domain.job import Job
from batchtui.domain.lint import Linter
from batchtui.domain.request import encode_request
from batchtui.domain.result import read_object
from batchtui.domain.retry import Cause, FailedRow, causes
from batchtui.domain.verdicts import EDIT_FIRST, RESEND, verdicts
from batchtui.services.find import Target
from batchtui.services.models import ModelLists
from batchtui.services.prepare import Line, Prepared, spool
from batchtui.services.submit import OnSent, Submission, Submissions
from batchtui.store import Store


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What a retry would send and what it would leave, before anything is written.

    `skipped` rows are left: their verdict is never, or edit first and no edit was given. `by_error` covers all
    failed rows, chosen or not. `changes` are set on the params of every row that is sent.
    """

    job: Job
    attempt: int
    rows: tuple[FailedRow, ...]
    resend: int
    edit_first: int
    skipped: int
    by_error: tuple[Cause, ...]
    changes: Mapping[str, Any]

    @property
    def failed(self) -> int:
        """Return how many rows of the job still have no answer."""
        return self.resend + self.edit_first + sum(c.count for c in self.by_error if c.verdict == "never")


class Retries:
    """Plans retries from the final answers of a job and sends them."""

    def __init__(self, store: Store, submissions: Submissions, models: ModelLists) -> None:
        self._store = store
        self._models = models
        self._submissions = submissions

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
        failed any more. `only` narrows to an outcome or error type, `custom_ids` to rows. Rows whose request is
        invalid go only with `include_invalid` or with `changes`. Raises `RefusedError` where the requests are
        not known, or a submission of the job is still open.
        """
        summary = self._store.jobs.summary(target.job.id)
        if summary.open_intents:
            raise RefusedError(
                f"{target.job.name}: an earlier submission of this job is still open.",
                unharmed="Nothing was sent.",
                todo="`batchtui settle` shows it; its rows must not go out twice.",
            )
        wanted_keys = {stored.key for stored in target.batches}
        keys = [stored.key for stored in summary.batches]
        rows = self._store.results.failed(keys)
        if not target.is_job:
            held = self._store.requests.custom_ids(next(iter(wanted_keys)))
            rows = [row for row in rows if row.custom_id in held or row.batch_key in wanted_keys]
        if custom_ids is not None:
            chosen_ids = set(custom_ids)
            rows = [row for row in rows if row.custom_id in chosen_ids]
        if only is not None:
            rows = [row for row in rows if only in {"failed", row.type, row.error_type}]
        if any(not row.length for row in rows):
            raise RefusedError(
                f"{target.name}: its requests are not known, because it was not sent from here.",
                unharmed="Nothing was sent.",
                todo="Its failed rows can be sent again once the file it was made from is attached.",
            )
        table = verdicts()
        sendable = {RESEND, EDIT_FIRST} if include_invalid or changes else {RESEND}
        chosen = tuple(
            row for row in rows if table.verdict(row.type, row.error_type, row.error_message) in sendable
        )
        grouped = causes(rows)
        return RetryPlan(
            job=target.job,
            attempt=summary.attempts + 1,
            rows=chosen,
            resend=sum(cause.count for cause in grouped if cause.verdict == RESEND),
            edit_first=sum(cause.count for cause in grouped if cause.verdict == EDIT_FIRST),
            skipped=len(rows) - len(chosen),
            by_error=grouped,
            changes=dict(changes or {}),
        )

    async def prepare(self, plan: RetryPlan) -> Prepared:
        """Spool, check and price the rows of a plan.

        The lines are the ones sent before but for the changes, and they go out with the betas of the job. What they
        were made from goes along.
        """
        if not plan.rows:
            raise RefusedError(
                f"{plan.job.name}: nothing to send again.",
                unharmed="Nothing was sent.",
                todo="Rows with an invalid request need a change first (--set, or --include-invalid)."
                if plan.edit_first
                else "",
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

    def _lines(self, plan: RetryPlan, linter: Linter) -> Iterator[Line]:
        for number, row in enumerate(plan.rows, 1):
            line = self._store.requests.line_at(row.batch_key, row.offset, row.length)
            request = linter.check(number, with_changes(line, plan.changes) if plan.changes else line)
            if request is not None:
                yield request, self._store.requests.row_line(row.batch_key, row.custom_id)


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
