"""Numbers, times and money as people read them, the same in a shell and on a screen."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

UNKNOWN = "—"
"""What stands where there is nothing to say."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def duration(delta: timedelta) -> str:
    """Return a length of time in at most six characters: `45s`, `12m`, `1h20m`, `3d4h`, `31d`; negative is `0s`."""
    seconds = max(0, int(delta.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < _DAY:
        hours, minutes = divmod(seconds // _MINUTE, 60)
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    days, hours = divmod(seconds // _HOUR, 24)
    return f"{days}d{hours}h" if hours and days < 10 else f"{days}d"


def ago(delta: timedelta) -> str:
    """Return how long ago something was: `just now`, `12m ago`."""
    return "just now" if delta < timedelta(seconds=5) else f"{duration(delta)} ago"


def midnight(day: date) -> datetime:
    """Return when a day begins on this machine's clock, which may be turned back or forth later on that day."""
    return datetime.combine(day, time()).astimezone()


def local_time(at: datetime | None, *, seconds: bool = False) -> str:
    """Return an aware time on the clock of this machine, `2026-11-02 13:05`; None is `UNKNOWN`."""
    if at is None:
        return UNKNOWN
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def bytes_text(size_bytes: int) -> str:
    """Return a size in decimal units with at most three digits: `912 B`, `1.2 kB`, `34 MB`."""
    if size_bytes < 1_000:
        return f"{size_bytes} B"
    size = float(size_bytes)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1_000
        if size < 999.5 or unit == "TB":
            break
    return f"{size:,.1f} {unit}" if size < 9.95 else f"{size:,.0f} {unit}"


def count(number: int) -> str:
    """Return a number with thousands separators."""
    return f"{number:,}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number and what is counted: `1 request`, `1,200 requests`, `2 batches` with `batches` as plural."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def usd(amount_usd: float | None, unknown: str = UNKNOWN) -> str:
    """Return an amount of money: whole cents from one cent on, below that two digits that say something."""
    if amount_usd is None:
        return unknown
    if amount_usd == 0 or amount_usd >= 0.01:
        return f"${amount_usd:,.2f}"
    if amount_usd < 0.0001:
        return "<$0.0001"
    return f"${amount_usd:.4f}"


def usd_range(low_usd: float | None, high_usd: float | None, unknown: str = "an unknown price") -> str:
    """Return what something costs at least and at most, once if both read the same: `$0.02 to $0.31`."""
    low, high = usd(low_usd, unknown), usd(high_usd, unknown)
    return low if low == high else f"{low} to {high}"
