"""The rows of a comparison, its chips and what stands over and below them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan

from batchtui.domain.comparison import Comparison, Pair, Side, Sort, Summary
from batchtui.domain.human import UNKNOWN, count, counted
from batchtui.domain.judging import Votes, votes
from batchtui.domain.opinion import Verdict
from batchtui.domain.selection import StoredResult
from batchtui.tui.present.results import SHAPES
from batchtui.tui.widgets.table_model import Cell, Column, Row, Tone

ALL = "all"
"""The chip that narrows to nothing."""

COLUMNS = (
    Column("kind", "Change", width=10, min_width=9),
    Column("custom_id", "custom_id", min_width=12, weight=2),
    Column("change", "Alike", width=6, align="right"),
    Column("outcome", "Outcome", min_width=14, weight=2, priority=2),
    Column("tokens", "Tokens", width=14, min_width=9, align="right", priority=4),
    Column("length", "Length", width=8, align="right", priority=3),
    Column("person", "You", width=7, min_width=6, priority=1),
    Column("judge", "Judge", width=7, min_width=6, priority=1),
)

SORT_BY: Mapping[str, Sort] = {"change": "change", "input": "input", "custom_id": "custom_id"}
SORTS = tuple(SORT_BY)
"""What pairs can be sorted by, the first when nothing was chosen: by how much they changed."""

KIND_SHAPES: Mapping[str, tuple[str, Tone]] = {
    "changed": ("≠", "accent"),
    "outcome": ("!", "bad"),
    "left": ("◧", "warn"),
    "right": ("◨", "warn"),
    "same": ("=", "muted"),
}
"""Shape and tone of each kind, in the order of the chips."""

_CHIP_SHAPES: Mapping[str, tuple[str, Tone]] = {**KIND_SHAPES, ALL: ("", "")}

_VERDICTS: Mapping[Verdict | None, Cell] = {
    "left": Cell("◀ left", "warn"),
    "right": Cell("right ▶", "ok"),
    "tie": Cell("tie", "muted"),
    None: Cell(""),
}


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a person and judges said of pairs, by custom_id; `judged` are the judges' verdicts counted."""

    person: Mapping[str, Verdict] = field(default_factory=dict)
    judge: Mapping[str, Verdict] = field(default_factory=dict)
    judged: Votes = field(default_factory=Votes)

    @property
    def agreeing(self) -> tuple[int, int]:
        """Return on how many rows a person and a judge say the same, and on how many both say something."""
        both = self.person.keys() & self.judge.keys()
        return sum(self.person[custom_id] == self.judge[custom_id] for custom_id in both), len(both)


NOTHING = (
    "Nothing is compared yet.\n\n"
    "d asks for two sides: batches, jobs, attempts, a file of results.\n"
    "Or mark two rows of the batches with space (1 goes there) and press d."
)
NOTHING_FITS = "Nothing fits here.\n\nesc takes search, labels, filter and chip away."
NO_PAIRS = "Neither side has results here."


def cells(pair: Pair, similarity: float, person: Verdict | None, judge: Verdict | None) -> Row:
    """Return the cells of one pair, in the order of `COLUMNS`; a similarity that is not known is NaN."""
    shape, tone = KIND_SHAPES[pair.kind]
    left, right = pair.left, pair.right
    longer = "" if left is None or right is None else delta(right.facts.text_chars - left.facts.text_chars)
    return (
        Cell(f"{shape} {pair.kind}", tone),
        Cell(pair.custom_id),
        Cell(alike(similarity), "" if pair.kind == "changed" else "muted"),
        _outcomes(left, right),
        Cell(_tokens(left, right), "muted"),
        Cell(longer, "muted"),
        _VERDICTS[person],
        _VERDICTS[judge],
    )


def alike(similarity: float) -> str:
    """Return how alike two outputs are; only what is wholly alike is 100 %."""
    if isnan(similarity):
        return ""
    return "100%" if similarity >= 1 else f"{min(99.9, similarity * 100):.0f}%".replace("100%", "99%")


def delta(number: int) -> str:
    """Return a difference with its sign."""
    return f"{number:+,}" if number else "0"


def _outcomes(left: StoredResult | None, right: StoredResult | None) -> Cell:
    words = [UNKNOWN if row is None else _outcome(row) for row in (left, right)]
    if words[0] == words[1]:
        return Cell(words[0], "muted")
    got_worse = right is None or not right.facts.succeeded
    return Cell(f"{words[0]} → {words[1]}", "bad" if got_worse else "ok")


