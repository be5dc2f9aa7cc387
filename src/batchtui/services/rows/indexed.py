"""Rows of text files: streamed, with marks on the way to come back to."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

from batchtui.domain.errors import DataError
from batchtui.services.rows.data import Data
from batchtui.services.rows.model import SAMPLE_ROWS, Kind, Row, Rows, no_such_row

BATCH_BYTES = 256 * 1024
"""About how many bytes are read and looked at together; there is a mark for each batch."""

SAMPLE_BYTES = 4 * 1024 * 1024
"""Where a sample ends if its rows are large."""


class Mark(NamedTuple):
    """Where a row begins: its number, its offset in bytes, its line."""

    number: int
    offset: int
    line: int


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
    def _scan(self, mark: Mark) -> Iterator[Row]:
        """Yield all rows from a mark on, and remember a mark now and then."""

    def __iter__(self) -> Iterator[Row]:
        return self._scan(self._marks[0])

    def at(self, number: int) -> Row:
        """Return one row, read from the last mark before it."""
        if number >= 1 and (self._count is None or number <= self._count):
            mark = self._marks[bisect_right(self._marks, number, key=lambda mark: mark.number) - 1]
            for row in self._scan(mark):
                if row.number == number:
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
        """Yield the values of the first rows, as far as they can be read: whoever reads on meets the trouble."""
        with suppress(DataError):
            for row in islice(self, SAMPLE_ROWS):
                yield row.values
                if self._marks[-1].offset > SAMPLE_BYTES:
                    return

    def _remember(self, number: int, offset: int, line: int) -> None:
        with self._marking:
            if number > self._marks[-1].number:
                self._marks.append(Mark(number, offset, line))
