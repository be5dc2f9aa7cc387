"""Plots of block characters: money by day, and how long batches took by their size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil, log10

from batchtui.domain.human import duration, usd
from batchtui.tui.widgets.table_model import Cell

Line = list[Cell]

AXIS_CELLS = 9
"""How wide the numbers beside a plot are, with the space after them."""

BAR_CELLS = 4
"""How wide a bar is at most."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ESTIMATE = "░"
_SHADES = "·░▒▓█"
_LABELS = ("1", "10", "100", "1k", "10k", "100k")


def day_bars(days: Sequence[tuple[str, float, float]], width: int, height: int) -> list[Line]:
    """Return a bar for each day, of what was spent on it with what is estimated on top, and an axis below.

    Days are in order, with amounts in USD. Where there are too many for the width, the last of them are shown.
    """
    room, rows = max(1, width - AXIS_CELLS), max(1, height - 1)
    days = days[-room:]
    step = min(BAR_CELLS, room // max(1, len(days)))
    most = max((spent + estimated for _, spent, estimated in days), default=0.0)
    lines = []
    for row in reversed(range(rows)):
        label = usd(most) if row == rows - 1 else "$0" if row == 0 else ""
        line = [Cell(f"{label:>{AXIS_CELLS - 1}} ", "muted")]
        for _, spent, estimated in days:
            line.append(_bar(row, _eighths(spent, most, rows), _eighths(spent + estimated, most, rows), step))
        lines.append(line)
    first, last = (days[0][0], days[-1][0]) if days else ("", "")
    between = " " * max(1, len(days) * step - len(first) - len(last))
    end = f"{first}{between}{last}" if len(days) * step > len(first) + len(last) else last
    return [*lines, [Cell(" " * AXIS_CELLS), Cell(end, "muted")]]


def cloud(points: Iterable[tuple[int, float]], width: int, height: int) -> list[Line]:
    """Return where batches lie by their requests, to the right, and the seconds they took, upwards; both by powers.

    The more there are in a place the darker it is.
    """
    room, rows = max(1, width - AXIS_CELLS), max(1, height - 1)
    listed = [(log10(max(1, requests)), log10(max(1.0, seconds))) for requests, seconds in points]
    low, high = min((y for _, y in listed), default=0.0), max((y for _, y in listed), default=0.0)
    # A doubling, and one power of ten, are the least there is to see.
    high = max(high, low + log10(2))
    powers = max(1, min(len(_LABELS) - 1, ceil(max((x for x, _ in listed), default=0.0))))
    number = Counter(
        (min(room - 1, int(x / powers * room)), min(rows - 1, int((y - low) / (high - low) * rows)))
        for x, y in listed
    )
    most = max(number.values(), default=1)
    lines = []
    for row in reversed(range(rows)):
        is_labelled = row in {0, rows // 2, rows - 1}
        label = duration(timedelta(seconds=10 ** (low + (high - low) * (row + 0.5) / rows))) if is_labelled else ""
        text = "".join(_shade(number[column, row], most) for column in range(room))
        lines.append([Cell(f"{label:>{AXIS_CELLS - 1}} ", "muted"), Cell(text, "accent")])
    return [*lines, [Cell(" " * AXIS_CELLS), Cell(_powers(powers, room), "muted")]]


def _bar(row: int, spent: int, whole: int, step: int) -> Cell:
    """Return a row of a bar, `spent` and `whole` eighths of a row high."""
    filled = step - 1 if step > 2 else step
    gap = " " * (step - filled)
    if spent > 8 * row:
        return Cell(_EIGHTHS[min(8, spent - 8 * row)] * filled + gap, "accent")
    return Cell((_ESTIMATE if whole > 8 * row else " ") * filled + gap, "muted")


def _eighths(amount: float, most: float, rows: int) -> int:
    """Return how many eighths of a row an amount is high; what is not nothing is seen."""
    return max(1, round(8 * rows * amount / most)) if amount > 0 and most > 0 else 0


def _shade(number: int, most: int) -> str:
    if not number:
        return " "
    return _SHADES[round((len(_SHADES) - 1) * log10(number) / log10(most))] if most > 1 else _SHADES[0]


def _powers(number: int, room: int) -> str:
    """Return the sizes of batches, each below its place; the last at the end."""
    text = ""
    for exponent in range(number):
        text += " " * max(0, exponent * room // number - len(text)) + _LABELS[exponent]
    end = f" {_LABELS[number]}"
    before = max(0, room - len(end))
    return f"{text[:before]:<{before}}{end}"[:room]
