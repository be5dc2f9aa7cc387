from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain import human


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3_599, "59m"),
        (3_600, "1h"),
        (4_800, "1h20m"),
        (86_399, "23h59m"),
        (86_400, "1d"),
        (90_000, "1d1h"),
        (10 * 86_400 + 7_200, "10d"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert human.duration(timedelta(seconds=seconds)) == text


@given(st.timedeltas(max_value=timedelta(days=9_999)))
def test_a_duration_fits_its_column(delta: timedelta) -> None:
    assert len(human.duration(delta)) <= 6


def test_ago() -> None:
    assert human.ago(timedelta(seconds=-1)) == "just now"
    assert human.ago(timedelta(minutes=12)) == "12m ago"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (255_000_000, "255 MB"),
        (3_200_000_000_000_000, "3,200 TB"),
    ],
)
def test_sizes(size_bytes: int, text: str) -> None:
    assert human.bytes_text(size_bytes) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "—"),
        (0.0, "$0.00"),
        (0.00004, "<$0.0001"),
        (0.0042, "$0.0042"),
        (0.01, "$0.01"),
        (1234.567, "$1,234.57"),
    ],
)
def test_money(amount: float | None, text: str) -> None:
    assert human.usd(amount) == text


def test_a_price_range_is_said_once_if_both_ends_read_the_same() -> None:
    assert human.usd_range(0.02, 0.31) == "$0.02 to $0.31"
    assert human.usd_range(0.021, 0.022) == "$0.02"
    assert human.usd_range(None, None) == "an unknown price"


def test_counts() -> None:
    assert human.count(1_234_567) == "1,234,567"
    assert human.counted(1, "request") == "1 request"
    assert human.counted(2_000, "batch", "batches") == "2,000 batches"


def test_a_time_is_on_the_clock_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC-3")
    time.tzset()
    try:
        assert human.local_time(datetime(2026, 11, 2, 10, 5, 6, tzinfo=UTC)) == "2026-11-02 13:05"
        assert human.local_time(datetime(2026, 11, 2, 22, 5, 6, tzinfo=UTC), seconds=True) == "2026-11-03 01:05:06"
    finally:
        monkeypatch.undo()
        time.tzset()
    assert human.local_time(None) == human.UNKNOWN


def test_a_day_on_which_the_clock_is_turned_begins_by_the_clock_it_begins_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        assert human.midnight(date(2026, 10, 25)) == datetime(2026, 10, 24, 22, tzinfo=UTC)
        assert human.midnight(date(2026, 10, 26)) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()
