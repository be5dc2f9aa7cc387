"""Rows of text files: streamed, with a mark at every so many of them to come back to."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

from batchtui.services.rows.data import Data
from batchtui.services.rows.model import SAMPLE_ROWS, Kind, Row, Rows, no_such_row

MARK_ROWS = 1_000
MARK_BYTES = 1024 * 1024

SAMPLE_BYTES = 4 * 1024 * 1024
"""Where a sample ends if its rows are large."""


class Mark(NamedTuple):
    """Where a row begins: its number, its offset in bytes, its line."""

    number: int
    offset: int
    line: int


Scanned = tuple[dict[str, Any], int, int]
"""What a scan finds: the values of a row, and the offset and the line where it begins."""


class IndexedRows(Rows):
    """Rows that are found one after another in a text.

    Whoever reads them first leaves marks, from which `at` reads on; threads may do so at the same time.
    """

    def __init__(self, data: Data, kind: Kind) -> None:
        self.source = data.source
        self.folder = data.folder
        self.kind = kind
        self._data = data
        self._marks = [Mark(1, 0, 1)]
        self._marking = Lock()
        self._count: int | None = None

    @abstractmethod
    def _scan(self, mark: Mark) -> Iterator[Scanned]:
        """Yield what is found from a mark on."""

    def __iter__(self) -> Iterator[Row]:
        return self._from(self._marks[0])

    def at(self, number: int) -> Row:
        """Return one row, read from the last mark before it."""
        if number >= 1 and (self._count is None or number <= self._count):
            mark = self._marks[bisect_right(self._marks, number, key=lambda mark: mark.number) - 1]
            for row in islice(self._from(mark), number - mark.number, None):
                return row
        raise no_such_row(self, number)

    def count(self) -> int:
        """Return how many rows there are, which is known once all of them were read."""
        if self._count is None:
            self._count = sum(1 for _ in self)
        return self._count

    def close(self) -> None:
        """Close the file."""
        self._data.close()

    def _sample(self) -> Iterator[dict[str, Any]]:
        """Yield the values of the first rows."""
        for values, offset, _ in islice(self._scan(self._marks[0]), SAMPLE_ROWS):
            yield values
            if offset > SAMPLE_BYTES:
                return

    def _from(self, mark: Mark) -> Iterator[Row]:
        number = mark.number
        next_number, next_offset = number + MARK_ROWS, mark.offset + MARK_BYTES
        for values, offset, line in self._scan(mark):
            if number >= next_number or offset >= next_offset:
                self._remember(Mark(number, offset, line))
                next_number, next_offset = number + MARK_ROWS, offset + MARK_BYTES
            yield Row(number, values, line)
            number += 1

    def _remember(self, mark: Mark) -> None:
        with self._marking:
            if mark.number > self._marks[-1].number:
                self._marks.append(mark)
