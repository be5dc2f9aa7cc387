"""JSON of the API, and of servers that imitate it, to our own words; read leniently.

What a reply leaves out or spells otherwise is made up for where that is harmless: missing counts are zero, missing
times None, a time without a zone is UTC. Only a batch without an id or a status is no batch; one that was created
a moment ago needs no status.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from batchtui.domain.batch import IN_PROGRESS, Batch, BatchPage, Counts
from batchtui.domain.model import ModelFacts
from batchtui.domain.result import read_object

_USUAL_LIMIT = 20
"""Batches a page where nobody says how many (API reference, list Message Batches)."""

_EXPIRES_AFTER = timedelta(hours=24)
_YEARS = range(1970, 9000)
"""Years a time can be of; servers written in Go send the year 1 where there is none."""


def batch_from_json(data: bytes) -> Batch:
    """Return the batch in a reply; raises ValueError where there is none."""
    return _batch(read_object(data))


def created_from_json(data: bytes) -> Batch:
    """Return the batch in the reply to its create, of which the id is enough; raises ValueError without one."""
    value = read_object(data)
    return _batch(value if _text(value, "processing_status") else value | {"processing_status": IN_PROGRESS})


def page_from_json(data: bytes, limit: int) -> BatchPage:
    """Return the page in a reply to a list of at most `limit` batches; raises ValueError where there is none.

    A server that leaves out `has_more` is taken to have more behind a full page, even if it is full by the usual
    limit and not by ours; the cursor it leaves out is the id of the last batch.
    """
    value = read_object(data)
    items = value.get("data")
    if not isinstance(items, list):
        raise ValueError("the list has no data")
    batches = tuple(_batch(item) for item in items)
    last_id = _text(value, "last_id") or (batches[-1].id if batches else None)
    has_more = value.get("has_more")
    if not isinstance(has_more, bool):
        has_more = len(batches) >= min(limit, _USUAL_LIMIT)
    return BatchPage(batches, has_more and last_id is not None, last_id)


def tokens_from_json(data: bytes) -> int:
    """Return the count in a reply to a token count; raises ValueError where there is none."""
    tokens = read_object(data).get("input_tokens")
    if not isinstance(tokens, int):
        raise ValueError("the reply has no input_tokens")
    return tokens


def message_from_json(data: bytes) -> dict[str, Any]:
    """Return the Messages object in a reply; raises ValueError where there is none."""
    message = read_object(data)
    if not isinstance(message.get("content"), list):
        raise ValueError("the reply has no content")
    return message


def models_from_json(data: bytes) -> list[ModelFacts]:
    """Return the models of a page; raises ValueError where there is no list."""
    listed = read_object(data).get("data")
    if not isinstance(listed, list):
        raise ValueError("the reply has no list of models")
    return [_model(value) for value in listed if isinstance(value, dict) and _text(value, "id")]


def _model(value: dict[str, Any]) -> ModelFacts:
    lifecycle, most = value.get("lifecycle"), value.get("max_tokens")
    capabilities = value.get("capabilities")
    batch = capabilities.get("batch") if isinstance(capabilities, dict) else None
    takes_batches = batch.get("supported") if isinstance(batch, dict) else None
    return ModelFacts(
        id=str(value["id"]),
        max_output_tokens=most if isinstance(most, int) and most > 0 else None,
        lifecycle=lifecycle if lifecycle in {"active", "deprecated", "retired"} else None,
        takes_batches=takes_batches if isinstance(takes_batches, bool) else None,
    )


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
