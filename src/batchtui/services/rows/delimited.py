"""CSV and TSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from batchtui.domain.errors import DataError
from batchtui.domain.human import counted
from batchtui.services.rows.data import MAX_RECORD, Data, too_large
from batchtui.services.rows.indexed import BATCH_BYTES, IndexedRows, Mark
from batchtui.services.rows.model import Kind, Row, unique_names
from batchtui.services.rows.types import Convert, converts

TAB = "\t"
DELIMITERS = ",;\t|"
"""What may stand between the cells of a CSV file; earlier ones win where two fit as well."""

SNIFFED_CHARS = 64 * 1024
SNIFFED_RECORDS = 50

_DELIMITER_LINE = re.compile(rf"sep=([{DELIMITERS}])\r?\n")
"""The first line by which Excel is told the delimiter."""

_SPACED = re.compile(r' +"')

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
        self._is_spaced = is_spaced(head, self._delimiter)
        if named:
            self._marks = [Mark(1, len(named[0].encode()), 2)]
        self.columns, self._marks[0] = self._read_header()
        self._typed: dict[str, Convert] = {}
        if types:
            self._typed = converts(self._sample())

    def _read_header(self) -> tuple[tuple[str, ...], Mark]:
        records = self._records(self._marks[0])
        try:
            names = next(filter(None, records.reader), None)
        except (csv.Error, UnicodeDecodeError) as error:
            raise records.told(error, self._marks[0].line) from error
        if names is None:
            raise DataError(f"{self.source}: it is empty.", todo="Its first line has to name the columns.")
        return unique_names(names), Mark(1, records.next_offset(), records.first_line + records.reader.line_num)

    def _scan(self, mark: Mark) -> Iterator[Row]:
        columns, width, typed = self.columns, len(self.columns), list(self._typed.items())
        number, line = mark.number, mark.line
        records = self._records(mark)
        reader, first_line = records.reader, records.first_line
        try:
            for cells in reader:
                if len(cells) == width:
                    values: dict[str, Any] = dict(zip(columns, cells, strict=False))
                    for name, convert in typed:
                        values[name] = convert(values[name])
                    yield Row(number, values, line)
                    number += 1
                elif cells:
                    raise self._wrong_width(len(cells), line)
                line = first_line + reader.line_num
                if records.is_in_new_batch:
                    records.is_in_new_batch = False
                    self._remember(number, records.next_offset(), line)
        except (csv.Error, UnicodeDecodeError) as error:
            raise records.told(error, line) from error
        self._count = number - 1

    def _records(self, mark: Mark) -> _Records:
        return _Records(self._data, mark, delimiter=self._delimiter, is_spaced=self._is_spaced)

    def _wrong_width(self, found: int, line: int) -> DataError:
        expected = counted(len(self.columns), "cell")
        return DataError(
            f"{self.source}: line {line:,}: {expected} expected, as in the first line, found {found:,}.",
            todo=f"A cell with a delimiter ({self._delimiter!r}) or a line break in it has to be in quotes.",
            line=line,
        )


class _Records:
    """A reader of the records from a mark on, and where it is in the file.

    The file is read in batches of lines; `is_in_new_batch` is set when another one is begun.
    """

    def __init__(self, data: Data, mark: Mark, *, delimiter: str, is_spaced: bool) -> None:
        self.first_line = mark.line
        self.is_in_new_batch = False
        self._data = data
        self._batch: list[str] = []
        self._batch_offset = mark.offset
        self._lines_before = 0
        self.reader = csv.reader(self._lines(), delimiter=delimiter, skipinitialspace=is_spaced, strict=True)

    def next_offset(self) -> int:
        """Return where the record after the one that was read begins, in bytes."""
        read = self._batch[: self.reader.line_num - self._lines_before]
        return self._batch_offset + len("".join(read).encode())

    def told(self, error: Exception, line: int) -> DataError:
        """Return the error that says what is wrong with the record that begins on a line."""
        words = str(error)
        if isinstance(error, UnicodeDecodeError):
            self._data.fail_at_bad_bytes()
        if "field limit" in words:
            return too_large(self._data.source, f"a cell of line {line:,}", line)
        if "unexpected end" in words:
            words = "a quote is opened and never closed"
        elif "expected after" in words:
            last_line = self.first_line + self.reader.line_num - 1
            where = f" on line {last_line:,}" if last_line > line else ""
            words = f"there is text after a closing quote{where}"
        return DataError(
            f"{self._data.source}: line {line:,}: {words}.",
            todo='A cell in quotes ends at its next quote; a quote within it is written twice: "".',
            line=line,
        )

    def _lines(self) -> Iterator[str]:
        text = self._data.text(self._batch_offset)
        offset = self._batch_offset
        while batch := text.readlines(BATCH_BYTES):
            self._lines_before += len(self._batch)
            self._batch, self._batch_offset = batch, offset
            self.is_in_new_batch = True
            whole = "".join(batch)
            if "\0" in whole:
                raise self._zero_byte()
            offset += len(whole) if whole.isascii() else len(whole.encode())
            yield from batch

    def _zero_byte(self) -> DataError:
        before = next(number for number, piece in enumerate(self._batch) if "\0" in piece)
        line = self.first_line + self._lines_before + before
        return DataError(
            f"{self._data.source}: line {line:,}: there is a zero byte, which no text has.",
            todo="If it is UTF-16, say so with --encoding utf-16-le; else save it as UTF-8 again.",
            line=line,
        )


def sniffed_delimiter(head: str) -> str:
    """Return the delimiter with which most records are as wide as the first, which has two cells or more."""
    best, best_fit = DELIMITERS[0], (0.0, 0)
    for delimiter in DELIMITERS:
        records = _first_records(head, delimiter)
        width = len(records[0]) if records else 0
        fit = (sum(len(cells) == width for cells in records) / max(1, len(records)), width)
        if width > 1 and fit > best_fit:
            best, best_fit = delimiter, fit
    return best


def is_spaced(head: str, delimiter: str) -> bool:
    """Return whether there are spaces between delimiters and quotes; they then belong to no cell."""

    def has_spaced_quotes(*, is_spaced: bool) -> bool:
        records = _first_records(head, delimiter, is_spaced=is_spaced)
        return any(_SPACED.match(cell) for cells in records for cell in cells)

    # A cell that is still like that then has the spaces within its quotes.
    return has_spaced_quotes(is_spaced=False) and not has_spaced_quotes(is_spaced=True)


def _first_records(head: str, delimiter: str, *, is_spaced: bool = False) -> list[list[str]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=is_spaced)
    records = list(islice(filter(None, reader), SNIFFED_RECORDS))
    if len(head) == SNIFFED_CHARS and 1 < len(records) < SNIFFED_RECORDS:
        # The last one is cut.
        records.pop()
    return records