def _outcome(row: StoredResult) -> str:
    """Return the outcome of one side with its shape, and with its error where it has failed with one."""
    facts = row.facts
    word = facts.flags[0] if facts.succeeded and facts.flags else facts.type
    shape = SHAPES.get(word, ("?", ""))[0]
    return f"{shape} {facts.error_type or word}"


def _tokens(left: StoredResult | None, right: StoredResult | None) -> str:
    outputs = [None if row is None else row.facts.tokens.output for row in (left, right)]
    if outputs[0] is None or outputs[1] is None:
        known = next((number for number in outputs if number is not None), 0)
        return count(known) if known else ""
    return f"{count(outputs[1])} {delta(outputs[1] - outputs[0]):>6}" if any(outputs) else ""


def counts(summary: Summary) -> dict[str, int]:
    """Return how many pairs each chip stands for."""
    found = {
        "changed": summary.changed,
        "outcome": summary.outcome,
        "left": summary.only_left,
        "right": summary.only_right,
        "same": summary.same,
    }
    return {ALL: sum(found.values()), **found}


def chips(summary: Summary | None) -> list[str]:
    """Return the kinds there are, in the order of the key that goes through them."""
    there = counts(summary) if summary is not None else {}
    return [ALL, *(kind for kind in KIND_SHAPES if there.get(kind))]


def chip_line(summary: Summary | None, chosen: str, label: tuple[str, str] | None) -> list[Cell]:
    """Return the kinds with their counts, the chosen one standing out; first the labels narrowed to, if any."""
    line = [Cell(f"[{label[0]} → {label[1]}] ", "strong")] if label else []
    there = counts(summary) if summary is not None else {}
    for kind in _CHIP_SHAPES:
        number = count(there.get(kind, 0))
        if kind == chosen:
            line.append(Cell(f"[{kind} {number}] ", "strong"))
            continue
        shape, tone = _CHIP_SHAPES[kind]
        is_there = bool(there.get(kind))
        line += [Cell(f" {shape} ", tone if is_there else "muted"), Cell(f"{kind} ", "muted")]
        line.append(Cell(f"{number} ", "" if is_there else "muted"))
    return line


def head_line(left: Side, right: Side, on: str | None, opinions: Opinions, *, is_ranking: bool) -> list[Cell]:
    """Return what is compared, and how often each side was found better."""
    line = [Cell(left.name, "strong"), Cell("  →  ", "accent"), Cell(right.name, "strong")]
    if on is not None:
        line.append(Cell(f"  joined on {on}", "muted"))
    line += [*_votes("you", votes(opinions.person.values())), *_votes("judge", opinions.judged)]
    if is_ranking:
        line.append(Cell("  ranking …", "muted"))
    return line


def _votes(who: str, counted_votes: Votes) -> list[Cell]:
    """Return who found which side better how often; nothing where nobody was asked."""
    line = [Cell(f"   {who} ", "muted")]
    if counted_votes.total:
        line.append(
            Cell(f"◀{count(counted_votes.left)} ▶{count(counted_votes.right)} tie {count(counted_votes.ties)}")
        )
    if counted_votes.waiting:
        line.append(Cell(f" {count(counted_votes.waiting)} to come", "muted"))
    return line if len(line) > 1 else []


def status_line(marked: int, search: str, hits: int, notes: tuple[str, ...], *, is_searching: bool) -> list[Cell]:
    """Return what is marked, what was found, or else what is not as one may think; nothing if there is none."""
    line: list[Cell] = []
    if marked:
        line.append(Cell(f" ● {counted(marked, 'row')} marked  ", "accent"))
    if search:
        line += [
            Cell(f" » {counted(hits, 'row')} with", "accent" if hits else "warn"),
            Cell(f" {search}  "),
            Cell("searching … esc stops" if is_searching else "esc ends", "muted"),
        ]
    if not line and notes:
        more = f"  (and {counted(len(notes) - 1, 'more')}: b)" if len(notes) > 1 else ""
        line = [Cell(f" {notes[0]}{more}", "warn")]
    return line


def name_of(comparison: Comparison) -> str:
    """Return what to call a file about a comparison."""
    return f"{comparison.left.name} vs {comparison.right.name}"
