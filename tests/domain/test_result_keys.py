from array import array

from batchtui.domain.selection import ResultKeys, pack, pack_all


def test_keys_packed_at_once_are_those_packed_one_by_one() -> None:
    numbers = array("i", [3, 0, 2**31 - 1, 7])
    assert list(pack_all(41, numbers)) == [pack((41, number)) for number in numbers]
    assert list(ResultKeys(pack_all(41, numbers))) == [(41, number) for number in numbers]
    assert list(pack_all(41, array("i"))) == []
