"""What toasts say: errors, ends, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError, LintError, MismatchError
from batchtui.domain.human import count, counted
from batchtui.domain.news import words

if TYPE_CHECKING:
    from batchtui.domain.batch import StoredBatch
    from batchtui.domain.lint import Problem
    from batchtui.domain.news import News
    from batchtui.services.submit import Submission
    from batchtui.services.sync import SyncReport

PROBLEMS_SHOWN = 12
NEWS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Notice:
    """What a toast says."""

    text: str
    title: str = ""
    is_error: bool = False


def error_notice(error: BatchtuiError) -> Notice:
    """Return what a toast says of an error: what happened, what was not harmed, what to do."""
    text = "\n".join(part for part in (error.what, error.unharmed, error.todo) if part)
    if isinstance(error, LintError):
        text = "\n".join([error.what, *problem_lines(error.problems)[:3], error.unharmed])
    return Notice(text, is_error=True)


def report_notices(report: SyncReport) -> list[Notice]:
    """Return the toasts of a look, beside its news: one for each batch that is the wrong one.

    And one for each job of which failed rows were sent again by themselves.
    """
    mismatches = [error_notice(error) for error in report.errors if isinstance(error, MismatchError)]
    again = [again_notice(sent) for sent in report.retried]
    return [*again, *mismatches]


def news_notices(news: Sequence[News]) -> list[Notice]:
    """Return what people are told of some news: one notice for all ends, and one for all that is wrong."""
    now = datetime.now(UTC)
    ended = [one.stored for one in news if one.kind == "ended" and one.stored is not None]
    ended_ids = {stored.id for stored in ended}
    said = ended_ids & {one.occasion.subject for one in news if one.kind == "failed"}
    notices = [replace(_ended_notice(ended), is_error=bool(said))] if ended else []
    wrong = [
        words(one, now)
        for one in news
        if one.kind != "ended" and not (one.kind == "failed" and one.occasion.subject in said)
    ]
    if wrong:
        more = [f"… and {len(wrong) - NEWS_SHOWN:,} more"] if len(wrong) > NEWS_SHOWN else []
        notices.append(Notice("\n".join([*wrong[:NEWS_SHOWN], *more]), is_error=True))
    return notices


def again_notice(sent: Submission) -> Notice:
    """Return what a toast says of failed rows that were sent again without a question."""
    rows = sum(stored.batch.counts.total for stored in sent.batches)
    rows += sum(intent.request_count for intent in sent.waiting)
    return Notice(f"{sent.job.name}: {counted(rows, 'failed row')} sent again, as retry.auto says")


def _ended_notice(ended: Sequence[StoredBatch]) -> Notice:
    failed = sum(stored.batch.counts.failed for stored in ended)
    if len(ended) > 1:
        names = ", ".join(stored.job_name for stored in ended[:3]) + (" …" if len(ended) > 3 else "")
        return Notice(f"{counted(len(ended), 'batch', 'batches')} ended, {count(failed)} requests failed: {names}")
    counts = ended[0].batch.counts
    text = f"{ended[0].job_name} ended: {count(counts.succeeded)} succeeded"
    return Notice(f"{text}, {count(failed)} failed — r retries them" if failed else text)


def sent_notice(sent: Submission, attempt: int = 1) -> Notice:
    """Return what a toast says of a submission: what is on its way, and what waits for room at the API."""
    total = sum(stored.batch.counts.total for stored in sent.batches)
    parts = f" in {len(sent.batches)} parts" if len(sent.batches) > 1 else ""
    name = sent.job.name if attempt == 1 else f"{sent.job.name}, attempt {attempt},"
    words = [f"{name} is on its way: {counted(total, 'request')}{parts}"] if sent.batches else []
    if sent.waiting:
        waiting = sum(intent.request_count for intent in sent.waiting)
        words.append(
            f"{counted(waiting, 'request')} of {sent.job.name} wait for room at the API and go out by themselves"
        )
    if sent.held:
        held = sum(intent.request_count for intent in sent.held)
        words.append(f"{counted(held, 'request')} of {sent.job.name} wait as drafts: u sends or drops them")
    return Notice("\n".join(words))


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """Return the first problems of a file, one a line, and how many more there are."""
    shown = sorted(problems, key=lambda problem: not problem.is_error)[:PROBLEMS_SHOWN]
    lines = [f"line {problem.line:,} {problem.custom_id}: {problem.message} [{problem.rule}]" for problem in shown]
    left = len(problems) - len(shown)
    return [*lines, f"… and {left:,} more"] if left else lines
