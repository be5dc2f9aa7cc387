"""Which results a person looks at, and a result as it is read back."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, overload

from batchtui.domain.filter import NO_FILTER, ResultFilter
from batchtui.domain.result import ResultFacts

ResultKey = tuple[int, int]
"""Key of the batch, and number of the line among the results of that batch, counting from 0."""

FAILED = "failed"
"""As `Selection.only`: every result that did not succeed."""

SortBy = Literal[
    "input",
    "custom_id",
    "type",
    "model",
    "input_tokens",
    "output_tokens",
    "cost",
    "length",
    "error",
    "stop_reason",
    "flags",
    "attempt",
]


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the results of some batches, in some order.

    `only` is a type of result, a flag (`check:NAME` too), or `failed`. `final` leaves one row a custom_id: the
    newest success over all these batches, else the newest failure; it is applied first, so that `only` and `where`
    narrow final answers.
    `length` sorts by the characters of the output, `error` by type and message.
    """

    batch_keys: tuple[int, ...]
    final: bool = False
    only: str | None = None
    where: ResultFilter = NO_FILTER
    sort: SortBy = "input"
    reverse: bool = False


class ResultKeys(Sequence[ResultKey]):
    """Keys of results in an order, 8 bytes each, so that 400,000 are no burden; not to be changed."""

    __slots__ = ("packed",)

    def __init__(self, packed: Iterable[int] = ()) -> None:
        """Take keys as `pack` makes them; an array of them is kept, not copied."""
        self.packed: array[int] = packed if isinstance(packed, array) else array("q", packed)

    @classmethod
    def of(cls, keys: Iterable[ResultKey]) -> ResultKeys:
        """Return these keys."""
        return cls(pack(key) for key in keys)

    def position(self, key: ResultKey) -> int | None:
        """Return where a key is, None if it is not there; with 100,000 keys that takes about a millisecond."""
        try:
            return self.packed.index(pack(key))
        except ValueError:
            return None

    def __len__(self) -> int:
        return len(self.packed)

    @overload
    def __getitem__(self, index: int) -> ResultKey: ...
    @overload
    def __getitem__(self, index: slice) -> ResultKeys: ...
    def __getitem__(self, index: int | slice) -> ResultKey | ResultKeys:
        if isinstance(index, slice):
            return ResultKeys(self.packed[index])
        return unpack(self.packed[index])

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and self.position(key) is not None

    def __eq__(self, other: object) -> bool:
        return self.packed == other.packed if isinstance(other, ResultKeys) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.packed.tobytes())

    def __repr__(self) -> str:
        return f"ResultKeys({len(self):,})"


SEQ_BITS = 32


def pack(key: ResultKey) -> int:
    """Return a key as one number."""
    return key[0] << SEQ_BITS | key[1]


def pack_all(batch_key: int, numbers: array[int]) -> array[int]:
    """Return the packed keys of lines of one batch, by their numbers; 400,000 take a few milliseconds.

    A packed key is two halves beside each other, which can be laid down without a number being made of each.
    """
    halves = array("i", bytes(8 * len(numbers)))
    little = sys.byteorder == "little"
    halves[0 if little else 1 :: 2] = numbers
    halves[1 if little else 0 :: 2] = array("i", [batch_key]) * len(numbers)
    return array("q", halves.tobytes())


def unpack(packed: int) -> ResultKey:
    """Return the key a number stands for."""
    return packed >> SEQ_BITS, packed & (1 << SEQ_BITS) - 1


@dataclass(frozen=True, slots=True)
class StoredResult:
    """One result from the index.

    `ordinal` is its place in the input where the requests are known, else in the results. `offset` and `length`
    are bytes of its line in the results file, without the newline. `cost_usd` is None where the price of its
    model is not known; what did not succeed is not billed and costs 0. `note` is what a person wrote about it.
    """

    batch_key: int
    batch_id: str
    attempt: int
    seq: int
    ordinal: int
    facts: ResultFacts
    cost_usd: float | None
    offset: int
    length: int
    note: str = ""

    @property
    def key(self) -> ResultKey:
        """Return what the row is asked for by."""
        return self.batch_key, self.seq
