"""A value that fits a JSON schema, for structured output and tool input."""

from __future__ import annotations

from typing import Any

from batchtui.simulator.chance import pick, roll, share

_DEPTH = 12
_SHORT = frozenset({"label", "category", "name", "language", "city"})


def value_for(schema: object, words: list[str], number: int) -> object:
    """Return a believable value for the schema: enums are picked, strings reuse the prompt's `words`.

    Knows the keywords that structured output supports ($ref, anyOf, oneOf, allOf, const, enum, type, properties,
    items, bounds); whatever else a schema says is not looked at.
    """
    return _Maker(schema, words).make(schema, number, "value", 0)


class _Maker:
    def __init__(self, root: object, words: list[str]) -> None:
        self._root = root
        self._words = words

    def make(self, schema: object, number: int, name: str, depth: int) -> object:
        if not isinstance(schema, dict) or depth > _DEPTH:
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][pick(number, 1, len(schema["enum"]))]
        if "$ref" in schema:
            return self.make(self._referred(str(schema["$ref"])), number, name, depth + 1)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if schema.get(keyword):
                return self.make(schema[keyword][0], number, name, depth + 1)
        kind = schema.get("type", "object")
        return self._of_type(kind[0] if isinstance(kind, list) else kind, schema, number, name, depth)

    def _of_type(self, kind: str, schema: dict[str, Any], number: int, name: str, depth: int) -> object:
        low = schema.get("minimum", 0)
        match kind:
            case "object":
                parts = schema.get("properties", {}).items()
                return {key: self.make(part, roll(number, key), key, depth + 1) for key, part in parts}
            case "array":
                count = max(schema.get("minItems", 1), min(1 + pick(number, 2, 3), schema.get("maxItems", 3)))
                return [self.make(schema.get("items"), roll(number, i), name, depth + 1) for i in range(count)]
            case "integer":
                return low + pick(number, 3, int(schema.get("maximum", low + 10)) - low + 1)
            case "number":
                return round(low + share(number, 3) * (schema.get("maximum", low + 1) - low), 2)
            case "boolean":
                return pick(number, 4, 2) == 0
            case "null":
                return None
        first = pick(number, 5, len(self._words))
        return " ".join((self._words[first:] + self._words)[: 1 if name in _SHORT else 4])

    def _referred(self, reference: str) -> object:
        found = self._root
        for part in reference.split("/")[1:]:
            found = found.get(part) if isinstance(found, dict) else None
        return found
