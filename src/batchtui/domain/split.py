"""Cutting a job into parts that fit the limits of one batch."""

from __future__ import annotations

from collections.abc import Sequence

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
