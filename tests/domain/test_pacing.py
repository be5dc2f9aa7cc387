from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from batchtui.domain.pacing import pause_seconds

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ages_minutes", "pause"),
    [
        ([], 300),
        ([0], 15),
        ([5], 15),
        ([20], 60),
        ([100], 300),
        ([600], 300),
        ([600, 1], 15),
        ([-3], 15),
        ([1_600], 15),
    ],
)
def test_the_pause_grows_with_the_youngest_batch(ages_minutes: list[float], pause: float) -> None:
    started = [NOW - timedelta(minutes=age) for age in ages_minutes]
    assert pause_seconds(started, NOW) == pause


@pytest.mark.parametrize(("failures", "pause"), [(0, 15), (1, 30), (2, 60), (5, 300), (500, 300)])
def test_failures_double_it(failures: int, pause: float) -> None:
    assert pause_seconds([NOW], NOW, failures=failures) == pause


def test_what_the_server_asked_for_is_never_undercut() -> None:
    assert pause_seconds([NOW], NOW, retry_after_seconds=900) == 900
    assert pause_seconds([NOW], NOW, retry_after_seconds=1) == 15


def test_a_failure_is_tried_again_soon_even_when_nothing_runs() -> None:
    assert pause_seconds([], NOW, failures=1) == 30
    assert pause_seconds([NOW - timedelta(hours=10)], NOW, failures=1) == 30
