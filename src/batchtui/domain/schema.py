"""Patterns and JSON schemas that a text is measured by, in bounded time and without a look outside.

Patterns are those of Rust's regex: the time they take grows with the text and never explodes, so they have no
look-around and no back-references. Schemas are JSON Schema 2020-12, and what they refer to must be in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Found = Callable[[str], bool]
"""What says whether a pattern is found in a text."""

_PLAIN_KEYWORDS = frozenset({"type", "enum", "title", "description"})
_KINDS: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}

_SAMPLES: tuple[Any, ...] = (None, True, 0, "", [], {})


def pattern_of(source: str) -> Found:
    """Return what looks for a pattern in texts without lone surrogates; raises ValueError for what is none."""
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=source, regex_engine="rust-regex"))
    except SchemaError as error:
        raise ValueError(_told(str(error))) from error
    return validator.isinstance_python


def _told(message: str) -> str:
    """Return the sentence of an error of the regex library that says what is wrong."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("error: ")), lines[-1])
    return said.removeprefix("error: ").removeprefix("SchemaError: ")


def schema_problem(schema: Mapping[str, Any]) -> str | None:
    """Return why a schema cannot be used, None if it can."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    try:
        # Patterns are looked at below; what checks formats here would compile them as those of Python.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
        resolver = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver()
        for part in _parts(schema):
            if "patternProperties" in part:
                return "patternProperties is not supported"
            if isinstance(part.get("pattern"), str):
                pattern_of(part["pattern"])
            if "$id" in part and part is not schema:
                return "a part of it has an $id of its own"
            for key in ("$ref", "$dynamicRef"):
                if isinstance(part.get(key), str):
                    resolver.lookup(part[key])
        validator = validator_of(schema)
        for sample in _SAMPLES:
            validator.is_valid(sample)
    except SchemaError as error:
        where = "".join(f".{key}" for key in error.absolute_path)
        return f"{error.message:.200}" + (f" (at {where[1:]})" if where else "")
    except Unresolvable as error:
        return f"the reference {error.ref!r} leads out of it or nowhere"
    except RecursionError:
        return "it refers to itself without end"
    except ValueError as error:
        return f"a pattern in it cannot be used: {error}"
    return None


def _parts(schema: object) -> list[Mapping[str, Any]]:
    """Return a schema and the schemas in it; what is data in it, such as `enum`, is not looked into."""
    parts: list[Mapping[str, Any]] = []
    left = [schema]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left.extend(part)
        elif isinstance(part, dict):
            parts.append(part)
            for key, value in part.items():
                if key in {"properties", "$defs", "definitions", "dependentSchemas"} and isinstance(value, dict):
                    left.extend(value.values())
                elif key not in {"enum", "const", "default", "examples"}:
                    left.append(value)
    return parts


def validator_of(schema: Mapping[str, Any]) -> Validator:
    """Return what validates values by a schema; one that `schema_problem` finds nothing wrong with.

    Patterns are searched for by `pattern_of`. Values that a plain schema such as `{type: string}` plainly allows
    are not looked at in detail, which for the flat objects that models are asked for is most of the work.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators
    from referencing import Registry

    in_detail: Mapping[str, Callable[..., Iterator[ValidationError]]] = Draft202012Validator.VALIDATORS
    found: dict[str, Found] = {}

    def pattern(_: object, source: str, instance: object, __: object) -> Iterator[ValidationError]:
        if isinstance(instance, str):
            if source not in found:
                found[source] = pattern_of(source)
            if not found[source](instance):
                yield ValidationError("the pattern is not found")

    def properties(
        validator: object, named: Mapping[str, object], instance: object, whole: object
    ) -> Iterator[ValidationError]:
        if isinstance(instance, dict):
            parts = {
                key: named[key] for key in named.keys() & instance.keys() if not _allows(named[key], instance[key])
            }
            yield from in_detail["properties"](validator, parts, instance, whole)

    def items(
        validator: object, each: object, instance: object, whole: Mapping[str, object]
    ) -> Iterator[ValidationError]:
        if (
            not isinstance(instance, list)
            or "prefixItems" in whole
            or not all(_allows(each, item) for item in instance)
        ):
            yield from in_detail["items"](validator, each, instance, whole)

    extend: Callable[..., type[Validator]] = validators.extend
    keywords = {"pattern": pattern, "properties": properties, "items": items}
    return extend(Draft202012Validator, keywords)(dict(schema), registry=Registry())


def _allows(schema: object, value: object) -> bool:
    """Return whether a plain schema plainly allows a text, a number, a boolean or null; false is no answer."""
    if not isinstance(schema, dict) or not schema.keys() <= _PLAIN_KEYWORDS:
        return False
    kinds = schema.get("type", ())
    name = _KINDS.get(type(value), "")
    if not (name == kinds or (isinstance(kinds, list) and name in kinds)):
        return False
    return "enum" not in schema or (isinstance(value, str) and value in schema["enum"])
