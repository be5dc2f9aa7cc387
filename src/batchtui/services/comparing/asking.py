"""What the two sides of pairs were asked, and how that differs."""

from __future__ import annotations

from array import array
from typing import Any

from batchtui.domain.comparison import NOWHERE, Comparison, RequestChanges
from batchtui.domain.request_diff import RequestDiffer
from batchtui.domain.result import read_object
from batchtui.domain.selection import ResultKeys
from batchtui.services.worker import Stop
from batchtui.store import Store
from batchtui.store.bulk_reading import REQUESTS

ROWS_BETWEEN_STOPS = 200


def request_changes(store: Store, comparison: Comparison, stop: Stop) -> RequestChanges:
    """Return what `Comparisons.request_changes` says. Blocks."""
    pairs, differ = comparison.pairs, RequestDiffer()
    both = [at for at, keys in enumerate(zip(pairs.left, pairs.right, strict=True)) if NOWHERE not in keys]
    if comparison.left_file is not None or comparison.right_file is not None:
        differ.add_unknown(len(both))
        return differ.changes()
    sides = (ResultKeys(array("q", [keys[at] for at in both])) for keys in (pairs.left, pairs.right))
    lefts, rights = (store.bulk.inputs(keys, REQUESTS) for keys in sides)
    for number, (left, right) in enumerate(zip(lefts, rights, strict=True)):
        if number % ROWS_BETWEEN_STOPS == 0:
            stop.check()
        if left is None or right is None:
            differ.add_unknown()
        elif left == right:
            differ.add_equal()
        else:
            differ.add(_params(left), _params(right))
    return differ.changes()


def _params(line: bytes) -> dict[str, Any]:
    params = read_object(line).get("params")
    return params if isinstance(params, dict) else {}
