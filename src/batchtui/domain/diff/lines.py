"""Two texts line by line, with the words marked that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batchtui.domain.diff.matching import Gap, equal_runs, gaps_between
from batchtui.domain.diff.model import DiffLine, Fold, Segment
from batchtui.domain.diff.words import Numbers, mark_words, words

MOST_PAIRS = 2_500
"""How many lines of the left times lines of the right are tried which belong together."""

MOST_LINES = 10_000
"""Up to how many lines in a block it is looked at all which belong together."""

MOST_WORK = 1 << 26
"""How many words times words that may take."""

MOST_WORD_CHARS = 1_000_000
"""Up to how many characters of changed lines words are marked; of more, whole lines are."""

ALIKE = 0.35
"""From which similarity on a line is another one changed, and not a new one."""


def split_lines(text: str) -> list[str]:
    """Return the lines of a text with their ends; only a newline ends one, as for `patch`."""
    lines = text.split("\n")
    last = lines.pop()
    lines = [line + "\n" for line in lines]
    return [*lines, last] if last else lines


def diff_lines(left: str, right: str, *, ignore_white_space: bool = False) -> list[DiffLine]:
    """Return what it takes to get from left to right; the segments of a side put together are exactly its text.

    With `ignore_white_space` lines and words that differ in that alone are equal. Where megabytes of lines have
    changed, they are marked as a whole.
    """
    lefts, rights = split_lines(left), split_lines(right)
    numbers = Numbers()
    keys = [
        numbers.of(["".join(line.split()) for line in lines] if ignore_white_space else lines)
        for lines in (lefts, rights)
    ]
    pairer = _Pairer(lefts, rights, ignore_white_space)
    shown: list[DiffLine] = []
    for gap, (start, right_start, size) in gaps_between(equal_runs(*keys), len(lefts), len(rights)):
        shown += pairer.lines(gap)
        shown += [
            DiffLine(
                "same",
                start + at + 1,
                right_start + at + 1,
                (Segment(lefts[start + at], changed=False),),
                (Segment(rights[right_start + at], changed=False),),
            )
            for at in range(size)
        ]
    return shown


def fold(lines: Sequence[DiffLine], context: int = 3) -> list[DiffLine | Fold]:
    """Return the lines, with what is further than `context` lines from any change folded; nothing if none changed.

    A fold takes a line itself, so that a single line is never folded.
    """
    changed = [at for at, line in enumerate(lines) if line.kind != "same"]
    if not changed:
        return list(lines)
    shown: list[DiffLine | Fold] = []
    done = 0
    for at in changed:
        shown += _folded(lines, done, max(done, at - context))
        shown += lines[max(done, at - context) : max(done, at + 1)]
        done = max(done, at + 1)
        until = min(len(lines), at + context + 1)
        shown += lines[done:until]
        done = max(done, until)
    return shown + _folded(lines, done, len(lines))


def _folded(lines: Sequence[DiffLine], start: int, end: int) -> list[DiffLine | Fold]:
    return [Fold(end - start)] if end - start > 1 else list(lines[start:end])


class _Pairer:
    """Finds in blocks of lines that differ which line became which."""

    def __init__(self, lefts: list[str], rights: list[str], ignore_white_space: bool) -> None:
        self._lefts = lefts
        self._rights = rights
        self._ignore_white_space = ignore_white_space
        self._numbers = Numbers()
        self._chars_left = MOST_WORD_CHARS

    def lines(self, gap: Gap) -> Iterator[DiffLine]:
        """Yield the lines of a block that differs."""
        start, end, right_start, right_end = gap
        for at, right_at in [*self._pairs(gap), (end, right_end)]:
            yield from map(self._removed, range(start, at))
            yield from map(self._added, range(right_start, right_at))
            if at < end and right_at < right_end:
                yield self._changed(at, right_at)
            start, right_start = at + 1, right_at + 1

    def _removed(self, at: int) -> DiffLine:
        return DiffLine("removed", at + 1, None, (Segment(self._lefts[at], changed=True),), ())

    def _added(self, at: int) -> DiffLine:
        return DiffLine("added", None, at + 1, (), (Segment(self._rights[at], changed=True),))

    def _changed(self, at: int, right_at: int) -> DiffLine:
        left, right = self._lefts[at], self._rights[right_at]
        self._chars_left -= len(left) + len(right)
        if self._chars_left < 0:
            whole = (Segment(left, changed=True),), (Segment(right, changed=True),)
            return DiffLine("changed", at + 1, right_at + 1, *whole)
        segments = mark_words(left, right, ignore_white_space=self._ignore_white_space)
        differs = any(segment.changed for side in segments for segment in side)
        return DiffLine("changed" if differs else "same", at + 1, right_at + 1, *segments)

    def _pairs(self, gap: Gap) -> list[tuple[int, int]]:
        """Return which line became which, in the order of both."""
        start, end, right_start, right_end = gap
        sizes = end - start, right_end - right_start
        if sizes == (1, 1):
            return [(start, right_start)]
        if not all(sizes) or max(sizes) > MOST_LINES:
            return []
        lefts = [self._words(line) for line in self._lefts[start:end]]
        rights = [self._words(line) for line in self._rights[right_start:right_end]]
        work = sum(map(len, lefts)) * sum(map(len, rights))
        if sizes[0] * sizes[1] > MOST_PAIRS or work > MOST_WORK:
            found = [(at, at) for at in range(min(sizes)) if _are_alike(lefts[at], rights[at])]
        else:
            found = _best(lefts, rights)
        return [(start + at, right_start + right_at) for at, right_at in found]

    def _words(self, line: str) -> list[int]:
        return self._numbers.of([token for token in words(line) if not token.isspace()])


def _are_alike(left: list[int], right: list[int]) -> bool:
    """Return whether two lines have many words in common, wherever they stand."""
    common = len(set(left) & set(right))
    return common >= ALIKE * max(len(set(left)), len(set(right)), 1)


def _best(lefts: list[list[int]], rights: list[list[int]]) -> list[tuple[int, int]]:
    """Return the pairs that are most alike in all, in the order of both."""
    from rapidfuzz.distance import Indel

    alike = [[Indel.normalized_similarity(left, right) for right in rights] for left in lefts]
    best = [[0.0] * (len(rights) + 1) for _ in range(len(lefts) + 1)]
    for at in range(len(lefts) - 1, -1, -1):
        row, below = best[at], best[at + 1]
        for right_at in range(len(rights) - 1, -1, -1):
            share = alike[at][right_at]
            paired = below[right_at + 1] + share if share >= ALIKE else 0.0
            row[right_at] = max(paired, below[right_at], row[right_at + 1])
    found: list[tuple[int, int]] = []
    at = right_at = 0
    while at < len(lefts) and right_at < len(rights):
        here = best[at][right_at]
        if here == best[at + 1][right_at]:
            at += 1
        elif here == best[at][right_at + 1]:
            right_at += 1
        else:
            found.append((at, right_at))
            at, right_at = at + 1, right_at + 1
    return found
