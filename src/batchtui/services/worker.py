"""Work that costs CPU, in a thread that ends soon after nobody wants its outcome any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class StoppedError(Exception):
    """Nobody waits for this any more; it does not leave the thread it is raised in."""


class Stop:
    """Tells work in a thread that it may end."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def set(self) -> None:
        """Let the work end at its next check."""
        self.event.set()

    def check(self) -> None:
        """Raise `StoppedError` if the work may end."""
        if self.event.is_set():
            raise StoppedError


async def in_thread(work: Callable[[Stop], T]) -> T:
    """Do work in a thread and return what it returns.

    Cancelling this makes `Stop.check` raise in the thread, and returns only when the work has ended: what it uses
    can be closed then.
    """
    stop = Stop()
    working = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stop.set()
        while not working.done():
            # Being cancelled once more changes nothing: it ends at its next check.
            with suppress(asyncio.CancelledError):
                await asyncio.wait([working])
        if not working.cancelled():
            working.exception()  # Marked as seen: the caller wants to hear of the cancellation instead.
        raise
