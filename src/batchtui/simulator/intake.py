"""Read the body of a create: from a file to rows, without ever holding all of it in memory."""

from __future__ import annotations

import mmap
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from batchtui.simulator.chance import roll, share
from batchtui.simulator.errors import invalid
from batchtui.simulator.settings import Settings
from batchtui.simulator.validation import Terms, check_row, row_error

SUCCEEDED, INVALID, PASSING, EXPIRED, CANCELED = range(5)

_WHICH_FAULT, _WHICH_EXPIRY = 1, 2


@dataclass(slots=True)
class Rows:
    """The requests of one batch: their text in a file, what is known of each in compact arrays."""

    path: Path
    terms: Terms
    offsets: array[int] = field(default_factory=lambda: array("Q", [0]))
    rolls: array[int] = field(default_factory=lambda: array("Q"))
    outcomes: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.outcomes)


def read_body(body: Path, rows: Rows, batch_id: str, settings: Settings) -> None:
    """Check a create body and fill `rows`, writing each request to `rows.path`; raises ApiError to refuse it.

    The body is mapped, not read: the peak is one request, not the batch. Runs for seconds on a large batch, so
    call it in a thread.
    """
    if body.stat().st_size == 0:
        raise invalid("The request body is not valid JSON: it is empty")
    with body.open("rb") as file:
        # Never closed by hand: it goes with the last view into it, and a traceback may still hold one.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        _read_rows(mapped, rows, batch_id, settings)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None


def add_row(rows: Rows, custom_id: str, params: dict[str, Any], batch_id: str, settings: Settings) -> None:
    """Decide now how a row will end; the decision depends on the batch, so that a later one may differ."""
    number = roll(settings.seed, batch_id, custom_id)
    if row_error(params, rows.terms) is not None:
        outcome = INVALID
    elif share(number, _WHICH_FAULT) < settings.error_rate:
        outcome = PASSING
    elif share(number, _WHICH_EXPIRY) < settings.expire_rate:
        outcome = EXPIRED
    else:
        outcome = SUCCEEDED
    rows.rolls.append(number)
    rows.outcomes.append(outcome)


def _read_rows(mapped: mmap.mmap, rows: Rows, batch_id: str, settings: Settings) -> None:
    requests = _requests(mapped, settings)
    decode = msgspec.json.Decoder().decode
    seen: set[str] = set()
    position = 0
    with rows.path.open("wb", buffering=1 << 20) as out:
        for index, raw in enumerate(requests):
            row = decode(raw)
            check_row(index, row, seen)
            add_row(rows, row["custom_id"], row["params"], batch_id, settings)
            position += out.write(raw)
            rows.offsets.append(position)


def _requests(mapped: mmap.mmap, settings: Settings) -> list[msgspec.Raw]:
    try:
        top = msgspec.json.decode(mapped, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        raise invalid("Input should be a valid dictionary") from None
    if "requests" not in top:
        raise invalid("requests: Field required")
    if len(top) > 1:
        raise invalid(f"{next(key for key in top if key != 'requests')}: Extra inputs are not permitted")
    try:
        requests = msgspec.json.decode(top["requests"], type=list[msgspec.Raw])
    except msgspec.ValidationError:
        raise invalid("requests: Input should be a valid list") from None
    if not requests:
        raise invalid("requests: List should have at least 1 item after validation, not 0")
    if len(requests) > settings.max_requests:
        raise invalid(
            f"requests: List should have at most {settings.max_requests} items after validation, "
            f"not {len(requests)}"
        )
    return requests
