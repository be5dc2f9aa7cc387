"""A value that fits a JSON schema, for structured output and tool input."""

from __future__ import annotations

from typing import Any

from batchtui.simulator import prose, wording
from batchtui.simulator.chance import pick, roll, share

_DEPTH = 24
_MOST_VALUES = 500
_MOST_ITEMS = 20
_SHORT = frozenset({"label", "category", "name", "city"})
_USUAL = {"language": "en", "currency": "EUR", "date": "2026-09-28"}


def value_for(schema: object, words: list[str], number: int) -> object:
    """Return a believable value for the schema: enums are picked, strings reuse the prompt's `words`.

    Knows the keywords that structured output supports ($ref, anyOf, oneOf, allOf, const, enum, type, properties,
    items, bounds); whatever else a schema says, or says wrongly, is not looked at.
    """
    return _Maker(schema, words).make(schema, number, "value", 0)


class _Maker:
    def __init__(self, root: object, words: list[str]) -> None:
        self._root = root
        self._words = words
        self._left = _MOST_VALUES

    def make(self, schema: object, number: int, name: str, depth: int) -> object:
        # A schema may refer to itself: it ends somewhere, however it branches.
        self._left -= 1
        if not isinstance(schema, dict) or depth > _DEPTH or self._left < 0:
            return None
        if "const" in schema:
            return schema["const"]
        choices = _list(schema, "enum")
        if choices:
            return self._chosen(choices, number)
        if "$ref" in schema:
            return self.make(self._referred(str(schema["$ref"])), number, name, depth + 1)
        for keyword in ("anyOf", "oneOf", "allOf"):
            parts = _list(schema, keyword)
            if parts:
                return self.make(parts[0], number, name, depth + 1)
        kinds = _list(schema, "type") or [schema.get("type", "object")]
        return self._of_type(kinds[0], schema, number, name, depth)

    def _chosen(self, choices: list[Any], number: int) -> object:
        """Return the choice that the prompt speaks for, else one that is drawn."""
        text = " ".join(self._words).lower()
        fitting = [each for each in choices if isinstance(each, str) and prose.cue(each, text)]
        return fitting[0] if fitting else choices[pick(number, 1, len(choices))]

    def _of_type(self, kind: object, schema: dict[str, Any], number: int, name: str, depth: int) -> object:
        match kind:
            case "object":
                parts = schema.get("properties")
                named = parts.items() if isinstance(parts, dict) else ()
                return {key: self.make(part, roll(number, key), key, depth + 1) for key, part in named}
            case "array":
                low = min(int(_bound(schema, "minItems", 1)), _MOST_ITEMS)
                count = max(low, min(1 + pick(number, 2, 3), int(_bound(schema, "maxItems", 3))))
                return [self.make(schema.get("items"), roll(number, i), name, depth + 1) for i in range(count)]
            case "integer":
                low = int(_bound(schema, "minimum", 0))
                return low + pick(number, 3, max(1, int(_bound(schema, "maximum", low + 10)) - low + 1))
            case "number":
                least = _bound(schema, "minimum", 0)
                return round(least + share(number, 3) * (_bound(schema, "maximum", least + 1) - least), 2)
            case "boolean":
                return pick(number, 4, 2) == 0
            case "null":
                return None
        if name in _USUAL:
            return _USUAL[name]
        if name == "reason":
            return prose.fill(wording.REASONS[pick(number, 6, len(wording.REASONS))], self._words, number)
        first = pick(number, 5, len(self._words))
        return " ".join((self._words[first:] + self._words)[: 1 if name in _SHORT else 4])

    def _referred(self, reference: str) -> object:
        found = self._root
        for part in reference.split("/")[1:]:
            found = found.get(part) if isinstance(found, dict) else None
        return found


def _list(schema: dict[str, Any], keyword: str) -> list[Any]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def _bound(schema: dict[str, Any], keyword: str, otherwise: float) -> float:
    value = schema.get(keyword)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
