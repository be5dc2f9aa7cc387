"""Two texts line by line, with the words marked that differ."""

from __future__ import annotations

from collections.abc import Sequence

from batchtui.domain.diff.model import DiffLine, Fold


def diff_lines(left: str, right: str, *, ignore_white_space: bool = False) -> list[DiffLine]:
    """Return what it takes to get from left to right; the segments of a side put together are exactly its text."""
    raise NotImplementedError


def fold(lines: Sequence[DiffLine], context: int = 3) -> list[DiffLine | Fold]:
    """Return the lines with each run of equal ones but for `context` around a change as one fold."""
    raise NotImplementedError
