"""Failed rows, and their causes counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from batchtui.domain.facets import alike
from batchtui.domain.verdicts import Verdict, Verdicts, verdicts

MISSING = "missing"
"""Our word for a request that has no result line though its batch has ended."""


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row of a job whose newest answer is not a success; `batch_key` holds its request, at `offset`.

    `attempt` is the one it failed in, `failures` how many attempts running it met an error like this one.
    `length` is 0 where its request is not known.
    """

    custom_id: str
    type: str
    error_type: str | None
    error_message: str | None
    batch_key: int
    offset: int
    length: int
    attempt: int = 1
    model: str = ""
    max_tokens: int = 0
    failures: int = 1

    def after(self, before: FailedRow) -> FailedRow:
        """Return this failure as the next one of a row that had failed before."""
        return replace(self, failures=before.failures + 1) if self._is_like(before) else self

    def _is_like(self, other: FailedRow) -> bool:
        return (
            self.attempt > other.attempt
            and (self.type, self.error_type) == (other.type, other.error_type)
            and alike(self.error_message or "") == alike(other.error_message or "")
        )


@dataclass(frozen=True, slots=True)
class Cause:
    """Equal failures counted: their error type (or outcome), a message, and what to do with them."""

    error_type: str
    message: str
    count: int
    verdict: Verdict


def causes(rows: Iterable[FailedRow], table: Verdicts | None = None) -> tuple[Cause, ...]:
    """Return the failures grouped by type and message, most frequent first."""
    table = table or verdicts()
    counted = Counter((row.type, row.error_type, row.error_message or "") for row in rows)
    return tuple(
        Cause(error_type or type_, message, count, table.verdict(type_, error_type, message))
        for (type_, error_type, message), count in counted.most_common()
    )
