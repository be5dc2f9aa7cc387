from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.seen import FirstSeen


@given(st.lists(st.text(max_size=3)))
def test_it_knows_what_a_dict_knows(texts: list[str]) -> None:
    seen, oracle = FirstSeen(), dict[str, int]()
    for line, text in enumerate(texts, 1):
        assert seen.first(text, line) == oracle.setdefault(text, line)
    assert len(seen) == len(oracle)


def test_many_are_told_apart_in_little_memory() -> None:
    tracemalloc.start()
    seen = FirstSeen()
    assert all(seen.first(f"row-{number}", number) == number for number in range(1, 100_001))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen.first("row-77", 5) == 77
    assert size < 54 * 100_000
