"""Failed rows that go out again without a question, as the policy of the user says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from batchtui.domain.errors import ApiError, BatchtuiError, LintError, RefusedError, RejectedError
from batchtui.domain.human import counted
from batchtui.domain.policy import RetryPolicy
from batchtui.domain.result import ERRORED, EXPIRED
from batchtui.domain.verdicts import RESEND
from batchtui.services.find import Target
from batchtui.services.queue import Queue
from batchtui.services.retry import Retries
from batchtui.services.submit import Submission
from batchtui.store import Store

BY_ITSELF = frozenset({ERRORED, EXPIRED})
"""Outcomes that the policy sends again. What was canceled was meant to be; what did not arrive may be paid for."""


@dataclass(frozen=True, slots=True)
class DueRun:
    """What the policy did at one moment: what it sent, what a person has to look at, and what went wrong."""

    sent: tuple[Submission, ...] = ()
    left: tuple[RefusedError, ...] = ()
    errors: tuple[BatchtuiError, ...] = ()


class DueRetries:
    """Sends again what a policy lets go by itself; `max_cost_usd` is the cap of everything that is sent."""

    def __init__(
        self,
        store: Store,
        retries: Retries,
        queue: Queue,
        *,
        policy: RetryPolicy,
        max_cost_usd: float | None,
    ) -> None:
        self._store = store
        self._retries = retries
        self._queue = queue
        self._policy = policy
        self._max_cost_usd = max_cost_usd

    async def run(self, now: datetime) -> DueRun:
        """Send what the policy lets go by itself at this moment, each job for itself.

        What could cost more than a cap, or has no known price where there is one, is left to a person. Rows that
        the API refuses are held, or they would be tried again and again.
        """
        sent: list[Submission] = []
        left: list[RefusedError] = []
        errors: list[BatchtuiError] = []
        for target in self._queue.candidates() if self._policy.allows(now) else ():
            custom_ids = await asyncio.to_thread(self.due, target, now)
            if not custom_ids:
                continue
            try:
                plan = await asyncio.to_thread(self._retries.plan, target, custom_ids=custom_ids)
                sent.append(await self._queue.send(plan, self._cap_usd()))
            except RefusedError as error:
                left.append(_left(target, len(custom_ids), error))
            except (LintError, RejectedError) as error:
                await self._queue.hold(target, custom_ids)
                errors.append(error)
            except BatchtuiError as error:
                errors.append(error)
                if isinstance(error, ApiError):
                    break
        return DueRun(tuple(sent), tuple(left), tuple(errors))

    def due(self, target: Target, now: datetime) -> list[str]:
        """Return the rows of a job that may go out by themselves at this moment.

        None do where a batch of the job was deleted here: they may have been answered in it.
        """
        summary = self._store.jobs.summary(target.job.id)
        if summary.is_unsettled or self._store.batches.has_forgotten(target.job.id):
            return []
        ended_at = {
            stored.key: stored.batch.ended_at or stored.batch.created_at
            for stored in summary.batches
            if stored.batch.cancel_initiated_at is None
        }
        return [
            row.custom_id
            for row in self._retries.queue(target)
            if row.is_sendable
            and row.verdict == RESEND
            and row.failure.type in BY_ITSELF
            and row.failure.batch_key in ended_at
            and self._policy.is_due(row.failure.tries, ended_at[row.failure.batch_key], now)
        ]

    def _cap_usd(self) -> float | None:
        caps = (self._policy.max_cost_usd, self._max_cost_usd)
        return min((cap for cap in caps if cap is not None), default=None)


def _left(target: Target, count: int, error: RefusedError) -> RefusedError:
    return RefusedError(
        f"{target.job.name}: {counted(count, 'row')} not sent again by themselves: {error.what}",
        unharmed=error.unharmed,
        todo=f"`batchtui queue run {target.job.name}` sends them if you want it so.",
    )
