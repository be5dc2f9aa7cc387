"""How long many answers are, in a few hundred bytes, so that those of many batches can be put together."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate, repeat
from operator import add

from batchtui.domain.numbers import Percentiles

STEPS = 16
"""Into how many equal steps each doubling of the length is cut: a length is known to about a sixteenth."""

_STEP_BITS = STEPS.bit_length() - 1


def packed(counts: Iterable[tuple[int, int]]) -> bytes:
    """Return lengths with how many answers have them as bytes: the number of the first step, then a count a step.

    All are whole numbers of 4 bytes, the low byte first.
    """
    by_step: dict[int, int] = {}
    for length, number in counts:
        step = _step(length)
        by_step[step] = by_step.get(step, 0) + number
    if not by_step:
        return b""
    first, last = min(by_step), max(by_step)
    return struct.pack(f"<{last - first + 2}I", first, *(by_step.get(step, 0) for step in range(first, last + 1)))


def percentiles(all_packed: Iterable[bytes], longest: int) -> Percentiles | None:
    """Return the percentiles of lengths packed in several parts, None where there are none.

    They are the upper end of a step: so many per cent are at most that long, and the figure is less than a
    sixteenth too high. `longest` is the greatest length itself.
    """
    counts = _together(all_packed)
    up_to = list(accumulate(counts))
    if not up_to or not up_to[-1]:
        return None
    p50, p90, p95, p99 = (
        min(longest, _end(bisect_left(up_to, -(-up_to[-1] * share // 100)))) for share in (50, 90, 95, 99)
    )
    return Percentiles(p50, p90, p95, p99, longest)


def _together(all_packed: Iterable[bytes]) -> list[int]:
    """Return how many lengths are in each step, from the first step there is."""
    counts: list[int] = []
    for data in all_packed:
        if not data:
            continue
        first, *more = struct.unpack(f"<{len(data) // 4}I", data)
        end = first + len(more)
        if end > len(counts):
            counts.extend(repeat(0, end - len(counts)))
        counts[first:end] = map(add, counts[first:end], more)
    return counts


def _step(length: int) -> int:
    """Return the number of the step a length is in; the shortest lengths have one each."""
    shift = max(0, length.bit_length() - _STEP_BITS - 1)
    return (shift << _STEP_BITS) + (length >> shift)


def _end(step: int) -> int:
    """Return the greatest length of a step."""
    shift = max(0, (step >> _STEP_BITS) - 1)
    return ((step - (shift << _STEP_BITS) + 1) << shift) - 1
