from __future__ import annotations

import runpy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batchtui.domain.pacing import pause_seconds

BENCH = Path(__file__).parents[2] / "bench" / "pace.py"

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


def test_in_a_week_of_500_batches_ends_are_noticed_soon_with_few_requests() -> None:
    pace = runpy.run_path(str(BENCH))
    sent = pace["runs"](500, 7, seed=7)
    found = pace["simulate"](sent, pace["ours"], is_hurried=True)
    each_10_s = pace["simulate"](sent, pace["every"](10), is_hurried=False)
    assert len(found.late_seconds) == 500
    assert found.requests < each_10_s.requests / 3
    assert pace["quantile"](found.late_seconds, 0.5) < 15
    assert pace["quantile"](found.late_seconds, 0.95) < 120
    for late_seconds, share in zip(found.late_seconds, found.late_shares, strict=True):
        assert late_seconds <= 330
        assert late_seconds <= 17 or share <= 0.06


def test_a_server_that_is_away_for_an_hour_is_asked_a_few_times_and_found_again_soon() -> None:
    pace = runpy.run_path(str(BENCH))
    asked, late_seconds = pace["outage"](pace["ours"])
    assert asked <= 15
    assert late_seconds <= 330
