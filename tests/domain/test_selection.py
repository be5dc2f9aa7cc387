from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.selection import ResultKey, ResultKeys, pack, pack_all

keys = st.lists(st.tuples(st.integers(0, 2**31 - 2), st.integers(0, 2**32 - 1)), unique=True)


@given(keys, st.slices(20), st.data())
def test_keys_are_a_sequence(listed: list[ResultKey], some: slice, data: st.DataObject) -> None:
    compact = ResultKeys.of(listed)
    assert list(compact) == listed
    assert list(compact[some]) == listed[some]
    assert list(reversed(compact)) == listed[::-1]
    assert compact == ResultKeys.of(listed)
    assert hash(compact) == hash(ResultKeys.of(listed))
    assert compact != listed
    if listed:
        key = data.draw(st.sampled_from(listed))
        assert compact.position(key) == listed.index(key)
        assert key in compact
    assert compact.position((2**31 - 1, 0)) is None
    assert "key" not in compact


def test_keys_take_eight_bytes_each() -> None:
    assert ResultKeys.of((7, seq) for seq in range(1_000)).packed.itemsize == 8


@given(st.integers(0, 2**31 - 1), st.lists(st.integers(0, 2**31 - 1)))
def test_the_lines_of_a_batch_are_packed_at_once_as_one_by_one(batch_key: int, numbers: list[int]) -> None:
    packed = pack_all(batch_key, array("i", numbers))
    assert list(packed) == [pack((batch_key, number)) for number in numbers]
