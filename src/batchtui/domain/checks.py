"""What is asked of every answer of a template, so that the answers it does not hold for can be found."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from batchtui.domain.schema import Found, pattern_of, schema_problem, validator_of

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

NAMES = (
    "not_truncated",
    "not_refused",
    "min_words",
    "max_words",
    "must_match",
    "must_not_match",
    "json",
    "schema",
)
"""The checks there are, in the order in which they are told."""

_TRUNCATED = ("max_tokens", "model_context_window_exceeded")
_REFUSED = "refusal"


@dataclass(frozen=True)
class Checks:
    """What is asked of an answer; false if nothing is.

    `min_words` and `max_words` are 0 where there is no bound. Of `must_match` every pattern must be found in the
    text, of `must_not_match` none may be.
    """

    not_truncated: bool = False
    not_refused: bool = False
    min_words: int = 0
    max_words: int = 0
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    json: bool = False
    schema: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return self != _NONE

    def failing(self, text: str, stop_reason: str | None) -> tuple[str, ...]:
        """Return the names of the checks that do not hold for an output text and the reason why it ended."""
        failing = []
        if self.not_truncated and stop_reason in _TRUNCATED:
            failing.append("not_truncated")
        if self.not_refused and stop_reason == _REFUSED:
            failing.append("not_refused")
        if self.min_words or self.max_words:
            words = len(text.split())
            if words < self.min_words:
                failing.append("min_words")
            if self.max_words and words > self.max_words:
                failing.append("max_words")
        if self.must_match or self.must_not_match:
            whole = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
            if not all(found(whole) for found in self._wanted):
                failing.append("must_match")
            if any(found(whole) for found in self._unwanted):
                failing.append("must_not_match")
        if self.json or self.schema is not None:
            failing.extend(self._failing_json(text))
        return tuple(failing)

    def _failing_json(self, text: str) -> list[str]:
        asked = [name for name, is_asked in (("json", self.json), ("schema", self.schema is not None)) if is_asked]
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return asked
        if self.schema is None:
            return []
        try:
            return [] if self._validator.is_valid(value) else ["schema"]
        except (RecursionError, ArithmeticError):
            # Nested too deeply to be looked at, or a number too large: nothing that the schema can have meant.
            return ["schema"]

    @cached_property
    def _wanted(self) -> list[Found]:
        return [pattern_of(source) for source in self.must_match]

    @cached_property
    def _unwanted(self) -> list[Found]:
        return [pattern_of(source) for source in self.must_not_match]

    @cached_property
    def _validator(self) -> Validator:
        return validator_of(self.schema or {})


_NONE = Checks()


def parse_checks(text: str) -> Checks:
    """Return the checks of a template from its exact text; raises TemplateError if it is not YAML.

    What else is in the text does not matter, and a check that is not understood is left out: templates are kept
    for years, and checked for what is wrong with them before they are used.
    """
    from batchtui.domain.template.source import read_source

    checks, _ = read_checks(read_source(text, "template").values)
    return checks


def read_checks(values: Mapping[str, Any]) -> tuple[Checks, list[tuple[str, str]]]:
    """Return the checks in the values of a template, and what is wrong: the name of a check or "", and why.

    Where there are checks, the schema of the template's own `output_config` is one of them, unless
    `schema: false` says otherwise.
    """
    given = values.get("checks")
    if given is None:
        return _NONE, []
    if not isinstance(given, dict):
        return _NONE, [("", "checks must be a mapping")]
    reader = _Reader(given, _own_schema(values))
    return reader.read(), reader.wrong


class _Reader:
    """Reads one check after the other; what is wrong with one is noted and the check left out."""

    def __init__(self, given: Mapping[str, Any], own_schema: Mapping[str, Any] | None) -> None:
        self.wrong: list[tuple[str, str]] = []
        self._given = given
        self._own_schema = own_schema

    def read(self) -> Checks:
        for name in self._given.keys() - set(NAMES):
            near = difflib.get_close_matches(name, NAMES, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NAMES)}"
            self.wrong.append((name, f"there is no check {name!r}: {hint}"))
        least, most = self._words("min_words"), self._words("max_words")
        if most and least > most:
            self.wrong.append(("min_words", "min_words is more than max_words"))
        return Checks(
            not_truncated=self._flag("not_truncated"),
            not_refused=self._flag("not_refused"),
            min_words=least,
            max_words=most,
            must_match=self._patterns("must_match"),
            must_not_match=self._patterns("must_not_match"),
            json=self._flag("json"),
            schema=self._schema(),
        )

    def _flag(self, name: str) -> bool:
        value = self._given.get(name)
        if value is not None and not isinstance(value, bool):
            self.wrong.append((name, f"{name} is true or false"))
        return value is True

    def _words(self, name: str) -> int:
        value = self._given.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.wrong.append((name, f"{name} is a number of words"))
            return 0
        return value

    def _patterns(self, name: str) -> tuple[str, ...]:
        value = self._given.get(name)
        sources = [value] if isinstance(value, str) else value or []
        if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
            self.wrong.append((name, f"{name} is a pattern or a list of patterns"))
            return ()
        usable = []
        for source in sources:
            try:
                pattern_of(source)
            except ValueError as error:
                self.wrong.append((name, f"the pattern {source!r:.80} cannot be used: {error}"))
            else:
                usable.append(source)
        return tuple(usable)

    def _schema(self) -> Mapping[str, Any] | None:
        value = self._given.get("schema")
        if value is False:
            return None
        if isinstance(value, dict):
            return self._usable(value, "the schema cannot be used")
        if value is None:
            own = self._own_schema
            return None if own is None else self._usable(own, "the schema of output_config cannot be checked")
        if value is not True:
            self.wrong.append(("schema", "schema is true, false or a JSON schema"))
        elif self._own_schema is None:
            self.wrong.append(
                ("schema", "there is no schema in output_config.format, or Jinja2 in it: give one here")
            )
        else:
            return self._usable(self._own_schema, "the schema of output_config cannot be checked")
        return None

    def _usable(self, schema: Mapping[str, Any], otherwise: str) -> Mapping[str, Any] | None:
        problem = schema_problem(schema)
        if problem is None:
            return schema
        self.wrong.append(("schema", f"{otherwise}: {problem}; `schema: false` leaves it out"))
        return None


def _own_schema(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema that the params of a template ask for, None if there is none or rows make a part of it."""
    from batchtui.domain.template.source import is_jinja, strings_in

    value: object = values
    for key in ("params", "output_config", "format", "schema"):
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, dict) or any(is_jinja(text) for _, text in strings_in(value, ())):
        return None
    return value
