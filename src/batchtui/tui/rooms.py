"""The rooms that are made when they are first entered."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Any

from textual.geometry import Size
from textual.screen import Screen

from batchtui.tui.session import Session

LOOKS, LOOK_SECONDS = 30, 2.0
"""How often to look whether the SDK is there; while another process polls it does not come."""

Make = Callable[[Session, Size], Screen[Any]]
"""Makes a room, for a terminal of a size."""


def _results(session: Session, size: Size) -> Screen[Any]:
    from batchtui.tui.screens.results import ResultsScreen

    return ResultsScreen(session, size)


def _compose(session: Session, size: Size) -> Screen[Any]:
    from batchtui.tui.screens.compose import ComposeScreen

    return ComposeScreen(session, size)


def _diff(session: Session, size: Size) -> Screen[Any]:
    from batchtui.tui.screens.diff import DiffScreen

    return DiffScreen(session, size)


def _queue(session: Session, size: Size) -> Screen[Any]:
    from batchtui.tui.screens.queue import QueueScreen

    return QueueScreen(session, size)


def _stats(session: Session, size: Size) -> Screen[Any]:
    from batchtui.tui.screens.stats import StatsScreen

    return StatsScreen(session, size)


def _activity(session: Session, size: Size) -> Screen[Any]:
    from batchtui.tui.screens.activity import ActivityScreen

    return ActivityScreen(session, size)


ROOMS: Mapping[str, Make] = {
    "results": _results,
    "compose": _compose,
    "diff": _diff,
    "queue": _queue,
    "stats": _stats,
    "activity": _activity,
}


async def import_ahead() -> None:
    """Import what most users want next, while they look at the list.

    Prices need much of what the SDK does, so they wait until a poll has brought that.
    """
    await asyncio.to_thread(_import_rooms)
    for _ in range(LOOKS):
        if "anthropic" in sys.modules:
            from batchtui.domain.cost import batch_rates

            await asyncio.to_thread(batch_rates, "")
            break
        await asyncio.sleep(LOOK_SECONDS)


async def import_for_comparing() -> None:
    """Import what comparing takes, for somebody who marks batches."""
    await asyncio.to_thread(_import_for_comparing)


def _import_for_comparing() -> None:

    import batchtui.tui.flows.diff  # noqa: F401 - imported to be there


def _import_rooms() -> None:
    import batchtui.tui.flows.dispatch
    import batchtui.tui.screens.results  # noqa: F401 - imported to be there
