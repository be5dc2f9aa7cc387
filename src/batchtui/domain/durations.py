"""How long batches take, learned from those that have ended."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from batchtui.domain.batch import StoredBatch

FACTORS = (2, 4, 10)
"""How much smaller or larger than a batch others may be that are like it; the first at which there are enough."""

ENOUGH = 5
"""How many batches say more than those of a nearer size."""

NEWEST = 1_000
"""How many batches are looked at: what was usual long ago is not usual any more."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How many seconds things took: half of them at most `p50`, 90 per cent at most `p90`."""

    number: int
    p50: float
    p90: float
    longest: float


@dataclass(frozen=True, slots=True)
class Typical:
    """How long batches took that are like one, and of how many requests they were, at least and at most.

    `is_same_model` says that all of them asked for the same models.
    """

    seconds: Spread
    least_requests: int
    most_requests: int
    is_same_model: bool


class _Past(NamedTuple):
    requests: int
    seconds: float
    models: tuple[str, ...]
    base_url: str


class Durations:
    """What the past says about how long a batch will take.

    Only batches of the same server count that ended by themselves. Those that asked for the same models come
    first; only where they are too few do the others say anything.
    """

    def __init__(self, newest_first: Iterable[StoredBatch]) -> None:
        self._past = sorted(islice(filter(None, map(_past, newest_first)), NEWEST))

    def like(self, stored: StoredBatch) -> Typical | None:
        """Return what is usual for batches like this one, None if there were none."""
        here = [past for past in self._past if past.base_url == stored.base_url]
        same = [past for past in here if past.models == stored.models]
        requests, found = stored.batch.counts.total, list[tuple[Sequence[_Past], bool]]()
        for pasts, is_same_model in ((same, True), (here, False)):
            for factor in FACTORS:
                found.append((_between(pasts, requests / factor, requests * factor), is_same_model))
        enough = (each for each in found if len(each[0]) >= ENOUGH)
        # Where all are few, those of the same models say more than those of others.
        near, is_same_model = next(enough, None) or max(
            found, key=lambda each: (each[1] and bool(each[0]), len(each[0]))
        )
        seconds = spread([past.seconds for past in near])
        if seconds is None:
            return None
        return Typical(seconds, near[0].requests, near[-1].requests, is_same_model)


def spread(seconds: Sequence[float]) -> Spread | None:
    """Return how durations are spread, None if there are none; each figure is one of them."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    p50, p90 = (ordered[-(-len(ordered) * share // 100) - 1] for share in (50, 90))
    return Spread(len(ordered), p50, p90, ordered[-1])


def _past(stored: StoredBatch) -> _Past | None:
    batch = stored.batch
    if not batch.has_ended or batch.ended_at is None or batch.cancel_initiated_at is not None:
        return None
    seconds = (batch.ended_at - batch.created_at).total_seconds()
    return _Past(batch.counts.total, seconds, stored.models, stored.base_url)


def _between(pasts: Sequence[_Past], least: float, most: float) -> Sequence[_Past]:
    """Return those of so many requests; they come in the order of that number."""
    begin, end = bisect_left(pasts, least, key=_requests), bisect_right(pasts, most, key=_requests)
    return pasts[begin:end]


def _requests(past: _Past) -> int:
    return past.requests
