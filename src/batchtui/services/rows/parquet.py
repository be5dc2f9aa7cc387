"""Rows of a Parquet file, for which the extra `parquet` is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import DataError, InputError
from batchtui.services.rows.data import Data
from batchtui.services.rows.model import Row, Rows, no_such_row, unique_names
from batchtui.services.rows.values import json_value

if TYPE_CHECKING:
    from pyarrow import Array
    from pyarrow.parquet import ParquetFile

BATCH_ROWS = 1_000


class ParquetRows(Rows):
    """The rows of a Parquet file; see `json_value` for what becomes of values that JSON does not have."""

    def __init__(self, data: Data) -> None:
        self.source = data.source
        self.kind = "parquet"
        self.folder = data.folder
        self._data = data
        self._metadata = None
        with self._errors():
            file = self._opened()
            self._metadata = file.metadata
            self.columns = unique_names(list(file.schema_arrow.names))
        groups = range(file.metadata.num_row_groups)
        self._group_rows = [int(file.metadata.row_group(group).num_rows) for group in groups]

    def __iter__(self) -> Iterator[Row]:
        return self._rows(0, 1, 1)

    def at(self, number: int) -> Row:
        """Return one row, read from the beginning of its row group."""
        first = 1
        for group, rows in enumerate(self._group_rows):
            if first <= number < first + rows:
                return next(self._rows(group, first, number))
            first += rows
        raise no_such_row(self, number)

    def count(self) -> int:
        """Return how many rows there are."""
        return sum(self._group_rows)

    def close(self) -> None:
        """Close the file."""
        self._data.close()

    def _opened(self) -> ParquetFile:
        try:
            from pyarrow.parquet import ParquetFile
        except ImportError as error:
            raise InputError(
                f"{self.source}: Parquet needs a library that is not installed.",
                todo="Install it with `pip install 'batchtui[parquet]'`.",
            ) from error
        return ParquetFile(self._data.reading(), metadata=self._metadata)

    def _rows(self, group: int, first: int, number: int) -> Iterator[Row]:
        """Yield the rows from a number on, which is in this row group, the first row of which is `first`."""
        groups = list(range(group, len(self._group_rows)))
        with self._errors():
            for batch in self._opened().iter_batches(BATCH_ROWS, row_groups=groups, use_threads=False):
                skipped = min(number - first, batch.num_rows)
                first += batch.num_rows
                columns = batch.slice(skipped).columns
                for cells in zip(*map(_values, columns), strict=True):
                    yield Row(number, dict(zip(self.columns, cells, strict=True)))
                    number += 1

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        # The errors of pyarrow are of these kinds too.
        except (OSError, ValueError, OverflowError, NotImplementedError) as error:
            raise DataError(
                f"{self.source}: Parquet that cannot be read: {error}.", todo="Write the file anew, or as CSV."
            ) from error


def _values(column: Array) -> list[Any]:
    """Return the values of a column as JSON has them; times are cut to microseconds, which Python has."""
    import pyarrow
    from pyarrow import types

    kind = column.type
    if types.is_timestamp(kind):
        column = column.cast(pyarrow.timestamp("us", kind.tz), safe=False)
    elif types.is_time64(kind):
        column = column.cast(pyarrow.time64("us"), safe=False)
    elif types.is_duration(kind):
        column = column.cast(pyarrow.duration("us"), safe=False)
    values: list[Any] = column.to_pylist()
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_string(kind) or types.is_large_string(kind):
        return values
    return [json_value(value) for value in values]
