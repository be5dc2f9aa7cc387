"""Which items of two sequences belong together, in the order of both."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

Run = tuple[int, int, int]
"""Where equal items begin on the left and on the right, and how many they are."""

Gap = tuple[int, int, int, int]
"""What is compared: from and to on the left, from and to on the right."""

MOST_CELLS = 1 << 27
"""How large a table, in bits, the exact way may take: about 20 ms in which no other thread runs, and 16 MB."""

GRAMS = (1, 4, 16)
"""How many items in a row are looked for that each side has only once, where the exact way would take too long."""


def equal_runs(left: Sequence[int], right: Sequence[int]) -> list[Run]:
    """Return runs of equal items in the order of both sides.

    They are as many items as there can be, unless the sides are very long: then what is only once on each side is
    found first, and the exact way is taken between. Where that does not help, nothing is found equal.
    """
    found: list[Run] = []
    gaps: list[Gap] = [(0, len(left), 0, len(right))]
    while gaps:
        start, end, right_start, right_end = gaps.pop()
        head = _equal_at_start(left, right, (start, end, right_start, right_end))
        if head:
            found.append((start, right_start, head))
            start, right_start = start + head, right_start + head
        tail = _equal_at_end(left, right, (start, end, right_start, right_end))
        if tail:
            end, right_end = end - tail, right_end - tail
            found.append((end, right_end, tail))
        gap = (start, end, right_start, right_end)
        if (end - start) * (right_end - right_start) > MOST_CELLS:
            gaps.extend(_between(_anchors(left, right, gap), gap))
        elif start < end and right_start < right_end:
            found.extend(_exact(left, right, gap))
    return list(_joined(sorted(found)))


def _exact(left: Sequence[int], right: Sequence[int], gap: Gap) -> Iterator[Run]:
    from rapidfuzz.distance import Indel

    start, end, right_start, right_end = gap
    for code in Indel.opcodes(left[start:end], right[right_start:right_end]):
        if code.tag == "equal":
            yield start + code.src_start, right_start + code.dest_start, code.src_end - code.src_start


def _equal_at_start(left: Sequence[int], right: Sequence[int], gap: Gap) -> int:
    start, end, right_start, right_end = gap
    most = min(end - start, right_end - right_start)
    for at in range(most):
        if left[start + at] != right[right_start + at]:
            return at
    return most


def _equal_at_end(left: Sequence[int], right: Sequence[int], gap: Gap) -> int:
    start, end, right_start, right_end = gap
    most = min(end - start, right_end - right_start)
    for at in range(1, most + 1):
        if left[end - at] != right[right_end - at]:
            return at - 1
    return most


def _anchors(left: Sequence[int], right: Sequence[int], gap: Gap) -> list[tuple[int, int]]:
    """Return where both sides have what neither has elsewhere, in the order of both; there may be nothing."""
    for size in GRAMS:
        of_left, of_right = _single(left, gap[0], gap[1], size), _single(right, gap[2], gap[3], size)
        places = [(at, of_right[gram]) for gram, at in of_left.items() if gram in of_right]
        if places:
            return _increasing(places)
    return []


def _single(items: Sequence[int], start: int, end: int, size: int) -> dict[tuple[int, ...], int]:
    """Return what is there only once, and where, in order."""
    grams = list(zip(*(items[start + shift : end] for shift in range(size)), strict=False))
    often = Counter(grams)
    return {gram: start + at for at, gram in enumerate(grams) if often[gram] == 1}


def _increasing(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return as many places as can be that are in order on the right too; on the left they are."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, at) in enumerate(places):
        length = bisect_left(ends, at)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(at)
            last.append(number)
        else:
            ends[length], last[length] = at, number
    chain: list[tuple[int, int]] = []
    number = last[-1]
    while number >= 0:
        chain.append(places[number])
        number = before[number]
    return chain[::-1]


def _between(anchors: list[tuple[int, int]], gap: Gap) -> Iterator[Gap]:
    """Yield what begins with an anchor and ends before the next, so that it is smaller; nothing without anchors."""
    start, end, right_start, right_end = gap
    if not anchors:
        return
    last = (-1, -1)
    for at, right_at in [*anchors, (end, right_end)]:
        follows = (at - 1, right_at - 1) == last
        last = (at, right_at)
        if follows and at < end and right_at < right_end:
            continue  # It is equal up to here, so that this need not be cut.
        yield start, at, right_start, right_at
        start, right_start = at, right_at


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield runs that follow each other on both sides as one."""
    last: Run | None = None
    for run in runs:
        if last is not None and (last[0] + last[2], last[1] + last[2]) == run[:2]:
            last = last[0], last[1], last[2] + run[2]
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def gaps_between(runs: Iterable[Run], left_size: int, right_size: int) -> Iterator[tuple[Gap, Run]]:
    """Yield what differs and the run after it, in turn; the last run is empty and at the end."""
    start = right_start = 0
    for at, right_at, size in [*runs, (left_size, right_size, 0)]:
        yield (start, at, right_start, right_at), (at, right_at, size)
        start, right_start = at + size, right_at + size
