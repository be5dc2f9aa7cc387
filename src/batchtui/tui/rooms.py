"""The rooms that are made when they are first entered."""

from collections.abc import Callable, Mapping
from typing import Any

from textual.geometry import Size
from textual.screen import Screen

from batchtui.tui.session import Session

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


ROOMS: Mapping[str, Make] = {
    "results": _results,
    "compose": _compose,
    "diff": _diff,
    "queue": _queue,
}


def import_ahead() -> None:
    """Import what most users want next, while they look at the list; for a thread."""
    import batchtui.tui.screens.results  # noqa: F401 - imported to be there
