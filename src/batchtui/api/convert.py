"""JSON of the API, and of servers that imitate it, to our own words; read leniently.

What a reply leaves out or spells otherwise is made up for where that is harmless: missing counts are zero, missing
times None, a time without a zone is UTC. Only a batch without an id or a status is no batch.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from batchtui.domain.batch import Batch, BatchPage, Counts
from batchtui.domain.result import read_object

_EXPIRES_AFTER = timedelta(hours=24)
_YEARS = range(1970, 9000)
"""Years a time can be of; servers written in Go send the year 1 where there is none."""


def batch_from_json(data: bytes) -> Batch:
    """Return the batch in a reply; raises ValueError where there is none."""
    return _batch(read_object(data))


def page_from_json(data: bytes, limit: int) -> BatchPage:
    """Return the page in a reply to a list of at most `limit` batches; raises ValueError where there is none.

    A server that leaves out `has_more` is taken to have more behind a full page; the cursor it leaves out is the
    id of the last batch.
    """
    value = read_object(data)
    items = value.get("data")
    if not isinstance(items, list):
        raise ValueError("the list has no data")
    batches = tuple(_batch(item) for item in items)
    last_id = _text(value, "last_id") or (batches[-1].id if batches else None)
    has_more = value.get("has_more")
    if not isinstance(has_more, bool):
        has_more = len(batches) >= limit
    return BatchPage(batches, has_more and last_id is not None, last_id)


def tokens_from_json(data: bytes) -> int:
    """Return the count in a reply to a token count; raises ValueError where there is none."""
    tokens = read_object(data).get("input_tokens")
    if not isinstance(tokens, int):
        raise ValueError("the reply has no input_tokens")
    return tokens


def _batch(value: object) -> Batch:
    if not isinstance(value, dict):
        raise ValueError(f"expected a batch, found {type(value).__name__}")
    batch_id, status = _text(value, "id"), _text(value, "processing_status")
    if not batch_id or not status:
        raise ValueError("the batch has no id or no processing_status")
    expires_at, ended_at = _time(value, "expires_at"), _time(value, "ended_at")
    return Batch(
        id=batch_id,
        status=status,
        counts=_counts(value.get("request_counts")),
        created_at=_time(value, "created_at") or _likely_creation(expires_at, ended_at),
        expires_at=expires_at,
        ended_at=ended_at,
        cancel_initiated_at=_time(value, "cancel_initiated_at"),
        archived_at=_time(value, "archived_at"),
        results_url=_text(value, "results_url"),
    )


def _likely_creation(expires_at: datetime | None, ended_at: datetime | None) -> datetime:
    """Return a creation time for a batch that does not tell: a day before it expires, else its end, else now."""
    if expires_at is not None:
        return expires_at - _EXPIRES_AFTER
    return ended_at or datetime.now(UTC)


def _counts(value: object) -> Counts:
    if not isinstance(value, dict):
        return Counts()

    def count(name: str) -> int:
        number = value.get(name)
        return number if isinstance(number, int) and number >= 0 else 0

    return Counts(
        processing=count("processing"),
        succeeded=count("succeeded"),
        errored=count("errored"),
        canceled=count("canceled"),
        expired=count("expired"),
    )


def _text(value: dict[str, Any], name: str) -> str | None:
    text = value.get(name)
    return text if isinstance(text, str) and text else None


def _time(value: dict[str, Any], name: str) -> datetime | None:
    raw = value.get(name)
    try:
        if isinstance(raw, str):
            time = datetime.fromisoformat(raw)
        elif isinstance(raw, (int, float)) and math.isfinite(raw) and raw > 0:
            time = datetime.fromtimestamp(raw, UTC)
        else:
            return None
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return time if time.year in _YEARS else None
