"""How much alike two texts are."""

from __future__ import annotations


def similarity(left: str, right: str) -> float:
    """Return how much alike two texts are, from 0 to 1; only equal texts are 1."""
    if left == right:
        return 1.0
    from rapidfuzz.distance import Indel

    return min(Indel.normalized_similarity(left, right), 0.9999)
