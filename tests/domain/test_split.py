from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.request import body_length
from batchtui.domain.split import part_sizes


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
