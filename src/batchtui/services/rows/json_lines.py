"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec

from batchtui.domain.errors import DataError
from batchtui.services.rows.data import Data
from batchtui.services.rows.indexed import BATCH_BYTES, IndexedRows, Mark
from batchtui.services.rows.model import Row

LOOKED_AT_BYTES = 1024 * 1024


class JsonLinesRows(IndexedRows):
    """The objects of a JSON Lines file; blank lines are passed over, nested values stay nested.

    The columns are the keys of the first rows; later rows may have others.
    """

    def __init__(self, data: Data) -> None:
        super().__init__(data, "jsonl")
        self.columns = keys_of(self._sample())

    def _scan(self, mark: Mark) -> Iterator[Row]:
        number, offset, line = mark
        reading = self._data.reading(offset, in_lines=True)
        while batch := reading.readlines(BATCH_BYTES):
            self._remember(number, offset, line)
            for raw in batch:
                if not raw.isspace():
                    yield Row(number, self._object(raw, line), line)
                    number += 1
                line += 1
            offset += sum(map(len, batch))
        self._count = number - 1

    def _object(self, raw: bytes, line: int) -> dict[str, Any]:
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value = self._leniently(raw, line)
        return as_object(value, self.source, line)

    def _leniently(self, raw: bytes, line: int) -> object:
        """Return the value of a line that holds a lone surrogate, or raise what is wrong with it."""
        try:
            return DECODER.decode(raw.decode().rstrip("\r\n"))
        except UnicodeDecodeError:
            self._data.fail_at_bad_bytes()
        except json.JSONDecodeError as error:
            raise bad_json(self.source, line, f"{error.msg} at column {error.colno:,}") from error
        except RecursionError as error:
            raise bad_json(self.source, line, "it is nested too deeply") from error
        except ValueError as error:
            raise bad_json(self.source, line, str(error)) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
"""The decoder that takes lone surrogates; it is not more lenient otherwise."""


def keys_of(sample: Iterator[dict[str, Any]]) -> tuple[str, ...]:
    """Return all keys of some objects, in the order in which they come first."""
    return tuple(dict.fromkeys(key for values in sample for key in values))


def as_object(value: object, source: str, line: int) -> dict[str, Any]:
    """Return a value that is an object; raises `DataError`."""
    if isinstance(value, dict):
        return value
    raise DataError(
        f"{source}: line {line:,}: a row has to be a JSON object, and this is {_words(value)}.",
        todo='Rows look like {"name": "value"}.',
        line=line,
    )


def bad_json(source: str, line: int, what: str) -> DataError:
    """Return the error for what is no JSON."""
    return DataError(f"{source}: line {line:,}: not JSON: {what}.", todo="Mend the line named.", line=line)


def _words(value: object) -> str:
    if isinstance(value, list):
        return "an array"
    return "null" if value is None else "a text" if isinstance(value, str) else "a number or a truth value"


def is_in_lines(data: Data) -> bool:
    """Return whether a text named JSON is JSON Lines: its first line is an object, and another one begins below."""
    lines = [line for line in data.head(LOOKED_AT_BYTES).splitlines() if line.strip()]
    if len(lines) < 2 or not lines[1].lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(DECODER.decode(lines[0].decode()), dict)
    except (ValueError, RecursionError):
        return False
