"""What is being sent and brought home right now, and what was lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from batchtui.domain.errors import BatchtuiError

KEPT = 200
"""How many are remembered, the newest."""

Direction = Literal["up", "down"]


@dataclass(slots=True, eq=False)
class Transfer:
    """One body on its way: an upload counts the bytes of its body, a download the results of its batch.

    `total` is 0 where the server does not say how many results there are. `moved_bytes` are those that were sent or
    came, not compressed. `problem` is why it ended early. `cancel` ends it, if it can be ended.
    """

    direction: Direction
    name: str
    batch_id: str
    total: int
    started_at: datetime
    done: int = 0
    moved_bytes: int = 0
    ended_at: datetime | None = None
    problem: str = ""
    cancel: Callable[[], object] | None = None

    @property
    def share(self) -> float | None:
        """Return how much of it is done, from 0 to 1; None where nobody knows."""
        return min(1.0, self.done / self.total) if self.total else None

    def time_left(self, now: datetime) -> timedelta | None:
        """Return how long it will take at the pace so far, None where that cannot be said."""
        if self.ended_at is not None or not self.total or not self.done:
            return None
        return (now - self.started_at) * (max(0, self.total - self.done) / self.done)


class Transfers:
    """The transfers of this process, newest last."""

    def __init__(self) -> None:
        self.recent: deque[Transfer] = deque(maxlen=KEPT)

    @property
    def running(self) -> list[Transfer]:
        """Return those that have not ended."""
        return [transfer for transfer in self.recent if transfer.ended_at is None]

    @contextmanager
    def moving(self, direction: Direction, name: str, batch_id: str, total: int) -> Iterator[Transfer]:
        """Remember a transfer for as long as the context is open, and how it ended."""
        transfer = Transfer(direction, name, batch_id, total, datetime.now(UTC))
        self.recent.append(transfer)
        try:
            yield transfer
        except BatchtuiError as error:
            transfer.problem = error.what
            raise
        except BaseException:
            transfer.problem = "It was ended before it was done."
            raise
        finally:
            transfer.ended_at = datetime.now(UTC)
            transfer.cancel = None
