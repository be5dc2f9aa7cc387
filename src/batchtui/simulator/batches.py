"""The batches the simulator holds: their life from create to archive, by the simulator's clock."""

from __future__ import annotations

import bisect
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from batchtui.simulator.chance import share
from batchtui.simulator.clock import Clock, stamp
from batchtui.simulator.errors import ApiError, invalid, not_found
from batchtui.simulator.intake import CANCELED, EXPIRED, INVALID, PASSING, SUCCEEDED, Rows
from batchtui.simulator.settings import DAY_SECONDS, RESULTS_DAYS, Settings

_WHEN_DONE = 3
_COUNTED = {"succeeded": {SUCCEEDED}, "errored": {INVALID, PASSING}, "canceled": {CANCELED}, "expired": {EXPIRED}}


@dataclass(slots=True, eq=False)
class Batch:
    """One batch; `workspace` None means that every key sees it."""

    id: str
    workspace: str | None
    created_at: datetime
    duration_seconds: float
    rows: Rows
    hidden_retrieves: int = 0
    cancel_initiated_at: datetime | None = None
    cancel_share: float = 0.0
    ended_at: datetime | None = None
    #: The settings that the kept results were made with; None: no results are kept.
    results_of: Settings | None = None

    @property
    def results_path(self) -> Path:
        """Where the results are kept once they were sent whole."""
        return self.rows.path.with_suffix(".results")

    @property
    def expires_at(self) -> datetime:
        """24 hours after creation."""
        return self.created_at + timedelta(seconds=DAY_SECONDS)

    @property
    def archives_at(self) -> datetime:
        """When the results go: 29 days after creation, not after the end."""
        return self.created_at + timedelta(days=RESULTS_DAYS)

    @property
    def status(self) -> str:
        """`in_progress`, `canceling` or `ended`."""
        if self.ended_at is not None:
            return "ended"
        return "in_progress" if self.cancel_initiated_at is None else "canceling"

    def counts(self) -> dict[str, int]:
        """All processing until the end, then the sums by outcome: the service never shows anything between."""
        if self.ended_at is None:
            return {"processing": len(self.rows), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        outcomes = self.rows.outcomes
        sums = {name: sum(outcomes.count(code) for code in codes) for name, codes in _COUNTED.items()}
        return {"processing": 0, **sums}

    def finished_share(self, now: datetime) -> float:
        """How far the work is, from 0 to 1; the service keeps this to itself."""
        running = (now - self.created_at).total_seconds()
        return min(1.0, running / self.duration_seconds) if self.duration_seconds else 1.0

    def end(self, moment: datetime, unfinished: int, finished_share: float) -> None:
        """Fix the outcomes: rows that would have come later than `finished_share` get the code `unfinished`."""
        self.ended_at = moment
        if finished_share >= 1:
            return
        for index, number in enumerate(self.rows.rolls):
            if share(number, _WHEN_DONE) >= finished_share:
                self.rows.outcomes[index] = unfinished

    def public(self, now: datetime, results_base: str) -> dict[str, Any]:
        """Return the MessageBatch object; `results_base` is put before the path of results_url."""
        archived = now >= self.archives_at
        has_results = self.ended_at is not None and not archived
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": self.status,
            "request_counts": self.counts(),
            "ended_at": stamp(self.ended_at),
            "created_at": stamp(self.created_at),
            "expires_at": stamp(self.expires_at),
            "archived_at": stamp(self.archives_at) if archived else None,
            "cancel_initiated_at": stamp(self.cancel_initiated_at),
            "results_url": f"{results_base}/v1/messages/batches/{self.id}/results" if has_results else None,
        }


