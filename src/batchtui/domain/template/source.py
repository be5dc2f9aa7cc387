"""YAML as templates use it: plain values with their lines, and none of the surprises of YAML 1.1.

Only `true` and `false` are booleans, only decimal numbers are numbers, and dates are text; tags and merge keys are
refused, and so is a key that stands twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Never

import yaml

from batchtui.domain.errors import TemplateError
from batchtui.domain.template.problem import Path, Place, TemplateProblem

MAX_BYTES = 250_000
"""Bytes of a template at most; long documents are read from files."""

MAX_DEPTH = 64
MAX_VALUES = 20_000
"""Values of a template at most, each alias counted with all that it stands for."""

MAX_PROBLEMS = 20
"""Problems told at once at most."""

MARKS = ("{{", "{%", "{#")
"""What makes a string a Jinja2 source; all others are texts as they are."""

_TOO_MANY = f"more than {MAX_VALUES:,} values, aliases counted with what they stand for"
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

_TAG = "tag:yaml.org,2002:"
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


class _LimitError(Exception):
    """There is more in the text than a template may have; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Resolves plain scalars by the JSON-like rules of YAML 1.2, of which dates, `no` and `1:30` are no part.

    What is too much is refused while it is read.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in its base
    _depth = 0
    _nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next value with all that is in it."""
        self._nodes += 1
        self._depth += 1
        if self._depth > MAX_DEPTH or self._nodes > 2 * MAX_VALUES:
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]  # the stubs say nothing
            raise _LimitError(line, _TOO_DEEP if self._depth > MAX_DEPTH else _TOO_MANY)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


@dataclass
class Source:
    """The values of a template text; `lines` has the line of each key or item, `places` that of each string."""

    values: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)


def read_source(text: str, name: str) -> Source:
    """Return what a template text holds; raises TemplateError if it is not one mapping of valid YAML."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        _refuse(
            name, None, f"a template has at most {MAX_BYTES:,} bytes; put long texts into files, see `readfile`"
        )
    try:
        node = yaml.compose(text.removeprefix("\ufeff"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        # Of quotes and brackets that stay open, the place where they begin, and not the end of the text.
        is_open = "end of stream" in str(error.problem) or "<stream end>" in str(error.problem)
        mark = (error.context_mark if is_open else None) or error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        _refuse(name, None if mark is None else mark.line + 1, f"not valid YAML: {said}{_hint(said)}")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        _refuse(name, line, f"the character U+{_code(error.character):04X} has no place in YAML")
    except _LimitError as error:
        _refuse(name, error.line, str(error))
    except (ValueError, OverflowError) as error:
        # An escape such as "\UFFFFFFFF" names no character; the parser hands on what chr() says.
        _refuse(name, None, f"not valid YAML: {error}")
    if not isinstance(node, yaml.MappingNode):
        _refuse(name, 1, "a template is a mapping of keys, such as `params:`")
    return _Reader(name).read(node)


def strings_in(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every string of a value and where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings_in(item, (*path, index))


def is_jinja(text: str) -> bool:
    """Return whether a string has anything for Jinja2 to do."""
    return any(mark in text for mark in MARKS)


class _Reader:
    """Turns nodes into values; a count and a depth bound what aliases can do."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MAX_VALUES
        self._problems: list[TemplateProblem] = []
        self._source = Source({})

    def read(self, node: yaml.MappingNode) -> Source:
        self._source.values = self._mapping(node, ())
        if self._problems:
            raise TemplateError(self._name, self._problems[:MAX_PROBLEMS])
        return self._source

    def _value(self, node: yaml.Node, path: Path) -> object:
        self._left -= 1
        line = node.start_mark.line + 1
        if self._left < 0:
            _refuse(self._name, line, _TOO_MANY)
        if len(path) > MAX_DEPTH:
            _refuse(self._name, line, _TOO_DEEP)
        if isinstance(node, yaml.MappingNode):
            if node.tag != f"{_TAG}map":
                self._tell(node, _no_tag(node.tag))
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            if node.tag != f"{_TAG}seq":
                self._tell(node, _no_tag(node.tag))
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._tell(node, _no_tag(node.tag))
        return None

    def _item(self, node: yaml.Node, path: Path) -> object:
        self._source.lines[path] = node.start_mark.line + 1
        return self._value(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in values:
                first = self._source.lines[*path, key]
                self._tell(key_node, f"the key {key!r} stands in line {first} already")
                continue
            self._source.lines[*path, key] = key_node.start_mark.line + 1
            values[key] = self._value(value_node, (*path, key))
        return values

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            hint = ': a text that begins with {{ needs quotes, "{{ row.name }}"' if _is_flow(node) else ""
            self._tell(node, f"a key must be text, not a list or a mapping{hint}")
            return None
        if node.tag != f"{_TAG}str":
            self._tell(node, f"the key {node.value} must be text: put it in quotes")
            return None
        if node.value == "<<" and node.style is None:
            self._tell(
                node, "merge keys (<<) are not supported: write the keys out, or use an alias for a whole value"
            )
            return None
        return self._text(node)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> str | int | float | None:
        match node.tag.removeprefix(_TAG):
            case "str":
                is_block = node.style == "|"
                self._source.places[path] = Place(node.start_mark.line + 1 + is_block, is_block)
                return self._text(node)
            case "null":
                return None
            case "bool":
                return str(node.value).lower() == "true"
            case "int" | "float" as kind:
                return self._number(node, kind)
        self._tell(node, _no_tag(node.tag))
        return None

    def _text(self, node: yaml.ScalarNode) -> str:
        try:
            # YAML that was written as JSON has characters such as emoji as two escapes, which belong together.
            return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._tell(node, "the text holds half of a character (a lone surrogate)")
            return ""

    def _number(self, node: yaml.Node, kind: str) -> int | float:
        try:
            number = int(node.value) if kind == "int" else float(node.value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (kind == "int" and not _SMALLEST <= number <= _LARGEST):
            self._tell(node, f"{node.value[:40]} is no number that JSON can hold: put it in quotes if it is text")
        return number

    def _tell(self, node: yaml.Node, message: str) -> None:
        self._problems.append(TemplateProblem(node.start_mark.line + 1, message))


def _refuse(name: str, line: int | None, message: str) -> Never:
    raise TemplateError(name, [TemplateProblem(line, message)])


def _no_tag(tag: str) -> str:
    return (
        f"the tag {tag.replace(_TAG, '!!')!r} is not supported: only plain text, numbers, booleans, lists, mappings"
    )


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and bool(node.flow_style)


def _code(character: object) -> int:
    return ord(character) if isinstance(character, str) else int(str(character))


def _hint(said: str) -> str:
    if r"'\t'" in said:
        return "; indent with spaces, not with tabs"
    if "flow mapping" in said:
        return '; a text that begins with {{ needs quotes: "{{ row.name }}"'
    if "mapping values are not allowed" in said:
        return '; a text with ": " in it needs quotes'
    if "expected a single document" in said:
        return "; a template is one document, so leave out the second ---"
    return ""
