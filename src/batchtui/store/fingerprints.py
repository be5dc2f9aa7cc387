"""What is compared of a download, so that two can be joined without reading their rows."""

from __future__ import annotations

import json
import sqlite3
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from batchtui.domain.joining import Outcome
from batchtui.domain.result import SUCCEEDED, Tokens, parse_result
from batchtui.domain.tool_use import HASH_BYTES
from batchtui.store.bodies import open_body
from batchtui.store.files import file_errors, line_of

END = b"\xff"
"""Ends a custom_id among others; no UTF-8 has this byte."""

NO_HASH = bytes(HASH_BYTES)
"""Of a result without an answer."""

ROWS_AT_ONCE = 10_000

Row = tuple[Any, ...]
"""As `result_rows` makes them."""

_CUSTOM_ID, _TYPE, _ERROR_TYPE, _FIRST_TOKENS, _COST_USD, _HASH = 5, 6, 7, 11, 18, 19
"""Where these are in a `Row`; of tokens there are as many as `Tokens` has."""

_SAME_AS_ROW = """0, r.seq, 0, r.offset, r.length, r.custom_id, r.type, r.error_type, 0, 0, 0, r.input_tokens,
    r.cache_write_5m, r.cache_write_1h, r.cache_read, r.output_tokens, r.thinking_tokens, r.web_searches,
    r.cost_usd, r.text_hash"""
"""Columns that stand where they do in a `Row`."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """A download, line by line: custom_id as UTF-8, hash of the output, and which of `outcomes` it is.

    `tokens` and `cost_usd` are sums; `priced` is how many answers have a price.
    """

    custom_ids: list[bytes]
    hashes: array[int]
    codes: array[int]
    outcomes: list[Outcome]
    tokens: Tokens
    cost_usd: float
    priced: int


class FingerprintMaker:
    """Takes the rows of a download in the order of its file."""

    def __init__(self) -> None:
        self._custom_ids = bytearray()
        self._hashes = bytearray()
        self._codes = array("I")
        self._outcomes: dict[Outcome, int] = {}
        self._tokens = [0] * len(Tokens.__struct_fields__)
        self._cost_usd = 0.0
        self._priced = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows."""
        self._custom_ids += b"".join([row[_CUSTOM_ID].encode() + END for row in rows])
        self._hashes += b"".join([row[_HASH] or NO_HASH for row in rows])
        self._tokens = [
            total + sum([row[column] for row in rows])
            for column, total in enumerate(self._tokens, start=_FIRST_TOKENS)
        ]
        costs_usd = [row[_COST_USD] for row in rows if row[_TYPE] == SUCCEEDED and row[_COST_USD] is not None]
        self._cost_usd += sum(costs_usd)
        self._priced += len(costs_usd)
        numbers = self._outcomes
        for row in rows:
            outcome = row[_TYPE], row[_ERROR_TYPE]
            number = numbers.get(outcome)
            if number is None:
                number = numbers[outcome] = len(numbers)
            self._codes.append(number)

    def made(self) -> Fingerprints:
        """Return what has come of it."""
        return Fingerprints(
            bytes(self._custom_ids).split(END)[:-1],
            _little(array("Q", bytes(self._hashes))),
            self._codes,
            list(self._outcomes),
            Tokens(*self._tokens),
            self._cost_usd,
            self._priced,
        )

    def save(self, connection: sqlite3.Connection, download_key: int) -> None:
        """Write down what has come of it."""
        facts = [list(self._outcomes), self._tokens, self._cost_usd, self._priced]
        connection.execute(
            "INSERT OR REPLACE INTO fingerprints VALUES (?, ?, ?, ?, ?)",
            (download_key, self._custom_ids, self._hashes, _little(self._codes).tobytes(), json.dumps(facts)),
        )


def fingerprints(connection: sqlite3.Connection, download_key: int) -> Fingerprints | None:
    """Return what was written down of a download, None for one that is not finished or was made before."""
    row = connection.execute(
        "SELECT custom_ids, hashes, codes, facts FROM fingerprints WHERE download_key = ?", (download_key,)
    ).fetchone()
    if row is None:
        return None
    outcomes, tokens, cost_usd, priced = json.loads(row[3])
    return Fingerprints(
        row[0].split(END)[:-1],
        _little(array("Q", row[1])),
        _little(array("I", row[2])),
        [(type_, error_type) for type_, error_type in outcomes],
        Tokens(*tokens),
        cost_usd,
        priced,
    )


def made_anew(connection: sqlite3.Connection, path: Path, download_key: int) -> FingerprintMaker:
    """Return the fingerprints of a download by its rows, and by its file where a row has no hash of its answer."""
    maker = FingerprintMaker()
    for rows in _rows(connection, download_key):
        maker.add(list(_hashed(path, rows)))
    return maker


def _rows(connection: sqlite3.Connection, download_key: int) -> Iterator[list[Row]]:
    for first in count(0, ROWS_AT_ONCE):
        rows = connection.execute(
            f"SELECT {_SAME_AS_ROW} FROM results r WHERE download_key = ? AND seq >= ? AND seq < ? ORDER BY seq",
            (download_key, first, first + ROWS_AT_ONCE),
        ).fetchall()
        if not rows:
            return
        yield rows


def _hashed(path: Path, rows: Iterable[Row]) -> Iterator[Row]:
    unknown = [row for row in rows if row[_TYPE] == SUCCEEDED and not row[_HASH]]
    if not unknown:
        yield from rows
        return
    with file_errors(path), open_body(path) as file:
        for row in rows:
            if row[_TYPE] == SUCCEEDED and not row[_HASH]:
                offset, length = row[3:5]
                yield *row[:_HASH], parse_result(line_of(file, path, offset, length)).text_hash
            else:
                yield row


def _little(numbers: array[int]) -> array[int]:
    """Return numbers as they are stored, the low byte first, or back again."""
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers
