"""The questions before anything is sent, canceled or dropped: always with numbers, price and profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from batchtui.domain.batch import StoredBatch
from batchtui.domain.estimate import Estimate
from batchtui.domain.human import bytes_text, count, counted, duration, usd_range
from batchtui.domain.job import Intent
from batchtui.domain.retry import Cause
from batchtui.domain.verdicts import RESEND
from batchtui.services.prepare import Prepared
from batchtui.services.retry import RetryPlan
from batchtui.services.workbench import Profile
from batchtui.tui.present.batches import utc_now
from batchtui.tui.present.header import host
from batchtui.tui.present.notices import PROBLEMS_SHOWN, problem_lines


@dataclass(frozen=True, slots=True)
class Question:
    """What a confirm dialog asks; texts may be outside text."""

    title: str
    body: tuple[str, ...]
    confirm: str
    is_danger: bool = False


def retry_question(plan: RetryPlan, prepared: Prepared, profile: Profile, total: int) -> Question:
    """Ask whether to send the rows of a plan again; `total` is how many requests the job has."""
    sent = [cause for cause in plan.by_error if cause.verdict == RESEND]
    left = [cause for cause in plan.by_error if cause.verdict != RESEND]
    body = [f"{_by_type(sent)} — {price(prepared.estimate)}" if sent else price(prepared.estimate)]
    if plan.skipped:
        body.append(f"Left out: {_by_type(left)}; the request has to be changed first, or sending it is no use.")
    body += ["", f"attempt {plan.attempt} of {plan.job.name}", *_where(prepared, profile)]
    return Question(f"Retry {count(len(plan.rows))} of {counted(total, 'request')}?", tuple(body), "Send again")


def submit_question(name: str, prepared: Prepared, profile: Profile) -> Question:
    """Ask whether to send a file that was checked."""
    now, held = prepared.now, prepared.held
    body = [f"{prepared.source} as {name!r}" if name else prepared.source, price(now.estimate)]
    if held.parts:
        body.append(f"The other {count(held.request_count)} wait as drafts: {price(held.estimate)}")
    if prepared.models:
        body.append(f"models: {', '.join(prepared.models)}")
    body += _where(now, profile)
    if prepared.mended:
        betas = f"; betas in the header: {', '.join(prepared.betas)}" if prepared.betas else ""
        body.append(f"{counted(prepared.mended, 'request')} mended{betas}")
    if prepared.problems:
        body += ["", counted(prepared.problem_count, "warning"), *problem_lines(prepared.problems)]
    of = f"{count(now.request_count)} of " if held.parts else ""
    return Question(f"Send {of}{counted(prepared.request_count, 'request')}?", tuple(body), "Send")


def cancel_question(batches: Sequence[StoredBatch]) -> Question:
    """Ask whether to cancel running batches."""
    total = sum(stored.batch.counts.total for stored in batches)
    title = f"Cancel {counted(len(batches), 'batch', 'batches')} of {counted(total, 'request')}?"
    names = [
        f"{stored.job_name}  {stored.id}  running for {duration(utc_now() - stored.batch.created_at)}"
        for stored in batches[:PROBLEMS_SHOWN]
    ]
    more = [f"… and {len(batches) - PROBLEMS_SHOWN:,} more"] if len(batches) > PROBLEMS_SHOWN else []
    note = "What is answered by then is kept and billed; the rest comes back canceled and can be retried."
    return Question(
        title, (*names, *more, "", note), "Cancel it" if len(batches) == 1 else "Cancel them", is_danger=True
    )


def resend_question(intent: Intent, estimate: Estimate, profile: Profile) -> Question:
    """Ask whether to send a submission whose batch may exist."""
    is_unclear = intent.state == "unclear"
    body = [
        f"{intent.job_name}, part {intent.part} of {intent.parts} — {price(estimate)}",
        f"{bytes_text(intent.body_bytes)} to {host(profile.base_url)}, profile {profile.name}",
    ]
    if is_unclear:
        body += ["", "It was sent before and no answer came. If its batch exists after all, this pays twice."]
    title = f"Send {counted(intent.request_count, 'request')}{' again' if is_unclear else ''}?"
    return Question(title, tuple(body), "Send", is_danger=is_unclear)


def discard_question(intent: Intent) -> Question:
    """Ask whether to drop a submission."""
    body = (
        f"{intent.job_name}, part {intent.part} of {intent.parts}",
        "The request lines kept here are deleted. A batch at the API, if there is one, stays there.",
    )
    return Question(f"Drop {counted(intent.request_count, 'request')}?", body, "Drop", is_danger=True)


def quit_question(*, is_sending: bool, unsaved: Sequence[str]) -> Question | None:
    """Ask whether to quit, if something would be lost or left unclear by it."""
    words = []
    if is_sending:
        words.append("Something is being sent. If you leave now, its outcome has to be settled later.")
    if unsaved:
        words.append(f"Not saved, and lost if you leave now: {', '.join(unsaved)}. ctrl+s in Compose saves.")
    title = "Quit while sending?" if is_sending else "Quit without saving?"
    return Question(title, tuple(words), "Quit", is_danger=True) if words else None


def price(estimate: Estimate) -> str:
    """Return what a submission costs, in a few words."""
    if estimate.cost_usd_high is None:
        models = ", ".join(estimate.unpriced_models)
        return f"price unknown ({models})" if models else "price unknown"
    tried = "; the lower one has output as in your trial" if estimate.output_tried else ""
    return f"about {usd_range(estimate.cost_usd_low, estimate.cost_usd_high)}, half the standard price{tried}"


def _by_type(causes: Iterable[Cause]) -> str:
    numbers: Counter[str] = Counter()
    for cause in causes:
        numbers[cause.error_type] += cause.count
    return ", ".join(f"{number:,} {word}" for word, number in numbers.most_common())


def _where(prepared: Prepared, profile: Profile) -> list[str]:
    parts = counted(len(prepared.parts), "part") + ", " if len(prepared.parts) > 1 else ""
    return [f"{parts}{bytes_text(prepared.body_bytes)} to {host(profile.base_url)}, profile {profile.name}"]
