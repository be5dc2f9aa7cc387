"""The rows of batches: one statement that reads them, and how what the API says is written."""

from __future__ import annotations

import sqlite3
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from batchtui.domain.batch import CANCELING, IN_PROGRESS, Batch, Counts, StoredBatch
from batchtui.store.columns import read_time, written, written_if

_SELECT = """
    SELECT b.id, b.status, b.processing, b.succeeded, b.errored, b.canceled, b.expired, b.created_at, b.expires_at,
        b.ended_at, b.cancel_initiated_at, b.archived_at, b.results_url, b.key, b.job_id, j.name, b.profile,
        b.base_url, b.attempt, b.part, b.parts, b.results, b.requests, b.models, b.cost_usd, b.cost_is, j.note
    FROM batches b JOIN jobs j ON j.id = b.job_id
"""

_LIVE_COLUMNS = (
    "status",
    "processing",
    "succeeded",
    "errored",
    "canceled",
    "expired",
    "created_at",
    "expires_at",
    "ended_at",
    "cancel_initiated_at",
    "archived_at",
    "results_url",
)

INPUT_ORDER = "ORDER BY b.attempt, b.part, b.key"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch belongs: its job, the profile and server it was sent with, and which attempt and part it is."""

    job_id: str
    profile: str
    base_url: str
    attempt: int = 1
    part: int = 1
    parts: int = 1


def select(connection: sqlite3.Connection, rest: str, *values: object) -> list[StoredBatch]:
    """Return batches by the rest of a statement after its FROM; `b` are the batches, `j` their jobs."""
    return [_stored(row) for row in connection.execute(_SELECT + rest, values)]


def by_id(connection: sqlite3.Connection, batch_id: str) -> StoredBatch | None:
    """Return the batch with an id, if it is known."""
    return next(iter(select(connection, "WHERE b.id = ?", batch_id)), None)


def insert(connection: sqlite3.Connection, batch: Batch, place: Place) -> None:
    """Add the row of a batch."""
    names = ("id", *Place.__slots__, *_LIVE_COLUMNS)
    values = (batch.id, *astuple(place), *_live_values(batch))
    connection.execute(
        f"INSERT INTO batches ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        values,
    )


def update(connection: sqlite3.Connection, stored: StoredBatch, batch: Batch) -> bool:
    """Write what the API says now over what it said before; return whether that is anything new.

    A batch keeps its time of creation, and the counts that an answer leaves out or takes back.
    """
    before = stored.batch
    batch = replace(batch, created_at=before.created_at)
    if not batch.counts.total or (before.has_ended and batch.counts.results < before.counts.results):
        batch = replace(batch, counts=before.counts)
    if before.has_ended and not batch.has_ended:
        return False
    if before.status == CANCELING and batch.status == IN_PROGRESS:
        batch = replace(batch, status=CANCELING, cancel_initiated_at=before.cancel_initiated_at)
    if batch == before:
        return False
    assignments = ", ".join(f"{name} = ?" for name in _LIVE_COLUMNS)
    connection.execute(
        f"UPDATE batches SET {assignments} WHERE key = ?",
        (*_live_values(batch), stored.key),
    )
    return True


def _live_values(batch: Batch) -> tuple[object, ...]:
    counts = batch.counts
    return (
        batch.status,
        counts.processing,
        counts.succeeded,
        counts.errored,
        counts.canceled,
        counts.expired,
        written(batch.created_at),
        written_if(batch.expires_at),
        written_if(batch.ended_at),
        written_if(batch.cancel_initiated_at),
        written_if(batch.archived_at),
        batch.results_url,
    )


@lru_cache(maxsize=256)
def _models(written_models: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(written_models))


def _stored(row: tuple[Any, ...]) -> StoredBatch:
    batch = Batch(
        row[0],
        row[1],
        Counts(*row[2:7]),
        datetime.fromisoformat(row[7]),
        read_time(row[8]),
        read_time(row[9]),
        read_time(row[10]),
        read_time(row[11]),
        row[12],
    )
    (key, job_id, job_name, profile, base_url, attempt, part, parts) = row[13:21]
    (results, requests, models, cost_usd, cost_is, note) = row[21:]
    return StoredBatch(
        key,
        batch,
        job_id,
        job_name,
        profile,
        base_url,
        attempt,
        part,
        parts,
        results,
        requests != "unknown",
        _models(models),
        cost_usd,
        cost_is,
        note,
    )


def move(connection: sqlite3.Connection, key: int, place: Place) -> None:
    """Make a batch a part of another job; profile and server stay."""
    connection.execute(
        "UPDATE batches SET job_id = ?, attempt = ?, part = ?, parts = ? WHERE key = ?",
        (place.job_id, place.attempt, place.part, place.parts, key),
    )


def set_requests_unindexed(connection: sqlite3.Connection, batch_id: str, estimate_usd: float | None) -> None:
    """Write down that the request lines of a batch are on disk, and what it was thought to cost."""
    connection.execute(
        "UPDATE batches SET requests = CASE requests WHEN 'unknown' THEN 'unindexed' ELSE requests END,"
        " estimate_usd = coalesce(?1, estimate_usd),"
        " cost_usd = CASE cost_is WHEN 'actual' THEN cost_usd ELSE coalesce(?1, cost_usd) END,"
        " cost_is = CASE WHEN cost_is = 'actual' OR ?1 IS NULL THEN cost_is ELSE 'estimate' END WHERE id = ?2",
        (estimate_usd, batch_id),
    )
