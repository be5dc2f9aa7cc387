from __future__ import annotations

from batchtui.domain.retry import Cause, FailedRow, causes


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


def test_equal_errors_on_one_attempt_after_another_are_counted() -> None:
    def failure(attempt: int, message: str) -> FailedRow:
        return FailedRow(
            "a", "errored", "api_error", message, batch_key=attempt, offset=0, length=1, attempt=attempt
        )

    first = failure(1, "request 17 failed")
    second = failure(2, "request 99 failed").after(first)
    third = failure(3, "something else").after(second)
    assert [first.failures, second.failures, third.failures] == [1, 2, 1]
    assert failure(1, "request 17 failed").after(first).failures == 1
