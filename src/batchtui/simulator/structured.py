"""A value that fits a JSON schema, for structured output and tool input."""

from __future__ import annotations

from typing import Any

from batchtui.simulator.chance import pick, roll, share

_DEPTH = 12


def value_for(schema: Any, words: list[str], number: int) -> Any:
    """A believable value for the schema: enums are picked, strings reuse the prompt's `words`.

    Knows the keywords that structured output supports ($ref, anyOf, allOf, const, enum, type, properties, items,
    bounds); whatever else a schema says is not looked at.
    """
    return _Maker(schema, words).make(schema, number, "value", 0)


class _Maker:
    def __init__(self, root: Any, words: list[str]) -> None:
        self._root = root
        self._words = words or ["value"]

    def make(self, schema: Any, number: int, name: str, depth: int) -> Any:
        if not isinstance(schema, dict) or depth > _DEPTH:
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][pick(number, 1, len(schema["enum"]))]
        if "$ref" in schema:
            return self.make(self._referred(schema["$ref"]), number, name, depth + 1)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if schema.get(keyword):
                return self.make(schema[keyword][0], number, name, depth + 1)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = kind[0]
        return self._of_type(kind or "object", schema, number, name, depth)

    def _of_type(self, kind: str, schema: dict[str, Any], number: int, name: str, depth: int) -> Any:
        low = schema.get("minimum", 0)
        match kind:
            case "object":
                return {
                    key: self.make(part, roll(number, key), key, depth + 1)
                    for key, part in schema.get("properties", {}).items()
                }
            case "array":
                count = max(schema.get("minItems", 1), min(1 + pick(number, 2, 3), schema.get("maxItems", 3)))
                return [self.make(schema.get("items"), roll(number, i), name, depth + 1) for i in range(count)]
            case "integer":
                return low + pick(number, 3, max(1, min(schema.get("maximum", low + 10) - low + 1, 1000)))
            case "number":
                return round(low + share(number, 3) * (schema.get("maximum", low + 1) - low), 2)
            case "boolean":
                return pick(number, 4, 2) == 0
            case "null":
                return None
        return self._text(name, number)

    def _text(self, name: str, number: int) -> str:
        first = pick(number, 5, len(self._words))
        length = 1 if name in {"label", "category", "name", "language"} else 4
        return " ".join((self._words[first:] + self._words)[:length])

    def _referred(self, reference: str) -> Any:
        found = self._root
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        return found
