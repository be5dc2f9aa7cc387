"""What a diff is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LineKind = Literal["same", "changed", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line; `changed` says whether the other side has something else there."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of the left, of the right, or of both; numbers count from 1.

    The segments of a side put together are its line, with its line end. A `removed` line has no right, an `added`
    one no left. A line is `same` if it has no changed segment; where white space is ignored, its sides may differ
    in that.
    """

    kind: LineKind
    left_number: int | None
    right_number: int | None
    left: tuple[Segment, ...]
    right: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """So many equal lines that are not shown."""

    count: int


@dataclass(frozen=True, slots=True)
class JsonChange:
    """A value that is not the same in two JSON documents; `path` is as in `items[2].price`.

    `left` is None where the value was added, `right` where it was removed; null is None too, `kind` tells them
    apart.
    """

    path: str
    kind: Literal["added", "removed", "changed"]
    left: object
    right: object
