"""Domain objects as the JSON that `interface.md` promises to scripts."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

from batchtui.cli.output import rfc3339
from batchtui.domain.batch import ENDED, IN_PROGRESS, Counts, StoredBatch
from batchtui.domain.estimate import Estimate
from batchtui.domain.job import Intent, Job, JobSummary, total_counts
from batchtui.domain.lint import Problem
from batchtui.domain.queue import Attempted, QueueGroup, QueueRow
from batchtui.services.prepare import Prepared
from batchtui.services.retry import RetryPlan
from batchtui.services.settle import OpenSubmission


def batch_object(stored: StoredBatch) -> dict[str, Any]:
    """Return one element of `list --json`."""
    batch = stored.batch
    return {
        "id": batch.id,
        "job": stored.job_id,
        "name": stored.job_name,
        "profile": stored.profile,
        "status": batch.status,
        "counts": counts_object(batch.counts),
        "created_at": rfc3339(batch.created_at),
        "ended_at": rfc3339(batch.ended_at),
        "expires_at": rfc3339(batch.expires_at),
        "results_until": rfc3339(batch.results_until),
        "results": stored.results,
        "requests": "known" if stored.requests_known else "unknown",
        "attempt": stored.attempt,
        "part": stored.part,
        "parts": stored.parts,
        "model": list(stored.models),
        "cost_usd": stored.cost_usd,
        "cost_is": stored.cost_is,
    }


def batch_details(stored: StoredBatch, *, archived: bool) -> dict[str, Any]:
    """Return what `show --json` prints for a batch."""
    return {
        **batch_object(stored),
        "archived": archived,
        "cancel_initiated_at": rfc3339(stored.batch.cancel_initiated_at),
        "archived_at": rfc3339(stored.batch.archived_at),
        "base_url": stored.base_url,
        "note": stored.note,
    }


def job_details(summary: JobSummary, archived: Set[str] = frozenset()) -> dict[str, Any]:
    """Return what `show --json` prints for a job: the fields of a batch, taken over all its batches.

    `archived` are the ids of those batches that are.
    """
    job, batches = summary.job, summary.batches
    ended = all(stored.batch.has_ended for stored in batches)
    states = {stored.results for stored in batches}
    kinds = {stored.cost_is for stored in batches} or {"unknown"}
    known = "unknown" not in kinds
    return {
        "id": job.id,
        "job": job.id,
        "name": job.name,
        "profile": job.profile,
        "status": _job_status(summary),
        "counts": counts_object(total_counts(batches)),
        "created_at": rfc3339(job.created_at),
        "ended_at": rfc3339(max((s.batch.ended_at for s in batches if s.batch.ended_at), default=None))
        if ended
        else None,
        "expires_at": rfc3339(max((s.batch.expires_at for s in batches if s.batch.expires_at), default=None)),
        "results_until": rfc3339(min((s.batch.results_until for s in batches), default=None)),
        "results": states.pop() if len(states) == 1 else "partial" if states else "none",
        "requests": "known" if all(stored.requests_known for stored in batches) else "unknown",
        "attempt": summary.attempts,
        "part": None,
        "parts": max((stored.parts for stored in batches), default=0),
        "model": sorted({model for stored in batches for model in stored.models}),
        "cost_usd": sum(stored.cost_usd or 0.0 for stored in batches) if known else None,
        "cost_is": ("actual" if kinds == {"actual"} else "estimate") if known else "unknown",
        "note": job.note,
        "archived": bool(batches) and all(stored.id in archived for stored in batches),
        "batches": [batch_object(stored) for stored in batches],
        "open_submissions": [intent_object(intent) for intent in summary.open_intents],
    }


def _job_status(summary: JobSummary) -> str:
    """Return the status of a job's batches as a whole; one without any is as far as its submission."""
    if not summary.batches:
        return next((intent.state for intent in summary.open_intents), "draft")
    return ENDED if all(stored.batch.has_ended for stored in summary.batches) else IN_PROGRESS


def counts_object(counts: Counts) -> dict[str, int]:
    """Return the counts of a batch, with their total."""
    return {
        "processing": counts.processing,
        "succeeded": counts.succeeded,
        "errored": counts.errored,
        "canceled": counts.canceled,
        "expired": counts.expired,
        "total": counts.total,
    }


def estimate_object(estimate: Estimate) -> dict[str, Any]:
    """Return the estimate of a submission."""
    return {
        "input_tokens": estimate.input_tokens,
        "output_tokens_max": estimate.output_tokens_max,
        "cost_usd_low": estimate.cost_usd_low,
        "cost_usd_high": estimate.cost_usd_high,
        "standard_cost_usd": estimate.standard_cost_usd,
        "input_counted": estimate.input_counted,
        "output_tried": estimate.output_tried,
    }