class Shelf:
    """All batches, oldest first; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._batches: list[Batch] = []
        self._lock = threading.RLock()

    def add(self, batch: Batch) -> None:
        """Put a batch in its place by creation time."""
        with self._lock:
            bisect.insort_right(self._batches, batch, key=lambda each: each.created_at)

    def all(self) -> list[Batch]:
        """Every batch of every workspace, oldest first, brought up to the present."""
        with self._lock:
            for batch in self._batches:
                self._settle(batch)
            return list(self._batches)

    def get(self, batch_id: str, workspace: str | None = None) -> Batch:
        """One batch as it is now; raises a 404 when it is unknown or belongs to another workspace."""
        for batch in self.all():
            if batch.id == batch_id and (workspace is None or batch.workspace in {None, workspace}):
                return batch
        raise not_found(f"Message Batch {batch_id} not found.")

    def page(
        self, workspace: str, limit: int, after_id: str | None, before_id: str | None
    ) -> tuple[list[Batch], bool]:
        """Batches newest first, and whether more follow in the direction asked for."""
        if after_id and before_id:
            raise invalid("Only one of after_id and before_id may be given")
        seen = [batch for batch in reversed(self.all()) if batch.workspace in {None, workspace}]
        place = {batch.id: index for index, batch in enumerate(seen)}
        cursor = after_id or before_id
        if cursor and cursor not in place:
            raise invalid(f"{'after_id' if after_id else 'before_id'}: '{cursor}' is not a known batch")
        if before_id:
            end = place[before_id]
            start = max(0, end - limit)
            return seen[start:end], start > 0
        start = place[after_id] + 1 if after_id else 0
        return seen[start : start + limit], start + limit < len(seen)

    def cancel(self, batch: Batch, cancel_seconds: float) -> None:
        """Begin to cancel; raises a 400 when the batch has ended. A second cancel changes nothing."""
        with self._lock:
            if batch.status == "ended":
                raise invalid(f"Message Batch {batch.id} has already ended and cannot be canceled.")
            if batch.cancel_initiated_at is None:
                now = self._clock.now()
                batch.cancel_initiated_at = now
                batch.cancel_share = batch.finished_share(now)
                remaining = batch.duration_seconds - (now - batch.created_at).total_seconds()
                batch.duration_seconds += min(0.0, cancel_seconds - remaining)

    def delete(self, batch: Batch) -> None:
        """Forget an ended batch and its results; raises a 400 when it is still running."""
        with self._lock:
            if batch.status != "ended":
                raise invalid(f"Message Batch {batch.id} is still processing. Cancel it before deleting it.")
            self._batches.remove(batch)
        batch.rows.path.unlink(missing_ok=True)
        batch.results_path.unlink(missing_ok=True)

    def end_now(self, batch: Batch) -> None:
        """End a running batch at this moment, with every row finished (or canceled, if it was canceling)."""
        with self._lock:
            if batch.ended_at is None:
                self._end(batch, self._clock.now())

    def expire_now(self, batch: Batch, finished_share: float) -> None:
        """Expire a running batch at this moment with only a share of its rows finished."""
        with self._lock:
            if batch.ended_at is None:
                batch.end(self._clock.now(), EXPIRED, finished_share)

    def _settle(self, batch: Batch) -> None:
        """Let happen what should have happened by now."""
        if batch.ended_at is not None:
            return
        now = self._clock.now()
        ends_at = batch.created_at + timedelta(seconds=min(batch.duration_seconds, DAY_SECONDS))
        if now < ends_at:
            return
        if batch.duration_seconds > DAY_SECONDS and batch.cancel_initiated_at is None:
            batch.end(ends_at, EXPIRED, DAY_SECONDS / batch.duration_seconds)
        else:
            self._end(batch, ends_at)

    @staticmethod
    def _end(batch: Batch, moment: datetime) -> None:
        if batch.cancel_initiated_at is None:
            batch.end(moment, SUCCEEDED, 1.0)
        else:
            batch.end(moment, CANCELED, batch.cancel_share)


def require_results(batch: Batch, now: datetime) -> None:
    """Raise the recorded 404 for a batch whose results are not there yet, or no longer."""
    if batch.ended_at is None or now >= batch.archives_at:
        raise ApiError(
            404,
            "not_found_error",
            f"Message Batch {batch.id} has no available results.",
            {"x-should-retry": "false"},
        )


def new_batch(batch_id: str, workspace: str | None, created_at: datetime, rows: Rows, settings: Settings) -> Batch:
    """Return a batch that starts to run at `created_at` and lasts as the settings say."""
    return Batch(
        id=batch_id,
        workspace=workspace,
        created_at=created_at,
        duration_seconds=settings.duration_seconds,
        rows=rows,
        hidden_retrieves=settings.fresh_404s,
    )
