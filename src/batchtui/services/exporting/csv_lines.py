"""CSV: text in quotes, numbers as they are, nothing for what is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from batchtui.services.exporting.table import Cell, Column, Table
from batchtui.store.bulk import Block

_FORMULA_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets take for the beginning of a formula, some of them also in full width (OWASP, CSV injection)."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

_ALL_DIFFERENT = frozenset({"custom_id", "text", "request"})
"""Columns of text in which hardly two cells are equal."""

Quote = Callable[[Cell], Cell]


def csv_chunks(table: Table, blocks: Iterable[Block], *, guard_formulas: bool) -> Iterator[bytes]:
    r"""Yield the header, then the rows of each block, as UTF-8 with lines that end in `\n`.

    `csv.reader` reads the cells back exactly. With `guard_formulas`, text that a spreadsheet would run as a formula
    gets a `'` in front; what is a number stays one.
    """
    quote = _guarded if guard_formulas else _quoted
    yield (",".join(str(quote(column.name)) for column in table.columns) + "\n").encode()
    line_of = _line_maker(table.columns, quote)
    for block in blocks:
        yield b"".join([line_of(cells).encode() for cells in table.rows(block)])


def _line_maker(columns: Sequence[Column], quote: Quote) -> Callable[[Sequence[Cell]], str]:
    """Return what makes a line of the cells of a row; a column of whole numbers is never empty."""
    remembering = lru_cache(maxsize=512)(quote)
    quotes = [
        (number, remembering if column.kind == "text" and column.name not in _ALL_DIFFERENT else quote)
        for number, column in enumerate(columns)
        if column.kind != "int"
    ]
    line = ",".join(["%s"] * len(columns)) + "\n"

    def line_of(cells: Sequence[Cell]) -> str:
        ready = list(cells)
        for number, quote_one in quotes:
            ready[number] = quote_one(ready[number])
        return line % tuple(ready)

    return line_of


def _quoted(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return '"' + cell.replace('"', '""') + '"'
    return "" if cell is None else cell


def _guarded(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell[:1] in _FORMULA_STARTS and not _NUMBER.fullmatch(cell):
        return _quoted("'" + cell)
    return _quoted(cell)
