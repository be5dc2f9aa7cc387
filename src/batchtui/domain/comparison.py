"""Two sets of answers side by side: which belong together, and what became of each."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, overload

from batchtui.domain.result import Tokens
from batchtui.domain.selection import ResultKey, StoredResult, unpack

Kind = Literal["same", "changed", "outcome", "left", "right"]
"""What became of a row from left to right.

`outcome`: it succeeded on one side only, or failed in another way. `changed`: both succeeded and the outputs
differ, text or tool use. `left` and `right`: it is on that side only. `same`: anything else.
"""

KINDS: tuple[Kind, ...] = ("same", "changed", "outcome", "left", "right")
"""By their codes, as `Pairs.kinds` holds them."""

SAME, CHANGED, OUTCOME, LEFT, RIGHT = range(len(KINDS))

NOWHERE = -1
"""Stands for the key of an answer that a side does not have."""

Sort = Literal["input", "change", "custom_id"]


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared.

    `name` is what people call it. `ident` stays the same and can be kept: `batch:ID`, `job:ID` for the final
    answers of a job, `attempt:JOB ID#N`, `file:SHA-256`. A file is not in the list of batches; its `ident` is empty
    until it has been read, and `Comparison.left` and `right` have it.
    """

    name: str
    ident: str
    batch_keys: tuple[int, ...] = ()
    final: bool = False
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """What two sides have of one row; `position` is its place in `Comparison.pairs`.

    With `on` the `custom_id` is that of the left, if there is one. An answer of a file has `batch_key` 0 and no
    `batch_id`.
    """

    custom_id: str
    kind: Kind
    left: StoredResult | None
    right: StoredResult | None
    position: int


class Pairs(Sequence[tuple[Kind, ResultKey | None, ResultKey | None]]):
    """Kind and keys of each pair: those of the left in their input order, then those of the right alone in theirs.

    17 bytes a pair, not to be changed. `kinds` are codes, by which `KINDS` are looked up; `left` and `right` are
    packed keys, or `NOWHERE`.
    """

    __slots__ = ("kinds", "left", "right")

    def __init__(self, kinds: bytes, left: array[int], right: array[int]) -> None:
        self.kinds = kinds
        self.left = left
        self.right = right

    def kind(self, position: int) -> Kind:
        """Return the kind of one pair."""
        return KINDS[self.kinds[position]]

    def positions(self, kinds: frozenset[Kind]) -> array[int]:
        """Return where pairs of these kinds are, in order."""
        wanted = {KINDS.index(kind) for kind in kinds}
        return array("q", [position for position, code in enumerate(self.kinds) if code in wanted])

    def __len__(self) -> int:
        return len(self.kinds)

    @overload
    def __getitem__(self, index: int) -> tuple[Kind, ResultKey | None, ResultKey | None]: ...
    @overload
    def __getitem__(self, index: slice) -> Pairs: ...
    def __getitem__(self, index: int | slice) -> tuple[Kind, ResultKey | None, ResultKey | None] | Pairs:
        if isinstance(index, slice):
            return Pairs(self.kinds[index], self.left[index], self.right[index])
        return self.kind(index), _key(self.left[index]), _key(self.right[index])


def _key(packed: int) -> ResultKey | None:
    return None if packed == NOWHERE else unpack(packed)


@dataclass(frozen=True, slots=True)
class SideTotals:
    """What the answers of a side come to, one a row.

    `tokens` are sums; `cost_usd` is None where no answer has a known price. `duration_seconds` is from the creation
    to the end of its batches, those of several attempts added up; None while one runs, and for a file.
    """

    name: str
    rows: int
    succeeded: int
    failed: int
    truncated: int
    refused: int
    flagged: int
    tokens: Tokens
    cost_usd: float | None
    duration_seconds: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows became what, and the totals of both sides."""

    left: SideTotals
    right: SideTotals
    same: int
    changed: int
    outcome: int
    only_left: int
    only_right: int

    @property
    def differs(self) -> bool:
        """Return whether any row is not the same on both sides."""
        return bool(self.changed or self.outcome or self.only_left or self.only_right)


@dataclass(frozen=True, slots=True)
class FileLines:
    """Where each answer of a JSONL file is; by `size` and `changed_ns` it is known to be the file that was read."""

    path: Path
    offsets: array[int]
    lengths: array[int]
    size: int
    changed_ns: int


@dataclass(eq=False, slots=True)
class Comparison:
    """Two sides, joined. Everything is as it was when it was made.

    `notes` are sentences about what is not as one may think: a side that still runs, lines that could not be read,
    rows that have no value in the column `on` or one that another row has; they may hold outside text. `similarity`
    has a number from 0 to 1 for each pair, 1 for the same output and NaN where it is not known; that of changed
    pairs is known once `is_ranked`.
    """

    left: Side
    right: Side
    summary: Summary
    pairs: Pairs
    on: str | None = None
    notes: tuple[str, ...] = ()
    left_file: FileLines | None = None
    right_file: FileLines | None = None
    similarity: array[float] = field(init=False)
    is_ranked: bool = False

    def __post_init__(self) -> None:
        unknown = float("nan")
        self.similarity = array("f", [1.0 if code == SAME else unknown for code in self.pairs.kinds])


def counted(kinds: bytes) -> Counter[Kind]:
    """Return how many pairs are of each kind."""
    return Counter({kind: kinds.count(code) for code, kind in enumerate(KINDS)})


@dataclass(frozen=True, slots=True)
class RequestChange:
    """One change of what was asked, in `count` rows; the shown texts are cut down to the part that differs.

    `path` is as in `messages[0].content`. A side is empty where it has nothing there.
    """

    path: str
    left: str
    right: str
    count: int


@dataclass(frozen=True, slots=True)
class RequestChanges:
    """How the requests differ, the most frequent change first.

    `compared` pairs have both requests known, `unknown` ones have not. `equal` is the number of pairs without any
    change.
    """

    groups: tuple[RequestChange, ...]
    compared: int
    equal: int
    unknown: int

    def is_everywhere(self, change: RequestChange) -> bool:
        """Return whether a change is that of all rows compared."""
        return change.count == self.compared


class Matrix:
    """Labels on the left against labels on the right, the most frequent first; a failure is a label in brackets.

    `field` is the key of JSON answers that the labels are from, None if they are the answers themselves.
    """

    def __init__(
        self,
        left_labels: tuple[str, ...],
        right_labels: tuple[str, ...],
        cells: dict[tuple[str, str], array[int]],
        field: str | None = None,
    ) -> None:
        self.left_labels = left_labels
        self.right_labels = right_labels
        self.field = field
        self._cells = cells

    def count(self, left: str, right: str) -> int:
        """Return how many rows went from one label to the other."""
        return len(self.positions(left, right))

    def positions(self, left: str, right: str) -> array[int]:
        """Return the positions of these rows among the pairs."""
        return self._cells.get((left, right), array("q"))

    @property
    def total(self) -> int:
        """Return how many rows have a label on both sides."""
        return sum(map(len, self._cells.values()))

    @property
    def agreeing(self) -> int:
        """Return how many rows have the same label on both sides."""
        return sum(len(positions) for (left, right), positions in self._cells.items() if left == right)
