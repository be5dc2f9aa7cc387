"""What results are made of, as rows: errors that are alike, stop reasons, models, flags."""

from __future__ import annotations

from collections.abc import Iterator

from batchtui.domain.facets import Facets
from batchtui.domain.human import count
from batchtui.tui.present.completion import term
from batchtui.tui.widgets.table_model import Cell, Column, Row

COLUMNS = (
    Column("kind", "Group", width=6),
    Column("what", "What", min_width=16),
    Column("count", "Rows", width=8, min_width=6, align="right"),
    Column("share", "Share", width=10, priority=2),
)

NOTHING = "There is nothing to group yet."

_EIGHTHS = "▏▎▍▌▋▊▉"


def rows(facets: Facets, total: int) -> Iterator[tuple[str, Row]]:
    """Yield the groups, each with the filter that narrows to it: errors first, of each kind the biggest first."""
    for group in facets.errors:
        what = f"{group.error_type}: {group.message}" if group.message else group.error_type
        yield group.filter_text, _cells("error", Cell(what, "bad"), group.count, total)
    for field, values in (("stop", facets.stop_reasons), ("model", facets.models), ("flag", facets.flags)):
        for value, number in values.items():
            yield term(field, value), _cells(field, Cell(value), number, total)


def _cells(kind: str, what: Cell, number: int, total: int) -> Row:
    share = bar(number / total if total else 0.0, 10)
    return Cell(kind, "muted"), what, Cell(count(number)), Cell(share, "accent")


def bar(share: float, width: int) -> str:
    """Return a bar of up to `width` cells for a share of one; however small the share, something is seen."""
    eighths = min(width * 8, max(1, round(share * width * 8))) if share > 0 else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest - 1] if rest else "")
