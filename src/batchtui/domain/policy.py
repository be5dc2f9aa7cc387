"""When failed rows are sent again without anybody asking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")

LONGEST_BACKOFF = timedelta(days=1)

LEFT_AFTER = timedelta(days=3)
"""What has waited longer for whatever reason is left to a person: nobody expects it to go out any more."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A part of the day, in local time, in which nothing is sent by itself; it may go over midnight."""

    begin: time
    end: time

    def hold(self, moment: datetime) -> bool:
        """Return whether a moment, aware or local, lies in these hours; the end is not part of them."""
        local = moment.astimezone().time().replace(tzinfo=None)
        if self.begin <= self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end


def parse_quiet_hours(text: str) -> QuietHours | None:
    """Return the hours of a text as `22:00-07:00`, None for an empty one; raises `ValueError` for another."""
    if not text.strip():
        return None
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not two times of day, as in 22:00-07:00")
    begin_hour, begin_minute, end_hour, end_minute = map(int, match.groups())
    return QuietHours(time(begin_hour, begin_minute), time(end_hour, end_minute))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often rows are sent again, and whether that happens by itself.

    A row that met the same error on `attempts` attempts needs a person. With `is_automatic`, rows whose verdict is
    resend and that were sent fewer than `attempts` times go out again `backoff` after their attempt has ended,
    twice as long after each further one, never in `quiet` hours, and never where a retry could cost more than
    `max_cost_usd`.
    """

    is_automatic: bool = False
    attempts: int = 3
    backoff: timedelta = timedelta(minutes=5)
    max_cost_usd: float | None = None
    quiet: QuietHours | None = None

    def is_due(self, tries: int, ended_at: datetime, now: datetime) -> bool:
        """Return whether a row that has been sent so many times may go out again by itself.

        `ended_at` is the end of the attempt it failed in.
        """
        return tries < self.attempts and self.due_at(tries, ended_at) <= now <= ended_at + LEFT_AFTER

    def due_at(self, tries: int, ended_at: datetime) -> datetime:
        """Return when a row that has been sent so many times may go out again by itself at the earliest."""
        # A larger power would only overflow.
        doubled = self.backoff * (1 << min(tries - 1, 20))
        return ended_at + min(doubled, LONGEST_BACKOFF)

    def allows(self, now: datetime) -> bool:
        """Return whether anything may be sent by itself at this moment."""
        return self.is_automatic and not (self.quiet is not None and self.quiet.hold(now))
