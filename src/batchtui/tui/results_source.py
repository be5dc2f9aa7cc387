"""The rows of a results table: keys in memory, rows from the store as they are looked at."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from batchtui.domain.errors import StoreError
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.selection import FAILED, ResultKey, SortBy, StoredResult
from batchtui.services.find import Target
from batchtui.services.read import Reader
from batchtui.services.workbench import Workbench
from batchtui.tui.present import results as present
from batchtui.tui.widgets.table_model import Row


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked at: results of a target, narrowed and sorted. A job shows its final answers."""

    target: Target
    only: str = present.ALL
    text: str = ""
    sort: SortBy = "input"
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: how many rows of each outcome, and the keys of those it left, in order.

    `failed_at` are the positions of the failed among them, `index` the position of each key.
    """

    query: Query
    counts: dict[str, int]
    keys: Sequence[ResultKey]
    index: dict[ResultKey, int] = field(repr=False)
    failed_at: Sequence[int] = field(repr=False)

    def failed_from(self, position: int, step: int) -> int | None:
        """Return the first failed position after this one, or before it for a negative step, going round."""
        if not self.failed_at:
            return None
        if step < 0:
            return self.failed_at[bisect_left(self.failed_at, position) - 1]
        return self.failed_at[bisect_right(self.failed_at, position) % len(self.failed_at)]


def body_of(reader: Reader, row: StoredResult, view: present.View) -> present.Body:
    """Return what a view shows of a row, read from the files; raises `StoreError`."""
    if view == "text":
        return present.text_body(row, reader.message(row))
    if view == "JSON":
        return present.json_body(reader.line(row))
    return present.request_body(reader.request_line(row)) if view == "request" else present.usage_body(row)


def find(workbench: Workbench, query: Query) -> Found:
    """Run a query; with 100,000 rows that takes some tenths of a second, so not on the event loop."""
    reader, results = workbench.reader, workbench.store.results
    everything = reader.selection(query.target, final=query.target.is_job, where=parse_result_filter(query.text))
    counts = results.count(everything)
    only = None if query.only == present.ALL else query.only
    keys = reader.keys(replace(everything, only=only, sort=query.sort, reverse=query.reverse))
    index = {key: position for position, key in enumerate(keys)}
    failed = reader.keys(replace(everything, only=FAILED)) if counts.get(FAILED) else ()
    failed_at = sorted(index[key] for key in failed if key in index)
    return Found(query, counts, keys, index, failed_at)


class ResultsSource:
    """Gives the rows found to a table. A row that cannot be read is told of and stays empty."""

    def __init__(self, workbench: Workbench, found: Found, on_error: Callable[[StoreError], object]) -> None:
        self._workbench = workbench
        self._found = found
        self._on_error = on_error

    def __len__(self) -> int:
        return len(self._found.keys)

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the cells of some rows."""
        try:
            return [present.cells(row) for row in self._workbench.store.results.rows(self._found.keys[start:stop])]
        except StoreError as error:
            self._on_error(error)
            return []

    def key_at(self, index: int) -> ResultKey:
        """Return the key of a row."""
        return self._found.keys[index]

    def index_of(self, key: ResultKey) -> int | None:
        """Return where a row is."""
        return self._found.index.get(key)
