"""The rows of a results table: keys in memory, rows from the store as they are looked at."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from batchtui.domain.errors import StoreError
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.result import SUCCEEDED
from batchtui.domain.search import Search
from batchtui.domain.selection import FAILED, ResultKey, ResultKeys, Selection, SortBy, StoredResult
from batchtui.services.find import Target
from batchtui.services.read import Reader
from batchtui.services.workbench import Workbench
from batchtui.tui.present import results as present
from batchtui.tui.present.excerpt import EXCERPT_LINE_BYTES, excerpt
from batchtui.tui.widgets.table_model import Row

FIRST_ROWS = 128
"""How many rows are shown before all are found; more than a screen has."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked at: results of a target, narrowed and sorted. A job shows its final answers."""

    target: Target
    only: str = present.ALL
    text: str = ""
    sort: SortBy = "input"
    reverse: bool = False

    @property
    def everything(self) -> Selection:
        """Return all results of the target, in input order."""
        batch_keys = tuple(stored.key for stored in self.target.batches)
        return Selection(batch_keys, final=self.target.is_job)

    @property
    def selection(self) -> Selection:
        """Return the results left by filter and outcome, sorted."""
        return replace(
            self.everything,
            only=None if self.only == present.ALL else self.only,
            where=parse_result_filter(self.text),
            sort=self.sort,
            reverse=self.reverse,
        )


class Places:
    """Some positions of a list, in order: 4 bytes each, for as many rows as there are."""

    def __init__(self, positions: array[int] | range) -> None:
        self._positions = positions

    @classmethod
    def of(cls, keys: ResultKeys, among: ResultKeys) -> Places:
        """Return where `keys` stand in others; those that are not there are left out. 100,000 take some 10 ms."""
        wanted = set(keys.packed)
        if not wanted:
            return cls(range(0))
        return cls(array("I", (position for position, packed in enumerate(among.packed) if packed in wanted)))

    def __len__(self) -> int:
        return len(self._positions)

    def __contains__(self, position: int) -> bool:
        at = bisect_left(self._positions, position)
        return at < len(self._positions) and self._positions[at] == position

    def step(self, position: int, step: int) -> int | None:
        """Return the first of the positions after this one, or before it for a negative step, going round."""
        if not self._positions:
            return None
        if step < 0:
            return self._positions[bisect_left(self._positions, position) - 1]
        return self._positions[bisect_right(self._positions, position) % len(self._positions)]


NOWHERE = Places(range(0))


@dataclass(slots=True)
class Found:
    """What a query found: how many rows of each outcome, and the keys of those it left, in order.

    `failed` are the places of the failed among them, None while they are not known.
    """

    query: Query
    counts: dict[str, int]
    keys: ResultKeys
    failed: Places | None = None


def find(reader: Reader, query: Query) -> Found:
    """Run a query and see that its rows can be read; not on the event loop, with 100,000 rows it takes a while."""
    reader.bring_back(query.target)
    selection = query.selection
    return Found(query, reader.count(selection), reader.keys(selection))


def find_first(reader: Reader, query: Query) -> Found | None:
    """Return the first rows of a query if they are known at once, as they are of results that are complete."""
    if reader.is_archived(query.target):
        return None
    keys = reader.first(query.selection, FIRST_ROWS)
    return Found(query, reader.count(query.selection), keys) if keys else None


def find_failed(reader: Reader, found: Found) -> Places:
    """Return where the failed are among the rows of a query; not on the event loop."""
    selection = found.query.selection
    if selection.only == SUCCEEDED or not found.counts.get(FAILED):
        return NOWHERE
    if selection.only == FAILED:
        return Places(range(len(found.keys)))
    return Places.of(reader.keys(replace(selection, only=FAILED, sort="input", reverse=False)), found.keys)


class Hunt:
    """A search and what it has found so far; `places` are the hits among the rows shown."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.hits = ResultKeys()
        self.places = NOWHERE
        self.is_over = False

    @property
    def name(self) -> str:
        """Return what is looked for, as it was typed."""
        return f"/{self.search.text}/" if self.search.regex else f"“{self.search.text}”"

    def add(self, hits: ResultKeys) -> None:
        """Take some more hits."""
        self.hits = ResultKeys(self.hits.packed + hits.packed)

    def place(self, shown: ResultKeys) -> None:
        """Find the hits among other rows."""
        self.places = Places.of(self.hits, shown)


class ResultsSource:
    """Gives the rows found to a table. A row that cannot be read is told of and stays empty.

    Those in which a search has found something show where.
    """

    def __init__(
        self, workbench: Workbench, found: Found, on_error: Callable[[StoreError], object], hunt: Hunt | None = None
    ) -> None:
        self._reader = workbench.reader
        self._found = found
        self._on_error = on_error
        self._hunt = hunt

    def __len__(self) -> int:
        return len(self._found.keys)

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the cells of some rows."""
        hits: Collection[int] = [at for at in range(start, stop) if self._hunt and at in self._hunt.places]
        try:
            rows = self._reader.rows(self._found.keys[start:stop])
            return [
                present.cells(row, self._excerpt(row) if position in hits else None)
                for position, row in enumerate(rows, start)
            ]
        except StoreError as error:
            self._on_error(error)
            return []

    def key_at(self, index: int) -> ResultKey:
        """Return the key of a row."""
        return self._found.keys[index]

    def index_of(self, key: ResultKey) -> int | None:
        """Return where a row is."""
        return self._found.keys.position(key)

    def _excerpt(self, row: StoredResult) -> str | None:
        if self._hunt is None or row.length > EXCERPT_LINE_BYTES:
            return None
        return excerpt(self._reader.line(row), self._hunt.search)
