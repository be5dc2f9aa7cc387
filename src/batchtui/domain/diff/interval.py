"""How sure a share is that was counted."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054
"""How many standard deviations to both sides of the mean hold 95 % of a normal distribution."""


def interval(wins: int, total: int) -> tuple[float, float]:
    """Return between which shares the true one lies, with 95 % confidence, after `wins` of `total`.

    It is the interval of Wilson's score, which holds for few trials and shares near 0 or 1 too. Nothing is known
    without a trial: (0, 1).
    """
    if not total:
        return 0.0, 1.0
    share, square = wins / total, Z_95 * Z_95
    middle = share + square / (2 * total)
    reach = Z_95 * sqrt((share * (1 - share) + square / (4 * total)) / total)
    scale = 1 + square / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
