from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from batchtui.domain.policy import LONGEST_BACKOFF, RetryPolicy, parse_quiet_hours

NOON = datetime(2026, 11, 20, 12, 0).astimezone()


@pytest.mark.parametrize(
    ("hours", "clock", "quiet"),
    [
        ("22:00-07:00", "23:30", True),
        ("22:00-07:00", "00:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("22:00-07:00", "12:00", False),
        (" 9:00 - 17:00 ", "09:00", True),
        ("9:00-17:00", "17:00", False),
        ("", "03:00", False),
    ],
)
def test_quiet_hours(hours: str, clock: str, quiet: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    policy = RetryPolicy(is_automatic=True, quiet=parse_quiet_hours(hours))
    assert policy.allows(NOON.replace(hour=hour, minute=minute)) != quiet


@pytest.mark.parametrize("hours", ["22-07", "25:00-07:00", "22:00", "now", "22:60-07:00"])
def test_hours_that_are_none(hours: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ, that it is refused matters
        parse_quiet_hours(hours)


def test_nothing_goes_out_by_itself_unless_asked_for() -> None:
    assert not RetryPolicy().allows(NOON)


def test_the_pause_doubles_up_to_a_day() -> None:
    ended_at = datetime(2026, 11, 20, tzinfo=UTC)
    policy = RetryPolicy(backoff=timedelta(minutes=5))
    assert [policy.due_at(attempt, ended_at) - ended_at for attempt in (1, 2, 3)] == [
        timedelta(minutes=5),
        timedelta(minutes=10),
        timedelta(minutes=20),
    ]
    assert policy.due_at(10_000, ended_at) - ended_at == LONGEST_BACKOFF
