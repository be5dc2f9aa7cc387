"""How times and new ids are written in the database."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime


def new_id(prefix: str) -> str:
    """Return a new id: the prefix and 12 characters of base32 in lower case."""
    return prefix + base64.b32encode(secrets.token_bytes(8)).decode()[:12].lower()


def now() -> str:
    """Return the time now as it is written."""
    return written(datetime.now(UTC))


def written(time: datetime) -> str:
    """Return an aware time as text that sorts by time."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def written_if(time: datetime | None) -> str | None:
    """Return a time as text, if there is one."""
    return None if time is None else written(time)


def read_time(text: str | None) -> datetime | None:
    """Return the time a text stands for, if there is one."""
    return None if text is None else datetime.fromisoformat(text)


def bindable(text: str) -> str:
    """Return text that SQLite takes: what is not UTF-8, as in a file name, becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
