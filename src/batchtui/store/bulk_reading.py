"""The files that many results are read from, and where in them each line is."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from batchtui.domain.errors import StoreError, os_reason
from batchtui.domain.selection import SEQ_BITS, pack, unpack
from batchtui.store.bodies import descriptor_of
from batchtui.store.database import Database
from batchtui.store.files import Files, file_errors, rows_beside

COPY_BYTES = 1 << 18
"""How many bytes are copied at once where lines are only passed on: they should still be in the processor's cache
when they are written."""

MANY_ROWS = 4_000
"""From how many rows at once on their whole file is called for in advance: they are read in another order than they
lie in, which takes a cold disk half a minute for what it reads in a second from front to back."""

AHEAD_BYTES = 1 << 20
"""How much of a file is called for at once; systems cut what is more."""

FILES_OPEN = 120
"""How many files are open at once; some systems allow 256 to a process."""

Row = tuple[Any, ...]
"""Key of the batch, number, first byte and length of the line, ordinal, and whatever else was asked for.

Tuples without names, because those cost the garbage collector nothing, however many there are.
"""

Place = tuple[int, int, int]
"""Key of a batch, and first byte and length of a line in one of its files."""

RESULTS, REQUESTS, ROWS = "results", "requests", "rows"
"""The files of a batch."""

_NEWLINE = b"\n"
_SEQ = itemgetter(1)


class Input(NamedTuple):
    """Where the request of a result is, and the data row it was made from, if any."""

    request: Place
    data_row: Place | None


class Run(NamedTuple):
    """Lines that follow each other in a results file; `length` is with all their newlines."""

    batch_key: int
    offset: int
    length: int
    lines: int


class Reading:
    """One reading: the downloads it reads are those that were shown when it first came to them.

    Lines are checked to end where the index says they do; of lines that are copied as one, the last is.
    """

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files
        self._batches: dict[int, tuple[str, int, int]] = {}
        self._open: dict[tuple[str, int], int] = {}
        self._paths: dict[tuple[str, int], Path] = {}
        self._placed = -1
        self._offsets, self._lengths = array("q"), array("q")

    def close(self) -> None:
        """Close all files."""
        while self._open:
            os.close(self._open.popitem()[1])

    def rows(self, keys: array[int], columns: str) -> list[Row]:
        """Return the rows of these packed keys in their order; `columns` begin as every `Row` does."""
        found: dict[int, Row] = {}
        for batch_key, seqs in _by_batch(keys).items():
            batch_id, attempt, download_key = self._batch(batch_key)
            # Once the file is open, a download that takes its place makes the rows vanish and not point elsewhere.
            self._file(RESULTS, batch_key, read_ahead=len(seqs) >= MANY_ROWS)
            condition, values = _within("r.seq", seqs)
            with self._database.reading() as connection:
                rows = connection.execute(
                    f"SELECT {columns} FROM results r WHERE r.download_key = ?4 AND {condition}",
                    (batch_key, batch_id, attempt, download_key, *values),
                ).fetchall()
            if len(seqs) == len(keys):
                return self._in_order(dict(zip(map(_SEQ, rows), rows, strict=True)), seqs)
            found.update(zip([pack((batch_key, row[1])) for row in rows], rows, strict=True))
        return self._in_order(found, keys)

    def places(self, keys: array[int]) -> list[Place]:
        """Return where the lines of these packed keys are."""
        return [(row[0], row[2], row[3]) for row in self.rows(keys, "?1, r.seq, r.offset, r.length, ?2, ?3")]

    def scattered(self, keys: array[int]) -> Iterator[tuple[int, bytes]] | None:
        """Return many lines of one batch, in any order and with their newlines, piece by piece.

        Each piece goes with its number of lines. None where they are few, or not all of one batch. It goes through
        all rows of that batch once, which is faster than looking them up, and keeps 16 bytes of each.
        """
        batch_key = keys[0] >> SEQ_BITS
        if len(keys) < MANY_ROWS or min(keys) >> SEQ_BITS != batch_key or max(keys) >> SEQ_BITS != batch_key:
            return None
        if batch_key != self._placed:
            self._placed, self._offsets, self._lengths = batch_key, *self._all_places(batch_key)
        first = pack((batch_key, 0))
        try:
            offsets = [self._offsets[key - first] for key in keys]
            sizes = [self._lengths[key - first] + 1 for key in keys]
        except IndexError as error:
            raise _gone(self._database.path) from error
        return self._pieces(batch_key, offsets, sizes)

    def _pieces(self, batch_key: int, offsets: list[int], sizes: list[int]) -> Iterator[tuple[int, bytes]]:
        descriptor = self._file(RESULTS, batch_key)
        ends = list(accumulate(sizes))
        start = before = 0
        while start < len(ends):
            stop = max(start + 1, bisect_right(ends, before + COPY_BYTES))
            # A loop over `_read` takes twice as long.
            try:
                lines = list(map(os.pread, repeat(descriptor), sizes[start:stop], offsets[start:stop]))
            except OSError as error:
                raise _unreadable(self._paths[RESULTS, batch_key], error) from error
            data = b"".join(lines)
            if len(data) != ends[stop - 1] - before or not all(map(bytes.endswith, lines, repeat(_NEWLINE))):
                # The last line of a file may be without its newline; any other is not as it should be.
                places = [(batch_key, *place) for place in zip(offsets[start:stop], sizes[start:stop], strict=True)]
                data = self.joined_lines(RESULTS, [(key, offset, size - 1) for key, offset, size in places])
            yield stop - start, data
            start, before = stop, ends[stop - 1]

    def run(self, keys: array[int]) -> Run | None:
        """Return where the lines of these packed keys are if they follow each other in a file, in this order."""
        (batch_key, first), last = unpack(keys[0]), unpack(keys[-1])
        if last != (batch_key, first + len(keys) - 1) or keys != array("q", range(keys[0], keys[-1] + 1)):
            return None
        _, _, download_key = self._batch(batch_key)
        self._file(RESULTS, batch_key)
        with self._database.reading() as connection:
            offset, end, length, lines = connection.execute(
                "SELECT min(offset), max(offset + length + 1), sum(length + 1), count(*) FROM results"
                " WHERE download_key = ? AND seq BETWEEN ? AND ?",
                (download_key, first, last[1]),
            ).fetchone()
        if lines != len(keys):
            raise _gone(self._database.path)
        return Run(batch_key, offset, length, lines) if end - offset == length else None

    def copy(self, run: Run) -> Iterator[tuple[int, bytes]]:
        """Yield the bytes of a run piece by piece, its number of lines with the last of them, which ends a line."""
        batch_key, offset, length, lines = run
        end = offset + length
        while offset < end:
            data = self._read(RESULTS, batch_key, offset, min(COPY_BYTES, end - offset))
            if offset + len(data) == end - 1 and len(data) < COPY_BYTES:
                # The last line of a file may be without its newline.
                data += _NEWLINE
            offset += len(data)
            if not data or (offset == end and not data.endswith(_NEWLINE)):
                raise _unlike(self._paths[RESULTS, batch_key])
            yield lines if offset == end else 0, data

    def inputs(self, rows: Sequence[Row]) -> list[Input | None]:
        """Return what each row was made from, None where its request is not known."""
        asked = array("q", [pack((row[0], row[4])) for row in rows])
        found: dict[int, Input] = {}
        for batch_key, ordinals in _by_batch(asked).items():
            condition, values = _within("ordinal", ordinals)
            with self._database.reading() as connection:
                for ordinal, offset, length, row_offset, row_length in connection.execute(
                    "SELECT ordinal, offset, length, row_offset, row_length FROM requests"
                    f" WHERE batch_key = ? AND {condition}",
                    (batch_key, *values),
                ):
                    found[pack((batch_key, ordinal))] = Input(
                        (batch_key, offset, length),
                        None if row_length is None else (batch_key, row_offset, row_length),
                    )
        return [found.get(key) for key in asked]

    def lines(self, kind: str, places: list[Place]) -> list[bytes]:
        """Return the lines at these places; they are read in the order of the files."""
        together = self._lines_together(kind, places)
        if together is not None:
            return together
        lines = [b""] * len(places)
        for number in sorted(range(len(places)), key=places.__getitem__):
            batch_key, offset, length = places[number]
            line = self._read(kind, batch_key, offset, length + 1)
            if len(line) > length and line.endswith(_NEWLINE):
                lines[number] = line[:-1]
            elif len(line) == length:
                lines[number] = line
            else:
                raise _unlike(self._paths[kind, batch_key])
        return lines

    def joined_lines(self, kind: str, places: list[Place]) -> bytes:
        """Return the lines at these places as one, each with a newline."""
        lines = self.lines(kind, places)
        data = _NEWLINE.join([*lines, b""])
        if data.count(_NEWLINE) != len(lines):
            raise _unlike(self._paths[kind, places[0][0]])
        return data

    def _lines_together(self, kind: str, places: list[Place]) -> list[bytes] | None:
        """Return the lines at these places if they follow each other in one file, read at once."""
        if not places:
            return []
        (batch_key, start, _), (last_batch_key, last, last_length) = places[0], places[-1]
        size = last + last_length - start
        if batch_key != last_batch_key or size != sum(length for _, _, length in places) + len(places) - 1:
            return None
        if sorted(places) != places:
            return None
        data = self._read(kind, batch_key, start, size + 1)
        lines = data.split(_NEWLINE)
        if not lines[-1]:
            lines.pop()
        if len(data) < size or (len(data) > size and not data.endswith(_NEWLINE)) or len(lines) != len(places):
            raise _unlike(self._paths[kind, batch_key])
        return lines

    def known(self, kind: str, places: Sequence[Place | None]) -> list[bytes | None]:
        """Return the lines at these places, None where there is none."""
        lines = iter(self.lines(kind, [place for place in places if place is not None]))
        return [None if place is None else next(lines) for place in places]

    def _all_places(self, batch_key: int) -> tuple[array[int], array[int]]:
        """Return first byte and length of each line of a batch."""
        _, _, download_key = self._batch(batch_key)
        self._file(RESULTS, batch_key, read_ahead=True)
        offsets, lengths = array("q"), array("q")
        with self._database.reading() as connection:
            for offset, length in connection.execute(
                "SELECT offset, length FROM results WHERE download_key = ? ORDER BY seq", (download_key,)
            ):
                offsets.append(offset)
                lengths.append(length)
        return offsets, lengths

    def _in_order(self, found: Mapping[int, Row], keys: Iterable[int]) -> list[Row]:
        try:
            return list(map(found.__getitem__, keys))
        except KeyError as error:
            raise _gone(self._database.path) from error

    def _batch(self, batch_key: int) -> tuple[str, int, int]:
        """Return id, attempt and download of a batch."""
        if batch_key not in self._batches:
            with self._database.reading() as connection:
                row = connection.execute(
                    "SELECT id, attempt, download_key FROM batches WHERE key = ? AND download_key IS NOT NULL",
                    (batch_key,),
                ).fetchone()
            if row is None:
                raise _gone(self._database.path)
            self._batches[batch_key] = (row[0], row[1], row[2])
        return self._batches[batch_key]

    def _read(self, kind: str, batch_key: int, offset: int, length: int) -> bytes:
        descriptor = self._open.get((kind, batch_key)) or self._file(kind, batch_key)
        try:
            return os.pread(descriptor, length, offset)
        except OSError as error:
            raise _unreadable(self._paths[kind, batch_key], error) from error

    def _file(self, kind: str, batch_key: int, *, read_ahead: bool = False) -> int:
        """Return a descriptor of a file of a batch; the one opened first is closed if too many are open."""
        descriptor = self._open.get((kind, batch_key))
        if descriptor is None:
            if len(self._open) == FILES_OPEN:
                os.close(self._open.pop(next(iter(self._open))))
            path, descriptor = _opened(self._candidates(kind, batch_key))
            self._paths[kind, batch_key] = path
            self._open[kind, batch_key] = descriptor
            if read_ahead:
                _read_ahead(descriptor)
        return descriptor

    def _candidates(self, kind: str, batch_key: int) -> list[Path]:
        """Return where a file may be; one that is being downloaded may get its name at any moment."""
        batch_id, _, download_key = self._batch(batch_key)
        if kind == RESULTS:
            return [self._files.part_path(batch_id, download_key), self._files.results_path(batch_id)]
        requests = self._files.requests_path(batch_id)
        return [requests if kind == REQUESTS else rows_beside(requests)]


def _by_batch(packed: array[int]) -> dict[int, list[int]]:
    """Return the numbers of packed keys by their batch."""
    smallest, largest = min(packed), max(packed)
    batch_key, number = unpack(smallest)
    if unpack(largest)[0] == batch_key:
        first = smallest - number
        return {batch_key: [key - first for key in packed]}
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for key in packed:
        batch_key, number = unpack(key)
        numbers[batch_key].append(number)
    return numbers


def _within(column: str, numbers: list[int]) -> tuple[str, list[int]]:
    """Return a condition that these numbers meet, and its values; without gaps a range is much faster."""
    first, last = min(numbers), max(numbers)
    if last - first + 1 == len(numbers):
        return f"{column} BETWEEN ? AND ?", [first, last]
    return f"{column} IN ({', '.join('?' * len(numbers))})", numbers


def _opened(candidates: list[Path]) -> tuple[Path, int]:
    """Open the first of these files that is there."""
    *before, last = candidates
    for path in before:
        try:
            return path, os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
    with file_errors(last):
        return last, descriptor_of(last)


def _read_ahead(descriptor: int) -> None:
    """Let the system read a whole file into memory meanwhile, where it can be asked to."""
    if hasattr(os, "posix_fadvise"):
        for offset in range(0, os.fstat(descriptor).st_size, AHEAD_BYTES):
            os.posix_fadvise(descriptor, offset, AHEAD_BYTES, os.POSIX_FADV_WILLNEED)


def _gone(path: Path) -> StoreError:
    return StoreError(
        f"{path}: a result that was shown is not there any more.",
        unharmed="Nothing was changed.",
        todo="Open the results again.",
    )


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: {os_reason(error)}.",
        unharmed="Nothing was changed.",
        todo="Check the disk and try again.",
    )


def _unlike(path: Path) -> StoreError:
    return StoreError(
        f"{path}: it is not as the index says.",
        unharmed="Nothing was changed.",
        todo="`batchtui doctor --repair` builds the index again from the files.",
    )
