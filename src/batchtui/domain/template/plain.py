"""Values that JSON can hold."""

from __future__ import annotations

import math

MAX_DEPTH = 64
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def check_plain(value: object, depth: int = 0) -> None:
    """Raise TypeError or ValueError if JSON cannot hold a value exactly."""
    if depth > MAX_DEPTH:
        raise ValueError(f"the value is nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if not _SMALLEST <= value <= _LARGEST:
            raise ValueError("the number has more than 64 bits, which JSON readers cannot hold")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"JSON has no {value}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is not text")
            check_plain(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            check_plain(item, depth + 1)
    else:
        raise TypeError(
            f"JSON has no {type(value).__name__}; add `| list` to the result of map, select or the like"
        )
