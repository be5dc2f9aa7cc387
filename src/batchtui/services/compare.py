"""Comparing what two batches, jobs, attempts or files brought, row by row."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

from batchtui.domain.comparison import (
    Comparison,
    Kind,
    Matrix,
    Pair,
    RequestChanges,
    Side,
    Sort,
)
from batchtui.domain.filter import NO_FILTER, ResultFilter
from batchtui.domain.search import Search
from batchtui.services.find import Finder
from batchtui.store import Store


class Comparisons:
    """Joins two sides and tells what is different; needs no network."""

    def __init__(self, store: Store, finder: Finder) -> None:
        self._store = store
        self._finder = finder

    def side(self, text: str) -> Side:
        """Return what a text stands for: ID, job, `@1`, `JOB#2` for an attempt, or the path of a JSONL file.

        What is known in the store comes before a file of that name. Raises `UnknownIdError` if it is neither,
        `AmbiguousIdError`, and `InputError` for what cannot be compared.
        """
        raise NotImplementedError

    async def compare(self, left: Side, right: Side, *, on: str | None = None) -> Comparison:
        """Join two sides on custom_id, or on a column of the data rows; raises `StoreError` and `DataError`.

        Only what is at home is compared: the notes say what is missing. Can be cancelled.
        """
        raise NotImplementedError

    async def rank(self, comparison: Comparison, on_progress: Callable[[int, int], object] | None = None) -> None:
        """Fill `comparison.similarity` for the changed pairs.

        `on_progress` is called on the event loop with how many are done, of how many. Can be cancelled.
        """
        raise NotImplementedError

    def pair(self, comparison: Comparison, position: int) -> Pair:
        """Return one pair."""
        return self.pairs(comparison, [position])[0]

    def pairs(self, comparison: Comparison, positions: Sequence[int]) -> list[Pair]:
        """Return pairs at these positions; fast for as many as a screen shows. Raises `StoreError`."""
        raise NotImplementedError

    def texts(self, comparison: Comparison, pair: Pair) -> tuple[str | None, str | None]:
        """Return the whole output of each side, None where it has none.

        Tool use is in it as JSON; what failed has type and message of its error.
        """
        raise NotImplementedError

    def lines(self, comparison: Comparison, pair: Pair) -> tuple[bytes | None, bytes | None]:
        """Return the exact result line of each side, without its newline."""
        raise NotImplementedError

    def requests(self, comparison: Comparison, pair: Pair) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Return the params each side was asked with, None where they are not known."""
        raise NotImplementedError

    async def find(
        self,
        comparison: Comparison,
        *,
        kinds: frozenset[Kind],
        where: ResultFilter = NO_FILTER,
        sort: Sort = "input",
        reverse: bool = False,
    ) -> array[int]:
        """Return the positions of pairs of these kinds of which either side fits `where`.

        `change` puts those first that changed most; those whose similarity is not known come before them.
        """
        raise NotImplementedError

    async def search(
        self, comparison: Comparison, search: Search, on_hits: Callable[[array[int]], object] | None = None
    ) -> array[int]:
        """Return the positions of pairs whose output, or error, holds a text on either side.

        `on_hits` is called on the event loop with positions as they are found. Can be cancelled.
        """
        raise NotImplementedError

    async def request_changes(self, comparison: Comparison) -> RequestChanges:
        """Return how the requests of all pairs differ, equal changes as one. Can be cancelled."""
        raise NotImplementedError

    async def labels(self, comparison: Comparison, field: str | None = None) -> Matrix | None:
        """Return labels on the left against labels on the right, None if the answers are no short labels.

        `field` is a key of JSON answers, dotted for one within another.
        """
        raise NotImplementedError

    async def label_fields(self, comparison: Comparison) -> list[str]:
        """Return which keys of JSON answers could be labels."""
        raise NotImplementedError
