"""Parquet, with the library that the extra brings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from batchtui.domain.errors import InputError
from batchtui.services.exporting.table import Cell, Column, Kind, Table
from batchtui.store.bulk import Block

GROUP_BYTES = 32_000_000
"""How many bytes of lines make a row group, about what is held in memory at once."""


def require_parquet() -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return pyarrow; raises `InputError` if it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"Parquet needs pyarrow, which cannot be imported: {error}.",
            unharmed="Nothing was written.",
            todo="Install it with `pip install 'batchtui[parquet]'`, or export CSV or SQLite.",
        ) from error
    return pyarrow


def write_parquet(path: Path, table: Table, blocks: Iterable[Block]) -> None:
    """Write rows to a file, a row group at a time."""
    arrow = require_parquet()
    schema = arrow.schema([(column.name, _type(arrow, column.kind)) for column in table.columns])
    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[Any] = []
        waiting_bytes = 0
        for block in blocks:
            waiting.append(_batch(arrow, schema, table.columns, list(table.rows(block))))
            waiting_bytes += waiting[-1].nbytes
            if waiting_bytes >= GROUP_BYTES:
                writer.write_table(arrow.Table.from_batches(waiting))
                waiting, waiting_bytes = [], 0
        if waiting:
            writer.write_table(arrow.Table.from_batches(waiting))


def _batch(arrow: Any, schema: Any, columns: Iterable[Column], rows: list[tuple[Cell, ...]]) -> Any:  # noqa: ANN401 - pyarrow has no types
    arrays = [
        arrow.array([_text(cell) for cell in cells] if column.kind == "any" else cells, field.type)
        for column, field, cells in zip(columns, schema, zip(*rows, strict=True), strict=True)
    ]
    return arrow.RecordBatch.from_arrays(arrays, schema=schema)


def _text(cell: Cell) -> str | None:
    """Return a cell of a data row as text: a column of Parquet has one type, and those of data rows may differ."""
    return cell if cell is None or isinstance(cell, str) else str(cell)


def _type(arrow: Any, kind: Kind) -> Any:  # noqa: ANN401
    return {"int": arrow.int64(), "float": arrow.float64()}.get(kind, arrow.large_string())
