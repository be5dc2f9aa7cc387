"""The tables of a comparison in words: what a person reads in a terminal, in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from batchtui.domain.comparison import Comparison, Kind, Matrix, RequestChanges, SideTotals
from batchtui.domain.human import UNKNOWN, count, counted, duration, usd
from batchtui.domain.judging import Tally, Votes
from batchtui.domain.opinion import Verdict

KIND_WORDS: dict[Kind, str] = {
    "same": "same",
    "changed": "changed",
    "outcome": "outcome changed",
    "left": "only in A",
    "right": "only in B",
}
VERDICT_WORDS: dict[Verdict, str] = {"left": "A is better", "right": "B is better", "tie": "tie"}

LABELS_SHOWN = 20


def kind_counts(comparison: Comparison) -> list[tuple[str, int]]:
    """Return how many rows are of each kind, what differs first."""
    summary = comparison.summary
    return [
        (KIND_WORDS["changed"], summary.changed),
        (KIND_WORDS["outcome"], summary.outcome),
        (KIND_WORDS["left"], summary.only_left),
        (KIND_WORDS["right"], summary.only_right),
        (KIND_WORDS["same"], summary.same),
    ]


def totals_table(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """Return name, A, B and what B has more or less, a row for each total."""
    left, right = comparison.summary.left, comparison.summary.right
    return [
        *(
            (name, count(a), count(b), _delta(b - a, f"{abs(b - a):,}"))
            for name, a, b in zip(_NAMES, _numbers(left), _numbers(right), strict=True)
        ),
        ("cost", usd(left.cost_usd), usd(right.cost_usd), _cost_delta(left.cost_usd, right.cost_usd)),
        (
            "duration",
            _duration(left.duration_seconds),
            _duration(right.duration_seconds),
            _duration_delta(left.duration_seconds, right.duration_seconds),
        ),
    ]


def changes_lines(changes: RequestChanges) -> list[tuple[str, str, str, str]]:
    """Return path, A, B and in how many rows, for each change of the requests."""
    return [
        (one.path, one.left, one.right, "all rows" if changes.is_everywhere(one) else counted(one.count, "row"))
        for one in changes.groups
    ]


def changes_sentence(changes: RequestChanges) -> str:
    """Return how the requests compare as a whole."""
    if not changes.compared:
        return "The requests are not known." if changes.unknown else "No row is on both sides."
    parts = [f"{counted(changes.compared, 'request')} compared, {count(changes.equal)} equal"]
    if changes.unknown:
        parts.append(f"{count(changes.unknown)} not known")
    return ", ".join(parts) + "."


def matrix_table(matrix: Matrix) -> list[list[str]]:
    """Return the most frequent labels of A down and of B across with the counts; the head comes first."""
    left, right = matrix.left_labels[:LABELS_SHOWN], matrix.right_labels[:LABELS_SHOWN]
    rows = [["", *right]]
    rows += [[a, *(count(matrix.count(a, b)) for b in right)] for a in left]
    return rows


def matrix_sentence(matrix: Matrix) -> str:
    """Return what the labels are and how many agree."""
    of = "the answers" if matrix.field is None else f"the values of {matrix.field} in the answers"
    hidden = max(len(matrix.left_labels), len(matrix.right_labels)) - LABELS_SHOWN
    more = f"; {counted(hidden, 'label')} not shown" if hidden > 0 else ""
    return f"Labels are {of}: {count(matrix.agreeing)} of {count(matrix.total)} the same{more}."


def tally_lines(tally: Tally) -> list[str]:
    """Return what a person and what judges prefer, a sentence each; nothing if nobody said anything."""
    lines = [
        f"{who}: {votes_sentence(votes)}"
        for who, votes in (("A person", tally.person), ("A judge", tally.judge))
        if votes != Votes()
    ]
    if tally.both:
        lines.append(f"Both said something of {counted(tally.both, 'row')}, the same of {count(tally.agreeing)}.")
    return lines


def votes_sentence(votes: Votes) -> str:
    """Return votes as wins of A, ties, wins of B, and how sure the share of B is."""
    parts = [
        f"A better {count(votes.left)}, tie {count(votes.ties)}, B better {count(votes.right)}",
        *(
            f"{count(number)} {word}"
            for number, word in (
                (votes.unreadable, "unreadable"),
                (votes.failed, "failed"),
                (votes.waiting, "still to come"),
            )
            if number
        ),
    ]
    if votes.right_share is not None:
        low, high = votes.interval
        parts.append(
            f"B wins {votes.right_share:.0%} of {count(votes.decided)} without a tie "
            f"(95 %: {low:.0%} to {high:.0%})"
        )
    return ", ".join(parts) + "."


def facts_of(kind: Kind, types: Sequence[str | None], similarity: float | None) -> list[str]:
    """Return what is said of a row beside its custom_id."""
    words = [KIND_WORDS[kind]]
    if kind == "outcome":
        words.append(" → ".join(word or UNKNOWN for word in types))
    if similarity is not None and kind == "changed":
        # Only what is the same is wholly alike.
        words.append(f"{min(99, round(100 * similarity))}% alike")
    return words


_NAMES = (
    "rows",
    "succeeded",
    "failed",
    "truncated",
    "refused",
    "flagged",
    "input tokens",
    "output tokens",
)


def _numbers(side: SideTotals) -> tuple[int, ...]:
    return (
        side.rows,
        side.succeeded,
        side.failed,
        side.truncated,
        side.refused,
        side.flagged,
        side.tokens.total_input,
        side.tokens.output,
    )


def _delta(difference: float, text: str) -> str:
    return f"{'+' if difference > 0 else '-'}{text}" if difference else ""


def _cost_delta(left: float | None, right: float | None) -> str:
    if left is None or right is None:
        return ""
    share = f"{(right - left) / left:+.0%}" if left else ""
    amount = usd(abs(right - left))
    # One that is too small to be told is told by its share alone.
    told = "" if amount.startswith("<") else _delta(right - left, amount)
    return " ".join(filter(None, (told, share))) if right != left else ""


def _duration(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else duration(timedelta(seconds=seconds))


def _duration_delta(left: float | None, right: float | None) -> str:
    if left is None or right is None:
        return ""
    return _delta(int(right) - int(left), _duration(abs(right - left)))
