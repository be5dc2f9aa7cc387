"""The two sides of a comparison, from what the user typed."""

from __future__ import annotations

from pathlib import Path

from batchtui.cli.desk import Desk
from batchtui.cli.fresh import brought_home
from batchtui.cli.output import LiveLine, say
from batchtui.domain.comparison import Comparison, Side
from batchtui.domain.errors import UnknownIdError


def compared(desk: Desk, left: str, right: str, *, on: str | None, offline: bool) -> Comparison:
    """Join two sides whose results are brought home first, unless it is `offline`, and tell its notes.

    Raises what finding, downloading and comparing raise.
    """
    bench = desk.bench
    sides = [_side(desk, text, offline=offline) for text in (left, right)]
    line = LiveLine()
    line.show("comparing …")
    try:
        comparison = desk.wait(bench.comparisons.compare(*sides, on=on))
    finally:
        line.clear()
    for note in comparison.notes:
        say(note)
    return comparison


def _side(desk: Desk, text: str, *, offline: bool) -> Side:
    bench = desk.bench
    if not offline:
        # What is neither known nor at the API may be a file.
        name = text if Path(text).suffix else text.partition("#")[0]
        try:
            target = desk.wait(bench.finder.find(name))
        except UnknownIdError:
            return bench.comparisons.side(text)
        desk.wait(brought_home(bench, target))
    return bench.comparisons.side(text)
