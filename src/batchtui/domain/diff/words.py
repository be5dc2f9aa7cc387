"""Two lines word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from batchtui.domain.diff.matching import Gap, Run, equal_runs
from batchtui.domain.diff.model import Segment

_ONE_BY_ONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff66-\uff9d"
    "\U00020000-\U0003ffff"
)
"""Letters of scripts that are written without spaces between words: each is a word."""

_JOINING = (
    "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
    "\u200d\u302a-\u302f\u3099\u309a\ufe00-\ufe0f"
)
"""What stands on the letter before it."""

_MARKS = (
    "!-/:-@\\[-^`{-~\u00a1-\u00bf\u2010-\u2027\u2030-\u205e\u2190-\u23ff\u2500-\u25ff\u3000-\u303f\uff01-\uff0f"
)
"""What stands between words."""

_TOKEN = re.compile(
    rf"\r?\n|\r|[^\S\r\n]+|[{_ONE_BY_ONE}][{_JOINING}]*|[^\s{_MARKS}{_ONE_BY_ONE}]+|.[{_JOINING}]*", re.DOTALL
)


def words(text: str) -> list[str]:
    """Return the words, the marks between them and the white space of a text, which they are when put together."""
    return _TOKEN.findall(text)


class Numbers:
    """Numbers words, so that they can be compared fast; a line is numbered once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, tokens: Sequence[str]) -> list[int]:
        """Return a number for each, the same for the same."""
        numbers = self._numbers
        return [numbers.setdefault(token, len(numbers)) for token in tokens]


def mark_words(
    left: str, right: str, *, ignore_white_space: bool = False
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return both texts cut into pieces that the other has too and pieces that it has not."""
    lefts, rights = words(left), words(right)
    places = [[at for at, token in enumerate(tokens) if not token.isspace()] for tokens in (lefts, rights)]
    numbers = Numbers()
    runs = equal_runs(numbers.of([lefts[at] for at in places[0]]), numbers.of([rights[at] for at in places[1]]))
    marks = bytearray(b"\1") * len(lefts), bytearray(b"\1") * len(rights)
    done, right_done = 0, 0
    for start, end, right_start, right_end in _equal_pieces(runs, places, lefts, rights):
        # What stands before it, after another piece that is on both sides: often the same white space.
        between, right_between = lefts[done:start], rights[right_done:right_start]
        head = _equal_at_start(between, right_between)
        tail = _equal_at_start(between[head:][::-1], right_between[head:][::-1])
        for mark, first, begin, last in (
            (marks[0], done, start, end),
            (marks[1], right_done, right_start, right_end),
        ):
            mark[first : first + head] = bytes(head)
            mark[begin - tail : last] = bytes(last - begin + tail)
        done, right_done = end, right_end
    if ignore_white_space:
        for tokens, mark in ((lefts, marks[0]), (rights, marks[1])):
            for at, token in enumerate(tokens):
                if mark[at] and token.isspace():
                    mark[at] = 0
    return _segments(lefts, marks[0]), _segments(rights, marks[1])


def _equal_pieces(
    runs: Iterable[Run], places: Sequence[Sequence[int]], lefts: list[str], rights: list[str]
) -> Iterator[Gap]:
    """Yield the tokens that are on both sides, with white space between them if it is the same; last, the end."""
    for start, right_start, size in runs:
        some, right_some = places[0][start : start + size], places[1][right_start : right_start + size]
        whole = some[0], some[-1] + 1, right_some[0], right_some[-1] + 1
        if lefts[whole[0] : whole[1]] == rights[whole[2] : whole[3]]:
            yield whole
        else:
            yield from ((at, at + 1, to, to + 1) for at, to in zip(some, right_some, strict=True))
    yield len(lefts), len(lefts), len(rights), len(rights)


def _equal_at_start(left: Sequence[str], right: Sequence[str]) -> int:
    if left == right:
        return len(left)
    for at, (token, other) in enumerate(zip(left, right, strict=False)):
        if token != other:
            return at
    return min(len(left), len(right))


def _segments(tokens: list[str], marks: bytearray) -> tuple[Segment, ...]:
    return tuple(_joined(tokens, marks))


def _joined(tokens: list[str], marks: bytearray) -> Iterator[Segment]:
    at = 0
    for mark, some in groupby(marks):
        size = sum(1 for _ in some)
        yield Segment("".join(tokens[at : at + size]), bool(mark))
        at += size
