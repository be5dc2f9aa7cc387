"""The rows of results, the outcome chips, and what stands below them."""

from __future__ import annotations

from collections.abc import Mapping

from batchtui.domain.human import count, counted, usd
from batchtui.domain.remark import BY_PERSON
from batchtui.domain.result import (
    CANCELED,
    ERRORED,
    EXPIRED,
    FLAGGED,
    REFUSED,
    SUCCEEDED,
    TRUNCATED,
    UNREADABLE,
)
from batchtui.domain.selection import FAILED, SortBy, StoredResult
from batchtui.tui.widgets.table_model import Cell, Column, Row, Tone

ALL = "all"
"""The chip that narrows to nothing."""

COLUMNS = (
    Column("type", "Outcome", width=12, min_width=11),
    Column("custom_id", "custom_id", min_width=14, weight=2),
    Column("reason", "Why", width=18, min_width=10, priority=3),
    Column("model", "Model", width=18, priority=5),
    Column("output_tokens", "Tokens", width=8, align="right", priority=1),
    Column("cost", "Cost", width=8, align="right", priority=2),
    Column("answer", "Answer", min_width=24, weight=5),
)

ATTEMPT_COLUMN = Column("attempt", "Try", width=3, align="right", priority=4)
"""For a job of several attempts: which of them an answer is of."""

SORT_BY: dict[str, SortBy] = {
    "input": "input",
    "type": "type",
    "custom_id": "custom_id",
    "reason": "error",
    "model": "model",
    "output_tokens": "output_tokens",
    "cost": "cost",
    "answer": "length",
    "attempt": "attempt",
}
SORTS = tuple(SORT_BY)
"""What results can be sorted by, the first when nothing was chosen; answers are sorted by their length."""

SHAPES: Mapping[str, tuple[str, Tone]] = {
    SUCCEEDED: ("✓", "ok"),
    ERRORED: ("✗", "bad"),
    EXPIRED: ("◷", "bad"),
    CANCELED: ("⊘", "bad"),
    UNREADABLE: ("?", "bad"),
    TRUNCATED: ("◐", "warn"),
    REFUSED: ("⊘", "warn"),
    FLAGGED: ("⚑", "warn"),
    FAILED: ("✗", "bad"),
}

_CHIP_ORDER = (SUCCEEDED, FAILED, ERRORED, EXPIRED, CANCELED, UNREADABLE, TRUNCATED, REFUSED, FLAGGED)


def columns(*, with_attempt: bool) -> tuple[Column, ...]:
    """Return the columns of results; the attempt is the last of the cells."""
    return (*COLUMNS, ATTEMPT_COLUMN) if with_attempt else COLUMNS


def cells(row: StoredResult, excerpt: str | None = None) -> Row:
    """Return the cells of one result, in the order of `columns`; an `excerpt` stands in place of the answer."""
    facts = row.facts
    reason = facts.error_type or facts.stop_reason or ""
    answer = Cell(facts.preview) if facts.succeeded else Cell(facts.error_message or "", "muted")
    return (
        outcome(row),
        Cell(facts.custom_id),
        Cell("" if reason == "end_turn" else reason, "muted" if facts.succeeded else "bad"),
        Cell(facts.model or "", "muted"),
        Cell(count(facts.tokens.output) if facts.tokens.output else ""),
        Cell(usd(row.cost_usd) if facts.succeeded else "", "muted"),
        answer if excerpt is None else Cell(excerpt, "accent"),
        Cell(str(row.attempt), "muted"),
    )


def outcome(row: StoredResult) -> Cell:
    """Return shape and word for how a request came out; what is wrong with an answer goes before its success.

    The shape of what a person has flagged is that of a flag.
    """
    word = row.facts.flags[0] if row.facts.succeeded and row.facts.flags else row.facts.type
    shape, tone = SHAPES.get(word, ("?", "warn"))
    return Cell(f"{SHAPES[FLAGGED][0] if BY_PERSON in row.facts.flags else shape} {word}", tone)


def chips(counts: Mapping[str, int]) -> list[str]:
    """Return the outcomes there is something of, in the order of the key that goes through them.

    Of the flags only those that every batch can have are outcomes; a filter finds the others.
    """
    known = [word for word in _CHIP_ORDER if counts.get(word)]
    failures = [word for word in known if word in {ERRORED, EXPIRED, CANCELED, UNREADABLE}]
    others = sorted(word for word, number in counts.items() if number and _is_new(word))
    if len(failures) + len(others) < 2 and FAILED in known:
        known.remove(FAILED)
    return [ALL, *known, *others]


def _is_new(word: str) -> bool:
    """Return whether this is an outcome of the future."""
    return word not in {*_CHIP_ORDER, ALL} and ":" not in word


def chip_line(counts: Mapping[str, int], chosen: str, width: int) -> list[Cell]:
    """Return the outcomes with their counts, the chosen one standing out and within `width`."""
    known = chips(counts)
    drawn = [_chip(word, counts.get(word, 0), is_chosen=word == chosen) for word in known]
    position = known.index(chosen) if chosen in known else 0
    first = 0
    while first < position and _length(drawn[first : position + 1]) > width - 3:
        first += 1
    return [Cell("… " if first else "", "muted"), *(cell for chip in drawn[first:] for cell in chip)]


def _chip(word: str, number: int, *, is_chosen: bool) -> list[Cell]:
    shape, tone = SHAPES.get(word, ("", ""))
    if is_chosen:
        return [Cell(f"[{word} {count(number)}]", "strong")]
    return [Cell(f" {shape} " if shape else " ", tone), Cell(f"{word} ", "muted"), Cell(f"{count(number)} ")]


def _length(chips_drawn: list[list[Cell]]) -> int:
    return sum(len(cell.text) for chip in chips_drawn for cell in chip)


def status_line(marked: int, search: str, hits: int, hits_shown: int, *, is_searching: bool) -> list[Cell]:
    """Return what is marked and what was found, and the keys for it; nothing if there is neither.

    `hits_shown` are those among the rows shown.
    """
    line: list[Cell] = []
    if marked:
        line.append(Cell(f" ● {counted(marked, 'row')} marked  ", "accent"))
    if search:
        hidden = f", {count(hits_shown)} of them shown" if hits_shown < hits and not is_searching else ""
        line += [
            Cell(f" » {counted(hits, 'hit')}", "accent" if hits else "warn"),
            Cell(f" of {search}{hidden}  "),
            Cell("searching … esc stops" if is_searching else "n N walk  esc ends", "muted"),
        ]
    return line
