"""How often to ask the API, so that an end is noticed soon and nobody is asked too much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

YOUNG_SECONDS = 15.0
"""Pause between polls while the youngest running batch is new; above the `retry-after: 10` the API sends."""

OLD_SECONDS = 300.0
"""Pause between polls when all running batches are old, or none runs."""

AGE_SHARE = 1 / 20
"""The pause grows with the age of the youngest running batch: it is noticed at most 5 % late."""

LONGEST_RUN = timedelta(hours=25)
"""No batch runs for longer: the API ends it a day after its creation, and takes a little time for it."""

SOONEST_SECONDS = 5.0
"""No poll follows another sooner than this, except on a loopback server."""


def pause_seconds(
    started: Iterable[datetime],
    now: datetime,
    *,
    failures: int = 0,
    retry_after_seconds: float | None = None,
    young_seconds: float = YOUNG_SECONDS,
) -> float:
    """Return how long to wait before the next poll, before jitter.

    `started` are the creation times of the running batches; one that lies impossibly far back is that of a server
    whose clock is not ours, and says nothing of the age. After a poll that failed the pause begins anew at twice
    `young_seconds` and doubles with each more of `failures`; what the server asked for in `retry-after` is never
    undercut.
    """
    ages = (now - at for at in started)
    youngest = min((age if age < LONGEST_RUN else timedelta() for age in ages), default=None)
    if youngest is None:
        pause = OLD_SECONDS
    else:
        pause = max(young_seconds, min(OLD_SECONDS, max(youngest, timedelta()).total_seconds() * AGE_SHARE))
    if failures:
        pause = min(OLD_SECONDS, young_seconds * 2.0 ** min(failures, 10))
    return max(pause, retry_after_seconds or 0.0)
