"""The simulator's own time, which a test or a person can move forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from batchtui.simulator.settings import SimulatorError


class Clock:
    """Aware UTC time: the machine's plus an offset, or a frozen moment plus an offset."""

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._frozen_at = None if frozen_at is None else frozen_at.astimezone(UTC)
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the time that replies are stamped with."""
        return (self._frozen_at or datetime.now(UTC)) + self._offset

    def advance(self, seconds: float) -> None:
        """Move forward; raises SimulatorError for a negative number, because ended batches do not run again."""
        if seconds < 0:
            raise SimulatorError(f"advance_seconds is {seconds}: time only moves forward")
        self._offset += timedelta(seconds=seconds)


def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 with microseconds and `+00:00`, as recorded from the service."""
    return None if moment is None else moment.isoformat(timespec="microseconds")
