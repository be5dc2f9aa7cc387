"""Cutting a job into parts that fit the limits of one batch."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, repeat

from batchtui.domain.batch import MAX_BODY_BYTES, MAX_REQUESTS
from batchtui.domain.request import body_length


def part_sizes(
    line_lengths: Sequence[int], *, max_requests: int = MAX_REQUESTS, max_body_bytes: int = MAX_BODY_BYTES
) -> list[int]:
    """Return how many requests go into each part, in order, as few parts as hold and about equally large.

    `line_lengths` are the bytes of the request lines without newlines; no single one may be over the limit.
    """
    smallest = max(
        -(-len(line_lengths) // max_requests),
        -(-body_length(sum(line_lengths), len(line_lengths)) // max_body_bytes),
    )
    target_requests = -(-len(line_lengths) // max(1, smallest))
    sizes: list[int] = []
    count = total_bytes = 0
    for length in line_lengths:
        full = count == target_requests or body_length(total_bytes + length, count + 1) > max_body_bytes
        if count and full:
            sizes.append(count)
            count = total_bytes = 0
        count += 1
        total_bytes += length
    return [*sizes, count] if count else sizes


def spread(count: int, size: int) -> Collection[int]:
    """Return `size` of `count` positions, or all, evenly spread; the first and the last are among them."""
    if size >= count:
        return range(count)
    return {round(number * (count - 1) / max(1, size - 1)) for number in range(size)}


def deal(line_lengths: Sequence[int], *, sample: int | None = None) -> tuple[Sequence[int], int]:
    """Return for every line the number of its part, from 0, and how many of the parts are no sample.

    A `sample` of so many lines, spread over the file, makes up the first parts. In every part the lines keep their
    order.
    """
    count = len(line_lengths)
    chosen = spread(count, count if sample is None else sample)
    first = part_sizes(array("L", (line_lengths[position] for position in range(count) if position in chosen)))
    rest = part_sizes(array("L", (line_lengths[position] for position in range(count) if position not in chosen)))
    now, later = _numbers(first, 0), _numbers(rest, len(first))
    return array("L", (next(now if position in chosen else later) for position in range(count))), len(rest)


def _numbers(sizes: Sequence[int], first: int) -> Iterator[int]:
    return chain.from_iterable(repeat(number, size) for number, size in enumerate(sizes, first))
