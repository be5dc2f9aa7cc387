"""Many results at once, with their lines and what was asked: what exports are made of."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from batchtui.domain.errors import StoreError
from batchtui.domain.selection import ResultKey
from batchtui.store.database import Database
from batchtui.store.files import Files, file_errors, rows_beside

INDEX_ROWS = 8_000
"""How many rows are looked up at once. Results come in another order than the input, so that the rows of few keys
lie on most pages of the index, and looking up fewer would read those pages more often."""

BLOCK_BYTES = 2_000_000
"""How many bytes of lines are held at once, unless one line is longer."""

FILES_OPEN = 120
"""How many files are open at once; some systems allow 256 to a process."""


class BulkRow(NamedTuple):
    """What the index says of a result, in the order of the columns of a table of results; `flags` is as stored."""

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


_COLUMNS = """?, r.seq, r.offset, r.length, r.ordinal, r.custom_id, ?, ?, r.type, r.error_type, r.error_message,
    r.stop_reason, r.model, r.input_tokens, r.cache_write_5m, r.cache_write_1h, r.cache_read, r.output_tokens,
    r.thinking_tokens, r.web_searches, r.cost_usd, r.flags"""


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows in the order asked for, each with its exact line.

    `requests` and `data_rows` are the lines a row was made from, None where they are not known; both are empty
    unless they were asked for.
    """

    rows: list[BulkRow]
    lines: list[bytes]
    requests: list[bytes | None]
    data_rows: list[bytes | None]


Place = tuple[int, int, int]
"""Key of a batch, and first byte and length of a line in one of its files."""


class Bulk:
    """Reads any number of results in blocks of a few megabytes, whatever their order.

    Everything here blocks: call it on a thread for that. Raises `StoreError` if a row is not there any more or a
    file is not as the index says.
    """

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    def blocks(self, keys: Sequence[ResultKey], *, joined: bool = False) -> Iterator[Block]:
        """Yield the rows of these keys in their order; `joined` reads requests and data rows too."""
        with closing(_Reading(self._database, self._files)) as reading:
            for start in range(0, len(keys), INDEX_ROWS):
                rows = [BulkRow._make(row) for row in reading.rows(keys[start : start + INDEX_ROWS], _COLUMNS)]
                inputs = reading.inputs(rows) if joined else []
                sizes = [row.length for row in rows]
                if joined:
                    sizes = [size + _length(of) for size, of in zip(sizes, inputs, strict=True)]
                for some in _cut(sizes):
                    yield _block(reading, rows[some], inputs[some])

    def raw(self, keys: Sequence[ResultKey]) -> Iterator[tuple[int, bytes]]:
        """Yield the exact lines of these keys in their order, each with a newline, and how many rows they are."""
        with closing(_Reading(self._database, self._files)) as reading:
            for start in range(0, len(keys), INDEX_ROWS):
                found = reading.rows(keys[start : start + INDEX_ROWS], "?, r.seq, r.offset, r.length, ?, ?")
                runs = _runs([(row[0], row[2], row[3]) for row in found])
                for some in _cut([run.length for run in runs]):
                    yield sum(run.rows for run in runs[some]), b"".join(reading.runs(runs[some]))

    def data_rows(self, keys: Sequence[ResultKey]) -> Iterator[bytes]:
        """Yield the lines of the data rows that these results were made from, as far as they are known."""
        with closing(_Reading(self._database, self._files)) as reading:
            for start in range(0, len(keys), INDEX_ROWS):
                rows = [BulkRow._make(row) for row in reading.rows(keys[start : start + INDEX_ROWS], _COLUMNS)]
                places = [of.data_row for of in reading.inputs(rows) if of is not None and of.data_row is not None]
                for some in _cut([length for _, _, length in places]):
                    yield from reading.lines(_ROWS, places[some])


class _Input(NamedTuple):
    """Where the request of a result is, and the data row it was made from, if any."""

    request: Place
    data_row: Place | None


