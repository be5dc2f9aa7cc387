"""Batches, jobs and results for tests of what is made of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from batchtui.domain.batch import Batch, Counts, StoredBatch
from batchtui.domain.job import Intent
from batchtui.domain.result import ResultFacts
from batchtui.domain.selection import StoredResult

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def batch(
    id_: str = "msgbatch_01abc",
    *,
    status: str = "ended",
    counts: Counts | None = None,
    hours: float = 2.0,
    job: str = "job_1",
    name: str = "faq",
    **fields: Any,
) -> StoredBatch:
    """Make a batch created `hours` ago, which took ten minutes if it has ended."""
    created_at = NOW - timedelta(hours=hours)
    has_ended = status == "ended"
    known = {
        "key": 1,
        "job_id": job,
        "job_name": name,
        "profile": "default",
        "base_url": "https://api.anthropic.com",
        "attempt": 1,
        "part": 1,
        "parts": 1,
        "results": "complete" if has_ended else "none",
        "requests_known": True,
        "models": ("claude-haiku-5-5",),
        "cost_usd": 0.12 if has_ended else 0.2,
        "cost_is": "actual" if has_ended else "estimate",
    }
    return StoredBatch(
        batch=Batch(
            id_,
            status,
            counts or (Counts(succeeded=10) if has_ended else Counts(processing=10)),
            created_at,
            created_at + timedelta(hours=24),
            ended_at=created_at + timedelta(minutes=10) if has_ended else None,
        ),
        **(known | fields),
    )


def intent(state: str = "draft", **fields: Any) -> Intent:
    """Make an open submission."""
    known = {
        "id": "intent_1",
        "job_id": "job_9",
        "job_name": "draft job",
        "profile": "default",
        "base_url": "https://api.anthropic.com",
        "attempt": 1,
        "part": 1,
        "parts": 1,
        "request_count": 3,
        "body_bytes": 1200,
        "sha256": "",
        "state": state,
        "created_at": NOW - timedelta(minutes=5),
    }
    return Intent(**(known | fields))


def result(custom_id: str = "row-1", type_: str = "succeeded", **facts: Any) -> StoredResult:
    """Make a result row."""
    return StoredResult(1, "msgbatch_01abc", 1, 0, 0, ResultFacts(custom_id, type_, **facts), 0.01, 0, 10)


def texts(cells: Any) -> list[str]:
    """Return the texts of cells."""
    return [cell.text for cell in cells]
