"""The attempts of a job as a tree, and those of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from batchtui.cli.output import out, out_table
from batchtui.domain.batch import StoredBatch
from batchtui.domain.human import counted, usd
from batchtui.domain.job import JobSummary
from batchtui.domain.queue import Attempted
from batchtui.tui.text import clean_line

MESSAGE_CHARS = 80


def print_attempts(summary: JobSummary) -> None:
    """Print the batches of a job below their attempts."""
    attempts = [(number, list(parts)) for number, parts in groupby(summary.batches, lambda one: one.attempt)]
    for number, parts in attempts:
        is_last = number == attempts[-1][0]
        total = sum(stored.batch.counts.total for stored in parts)
        out(f"{'└' if is_last else '├'}─ attempt {number}: {counted(total, 'request')}")
        for line in _part_lines(parts):
            out(f"{' ' if is_last else '│'}  {line}")


def _part_lines(parts: Sequence[StoredBatch]) -> Iterator[str]:
    for stored in parts:
        branch = "└" if stored is parts[-1] else "├"
        part = f", part {stored.part} of {stored.parts}" if stored.parts > 1 else ""
        words = f"{stored.id}{part}: {status_words(stored)}, {cost_words(stored)}"
        yield f"{branch}─ {clean_line(words)}"


def print_history(history: Sequence[Attempted]) -> None:
    """Print what became of a row in each attempt."""
    out_table(
        ("ATTEMPT", "BATCH", "OUTCOME", "COST", "ERROR"),
        (
            (
                f"{one.attempt}{', edited' if one.is_edited else ''}",
                one.batch_id,
                one.outcome,
                usd(one.cost_usd),
                ": ".join(part for part in (one.error_type, (one.error_message or "")[:MESSAGE_CHARS]) if part),
            )
            for one in history
        ),
        right=(3,),
    )


def status_words(stored: StoredBatch) -> str:
    """Return the status of a batch as people read it: how it went, once it has ended."""
    counts = stored.batch.counts
    if not stored.batch.has_ended:
        return "running" if stored.batch.status == "in_progress" else stored.batch.status
    return f"ended, {counts.failed:,} failed" if counts.failed else "ended"


def cost_words(stored: StoredBatch) -> str:
    """Return the cost of a batch, with `≤` if it is the estimate at full max_tokens."""
    return f"≤{usd(stored.cost_usd)}" if stored.cost_is == "estimate" else usd(stored.cost_usd)
