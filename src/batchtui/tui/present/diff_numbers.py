"""What both sides of a comparison come to, how they were asked, and who found which better, in lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from batchtui.domain.comparison import Comparison, Matrix, RequestChange, RequestChanges, SideTotals
from batchtui.domain.human import UNKNOWN, count, counted, duration, usd
from batchtui.domain.judging import Votes, votes
from batchtui.tui.present.diff import Opinions, delta
from batchtui.tui.widgets.table_model import Cell, Tone

Line = list[Cell]

LOOKING = Cell("looking …", "muted")

NAME_CHARACTERS = 18
VALUE_CHARACTERS = 12

_BETTER: dict[int, Tone] = {1: "ok", -1: "bad", 0: "muted"}


def lines(comparison: Comparison, opinions: Opinions) -> list[Line]:
    """Return the totals of both sides, what changed in them, who found which better, and what is to be known."""
    summary = comparison.summary
    left, right = summary.left, summary.right
    shown: list[Line] = [
        [Cell("Left    ", "muted"), Cell(left.name, "strong")],
        [Cell("Right   ", "muted"), Cell(right.name, "strong")],
        [],
        [Cell(" " * NAME_CHARACTERS), *(Cell(f"{word:>{VALUE_CHARACTERS}}", "muted") for word in _HEADS)],
        _counts("rows", left.rows, right.rows),
        _counts("succeeded", left.succeeded, right.succeeded, wanted=1),
        _counts("failed", left.failed, right.failed, wanted=-1),
        _counts("truncated", left.truncated, right.truncated, wanted=-1),
        _counts("refused", left.refused, right.refused, wanted=-1),
        _counts("flagged", left.flagged, right.flagged, wanted=-1),
        [],
        _counts("input tokens", left.tokens.total_input, right.tokens.total_input),
        _counts("of it cache reads", left.tokens.cache_read, right.tokens.cache_read),
        _counts("output tokens", left.tokens.output, right.tokens.output),
        _counts("of it thinking", left.tokens.thinking, right.tokens.thinking),
        [],
        _numbers("cost", left.cost_usd, right.cost_usd, usd, wanted=-1),
        _numbers("for each answer", _each(left), _each(right), usd, wanted=-1),
        _numbers("duration", left.duration_seconds, right.duration_seconds, _seconds, wanted=-1),
    ]
    shown += [
        *_votes("You", votes(opinions.person.values())),
        *_votes("Judge", opinions.judged),
        *_agreeing(opinions),
    ]
    if comparison.notes:
        shown += [[], *([Cell(note, "warn")] for note in comparison.notes)]
    return shown


_HEADS = ("left", "right", "change")


def _votes(who: str, found: Votes) -> list[Line]:
    """Return how often which side was found better, and how sure the share of the right is."""
    shown: list[Line] = []
    if found.total:
        words = f"left {count(found.left)}, right {count(found.right)}, tie {count(found.ties)}"
        shown = [[], [Cell(f"{who:<{NAME_CHARACTERS}}", "muted"), Cell(words)]]
    if found.right_share is not None:
        low, high = found.interval
        share = f"{found.right_share:.0%} of {count(found.decided)}, truly {low:.0%} to {high:.0%} (95 % sure)"
        shown.append([Cell(f"{'right better in':<{NAME_CHARACTERS}}", "muted"), Cell(share)])
    others = {"to come": found.waiting, "not readable": found.unreadable, "failed": found.failed}
    rest = ", ".join(f"{count(number)} {word}" for word, number in others.items() if number)
    if rest:
        shown += [*([] if shown else [[]]), [Cell(f"{f'{who}, others':<{NAME_CHARACTERS}}", "muted"), Cell(rest)]]
    return shown


def _agreeing(opinions: Opinions) -> list[Line]:
    same, both = opinions.agreeing
    if not both:
        return []
    return [
        [Cell(f"{'both agree in':<{NAME_CHARACTERS}}", "muted"), Cell(f"{count(same)} of {counted(both, 'row')}")]
    ]


def _counts(name: str, left: int, right: int, wanted: int = 0) -> Line:
    return _line(name, count(left), count(right), delta(right - left), _tone(right - left, wanted))


def _numbers(
    name: str, left: float | None, right: float | None, show: Callable[[float | None], str], wanted: int
) -> Line:
    if left is None or right is None:
        return _line(name, show(left), show(right), "", "")
    change = right - left
    words = f"{'-' if change < 0 else '+'}{show(abs(change))}" if show(left) != show(right) else "0"
    return _line(name, show(left), show(right), words, _tone(change, wanted) if words != "0" else "muted")


def _tone(change: float, wanted: int) -> Tone:
    if not change:
        return "muted"
    return _BETTER[wanted if change > 0 else -wanted] if wanted else ""


def _line(name: str, left: str, right: str, change: str, tone: Tone) -> Line:
    values = [
        Cell(f"{value:>{VALUE_CHARACTERS}}", "muted" if value in {"0", UNKNOWN} else "") for value in (left, right)
    ]
    return [Cell(f"{name:<{NAME_CHARACTERS}}", "muted"), *values, Cell(f"{change:>{VALUE_CHARACTERS}}", tone)]


def _each(side: SideTotals) -> float | None:
    return None if side.cost_usd is None or not side.succeeded else side.cost_usd / side.succeeded


def _seconds(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else duration(timedelta(seconds=seconds))


def request_lines(changes: RequestChanges) -> list[Line]:
    """Return what was asked differently, the most frequent change first."""
    shown: list[Line] = [[Cell("What was asked differently", "strong")], []]
    if not changes.groups:
        same = "Nothing: the requests are the same." if changes.compared else "The requests are not known."
        shown.append([Cell(same, "muted")])
    for change in changes.groups:
        shown += [*_request_change(change, changes), []]
    if changes.groups and changes.equal:
        shown.append([Cell(f"{counted(changes.equal, 'row')} asked the same.", "muted")])
    if changes.unknown:
        shown.append([Cell(f"Of {counted(changes.unknown, 'row')} a request is not known.", "warn")])
    return shown


def _request_change(change: RequestChange, changes: RequestChanges) -> list[Line]:
    rows = "all rows" if changes.is_everywhere(change) else counted(change.count, "row")
    lines = [[Cell(change.path, "strong"), Cell(f"  {rows}", "muted")]]
    if change.left:
        lines.append([Cell("- ", "bad"), Cell(change.left)])
    if change.right:
        lines.append([Cell("+ ", "ok"), Cell(change.right)])
    return lines


def label_words(matrix: Matrix | None, fields: int) -> str:
    """Return what the labels are of and how many agree; `fields` is between how many can be chosen."""
    if matrix is None:
        return "No labels: the answers are neither short nor JSON with short values."
    what = "the answers" if matrix.field is None else f"{matrix.field} of the answers"
    other = "  t other fields" if fields > 1 else ""
    return f"{count(matrix.agreeing)} of {counted(matrix.total, 'row')} agree in {what}  enter its rows{other}"
