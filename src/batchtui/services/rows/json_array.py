"""JSON: an array of objects, or an object with one such array in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batchtui.domain.errors import DataError
from batchtui.services.rows.data import MAX_RECORD, Data, too_large
from batchtui.services.rows.indexed import IndexedRows, Mark
from batchtui.services.rows.json_lines import DECODER, as_object, bad_json, keys_of
from batchtui.services.rows.model import Row

CUT_CHARS = 16
"""How near to the end of what was read an error is, if it comes from there being more: half a literal or escape."""

_WHITE = re.compile(r"[ \t\n\r]*")


class JsonRows(IndexedRows):
    """The objects of an array that is never whole in memory.

    An object with one array of objects in it, as APIs answer, holds its rows there; what else it holds is passed
    over. The columns are the keys of the first rows; later rows may have others.
    """

    def __init__(self, data: Data) -> None:
        super().__init__(data, "json")
        scanner = _Scanner(data, self._marks[0])
        self._is_wrapped = scanner.peek() == "{"
        if not scanner.peek():
            raise DataError(f"{self.source}: it is empty.", todo="Give an array of objects.")
        if self._is_wrapped:
            scanner.expect("{")
            if not any(scanner.is_at_rows() for _ in scanner.entries()):
                raise DataError(
                    f"{self.source}: there is no array of objects in it.", todo='Give [{"name": "value"}, …].'
                )
        else:
            scanner.expect("[")
        self._marks = [Mark(1, scanner.offset(), scanner.line)]
        self.columns = keys_of(self._sample())

    def _scan(self, mark: Mark) -> Iterator[Row]:
        number = mark.number
        scanner = _Scanner(self._data, mark)
        for value in scanner.elements(goes_on=number > 1):
            yield Row(number, as_object(value, self.source, scanner.value_line), scanner.value_line)
            number += 1
            if scanner.has_read_on:
                scanner.has_read_on = False
                self._remember(number, scanner.offset(), scanner.line)
        if self._is_wrapped:
            for key in scanner.entries(goes_on=True):
                if scanner.is_at_rows():
                    raise DataError(
                        f"{self.source}: line {scanner.line:,}: there is more than one array of objects in it.",
                        todo=f"Take {key!r} or the others out of the file.",
                        line=scanner.line,
                    )
        scanner.expect("")
        self._count = number - 1


class _Scanner:
    """Reads JSON value by value from a place on, and drops what was read."""

    def __init__(self, data: Data, mark: Mark) -> None:
        self.line = mark.line
        self.value_line = mark.line
        self.has_read_on = False
        self._is_in_array = False
        self._source = data.source
        self._pieces = data.decoded(offset=mark.offset, line=mark.line)
        self._text = ""
        self._position = 0
        self._text_offset = mark.offset

    def offset(self) -> int:
        """Return the place in the file, in bytes."""
        return self._text_offset + len(self._text[: self._position].encode())

    def peek(self) -> str:
        """Go on to what is not white space and return its first character, or nothing at the end."""
        while True:
            found = _WHITE.match(self._text, self._position)
            self._go_to(found.end() if found else self._position)
            if self._position < len(self._text):
                return self._text[self._position]
            if not self._read_on():
                return ""

    def expect(self, character: str) -> None:
        """Go past a character that has to come next; none means the end."""
        found = self.peek()
        if found != character:
            words = f"{character!r} expected" if character else "the end expected"
            raise bad_json(
                self._source, self.line, f"{words}, found {found!r}" if found else f"{words}, and there is no more"
            )
        self._go_to(self._position + len(character))

    def elements(self, *, goes_on: bool = False) -> Iterator[object]:
        """Yield the values of an array to its end.

        The scanner is after its bracket or, if it `goes_on`, after one of its values.
        """
        yield from (self._value() for _ in self._members("]", goes_on=goes_on))

    def entries(self, *, goes_on: bool = False) -> Iterator[str]:
        """Yield the keys of an object to its end, each with the scanner at its value, which is then passed over."""
        for _ in self._members("}", goes_on=goes_on):
            key = self._value()
            if not isinstance(key, str):
                raise bad_json(self._source, self.value_line, "a key has to be a text")
            self.expect(":")
            self._is_in_array = False
            yield key
            if self._is_in_array:
                for _ in self.elements():
                    pass
            else:
                self._value()

    def is_at_rows(self) -> bool:
        """Return whether the value of a key is an array of objects; the scanner is then in it."""
        if self.peek() != "[":
            return False
        self.expect("[")
        self._is_in_array = True
        return self.peek() == "{"

    def _members(self, end: str, *, goes_on: bool) -> Iterator[None]:
        if goes_on or self.peek() != end:
            while True:
                if goes_on:
                    if self.peek() != ",":
                        break
                    self.expect(",")
                self.peek()
                self.value_line = self.line
                yield
                goes_on = True
        self.expect(end)

    def _value(self) -> object:
        while True:
            self.peek()
            try:
                value, end = DECODER.raw_decode(self._text, self._position)
            except json.JSONDecodeError as error:
                is_cut = "Unterminated" in error.msg or error.pos > len(self._text) - CUT_CHARS
                if not (is_cut and self._read_on()):
                    self._go_to(error.pos)
                    raise bad_json(self._source, self.line, f"{error.msg} at byte {self.offset():,}") from error
            except RecursionError as error:
                raise bad_json(self._source, self.line, "it is nested too deeply") from error
            except ValueError as error:
                raise bad_json(self._source, self.line, str(error)) from error
            else:
                # A number that ends with what was read may have more digits.
                if end < len(self._text) or not self._read_on():
                    self._go_to(end)
                    return value

    def _go_to(self, position: int) -> None:
        self.line += self._text.count("\n", self._position, position)
        self._position = position

    def _read_on(self) -> bool:
        """Read more, twice as much as is waiting, and return whether there was any."""
        rest = self._text[self._position :]
        if len(rest) > MAX_RECORD:
            raise too_large(self._source, f"what begins on line {self.line:,}", self.line)
        self._text_offset = self.offset()
        more: list[str] = []
        size = 0
        for piece in self._pieces:
            more.append(piece)
            size += len(piece)
            if size > len(rest):
                break
        self._text, self._position = rest + "".join(more), 0
        self.has_read_on = True
        return size > 0
