"""Rows of a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from batchtui.services.rows.model import Row, Rows, no_such_row, unique_names
from batchtui.services.rows.values import PLAIN, json_value
from batchtui.store.data_rows import DataTable, Value


class TableRows(Rows):
    """The rows of a table or a SELECT; see `json_value` for bytes."""

    def __init__(self, source: str, query: str | None) -> None:
        self.source = source
        self.kind = "sqlite"
        self.folder = Path(source).parent
        self._table = DataTable(Path(source), query)
        self.columns = unique_names(self._table.columns)
        self._count: int | None = None

    def __iter__(self) -> Iterator[Row]:
        for number, cells in enumerate(self._table, 1):
            yield self._row(number, cells)

    def at(self, number: int) -> Row:
        """Return one row; those before it are passed over by SQLite."""
        cells = self._table.row(number) if 1 <= number <= self.count() else None
        if cells is None:
            raise no_such_row(self, number)
        return self._row(number, cells)

    def count(self) -> int:
        """Return how many rows there are."""
        if self._count is None:
            self._count = self._table.count()
        return self._count

    def close(self) -> None:
        """Do nothing: no connection outlives a reading."""

    def _row(self, number: int, cells: tuple[Value, ...]) -> Row:
        values: dict[str, Any] = dict(zip(self.columns, cells, strict=True))
        for name, value in values.items():
            if not isinstance(value, PLAIN):
                values[name] = json_value(value)
        return Row(number, values)
