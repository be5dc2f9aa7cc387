from __future__ import annotations

import pytest

from batchtui.domain.retry import Cause, FailedRow, causes, verdict_of


@pytest.mark.parametrize(
    ("type_", "error_type", "verdict"),
    [
        ("expired", None, "resend"),
        ("canceled", None, "resend"),
        ("missing", None, "resend"),
        ("unreadable", "unreadable", "resend"),
        ("errored", "overloaded_error", "resend"),
        ("errored", "api_error", "resend"),
        ("errored", "rate_limit_error", "resend"),
        ("errored", "timeout_error", "resend"),
        ("errored", "invalid_request_error", "edit_first"),
        ("errored", "request_too_large", "edit_first"),
        ("errored", "not_found_error", "edit_first"),
        ("errored", "never_seen_error", "edit_first"),
        ("errored", None, "edit_first"),
        ("permission_denied_somehow", None, "edit_first"),
        ("errored", "permission_error", "never"),
        ("errored", "authentication_error", "never"),
        ("errored", "billing_error", "never"),
    ],
)
def test_verdicts(type_: str, error_type: str | None, verdict: str) -> None:
    assert verdict_of(type_, error_type) == verdict


def test_equal_failures_are_counted_most_frequent_first() -> None:
    def row(custom_id: str, type_: str, error_type: str | None, message: str | None) -> FailedRow:
        return FailedRow(custom_id, type_, error_type, message, batch_key=1, offset=0, length=1)

    rows = [
        row("a", "errored", "overloaded_error", "Overloaded"),
        row("b", "expired", None, None),
        row("c", "errored", "overloaded_error", "Overloaded"),
    ]
    assert causes(rows) == (
        Cause("overloaded_error", "Overloaded", 2, "resend"),
        Cause("expired", "", 1, "resend"),
    )
