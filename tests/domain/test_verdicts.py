from __future__ import annotations

import pytest

from batchtui.domain.verdicts import Rule, shipped_rules, verdicts


@pytest.mark.parametrize(
    ("type_", "error_type", "message", "verdict"),
    [
        ("expired", None, None, "resend"),
        ("canceled", None, None, "resend"),
        ("missing", None, None, "resend"),
        ("unreadable", "unreadable", "not JSON", "resend"),
        ("errored", "overloaded_error", "Overloaded", "resend"),
        ("errored", "rate_limit_error", "too many requests", "resend"),
        ("errored", "rate_limit_error", "Your workspace has reached its spend limit", "never"),
        ("errored", "invalid_request_error", "Your credit balance is too low to access the API", "never"),
        ("errored", "invalid_request_error", "You have reached your specified API usage limits", "never"),
        ("errored", "invalid_request_error", "max_tokens: 100000 > 64000", "edit_first"),
        ("errored", "not_found_error", "model: claude-9", "edit_first"),
        ("errored", "request_too_large", None, "edit_first"),
        ("errored", "permission_error", "no", "never"),
        ("errored", "an_error_of_tomorrow", "?", "edit_first"),
        ("errored", None, None, "edit_first"),
    ],
)
def test_the_shipped_table_decides_by_type_and_message(
    type_: str, error_type: str | None, message: str | None, verdict: str
) -> None:
    rule = verdicts().rule(type_, error_type, message)
    assert rule.verdict == verdict
    assert rule.why


def test_own_rules_are_asked_first() -> None:
    own = Rule(type=("api_error",), message="shard 7", verdict="never", why="Shard 7 is gone.")
    table = verdicts((own,))
    assert table.rule("errored", "api_error", "Shard 7 failed") == own
    assert table.verdict("errored", "api_error", "shard 8 failed") == "resend"


def test_the_last_rule_fits_everything() -> None:
    assert shipped_rules()[-1].type == ("*",)
    assert not shipped_rules()[-1].message
