"""CSV: text in quotes, numbers as they are, nothing for what is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from batchtui.services.exporting.table import Cell, Table
from batchtui.store.bulk import Block

_FORMULA_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets take for the beginning of a formula, some of them also in full width (OWASP, CSV injection)."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

Quote = Callable[[Cell], Cell]


def csv_chunks(table: Table, blocks: Iterable[Block], *, guard_formulas: bool) -> Iterator[bytes]:
    r"""Yield the header, then the rows of each block, as UTF-8 with lines that end in `\n`.

    `csv.reader` reads the cells back exactly. With `guard_formulas`, text that a spreadsheet would run as a formula
    gets a `'` in front; what is a number stays one.
    """
    quote = _guarded if guard_formulas else _quoted
    yield (",".join(str(quote(column.name)) for column in table.columns) + "\n").encode()
    line_of = _line_maker(quote)
    for block in blocks:
        yield b"".join([line_of(cells).encode() for cells in table.rows(block)])


def _line_maker(quote: Quote) -> Callable[[tuple[Cell, ...]], str]:
    """Return what makes a line of the cells of a row.

    It is written out for the columns of `RESULT_COLUMNS`, which is twice as fast as going through them one by one.
    Where the same text comes in row after row, what it became is remembered.
    """
    same = lru_cache(maxsize=512)(quote)

    def line_of(cells: tuple[Cell, ...]) -> str:
        custom_id, batch_id, attempt, type_, error_type, error_message, stop_reason, model, text = cells[:9]
        input_, write_5m, write_1h, cache_read, output, thinking, searches, cost_usd, flags = cells[9:18]
        more = "".join([f",{quote(cell)}" for cell in cells[18:]]) if len(cells) > 18 else ""
        return (
            f"{quote(custom_id)},{same(batch_id)},{attempt},{same(type_)},{same(error_type)},{same(error_message)},"
            f"{same(stop_reason)},{same(model)},{quote(text)},{input_},{write_5m},{write_1h},{cache_read},{output},"
            f"{thinking},{searches},{quote(cost_usd)},{same(flags)}{more}\n"
        )

    return line_of


def _quoted(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return '"' + cell.replace('"', '""') + '"'
    return "" if cell is None else cell


def _guarded(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell[:1] in _FORMULA_STARTS and not _NUMBER.fullmatch(cell):
        return _quoted("'" + cell)
    return _quoted(cell)
