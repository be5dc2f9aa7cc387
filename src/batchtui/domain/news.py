"""What there is to tell: in words for people, and as JSON for hooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batchtui.domain.batch import StoredBatch
from batchtui.domain.human import count, counted, duration, local_time, usd
from batchtui.domain.watching import Kind

BODY_VERSION = 1
MONTH_CHARS = len("2026-11")


@dataclass(frozen=True, slots=True)
class Spend:
    """What the batches of a period cost, and the budget that is above; `period` is as in 2026-11-20 or 2026-11."""

    period: str
    spent_usd: float
    budget_usd: float


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that is to be told once: `subject` is what it is about, a batch id where it is about a batch."""

    kind: Kind
    subject: str
    profile: str
    base_url: str
    spend: Spend | None = None


@dataclass(frozen=True, slots=True)
class News:
    """An occasion as it was written down; `stored` is the batch as it is now, None exactly where `spend` is not."""

    key: int
    occasion: Occasion
    noticed_at: datetime
    stored: StoredBatch | None = None

    @property
    def kind(self) -> Kind:
        """Return what kind of news it is."""
        return self.occasion.kind


def words(news: News, now: datetime) -> str:
    """Return one sentence without a full stop; it may hold the name of a job, which is outside text."""
    spend, stored = news.occasion.spend, news.stored
    if spend is not None:
        when = f"on {spend.period}" if len(spend.period) > MONTH_CHARS else f"in {spend.period}"
        limit = f"more than the budget of {usd(spend.budget_usd)}"
        return f"{news.occasion.profile} spent {usd(spend.spent_usd)} {when}, {limit}"
    if stored is None:
        return news.occasion.subject
    name, counts = stored.job_name, stored.batch.counts
    match news.kind:
        case "failed":
            return f"{name}: {count(counts.failed)} of {counted(counts.results, 'row')} failed"
        case "late":
            left = (
                f", {duration(stored.batch.expires_at - now)} before they expire" if stored.batch.expires_at else ""
            )
            return f"{name}: {counted(counts.processing, 'request')} still running{left}"
        case "vanishing":
            until = local_time(stored.batch.results_until)
            return f"{name}: the API drops the results on {until}, and they are not on disk"
        case _:
            failed = f", {count(counts.failed)} failed" if counts.failed else ""
            return f"{name} ended: {count(counts.succeeded)} succeeded{failed}"


def body(news: News, now: datetime) -> dict[str, Any]:
    """Return what a hook is given, as docs/watching.md describes it: no key, and nothing of requests or results."""
    occasion, spend = news.occasion, news.occasion.spend
    return {
        "version": BODY_VERSION,
        "event": occasion.kind,
        "message": words(news, now),
        "noticed_at": news.noticed_at.isoformat(),
        "profile": occasion.profile,
        "base_url": occasion.base_url,
        **({} if news.stored is None else _batch(news.stored)),
        **({} if spend is None else {"spend": _spend(spend)}),
    }


def _batch(stored: StoredBatch) -> dict[str, Any]:
    batch, counts = stored.batch, stored.batch.counts
    return {
        "job": {"id": stored.job_id, "name": stored.job_name},
        "batch": {
            "id": stored.id,
            "status": batch.status,
            "attempt": stored.attempt,
            "part": stored.part,
            "parts": stored.parts,
            "models": list(stored.models),
            "results": stored.results,
        },
        "counts": {
            "total": counts.total,
            "processing": counts.processing,
            "succeeded": counts.succeeded,
            "failed": counts.failed,
            "errored": counts.errored,
            "canceled": counts.canceled,
            "expired": counts.expired,
        },
        "cost_usd": stored.cost_usd,
        "cost_is": stored.cost_is,
        "created_at": batch.created_at.isoformat(),
        "expires_at": _time(batch.expires_at),
        "ended_at": _time(batch.ended_at),
        "results_until": batch.results_until.isoformat(),
    }


def _spend(spend: Spend) -> dict[str, Any]:
    return {"period": spend.period, "spent_usd": spend.spent_usd, "budget_usd": spend.budget_usd}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
