"""What is told about every call to the API: enough for a log, and nothing that is secret or large."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One HTTP attempt that is over.

    `path` is relative to the base URL and carries the query. `status` is None where no answer came. `milliseconds`
    run until the whole answer was there, for results until its head was.
    """

    method: str
    path: str
    status: int | None
    milliseconds: float
    request_id: str | None
    started_at: datetime
