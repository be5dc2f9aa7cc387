"""Many results at once, with their lines and what was asked: what exports are made of."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from batchtui.domain.selection import ResultKey, ResultKeys
from batchtui.store.bulk_reading import REQUESTS, RESULTS, ROWS, Input, Reading, Row
from batchtui.store.database import Database
from batchtui.store.files import Files

INDEX_ROWS = 16_000
"""How many rows are looked up at once. Results come in another order than the input, so that the rows of few keys
lie on most pages of the index, and looking up fewer would read those pages more often."""

BLOCK_BYTES = 500_000
"""How many bytes of lines are held at once, unless one line is longer."""


class BulkRow(NamedTuple):
    """What a `Row` is: from `custom_id` on in the order of a table of results, `flags` as they are stored.

    `note` is None where there is none.
    """

    batch_key: int
    seq: int
    offset: int
    length: int
    ordinal: int
    custom_id: str
    batch_id: str
    attempt: int
    type: str
    error_type: str | None
    error_message: str | None
    stop_reason: str | None
    model: str | None
    input_tokens: int
    cache_write_5m: int
    cache_write_1h: int
    cache_read: int
    output_tokens: int
    thinking_tokens: int
    web_searches: int
    cost_usd: float | None
    flags: str
    note: str | None


_PLACES = "?1, r.seq, r.offset, r.length, r.ordinal"

_COLUMNS = f"""{_PLACES}, r.custom_id, ?2, ?3, r.type, r.error_type, r.error_message, r.stop_reason, r.model,
    r.input_tokens, r.cache_write_5m, r.cache_write_1h, r.cache_read, r.output_tokens, r.thinking_tokens,
    r.web_searches, r.cost_usd, r.flags, """

_NOTE = "(SELECT nullif(m.note, '') FROM remarks m WHERE m.batch_key = ?1 AND m.custom_id = r.custom_id)"


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows in the order asked for, each with its exact line.

    `requests` and `data_rows` are the lines a row was made from, None where they are not known; both are empty
    unless they were asked for.
    """

    rows: list[Row]
    lines: list[bytes]
    requests: list[bytes | None]
    data_rows: list[bytes | None]


class Bulk:
    """Reads any number of results in blocks of half a megabyte, whatever their order.

    Everything here blocks: call it on a thread for that. Raises `StoreError` if a row is not there any more or a
    file is not as the index says.
    """

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    def blocks(self, keys: Sequence[ResultKey], *, joined: bool = False) -> Iterator[Block]:
        """Yield the rows of these keys in their order; `joined` reads requests and data rows too."""
        with closing(Reading(self._database, self._files)) as reading:
            columns = _COLUMNS + (_NOTE if self._is_anything_noted() else "NULL")
            for some_keys in _chunks(keys):
                rows = reading.rows(some_keys, columns)
                inputs = reading.inputs(rows) if joined else []
                sizes = [row[3] for row in rows]
                if joined:
                    sizes = [size + _length(of) for size, of in zip(sizes, inputs, strict=True)]
                for some in _cut(sizes):
                    yield _block(reading, rows[some], inputs[some])

    def _is_anything_noted(self) -> bool:
        """Return whether there are notes at all: to look for one costs a tenth of what a row takes."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT EXISTS (SELECT 1 FROM remarks WHERE note <> '')").fetchone()
        return bool(row[0])

    def raw(self, keys: Sequence[ResultKey]) -> Iterator[tuple[int, bytes]]:
        """Yield the exact lines of these keys in their order, each with a newline, and how many are done."""
        with closing(Reading(self._database, self._files)) as reading:
            for some_keys in _chunks(keys):
                if (run := reading.run(some_keys)) is not None:
                    yield from reading.copy(run)
                    continue
                if (pieces := reading.scattered(some_keys)) is not None:
                    yield from pieces
                    continue
                places = reading.places(some_keys)
                for some in _cut([length for _, _, length in places]):
                    yield len(places[some]), reading.joined_lines(RESULTS, places[some])

    def lines(self, keys: Sequence[ResultKey]) -> Iterator[bytes]:
        """Yield the exact lines of these keys in their order."""
        with closing(Reading(self._database, self._files)) as reading:
            for some_keys in _chunks(keys):
                places = reading.places(some_keys)
                for some in _cut([length for _, _, length in places]):
                    yield from reading.lines(RESULTS, places[some])

    def inputs(self, keys: Sequence[ResultKey], kind: str) -> Iterator[bytes | None]:
        """Yield for each of these keys the line of its `REQUESTS` or `ROWS`, None where that is not known."""
        with closing(Reading(self._database, self._files)) as reading:
            for some_keys in _chunks(keys):
                inputs = reading.inputs(reading.rows(some_keys, _PLACES))
                places = [of and (of.request if kind == REQUESTS else of.data_row) for of in inputs]
                for some in _cut([place[2] if place else 0 for place in places]):
                    yield from reading.known(kind, places[some])

    def data_rows(self, keys: Sequence[ResultKey]) -> Iterator[bytes]:
        """Yield the lines of the data rows that these results were made from, as far as they are known."""
        return (line for line in self.inputs(keys, ROWS) if line is not None)


def _block(reading: Reading, rows: list[Row], inputs: list[Input | None]) -> Block:
    return Block(
        rows,
        reading.lines(RESULTS, [(row[0], row[2], row[3]) for row in rows]),
        reading.known(REQUESTS, [None if of is None else of.request for of in inputs]),
        reading.known(ROWS, [None if of is None else of.data_row for of in inputs]),
    )


def _chunks(keys: Sequence[ResultKey]) -> Iterator[array[int]]:
    """Yield keys, packed, as many at once as are looked up at once."""
    packed = keys.packed if isinstance(keys, ResultKeys) else ResultKeys.of(keys).packed
    for start in range(0, len(packed), INDEX_ROWS):
        yield packed[start : start + INDEX_ROWS]


def _cut(sizes: Sequence[int]) -> Iterator[slice]:
    """Yield slices of what has these sizes, each of at most `BLOCK_BYTES` unless one thing alone is larger."""
    start, total = 0, 0
    for number, size in enumerate(sizes):
        if total and total + size > BLOCK_BYTES:
            yield slice(start, number)
            start, total = number, 0
        total += size
    if start < len(sizes):
        yield slice(start, len(sizes))


def _length(of: Input | None) -> int:
    if of is None:
        return 0
    return of.request[2] + (of.data_row[2] if of.data_row else 0)