def problem_objects(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return the problems of request lines."""
    return [
        {
            "line": problem.line,
            "custom_id": problem.custom_id,
            "rule": problem.rule,
            "message": problem.message,
            "severity": problem.severity,
        }
        for problem in problems
    ]


def sent_objects(prepared: Prepared, batches: Iterable[StoredBatch] = ()) -> list[dict[str, Any]]:
    """Return the batches of a submission; `id` is null for those that were not sent, `held` true for drafts."""
    ids = [stored.id for stored in batches]
    first_held = len(prepared.parts) - prepared.held_parts
    return [
        {
            "id": ids[number] if number < len(ids) else None,
            "requests": part.request_count,
            "bytes": part.body_bytes,
            "held": number >= first_held,
        }
        for number, part in enumerate(prepared.parts)
    ]


def submission_object(
    job_id: str | None, name: str, prepared: Prepared, batches: Iterable[StoredBatch] = ()
) -> dict[str, Any]:
    """Return what `submit --json` prints; `job` is null if nothing was sent."""
    return {
        "job": job_id,
        "name": name,
        "batches": sent_objects(prepared, batches),
        "estimate": estimate_object(prepared.now.estimate),
        "held": held_object(prepared.held),
        "problems": problem_objects(prepared.problems),
    }


def held_object(held: Prepared) -> dict[str, Any] | None:
    """Return what waits as drafts behind a sample, null if nothing does."""
    if not held.parts:
        return None
    return {"requests": held.request_count, "bytes": held.body_bytes, "estimate": estimate_object(held.estimate)}


def refused_object(name: str, problems: Iterable[Problem]) -> dict[str, Any]:
    """Return what `submit --json` prints if the lines have problems."""
    return {
        "job": None,
        "name": name,
        "batches": [],
        "estimate": None,
        "held": None,
        "problems": problem_objects(problems),
    }


def retry_object(
    plan: RetryPlan, prepared: Prepared | None = None, batches: Iterable[StoredBatch] = ()
) -> dict[str, Any]:
    """Return what `retry --json` prints; nothing is prepared where nothing has failed."""
    return {
        "job": plan.job.id,
        "name": plan.job.name,
        "attempt": plan.attempt,
        "batches": sent_objects(prepared, batches) if prepared else [],
        "resend": plan.resend,
        "edit_first": plan.edit_first,
        "skipped": plan.skipped,
        "rows": len(plan.rows),
        "never": plan.never,
        "given_up": plan.given_up,
        "set_aside": plan.set_aside,
        "without_request": plan.without_request,
        "suggested_max_tokens": plan.suggested_max_tokens,
        "by_error": [
            {
                "error_type": cause.error_type,
                "message": cause.message,
                "count": cause.count,
                "verdict": cause.verdict,
            }
            for cause in plan.by_error
        ],
        "estimate": estimate_object(prepared.estimate) if prepared else None,
    }


def queue_group_object(group: QueueGroup) -> dict[str, Any]:
    """Return one element of `queue list --json`."""
    return {
        "job": group.job_id,
        "name": group.job_name,
        "cause": group.cause,
        "message": group.message,
        "count": group.count,
        "verdict": group.verdict,
        "why": group.why,
        "state": group.state,
        "attempt": group.attempt,
        "edited": group.edited,
    }


def queue_row_object(job: Job, row: QueueRow) -> dict[str, Any]:
    """Return one element of `queue list --rows --json`."""
    failure, decision = row.failure, row.decision
    return {
        "job": job.id,
        "name": job.name,
        "custom_id": row.custom_id,
        "cause": row.cause,
        "message": failure.error_message,
        "verdict": row.verdict,
        "why": row.ruling.why,
        "state": row.state,
        "attempt": failure.attempt,
        "tries": failure.tries,
        "failures": failure.failures,
        "model": failure.model,
        "max_tokens": failure.max_tokens,
        "request": "known" if failure.length else "unknown",
        "chosen": decision is not None and decision.choice == "chosen",
        "edits": dict(decision.edits) if decision else {},
        "params": decision.params if decision else None,
    }


def attempted_object(one: Attempted) -> dict[str, Any]:
    """Return one element of `show --row --json`."""
    return {
        "attempt": one.attempt,
        "batch_id": one.batch_id,
        "outcome": one.outcome,
        "error_type": one.error_type,
        "error_message": one.error_message,
        "cost_usd": one.cost_usd,
        "edited": one.is_edited,
    }


def intent_object(intent: Intent) -> dict[str, Any]:
    """Return a submission without an outcome."""
    return {
        "submission": intent.id,
        "job": intent.job_id,
        "name": intent.job_name,
        "profile": intent.profile,
        "state": intent.state,
        "attempt": intent.attempt,
        "part": intent.part,
        "parts": intent.parts,
        "requests": intent.request_count,
        "bytes": intent.body_bytes,
        "created_at": rfc3339(intent.created_at),
        "sent_at": rfc3339(intent.sent_at),
        "error": intent.error,
    }


def open_object(found: OpenSubmission) -> dict[str, Any]:
    """Return one element of `settle --json`."""
    return {
        **intent_object(found.intent),
        "candidates": [batch_object(stored) for stored in found.candidates],
    }
