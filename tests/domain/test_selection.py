from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.selection import ResultKey, ResultKeys

keys = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**32 - 1)), unique=True)


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
    assert compact.position((2**31 - 1, 2**32)) is None
    assert "key" not in compact


def test_keys_take_eight_bytes_each() -> None:
    assert ResultKeys.of((7, seq) for seq in range(1_000)).packed.itemsize == 8
