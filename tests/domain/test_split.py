from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.request import body_length
from batchtui.domain.split import deal, part_sizes, spread


def test_one_part_where_all_fits() -> None:
    assert part_sizes([10] * 100_000) == [100_000]


def test_parts_are_balanced() -> None:
    assert part_sizes([10] * 100_001) == [50_001, 50_000]


def test_nothing_has_no_parts() -> None:
    assert part_sizes([]) == []


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 9), st.integers(70, 200))
def test_every_part_holds_the_limits_and_nothing_is_lost(
    lengths: list[int], max_requests: int, max_body_bytes: int
) -> None:
    sizes = part_sizes(lengths, max_requests=max_requests, max_body_bytes=max_body_bytes)
    assert sum(sizes) == len(lengths)
    first = 0
    for size in sizes:
        part = lengths[first : first + size]
        assert 1 <= size <= max_requests
        assert body_length(sum(part), size) <= max_body_bytes
        first += size


def test_a_sample_is_spread_evenly() -> None:
    assert list(spread(5, 9)) == [0, 1, 2, 3, 4]
    assert sorted(spread(101, 3)) == [0, 50, 100]
    assert list(spread(10, 1)) == [0]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.none() | st.integers(1, 70))
def test_every_line_is_dealt_to_one_part_and_the_sample_comes_first(lengths: list[int], sample: int | None) -> None:
    part_of, held_parts = deal(lengths, sample=sample)
    assert len(part_of) == len(lengths)
    parts = max(part_of) + 1
    assert set(part_of) == set(range(parts))
    sent_now = [number for number, part in enumerate(part_of) if part < parts - held_parts]
    wanted = len(lengths) if sample is None else min(sample, len(lengths))
    assert len(sent_now) == wanted
    assert sent_now == sorted(spread(len(lengths), wanted))
