"""A Message Batch as the API tells it, and the same batch as we remember it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

IN_PROGRESS = "in_progress"
CANCELING = "canceling"
ENDED = "ended"

RESULTS_KEPT = timedelta(days=29)
"""How long the API keeps results, counted from the creation of the batch (API docs, batch processing)."""

MAX_REQUESTS = 100_000
"""Requests in one batch at most (API reference, create a Message Batch)."""

MAX_BODY_BYTES = 255_000_000
"""Bytes of one create body at most: the API says 256 MB and not which kind of MB, so we stay below both."""

MAX_QUEUED_REQUESTS = 200_000
"""Requests in the processing queue of the lowest tier (API docs, rate limits: Message Batches)."""

ResultsState = Literal["none", "partial", "complete", "gone"]
CostKind = Literal["actual", "estimate", "unknown"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests of a batch are in which state.

    While a batch runs the API reports every request as processing; the others stay zero until it has ended.
    """

    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        """Return the number of requests in the batch."""
        return self.processing + self.succeeded + self.errored + self.canceled + self.expired

    @property
    def failed(self) -> int:
        """Return the number of results that did not succeed."""
        return self.errored + self.canceled + self.expired

    @property
    def unanswered(self) -> int:
        """Return the number of requests that ended without being dealt with."""
        return self.canceled + self.expired

    @property
    def results(self) -> int:
        """Return the number of result lines the batch will have or has."""
        return self.succeeded + self.failed

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.processing + other.processing,
            self.succeeded + other.succeeded,
            self.errored + other.errored,
            self.canceled + other.canceled,
            self.expired + other.expired,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A Message Batch as the API tells it.

    `status` is `in_progress`, `canceling` or `ended`; a word the API may add later passes through unchanged.
    All times are aware. `expires_at` is when unfinished requests expire, 24 hours after creation.
    """

    id: str
    status: str
    counts: Counts
    created_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_initiated_at: datetime | None = None
    archived_at: datetime | None = None
    results_url: str | None = None

    @property
    def has_ended(self) -> bool:
        """Return whether all requests have their outcome."""
        return self.status == ENDED

    @property
    def results_until(self) -> datetime:
        """Return when the API drops the results."""
        return self.created_at + RESULTS_KEPT


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One page of the list, newest first; `last_id` is the cursor of the next page if there is one."""

    batches: tuple[Batch, ...]
    has_more: bool
    last_id: str | None


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch as we remember it: what the API said last, and everything it forgets.

    `key` is the row in the local index. `results` says how much of the results is on disk, `gone` that they
    are neither on disk nor at the API any more. `cost_usd` is None exactly when `cost_is` is `unknown`.
    `requests_known` says whether the request lines are on disk.
    """

    key: int
    batch: Batch
    job_id: str
    job_name: str
    profile: str
    base_url: str
    attempt: int
    part: int
    parts: int
    results: ResultsState
    requests_known: bool
    models: tuple[str, ...]
    cost_usd: float | None
    cost_is: CostKind
    note: str = ""

    @property
    def id(self) -> str:
        """Return the id the API gave the batch."""
        return self.batch.id


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """What a list of stored batches is narrowed to; None leaves a field open."""

    status: str | None = None
    job: str | None = None
    profile: str | None = None
    base_url: str | None = None
    limit: int | None = None
