from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.lengths import packed, percentiles

lengths = st.lists(st.integers(0, 2_000_000), min_size=1, max_size=60)


def exact(ordered: list[int], share: int) -> int:
    return ordered[-(-len(ordered) * share // 100) - 1]


@given(lengths, st.integers(1, 5))
def test_percentiles_are_never_too_low_and_less_than_a_sixteenth_too_high(of: list[int], parts: int) -> None:
    found = percentiles([packed((each, 1) for each in of[part::parts]) for part in range(parts)], max(of))
    assert found is not None
    ordered = sorted(of)
    for share, value in ((50, found.p50), (90, found.p90), (95, found.p95), (99, found.p99)):
        assert exact(ordered, share) <= value <= exact(ordered, share) * 17 / 16
        assert value <= found.max == max(of)


def test_short_lengths_are_exact() -> None:
    found = percentiles([packed((each, 1) for each in range(1, 21))], 20)
    assert found is not None
    assert (found.p50, found.p90, found.p95, found.p99, found.max) == (10, 18, 19, 20, 20)


def test_counts_weigh() -> None:
    found = percentiles([packed([(10, 99)]), packed([(1_000, 1)])], 1_000)
    assert found is not None
    assert (found.p50, found.p99, found.max) == (10, 10, 1_000)


def test_of_nothing_there_is_nothing() -> None:
    assert percentiles([], 0) is None
    assert percentiles([packed([])], 0) is None


@pytest.mark.parametrize(("count", "size_bytes"), [(1, 8), (100_000, 8)])
def test_they_take_few_bytes(count: int, size_bytes: int) -> None:
    assert len(packed([(300, count)])) == size_bytes
    assert len(packed((each, count) for each in range(100, 4_000))) < 400
