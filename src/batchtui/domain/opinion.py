"""What is said of two answers to the same request."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["left", "right", "tie"]
"""Which side has the better answer."""

_OTHER_SIDE: dict[Verdict, Verdict] = {"left": "right", "right": "left", "tie": "tie"}


def turned(verdict: Verdict) -> Verdict:
    """Return what a verdict is called where left and right have changed places."""
    return _OTHER_SIDE[verdict]
