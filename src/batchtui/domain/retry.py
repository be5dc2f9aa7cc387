"""Which failed rows are worth sending again, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from batchtui.domain import result

Verdict = Literal["resend", "edit_first", "never"]

RESEND: Verdict = "resend"
EDIT_FIRST: Verdict = "edit_first"
NEVER: Verdict = "never"

_BY_ERROR_TYPE: dict[str, Verdict] = {
    "overloaded_error": RESEND,
    "api_error": RESEND,
    "rate_limit_error": RESEND,
    "timeout_error": RESEND,
    "invalid_request_error": EDIT_FIRST,
    "request_too_large": EDIT_FIRST,
    "not_found_error": EDIT_FIRST,
    "permission_error": NEVER,
    "authentication_error": NEVER,
    "billing_error": NEVER,
}
"""By the error types of the API (docs: errors; batch processing: an invalid request must be changed first)."""

MISSING = "missing"
"""Our word for a request that has no result line though its batch has ended."""


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row of a job whose newest answer is not a success; `batch_key` holds its request, at `ordinal`."""

    custom_id: str
    type: str
    error_type: str | None
    error_message: str | None
    batch_key: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Equal failures counted: their error type (or outcome), a message, and what to do with them."""

    error_type: str
    message: str
    count: int
    verdict: Verdict


def verdict_of(type_: str, error_type: str | None) -> Verdict:
    """Return what to do with a failed row, by its outcome and the type of its error.

    Expired, canceled and missing rows were never answered and can go out as they are. An error type the API may
    add later wants a look first.
    """
    if type_ in {result.EXPIRED, result.CANCELED, result.UNREADABLE, MISSING}:
        return RESEND
    return _BY_ERROR_TYPE.get(error_type or "", EDIT_FIRST)


def causes(rows: Iterable[FailedRow]) -> tuple[Cause, ...]:
    """Return the failures grouped by type and message, most frequent first."""
    counted = Counter((row.type, row.error_type, row.error_message or "") for row in rows)
    return tuple(
        Cause(error_type or type_, message, count, verdict_of(type_, error_type))
        for (type_, error_type, message), count in counted.most_common()
    )
