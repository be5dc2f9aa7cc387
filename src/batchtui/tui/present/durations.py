"""How long something usually takes, in words."""

from __future__ import annotations

from datetime import timedelta

from batchtui.domain.durations import Typical
from batchtui.domain.human import count, counted, duration


def typical_text(typical: Typical) -> tuple[str, str]:
    """Return how long batches like one took, and of which that is known."""
    p50, p90 = (duration(timedelta(seconds=value)) for value in (typical.seconds.p50, typical.seconds.p90))
    least, most = count(typical.least_requests), counted(typical.most_requests, "request")
    sizes = most if typical.least_requests == typical.most_requests else f"{least} to {most}"
    other = "" if typical.is_same_model else ", other models among them"
    return (
        f"{p50} median, {p90} at the 90th",
        f"{counted(typical.seconds.number, 'batch', 'batches')} of {sizes}{other}",
    )
