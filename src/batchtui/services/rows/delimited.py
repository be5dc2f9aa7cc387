"""CSV and TSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from batchtui.domain.errors import DataError
from batchtui.services.rows.data import MAX_RECORD, Data, too_large
from batchtui.services.rows.indexed import IndexedRows, Mark, Scanned
from batchtui.services.rows.model import Kind, unique_names
from batchtui.services.rows.types import Convert, converts

TAB = "\t"
DELIMITERS = ",;\t|"
"""What may stand between the cells of a CSV file; earlier ones win where two fit as well."""

SNIFFED_CHARS = 64 * 1024
SNIFFED_RECORDS = 50

_DELIMITER_LINE = re.compile(r"sep=(.)\r?\n")
"""The first line by which Excel is told the delimiter."""

# A setting of the whole process: the limit of the module would refuse ordinary documents.
csv.field_size_limit(MAX_RECORD)


class DelimitedRows(IndexedRows):
    """The records of a CSV or TSV file, whose first one names the columns.

    Blank lines are passed over; every record has as many cells as there are columns. With `types`, columns of
    numbers and of truth values are not text: see the module `types`.
    """

    def __init__(self, data: Data, kind: Kind, *, types: bool) -> None:
        super().__init__(data, kind)
        head = data.text_head(SNIFFED_CHARS)
        named = _DELIMITER_LINE.match(head)
        if kind == "tsv":
            self._delimiter = TAB
        else:
            self._delimiter = named[1] if named else sniffed_delimiter(head)
        records = self._records(len(named[0]), 2) if named else self._records(0, 1)
        first = next(records, None)
        if first is None:
            raise DataError(f"{data.source}: it is empty.", todo="Its first line has to name the columns.")
        self.columns = unique_names(first[0])
        second = next(records, None)
        self._marks = [Mark(1, *(second or first)[1:])]
        self._typed: dict[str, Convert] = {}
        if second is None:
            self._count = 0
        elif types:
            self._typed = converts(self._sample())

    def _scan(self, mark: Mark) -> Iterator[Scanned]:
        if self._count == 0:
            return
        columns, typed, width = self.columns, list(self._typed.items()), len(self.columns)
        for cells, offset, line in self._records(mark.offset, mark.line):
            if len(cells) != width:
                raise self._wrong_width(len(cells), line)
            values: dict[str, Any] = dict(zip(columns, cells, strict=True))
            for name, convert in typed:
                values[name] = convert(values[name])
            yield values, offset, line

    def _records(self, offset: int, line: int) -> Iterator[tuple[list[str], int, int]]:
        """Yield the cells of each record from a place on, with the offset and the line where it begins."""
        end, lines_before = offset, line - 1
        text = self._data.text(offset)

        def lines() -> Iterator[str]:
            nonlocal end
            for piece in iter(partial(text.readline, MAX_RECORD), ""):
                if "\0" in piece:
                    raise self._zero_byte(lines_before + reader.line_num + 1)
                if len(piece) == MAX_RECORD:
                    raise too_large(self.source, lines_before + reader.line_num + 1)
                end += len(piece) if piece.isascii() else len(piece.encode())
                yield piece

        reader = csv.reader(lines(), delimiter=self._delimiter, strict=True)
        try:
            for cells in reader:
                if cells:
                    yield cells, offset, line
                offset, line = end, lines_before + reader.line_num + 1
        except csv.Error as error:
            raise self._bad_quotes(error, line, lines_before + reader.line_num) from error
        except UnicodeDecodeError:
            self._data.fail_at_bad_bytes()

    def _wrong_width(self, found: int, line: int) -> DataError:
        expected = len(self.columns)
        return DataError(
            f"{self.source}: line {line:,}: {expected:,} cells expected, as in the first line, found {found:,}.",
            todo=f"A cell with a delimiter ({self._delimiter!r}) or a line break in it has to be in quotes.",
            line=line,
        )

    def _bad_quotes(self, error: csv.Error, line: int, last_line: int) -> DataError:
        words = str(error)
        if "unexpected end" in words:
            what = "a quote is opened and never closed"
        elif "expected after" in words:
            what = "there is text after a closing quote"
            if last_line > line:
                what += f" on line {last_line:,}"
        elif "field limit" in words:
            return too_large(self.source, line)
        else:
            what = words
        return DataError(
            f"{self.source}: line {line:,}: {what}.",
            todo='A cell in quotes ends at its next quote; a quote within it is written twice: "".',
            line=line,
        )

    def _zero_byte(self, line: int) -> DataError:
        return DataError(
            f"{self.source}: line {line:,}: there is a zero byte, which no text has.",
            todo="If it is UTF-16, say so with --encoding utf-16-le; else save it as UTF-8 again.",
            line=line,
        )


def sniffed_delimiter(head: str) -> str:
    """Return the delimiter with which most records are as wide as the first, which has two cells or more."""
    best, best_fit = DELIMITERS[0], (0.0, 0)
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        records = list(islice(filter(None, reader), SNIFFED_RECORDS))
        if len(head) == SNIFFED_CHARS and 1 < len(records) < SNIFFED_RECORDS:
            records.pop()
        width = len(records[0]) if records else 0
        fit = (sum(len(cells) == width for cells in records) / max(1, len(records)), width)
        if width > 1 and fit > best_fit:
            best, best_fit = delimiter, fit
    return best
