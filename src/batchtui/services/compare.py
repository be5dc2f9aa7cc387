"""Comparing what two batches, jobs, attempts or files brought, row by row."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from batchtui.domain.comparison import (
    NOWHERE,
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
from batchtui.domain.selection import Selection
from batchtui.services.comparing import asking, finding, joined, labelling, ranking
from batchtui.services.comparing.pairs import PairReader
from batchtui.services.comparing.sides import of_target, side_of
from batchtui.services.find import Finder, Target
from batchtui.services.worker import Stop
from batchtui.store import Store

T = TypeVar("T")


class Comparisons:
    """Joins two sides and tells what is different; needs no network."""

    def __init__(self, store: Store, finder: Finder) -> None:
        self._store = store
        self._finder = finder
        self._reader = PairReader(store)

    def side(self, text: str) -> Side:
        """Return what a text stands for: ID, job, `@1`, `JOB#2` for an attempt, or the path of a JSONL file.

        What is known in the store comes before a file of that name. Raises `UnknownIdError` if it is neither,
        `AmbiguousIdError`, and `InputError` for what cannot be compared.
        """
        return side_of(self._finder, text)

    def of(self, target: Target) -> Side:
        """Return a batch or the final answers of a job as a side; raises `InputError` for a job without batches."""
        return of_target(target)

    async def compare(self, left: Side, right: Side, *, on: str | None = None) -> Comparison:
        """Join two sides on custom_id, or on a column of the data rows.

        Only what is at home is compared: the notes say what is missing. Can be cancelled. Raises `StoreError`,
        `DataError`, and `InputError` if a side has nothing in that column.
        """
        comparison, anew = await self._on_reader(partial(joined.compare, self._store, left, right, on))
        await self._store.comparing.keep(anew)
        return comparison

    async def rank(self, comparison: Comparison, on_progress: Callable[[int, int], object] | None = None) -> None:
        """Fill `comparison.similarity` for the changed pairs.

        `on_progress` is called on the event loop with how many are done, of how many. Can be cancelled.
        """
        loop = asyncio.get_running_loop()

        def tell(done: int, total: int) -> None:
            if on_progress is not None:
                loop.call_soon_threadsafe(on_progress, done, total)

        await self._on_reader(lambda stop: ranking.rank(self._reader, comparison, stop, tell))

    def pair(self, comparison: Comparison, position: int) -> Pair:
        """Return one pair."""
        return self.pairs(comparison, [position])[0]

    def pairs(self, comparison: Comparison, positions: Sequence[int]) -> list[Pair]:
        """Return pairs at these positions; fast for as many as a screen shows. Raises `StoreError`."""
        return self._reader.pairs(comparison, positions)

    def texts(self, comparison: Comparison, pair: Pair) -> tuple[str | None, str | None]:
        """Return the whole output of each side, None where it has none.

        Tool use is in it as JSON; what failed has type and message of its error.
        """
        return self._reader.texts(comparison, pair)

    def lines(self, comparison: Comparison, pair: Pair) -> tuple[bytes | None, bytes | None]:
        """Return the exact result line of each side, without its newline."""
        return self._reader.lines(comparison, pair)

    def requests(self, comparison: Comparison, pair: Pair) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Return the params each side was asked with, None where they are not known."""
        return self._reader.requests(pair)

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

        `change` puts other outcomes first, then what changed, most of all what changed most or is not ranked yet,
        then what is on one side alone.
        """
        return await self._on_reader(
            lambda stop: finding.find(
                self._store, comparison, stop, kinds=kinds, where=where, sort=sort, reverse=reverse
            )
        )

    async def search(
        self, comparison: Comparison, search: Search, on_hits: Callable[[array[int]], object] | None = None
    ) -> array[int]:
        """Return the positions of pairs whose output, or error, holds a text on either side.

        `on_hits` is called on the event loop with positions as they are found. Can be cancelled.
        """
        pairs, found = comparison.pairs, set[int]()
        for side, keys, file in (
            (comparison.left, pairs.left, comparison.left_file),
            (comparison.right, pairs.right, comparison.right_file),
        ):
            places = {key: position for position, key in enumerate(keys) if key != NOWHERE}

            def tell(hits: array[int], places: dict[int, int] = places) -> None:
                new = array("q", sorted({places[hit] for hit in hits if hit in places} - found))
                found.update(new)
                if new and on_hits is not None:
                    on_hits(new)

            if file is not None:
                tell(await self._on_reader(partial(finding.search_file, file, search)))
            else:
                await self._store.results.search(Selection(side.batch_keys), search, lambda hits: tell(hits.packed))
        return array("q", sorted(found))

    async def request_changes(self, comparison: Comparison) -> RequestChanges:
        """Return how the requests of all pairs differ, equal changes as one. Can be cancelled."""
        return await self._on_reader(partial(asking.request_changes, self._store, comparison))

    async def labels(self, comparison: Comparison, field: str | None = None) -> Matrix | None:
        """Return labels on the left against labels on the right, None if the answers are no short labels.

        `field` is a key of JSON answers, dotted for one within another.
        """
        return await self._on_reader(partial(labelling.labels, self._store, comparison, field))

    async def label_fields(self, comparison: Comparison) -> list[str]:
        """Return which keys of JSON answers could be labels."""
        return await self._store.on_reader(partial(labelling.label_fields, self._store, comparison))

    async def _on_reader(self, work: Callable[[Stop], T]) -> T:
        """Do work on a thread of the store; cancelling this ends it at its next check."""
        stop = Stop()
        try:
            return await self._store.on_reader(lambda: work(stop))
        finally:
            stop.set()
