from __future__ import annotations

from batchtui.domain.retry import Cause, FailedRow, causes


def test_equal_failures_are_counted_most_frequent_first() -> None:
    errors = {("expired", ""): 1, ("api_error", "See a1b2"): 1, ("overloaded_error", "Overloaded"): 3}
    assert causes({**errors, ("api_error", "See c3d4"): 1}) == (
        Cause("overloaded_error", "Overloaded", 3, "resend"),
        Cause("api_error", "See #", 2, "resend"),
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
