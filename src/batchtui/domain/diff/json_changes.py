"""What differs between two JSON documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batchtui.domain.diff.matching import equal_runs, gaps_between
from batchtui.domain.diff.model import JsonChange

_FENCED = re.compile(r"\s*```(?:json|JSON)?[ \t]*\r?\n(?P<inside>.*?)\r?\n?```\s*", re.DOTALL)

_PLAIN_KEY = re.compile(r"[^\W\d]\w*")

MOST_LEVELS = 100

WHOLE = "(whole)"
"""The path of a document that is another altogether."""


class Repeated(list[object]):
    """The values of a key that an object has more than once, in order."""


def json_changes(left: object, right: object) -> list[JsonChange]:
    """Return each value that is not the same, in the order of the left; the order of keys does not matter.

    Items of lists that are equal are found however many others stand before them; an index is that of the left, for
    what was added that of the right. `1` and `1.0` are the same number, `1` and `true` are not the same.
    """
    return list(_changes("", left, right))


def as_json(left: str, right: str) -> tuple[object, object] | None:
    """Return both texts as JSON documents, None unless both are objects or lists, alone or in a code fence."""
    parsed = parsed_json(left)
    other = None if parsed is None else parsed_json(right)
    return None if parsed is None or other is None else (parsed, other)


def parsed_json(text: str) -> object:
    """Return the object or the list that a text is, alone or in a code fence; None for any other text."""
    if fenced := _FENCED.fullmatch(text):
        text = fenced["inside"]
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        value: object = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None
    return None if _is_deep(value) else value


def _is_deep(value: object) -> bool:
    """Return whether a value is nested more deeply than anybody compares, and than can be compared."""
    level = [value]
    for _ in range(MOST_LEVELS):
        containers = [item for item in level if isinstance(item, dict | list)]
        level = [item for each in containers for item in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return False
    return True


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        for key in found:
            values = [value for name, value in pairs if name == key]
            if len(values) > 1:
                found[key] = Repeated(values)
    return found


def _changes(path: str, left: object, right: object) -> Iterator[JsonChange]:
    if isinstance(left, dict) and isinstance(right, dict):
        yield from _of_objects(path, left, right)
    elif isinstance(left, list) and isinstance(right, list):
        yield from _of_lists(path, left, right)
    elif not _equal(left, right):
        yield JsonChange(path or WHOLE, "changed", left, right)


def _of_objects(path: str, left: dict[str, object], right: dict[str, object]) -> Iterator[JsonChange]:
    for key, value in left.items():
        if key in right:
            yield from _changes(_within(path, key), value, right[key])
        else:
            yield JsonChange(_within(path, key), "removed", value, None)
    for key, value in right.items():
        if key not in left:
            yield JsonChange(_within(path, key), "added", None, value)


def _of_lists(path: str, left: list[object], right: list[object]) -> Iterator[JsonChange]:
    numbers: dict[object, int] = {}
    keys = [[numbers.setdefault(_key(item), len(numbers)) for item in items] for items in (left, right)]
    for (start, end, right_start, right_end), _ in gaps_between(equal_runs(*keys), len(left), len(right)):
        both = min(end - start, right_end - right_start)
        for at in range(both):
            yield from _changes(f"{path}[{start + at}]", left[start + at], right[right_start + at])
        for at in range(start + both, end):
            yield JsonChange(f"{path}[{at}]", "removed", left[at], None)
        for at in range(right_start + both, right_end):
            yield JsonChange(f"{path}[{at}]", "added", None, right[at])


def _within(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _equal(left: object, right: object) -> bool:
    return left is right or _key(left) == _key(right)


def _key(value: object) -> object:
    """Return what is equal exactly for equal values."""
    if isinstance(value, dict):
        return "{", frozenset((key, _key(item)) for key, item in value.items())
    if isinstance(value, list):
        return "[", *map(_key, value)
    if isinstance(value, bool) or value is None:
        return str(value), None
    if isinstance(value, float) and value != value:  # noqa: PLR0124  # NaN is not equal to itself
        return "NaN", None
    return value
