"""The two sides of a comparison, from what the user typed."""

from __future__ import annotations

from contextlib import suppress

from batchtui.cli.desk import Desk
from batchtui.cli.fresh import found_at_home
from batchtui.cli.output import LiveLine, say
from batchtui.domain.comparison import Comparison
from batchtui.domain.errors import UnknownIdError


def compared(desk: Desk, left: str, right: str, *, on: str | None, offline: bool) -> Comparison:
    """Join two sides whose results are brought home first, unless it is `offline`, and tell its notes.

    Raises what finding, downloading and comparing raise.
    """
    bench = desk.bench
    if not offline:
        for text in (left, right):
            _bring_home(desk, text)
    sides = [bench.comparisons.side(text) for text in (left, right)]
    line = LiveLine()
    line.show("comparing …")
    try:
        comparison = desk.wait(bench.comparisons.compare(*sides, on=on))
    finally:
        line.clear()
    for note in comparison.notes:
        say(note)
    return comparison


def _bring_home(desk: Desk, text: str) -> None:
    """Download the results that a text stands for; what is not known, as a file, is left to those who compare."""
    for name in (text, text.rpartition("#")[0]):
        with suppress(UnknownIdError):
            desk.wait(found_at_home(desk.bench, name))
            return
