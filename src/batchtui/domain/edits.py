"""Changing a request that was sent before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batchtui.domain.errors import InputError
from batchtui.domain.request import encode_request
from batchtui.domain.result import read_object


def with_changes(line: bytes, changes: Mapping[str, Any]) -> bytes:
    """Return a request line with params set by dotted path, as `change` does."""
    request = read_object(line)
    change(request["params"], changes)
    return encode_request(request["custom_id"], request["params"])


def change(params: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Set params by dotted path: `max_tokens`, `thinking.budget_tokens`, `messages.0`; None takes one away.

    Raises `InputError` where a path leads through something that holds no such place.
    """
    for path, value in changes.items():
        *parents, last = path.split(".")
        place: object = params
        for name in parents:
            place = _inner(place, name, path, is_made=value is not None)
            if place is None and value is None:
                break
        _put(place, last, value, path)


def _put(place: object, name: str, value: object, path: str) -> None:
    if isinstance(place, list):
        index = _index(place, name, path)
        place[index : index + 1] = [] if value is None else [value]
    elif isinstance(place, dict) and value is not None:
        place[name] = value
    elif isinstance(place, dict):
        place.pop(name, None)
    elif place is not None or value is not None:
        raise _no_place(path)


def _inner(place: object, name: str, path: str, *, is_made: bool) -> object:
    """Return what is called by a name, None if it is not there and need not be made."""
    if isinstance(place, list):
        return place[_index(place, name, path)]
    if not isinstance(place, dict):
        raise _no_place(path)
    return place.setdefault(name, {}) if is_made else place.get(name)


def _index(place: list[Any], name: str, path: str) -> int:
    if not name.isdecimal() or int(name) >= len(place):
        raise _no_place(path)
    return int(name)


def _no_place(path: str) -> InputError:
    return InputError(
        f"{path}: there is no such place in the params.",
        unharmed="Nothing was changed.",
        todo="Set a param by its path, as max_tokens=2048 or messages.0.content=TEXT.",
    )