class _Run(NamedTuple):
    """Lines that follow each other in a results file; `length` is with all their newlines."""

    batch_key: int
    offset: int
    length: int
    rows: int


_RESULTS, _REQUESTS, _ROWS = "results", "requests", "rows"


class _Reading:
    """One reading: the downloads it reads are those that were shown when it first came to them."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files
        self._batches: dict[int, tuple[str, int, int]] = {}
        self._open: dict[tuple[str, int], int] = {}
        self._paths: dict[tuple[str, int], Path] = {}

    def close(self) -> None:
        """Close all files."""
        while self._open:
            os.close(self._open.popitem()[1])

    def rows(self, keys: Sequence[ResultKey], columns: str) -> list[tuple[int, ...]]:
        """Return the rows of these keys in their order; the first two columns are the key of the batch and `seq`.

        The question marks in `columns` become key, id and attempt of the batch.
        """
        asked = list(keys)
        found: dict[ResultKey, tuple[int, ...]] = {}
        for batch_key, seqs in _by_batch(asked).items():
            batch_id, attempt, download_key = self._batch(batch_key)
            # Once the file is open, a download that takes its place makes the rows vanish and not point elsewhere.
            self._file(_RESULTS, batch_key)
            condition, values = _within("r.seq", seqs)
            with self._database.reading() as connection:
                found.update(
                    ((row[0], row[1]), row)
                    for row in connection.execute(
                        f"SELECT {columns} FROM results r WHERE r.download_key = ? AND {condition}",
                        (batch_key, batch_id, attempt, download_key, *values),
                    )
                )
        try:
            return [found[key] for key in asked]
        except KeyError as error:
            raise _gone(self._database.path) from error

    def inputs(self, rows: Sequence[BulkRow]) -> list[_Input | None]:
        """Return what each row was made from, None where its request is not known."""
        found: dict[ResultKey, _Input] = {}
        for batch_key, ordinals in _by_batch([(row.batch_key, row.ordinal) for row in rows]).items():
            condition, values = _within("ordinal", ordinals)
            with self._database.reading() as connection:
                for ordinal, offset, length, row_offset, row_length in connection.execute(
                    "SELECT ordinal, offset, length, row_offset, row_length FROM requests"
                    f" WHERE batch_key = ? AND {condition}",
                    (batch_key, *values),
                ):
                    found[batch_key, ordinal] = _Input(
                        (batch_key, offset, length),
                        None if row_length is None else (batch_key, row_offset, row_length),
                    )
        return [found.get((row.batch_key, row.ordinal)) for row in rows]

    def lines(self, kind: str, places: Sequence[Place]) -> list[bytes]:
        """Return the lines at these places, read in the order of the files."""
        lines = [b""] * len(places)
        for number in sorted(range(len(places)), key=places.__getitem__):
            batch_key, offset, length = places[number]
            line = self._read(kind, batch_key, offset, length)
            if len(line) != length:
                raise _unlike(self._paths[kind, batch_key])
            lines[number] = line
        return lines

    def known(self, kind: str, places: Sequence[Place | None]) -> list[bytes | None]:
        """Return the lines at these places, None where there is none."""
        lines = iter(self.lines(kind, [place for place in places if place is not None]))
        return [None if place is None else next(lines) for place in places]

    def runs(self, runs: Sequence[_Run]) -> list[bytes]:
        """Return the bytes of these runs, every line with its newline, read in the order of the files."""
        read = [b""] * len(runs)
        for number in sorted(range(len(runs)), key=runs.__getitem__):
            batch_key, offset, length, rows = runs[number]
            data = self._read(_RESULTS, batch_key, offset, length)
            if len(data) == length - 1:
                # The last line of a file may have no newline.
                data += b"\n"
            if len(data) != length or data.count(b"\n") != rows:
                raise _unlike(self._paths[_RESULTS, batch_key])
            read[number] = data
        return read

    def _batch(self, batch_key: int) -> tuple[str, int, int]:
        if batch_key not in self._batches:
            with self._database.reading() as connection:
                row: sqlite3.Row | None = connection.execute(
                    "SELECT id, attempt, download_key FROM batches WHERE key = ? AND download_key IS NOT NULL",
                    (batch_key,),
                ).fetchone()
            if row is None:
                raise _gone(self._database.path)
            self._batches[batch_key] = (row[0], row[1], row[2])
        return self._batches[batch_key]

    def _read(self, kind: str, batch_key: int, offset: int, length: int) -> bytes:
        descriptor = self._file(kind, batch_key)
        try:
            return os.pread(descriptor, length, offset)
        except OSError as error:
            raise _unreadable(self._paths[kind, batch_key], error) from error

    def _file(self, kind: str, batch_key: int) -> int:
        """Return a descriptor of a file of a batch."""
        descriptor = self._open.get((kind, batch_key))
        if descriptor is None:
            if len(self._open) == FILES_OPEN:
                os.close(self._open.pop(next(iter(self._open))))
            path, descriptor = _opened(self._candidates(kind, batch_key))
            self._paths[kind, batch_key] = path
            self._open[kind, batch_key] = descriptor
        return descriptor

    def _candidates(self, kind: str, batch_key: int) -> list[Path]:
        """Return where a file is; one that is being downloaded may get its name at any moment."""
        batch_id, _, download_key = self._batch(batch_key)
        if kind == _RESULTS:
            return [self._files.part_path(batch_id, download_key), self._files.results_path(batch_id)]
        requests = self._files.requests_path(batch_id)
        return [requests if kind == _REQUESTS else rows_beside(requests)]


def _block(reading: _Reading, rows: list[BulkRow], inputs: list[_Input | None]) -> Block:
    return Block(
        rows,
        reading.lines(_RESULTS, [(row.batch_key, row.offset, row.length) for row in rows]),
        reading.known(_REQUESTS, [None if of is None else of.request for of in inputs]),
        reading.known(_ROWS, [None if of is None else of.data_row for of in inputs]),
    )


def _by_batch(pairs: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for batch_key, number in pairs:
        numbers[batch_key].append(number)
    return numbers


def _within(column: str, numbers: list[int]) -> tuple[str, list[int]]:
    """Return a condition for these numbers, and its values; without gaps a range is much faster."""
    first, last = min(numbers), max(numbers)
    if last - first + 1 == len(numbers):
        return f"{column} BETWEEN ? AND ?", [first, last]
    return f"{column} IN ({', '.join('?' * len(numbers))})", numbers


def _runs(places: list[Place]) -> list[_Run]:
    """Return lines as runs of those that follow each other, none longer than a block unless one line is."""
    runs: list[_Run] = []
    for batch_key, offset, length in places:
        with_newline = length + 1
        if runs:
            last = runs[-1]
            adjacent = last.batch_key == batch_key and last.offset + last.length == offset
            if adjacent and last.length + with_newline <= BLOCK_BYTES:
                runs[-1] = _Run(batch_key, last.offset, last.length + with_newline, last.rows + 1)
                continue
        runs.append(_Run(batch_key, offset, with_newline, 1))
    return runs


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


def _length(of: _Input | None) -> int:
    if of is None:
        return 0
    return of.request[2] + (of.data_row[2] if of.data_row else 0)


def _opened(candidates: list[Path]) -> tuple[Path, int]:
    """Open the first of these files that is there."""
    *before, last = candidates
    for path in before:
        try:
            return path, os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
    with file_errors(last):
        return last, os.open(last, os.O_RDONLY)


def _gone(path: Path) -> StoreError:
    return StoreError(
        f"{path}: a result that was shown is not there any more.",
        unharmed="Nothing was changed.",
        todo="Open the results again.",
    )


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: {(error.strerror or str(error)).lower()}.",
        unharmed="Nothing was changed.",
        todo="Check the disk and try again.",
    )


def _unlike(path: Path) -> StoreError:
    return StoreError(
        f"{path}: it is not as the index says.",
        unharmed="Nothing was changed.",
        todo="`batchtui doctor --repair` builds the index again from the files.",
    )
