"""A job: what the user meant, in one or more batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from batchtui.domain.batch import Counts, StoredBatch

IntentState = Literal["draft", "waiting", "sending", "unclear", "closed", "discarded"]


@dataclass(frozen=True, slots=True)
class Job:
    """A name over the batches of one purpose: parts, split over the limits, and attempts, the retries."""

    id: str
    name: str
    profile: str
    created_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """The template a job was made from: the name it had then, and its exact text."""

    name: str
    text: str


HELD = "Held back until you have seen the sample."
"""What is written down about the parts beside a sample, and how they are known again."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is written down before a create, so that no create is lost and none is sent twice.

    `state` is `draft` until the first byte may leave, `waiting` when the user has agreed and it goes out by itself
    as soon as there is room at the API and `not_before` is past, `sending` from the first byte until an answer,
    `unclear` when no answer could be had, `closed` when the batch is known, `discarded` when the user gave it up.
    `sent_at` opens the time window in which the batch, if there is one, was created.
    `sha256` is of the request lines as they stand in the spool; `body_bytes` is the Content-Length.
    """

    id: str
    job_id: str
    job_name: str
    profile: str
    base_url: str
    attempt: int
    part: int
    parts: int
    request_count: int
    body_bytes: int
    sha256: str
    state: IntentState
    created_at: datetime
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    batch_id: str | None = None
    error: str | None = None
    betas: tuple[str, ...] = ()
    estimate_usd: float | None = None
    not_before: datetime | None = None

    @property
    def is_held(self) -> bool:
        """Return whether it waits for a word of the user who looks at a sample of its job."""
        return self.state == "draft" and self.error == HELD


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job with its batches, newest attempt last, parts in order, and the submissions still open."""

    job: Job
    batches: tuple[StoredBatch, ...]
    open_intents: tuple[Intent, ...] = ()

    @property
    def is_unsettled(self) -> bool:
        """Return whether a submission is open, other than what is held beside a sample."""
        return not all(intent.is_held for intent in self.open_intents)

    @property
    def attempts(self) -> int:
        """Return the number of the newest attempt, counting from 1."""
        return max((batch.attempt for batch in self.batches), default=0)


def total_counts(batches: Sequence[StoredBatch]) -> Counts:
    """Return the counts of several batches added up, attempts counted each."""
    return sum((stored.batch.counts for stored in batches), Counts())
