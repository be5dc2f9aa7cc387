"""What asking at the pace of `domain.pacing` costs and brings, beside asking every 10 s, 60 s and 5 min.

    python bench/pace.py [--batches 500] [--days 7] [--seed 1]

Simulates a week on a clock of its own: batches are sent at random times and run for as long as batches do, 12
minutes in the median and 90 at the 90th percentile. Prints the requests made and how late ends were noticed, how
often a server that does not answer for an hour is asked, and how late it is noticed that it does again.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from batchtui.domain.pacing import LONGEST_RUN, SOONEST_SECONDS, pause_seconds

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
MEDIAN_RUN_SECONDS, SPREAD = 12 * 60, 1.57
LONGEST_RUN_SECONDS = 24 * 3600.0
JITTER = 0.1

Pause = Callable[[Sequence[datetime], datetime, int], float]
"""From the creation times of what runs, the time and the failures in a row to the seconds until the next poll."""


@dataclass(frozen=True, slots=True)
class Run:
    """When a batch is sent and when it ends, in seconds."""

    sent: float
    ended: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Requests made, and by how many seconds and which share of its run each end was noticed late."""

    requests: int
    late_seconds: tuple[float, ...]
    late_shares: tuple[float, ...]


def runs(batches: int, days: float, seed: int) -> list[Run]:
    """Return batches sent over some days, oldest first."""
    chance = random.Random(seed)
    sent = sorted(chance.uniform(0, days * 86_400) for _ in range(batches))
    log_median = math.log(MEDIAN_RUN_SECONDS)
    return [Run(at, at + min(LONGEST_RUN_SECONDS, chance.lognormvariate(log_median, SPREAD))) for at in sent]


def ours(started: Sequence[datetime], now: datetime, failures: int) -> float:
    """Pause as the poller does, with its jitter."""
    return pause_seconds(started, now, failures=failures) * (1 + random.random() * JITTER)


def every(seconds: float) -> Pause:
    """Pause always the same."""
    return lambda _started, _now, _failures: seconds


def simulate(sent: Sequence[Run], pause: Pause, *, is_hurried: bool) -> Outcome:
    """Poll until all ends are noticed; with `is_hurried` soon after each batch is sent, as the screens do."""
    at, requests, known = 0.0, 0, 0
    running: list[Run] = []
    late: list[tuple[float, float]] = []
    while known < len(sent) or running:
        requests += 1
        while known < len(sent) and sent[known].sent <= at:
            running.append(sent[known])
            known += 1
        late += [(at - run.ended, (at - run.ended) / (run.ended - run.sent)) for run in running if run.ended <= at]
        running = [run for run in running if run.ended > at]
        started = [BEGIN + timedelta(seconds=run.sent) for run in running]
        due = at + pause(started, BEGIN + timedelta(seconds=at), 0)
        if is_hurried and known < len(sent):
            due = min(due, max(at + SOONEST_SECONDS, sent[known].sent))
        at = due
    return Outcome(requests, tuple(seconds for seconds, _ in late), tuple(share for _, share in late))


def outage(pause: Pause, seconds: float = 3600.0) -> tuple[int, float]:
    """Return how often a server is asked that is away for so long, and how late it is noticed that it is back."""
    at, asked = 0.0, 0
    while at < seconds:
        asked += 1
        at += pause([BEGIN], BEGIN, asked)
    return asked, at - seconds


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    return statistics.quantiles(values, n=1000)[round(share * 1000) - 1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=500)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sent = runs(given.batches, given.days, given.seed)
    sys.stdout.write(
        f"{given.batches:,} batches in {given.days:g} days; longest run {LONGEST_RUN.total_seconds() / 3600:g} h\n"
        "pace         requests   late: median     95 %      max   of the run: median   95 %   asked in an outage\n"
    )
    paces: dict[str, tuple[Pause, bool]] = {
        "batchtui": (ours, True),
        "every 10 s": (every(10), False),
        "every 60 s": (every(60), False),
        "every 5 min": (every(300), False),
    }
    for name, (pause, is_hurried) in paces.items():
        found = simulate(sent, pause, is_hurried=is_hurried)
        late, shares = found.late_seconds, found.late_shares
        asked, back = outage(pause)
        sys.stdout.write(
            f"{name:<12} {found.requests:>8,}   {quantile(late, 0.5):>10.0f} s {quantile(late, 0.95):>6.0f} s"
            f" {max(late):>6.0f} s   {quantile(shares, 0.5):>17.1%} {quantile(shares, 0.95):>6.1%}"
            f"   {asked:>13} ({back:.0f} s late)\n"
        )


if __name__ == "__main__":
    main()
