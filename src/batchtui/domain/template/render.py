"""From a template and rows of data to requests."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Never

import msgspec

from batchtui.domain.errors import RenderError
from batchtui.domain.request import CUSTOM_ID
from batchtui.domain.template.columns import Used
from batchtui.domain.template.compiled import Program
from batchtui.domain.template.files import Files
from batchtui.domain.template.model import Rendered, Template
from batchtui.domain.template.plain import check_plain
from batchtui.domain.template.problem import Path as Where
from batchtui.domain.template.problem import Place
from batchtui.domain.template.sandbox import FAILURES, GLOBALS, Row, Sandbox
from batchtui.domain.template.source import is_jinja
from batchtui.domain.template.telling import told

_Make = Callable[[Sequence[object]], Any]
"""What makes a value, given the values of the slots."""

_WITHOUT = "A value for rows without one goes into `defaults:`."
_ABSENT = object()


class Renderer:
    """Makes requests of one template; not for several threads at once.

    `values` go before those of a row, those before the template's `defaults`. File filters read below `folder`,
    where the data is and relative paths begin, or below one of `allowed`. A string is rendered anew only where
    something that it uses has changed since the row before, and only then the files it names are read again.
    """

    def __init__(
        self,
        template: Template,
        *,
        values: Mapping[str, Any] | None = None,
        folder: Path | None = None,
        allowed: Sequence[Path] = (),
    ) -> None:
        self._name = template.name
        self._defaults = dict(template.defaults)
        self._values = dict(values or {})
        self._sandbox = Sandbox(Files(folder, allowed))
        self._places = template.places
        self._custom_id = self._program(template.custom_id, ("custom_id",))
        self._slots: list[_Slot] = []
        self._line: list[bytes | int] = []
        self._make = self._compile(template.params, ("params",))
        self._used = Used()
        for program in (self._custom_id, *(slot.program for slot in self._slots)):
            self._used.add(program.used)

    @property
    def variables(self) -> frozenset[str]:
        """Return the columns it needs or could use: neither what has a default or a value nor its own variables."""
        return frozenset(self._used.names - GLOBALS.keys() - self._defaults.keys() - self._values.keys())

    def missing(self, columns: Collection[str]) -> tuple[str, ...]:
        """Return what it needs and data with these columns does not have."""
        return tuple(sorted(self.variables - self._used.optional - set(columns)))

    def unused(self, columns: Collection[str]) -> tuple[str, ...]:
        """Return those of the columns that it does not use, in their order."""
        return () if self._used.whole else tuple(name for name in columns if name not in self._used.names)

    def render(self, values: Mapping[str, Any], number: int) -> Rendered:
        """Return the request of a row, its number counting from 1; raises RenderError."""
        row = Row(self._defaults)
        row.update(values)
        row.update(self._values)
        variables = {**GLOBALS, **row, "row": row, "row_number": number}
        self._sandbox.meter.begin()
        custom_id = str(self._run(self._custom_id, variables, number))
        if not CUSTOM_ID.match(custom_id):
            self._refuse_custom_id(custom_id, number)
        made, encoded = [], []
        for slot in self._slots:
            value, piece = self._filled(slot, variables, number)
            made.append(value)
            encoded.append(piece)
        pieces = [piece if isinstance(piece, bytes) else encoded[piece] for piece in self._line]
        line = b"".join((b'{"custom_id":"', custom_id.encode(), b'","params":', *pieces, b"}"))
        return Rendered(custom_id, self._make(made), line)

    def _filled(self, slot: _Slot, variables: Mapping[str, Any], number: int) -> tuple[object, bytes]:
        """Return the value of a slot and its JSON, as for the row before if nothing that it uses has changed."""
        if slot.names is None:
            return self._fill(slot, variables, number)
        row = variables["row"]
        uses = [variables.get(name, _ABSENT) for name in slot.names] + [
            row.get(name, _ABSENT) for name in slot.columns
        ]
        if slot.kept is None or not all(map(operator.is_, uses, slot.kept_for)):
            slot.kept = self._fill(slot, variables, number)
            slot.kept_for = uses
        return slot.kept

    def _fill(self, slot: _Slot, variables: Mapping[str, Any], number: int) -> tuple[object, bytes]:
        value = self._run(slot.program, variables, number)
        try:
            if type(value) is not str:
                check_plain(value)
            return value, msgspec.json.encode(value)
        except UnicodeEncodeError:
            self._refuse(slot.program.place.line, number, "the text holds half of a character (a lone surrogate)")
        except (TypeError, ValueError) as error:
            self._refuse(slot.program.place.line, number, str(error))

    def _run(self, program: Program, variables: Mapping[str, Any], number: int) -> object:
        try:
            return program.value(variables)
        except FAILURES as error:
            self._refuse(program.line_of(error), number, *told(error, variables["row"], without=_WITHOUT))

    def _refuse_custom_id(self, custom_id: str, number: int) -> Never:
        line = self._custom_id.place.line
        if not custom_id:
            self._refuse(line, number, "the custom_id is empty", "Name a column that every row has a value in.")
        if len(custom_id) > 64 and CUSTOM_ID.match(custom_id[:64]):
            message = f"the custom_id {custom_id[:64]!r}… has {len(custom_id):,} characters, 64 at most"
            self._refuse(line, number, message, "Cut it: {{ (row.NAME | slug)[:64] }}.")
        message = f"the custom_id {custom_id[:64]!r} has characters other than a-z A-Z 0-9 _ and -"
        self._refuse(line, number, message, "Use the filter slug: {{ row.NAME | slug }}.")

    def _refuse(self, line: int, number: int, message: str, todo: str = "") -> Never:
        raise RenderError(self._name, line, number, message, todo=todo)

    def _program(self, text: str, path: Where) -> Program:
        return Program(self._sandbox, text, self._places.get(path, Place(1, False)))

    def _compile(self, value: object, path: Where) -> _Make:
        """Add the pieces of a value to the line and return what makes the value, given those of the slots."""
        if isinstance(value, str) and is_jinja(value):
            index = len(self._slots)
            self._slots.append(_Slot(self._program(value, path)))
            self._line.append(index)
            return lambda made: made[index]
        if isinstance(value, Mapping) and _has_jinja(value):
            makers: list[tuple[str, _Make]] = []
            for key, item in value.items():
                self._add(b"," if makers else b"{")
                self._add(msgspec.json.encode(key) + b":")
                makers.append((key, self._compile(item, (*path, key))))
            self._add(b"}")
            return lambda made: {key: make(made) for key, make in makers}
        if isinstance(value, list) and _has_jinja(value):
            items = []
            for at, item in enumerate(value):
                self._add(b"," if at else b"[")
                items.append(self._compile(item, (*path, at)))
            self._add(b"]")
            return lambda made: [make(made) for make in items]
        self._add(msgspec.json.encode(value))
        return lambda made: value

    def _add(self, piece: bytes) -> None:
        if self._line and isinstance(self._line[-1], bytes):
            self._line[-1] += piece
        else:
            self._line.append(piece)


class _Slot:
    """A place in the line that a source fills.

    `kept` is the last value and its JSON, and `kept_for` what it was made of; a long document that is the same for
    all rows is read and encoded once. Values are compared by identity, because 1 and true are equal.
    """

    def __init__(self, program: Program) -> None:
        used = program.used
        self.program = program
        self.columns = tuple(used.columns)
        self.names = None if used.whole or used.number else tuple(used.plain)
        self.kept: tuple[object, bytes] | None = None
        self.kept_for: list[object] = []


def _has_jinja(value: object) -> bool:
    if isinstance(value, str):
        return is_jinja(value)
    if isinstance(value, Mapping):
        return any(map(_has_jinja, value.values()))
    return isinstance(value, list) and any(map(_has_jinja, value))
