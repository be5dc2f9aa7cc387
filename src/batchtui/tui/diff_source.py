"""The rows of a comparison on screen: positions in memory, pairs from the store as they are looked at."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace

from batchtui.domain.comparison import KINDS, NOWHERE, Comparison, Kind, Side
from batchtui.domain.errors import BatchtuiError, UnknownIdError
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.search import Search
from batchtui.services.compare import Comparisons
from batchtui.tui.present import diff as present
from batchtui.tui.widgets.table_model import Row

PairKey = tuple[bool, int]
"""Whether a pair is on the right alone, and the packed key of its answer: the same in a newer comparison."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Which two sides are compared; `on` is the column of the data rows they are joined on, None for custom_id."""

    left: Side
    right: Side
    on: str | None = None


@dataclass(frozen=True, slots=True)
class DiffQuery:
    """How the pairs are narrowed and sorted."""

    only: str = present.ALL
    text: str = ""
    sort: str = present.SORTS[0]
    reverse: bool = False

    @property
    def kinds(self) -> frozenset[Kind]:
        """Return the kinds that are left."""
        return frozenset(kind for kind in KINDS if self.only in {present.ALL, kind})


class DiffHunt:
    """A search, and the positions of the pairs in which it has found something so far."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.hits: set[int] = set()
        self.is_over = False

    @property
    def name(self) -> str:
        """Return what is looked for, as it was typed."""
        return f"/{self.search.text}/" if self.search.regex else f"“{self.search.text}”"


def renewed(comparisons: Comparisons, compared: Compared) -> Compared:
    """Return two sides as they are in the store now; raises `UnknownIdError` where one is not there any more."""

    def side(old: Side) -> Side:
        if old.path is not None:
            return old
        try:
            # What stands after the kind is what a side can be asked for by.
            return comparisons.side(old.ident.partition(":")[2])
        except UnknownIdError as error:
            raise UnknownIdError(f"{old.name} is not here any more.", todo="d compares others.") from error

    return replace(compared, left=side(compared.left), right=side(compared.right))


async def find(comparisons: Comparisons, comparison: Comparison, query: DiffQuery) -> array[int]:
    """Return the positions of the pairs that a query leaves, in its order."""
    return await comparisons.find(
        comparison,
        kinds=query.kinds,
        where=parse_result_filter(query.text),
        sort=present.SORT_BY[query.sort],
        reverse=query.reverse,
    )


class DiffSource:
    """Gives pairs to a table. One that cannot be read is told of and stays empty."""

    def __init__(
        self,
        comparisons: Comparisons,
        comparison: Comparison,
        positions: array[int],
        opinions: present.Opinions,
        on_error: Callable[[BatchtuiError], object],
    ) -> None:
        self._comparisons = comparisons
        self._comparison = comparison
        self._opinions = opinions
        self._on_error = on_error
        self.positions = positions

    def __len__(self) -> int:
        return len(self.positions)

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the cells of some rows."""
        try:
            pairs = self._comparisons.pairs(self._comparison, self.positions[start:stop])
        except BatchtuiError as error:
            self._on_error(error)
            return []
        similarity, opinions = self._comparison.similarity, self._opinions
        return [
            present.cells(
                pair,
                similarity[pair.position],
                opinions.person.get(pair.custom_id),
                opinions.judge.get(pair.custom_id),
            )
            for pair in pairs
        ]

    def key_at(self, index: int) -> PairKey:
        """Return the key of a row."""
        pairs, position = self._comparison.pairs, self.positions[index]
        left = pairs.left[position]
        return (False, left) if left != NOWHERE else (True, pairs.right[position])

    def index_of(self, key: PairKey) -> int | None:
        """Return where a pair is shown; with 100,000 of them that takes some milliseconds."""
        is_right, packed = key
        pairs = self._comparison.pairs
        try:
            return self.positions.index((pairs.right if is_right else pairs.left).index(packed))
        except ValueError:
            return None

    def step(self, index: int, step: int, kind: Kind) -> int | None:
        """Return the row of the next pair of a kind after this row, or before it, going round; None without any."""
        code, kinds, count = KINDS.index(kind), self._comparison.pairs.kinds, len(self.positions)
        for away in range(1, count + 1):
            at = (index + step * away) % count
            if kinds[self.positions[at]] == code:
                return at
        return None

    def of_kind(self, kind: Kind) -> list[int]:
        """Return the positions of all pairs shown of a kind."""
        code, kinds = KINDS.index(kind), self._comparison.pairs.kinds
        return [position for position in self.positions if kinds[position] == code]
