"""Results as rows of a table: which columns there are, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from batchtui.domain.selection import ResultKey
from batchtui.domain.unicode import well_formed
from batchtui.services.exporting.output import params_of, texts_of, values_of
from batchtui.services.read import to_json
from batchtui.store.bulk import Block, Bulk, BulkRow

Cell = str | int | float | None
Kind = Literal["text", "int", "float", "any"]

ROW_COLUMNS_MAX = 200
"""How many columns of data rows become columns of the table; if there are more, all are one column of JSON."""

_INT_MAX = 2**63


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `any` holds text and numbers."""

    name: str
    kind: Kind


RESULT_COLUMNS = (
    Column("custom_id", "text"),
    Column("batch_id", "text"),
    Column("attempt", "int"),
    Column("type", "text"),
    Column("error_type", "text"),
    Column("error_message", "text"),
    Column("stop_reason", "text"),
    Column("model", "text"),
    Column("text", "text"),
    Column("input_tokens", "int"),
    Column("cache_write_5m_tokens", "int"),
    Column("cache_write_1h_tokens", "int"),
    Column("cache_read_tokens", "int"),
    Column("output_tokens", "int"),
    Column("thinking_tokens", "int"),
    Column("web_searches", "int"),
    Column("cost_usd", "float"),
    Column("flags", "text"),
    Column("note", "text"),
)
"""What every table has."""

REQUEST = Column("request", "text")

_FIRST = BulkRow._fields.index("custom_id")
"""Where the columns of a result begin in a `BulkRow`."""

_TEXT = next(number for number, column in enumerate(RESULT_COLUMNS) if column.name == "text")


class Table:
    """Rows of results as cells.

    With `joined` there are the params of the request as JSON, and a column `row.NAME` for each column of the data
    rows, in the order they are met; finding out which there are reads all data rows once.
    """

    def __init__(self, bulk: Bulk, keys: Sequence[ResultKey], *, joined: bool) -> None:
        self._joined = joined
        self._names = _row_names(bulk.data_rows(keys)) if joined else ()
        columns = list(RESULT_COLUMNS)
        if joined:
            columns.append(REQUEST)
            columns += [Column(f"row.{name}", "any") for name in self._names or ()]
        if self._names is None:
            columns.append(Column("row", "text"))
        self.columns = tuple(columns)

    def rows(self, block: Block) -> Iterator[tuple[Cell, ...]]:
        """Yield the cells of each row of a block."""
        split = _FIRST + _TEXT
        for row, text, more in zip(block.rows, texts_of(block), self.more(block), strict=True):
            yield (*row[_FIRST:split], text, *row[split:], *more)

    def more(self, block: Block) -> list[tuple[Cell, ...]]:
        """Return the cells of each row of a block that come after those of `RESULT_COLUMNS`."""
        if not self._joined:
            return [()] * len(block.rows)
        return [tuple(self._inputs(*of)) for of in zip(block.requests, block.data_rows, strict=True)]

    def _inputs(self, request: bytes | None, data_row: bytes | None) -> Iterator[Cell]:
        yield None if request is None else params_of(request).decode()
        values = {} if data_row is None else values_of(data_row)
        if self._names is None:
            yield to_json(values).decode() if values else None
        else:
            for name in self._names:
                yield _cell(values.get(name))


def _row_names(data_rows: Iterable[bytes]) -> tuple[str, ...] | None:
    """Return the names of the columns of data rows, None if there are too many of them for a table."""
    names: dict[str, None] = {}
    for line in data_rows:
        names.update(dict.fromkeys(values_of(line)))
        if len(names) > ROW_COLUMNS_MAX:
            return None
    return tuple(names)


def _cell(value: object) -> Cell:
    """Return a value of a data row as a cell: text and numbers as they are, anything else as JSON."""
    if isinstance(value, str):
        return well_formed(value)
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and -_INT_MAX <= value < _INT_MAX:
        return value
    return to_json(value).decode()
