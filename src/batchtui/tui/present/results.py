"""The rows of results, the outcome chips, and the bodies of the reading pane."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from batchtui.domain.human import UNKNOWN, count, usd
from batchtui.domain.result import (
    CANCELED,
    ERRORED,
    EXPIRED,
    FLAGGED,
    REFUSED,
    SUCCEEDED,
    TRUNCATED,
    UNREADABLE,
    output_text,
    read_object,
)
from batchtui.domain.retry import EDIT_FIRST, RESEND, verdict_of
from batchtui.domain.selection import FAILED, SortBy, StoredResult
from batchtui.tui.widgets.highlight import Language
from batchtui.tui.widgets.table_model import Cell, Column, Row, Tone

View = Literal["text", "JSON", "request", "usage"]
VIEWS: tuple[View, ...] = ("text", "JSON", "request", "usage")
"""What the reading pane can show of a row, in the order of the key that goes through them."""

ALL = "all"
"""The chip that narrows to nothing."""

COLUMNS = (
    Column("type", "Outcome", width=12, min_width=11),
    Column("custom_id", "custom_id", min_width=14, weight=2),
    Column("reason", "Why", width=18, min_width=10, priority=3),
    Column("model", "Model", width=18, priority=5),
    Column("output_tokens", "Tokens", width=7, align="right", priority=1),
    Column("cost", "Cost", width=8, align="right", priority=2),
    Column("answer", "Answer", min_width=24, weight=5),
)

SORT_BY: dict[str, SortBy] = {
    "input": "input",
    "type": "type",
    "custom_id": "custom_id",
    "output_tokens": "output_tokens",
    "cost": "cost",
}
SORTS = tuple(SORT_BY)
"""What results can be sorted by, the first when nothing was chosen."""

_SHAPES: dict[str, tuple[str, Tone]] = {
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


@dataclass(frozen=True, slots=True)
class Body:
    """What the reading pane shows."""

    text: str
    language: Language = "text"


def cells(row: StoredResult) -> Row:
    """Return the cells of one result, in the order of `COLUMNS`."""
    facts = row.facts
    reason = facts.error_type or facts.stop_reason or ""
    return (
        outcome(row),
        Cell(facts.custom_id),
        Cell("" if reason == "end_turn" else reason, "muted" if facts.succeeded else "bad"),
        Cell(facts.model or "", "muted"),
        Cell(count(facts.tokens.output) if facts.tokens.output else "", ""),
        Cell(usd(row.cost_usd) if facts.succeeded else "", "muted"),
        Cell(facts.preview if facts.succeeded else facts.error_message or "", "" if facts.succeeded else "muted"),
    )


def outcome(row: StoredResult) -> Cell:
    """Return shape and word for how a request came out; what is wrong with an answer goes before its success."""
    word = row.facts.flags[0] if row.facts.succeeded and row.facts.flags else row.facts.type
    shape, tone = _SHAPES.get(word, ("?", "warn"))
    return Cell(f"{shape} {word}", tone)


def chips(counts: Mapping[str, int]) -> list[str]:
    """Return the outcomes there is something of, in the order of the key that goes through them."""
    known = [word for word in _CHIP_ORDER if counts.get(word)]
    failures = [word for word in known if word in {ERRORED, EXPIRED, CANCELED, UNREADABLE}]
    others = sorted(word for word, number in counts.items() if number and word not in {*_CHIP_ORDER, ALL})
    if len(failures) + len(others) < 2 and FAILED in known:
        known.remove(FAILED)
    return [ALL, *known, *others]


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
    shape, tone = _SHAPES.get(word, ("", ""))
    if is_chosen:
        return [Cell(f"[{word} {count(number)}]", "strong")]
    return [Cell(f" {shape} " if shape else " ", tone), Cell(f"{word} ", "muted"), Cell(f"{count(number)} ")]


def _length(chips_drawn: list[list[Cell]]) -> int:
    return sum(len(cell.text) for chip in chips_drawn for cell in chip)


def explanation(row: StoredResult) -> Body:
    """Return in words why there is no answer, and what can be done."""
    facts = row.facts
    todo = {
        RESEND: "It can be sent again as it is: r.",
        EDIT_FIRST: "The request has to be changed before it is sent again.",
    }.get(verdict_of(facts.type, facts.error_type), "Sending it again would not help.")
    why = {
        EXPIRED: "It was not answered within 24 hours.",
        CANCELED: "It was not answered before the batch was canceled.",
    }.get(facts.type, "")
    said = [facts.error_type or "", facts.error_message or ""]
    return Body("\n\n".join(text for text in (facts.type, why, *said, todo) if text))


def text_body(row: StoredResult, message: Mapping[str, Any]) -> Body:
    """Return the answer of a succeeded row as text, or what stands in its place."""
    if not row.facts.succeeded:
        return explanation(row)
    text = output_text(message)
    if text:
        return Body(text, "markdown")
    content = message.get("content")
    kinds = (
        [str(block.get("type")) for block in content if isinstance(block, dict)]
        if isinstance(content, list)
        else []
    )
    held = f"It holds: {', '.join(kinds)}. The JSON view shows it." if kinds else "It is empty."
    return Body(f"There is no text in this answer. {held}")


def json_body(line: bytes) -> Body:
    """Return a line of JSON spread out for reading; what is no JSON is shown as it is."""
    try:
        value = read_object(line)
        return Body(json.dumps(value, indent=2, ensure_ascii=False), "json")
    except (ValueError, RecursionError):
        return Body(line.decode("utf-8", "replace"))


def request_body(line: bytes | None) -> Body:
    """Return the request of a row, or why it is not there."""
    if line is None:
        return Body("The request is not known: its batch was not sent from here.\n\nIts file can be attached.")
    return json_body(line)


def usage_body(row: StoredResult) -> Body:
    """Return tokens and cost of a row."""
    tokens = row.facts.tokens
    lines = [
        ("model", row.facts.model or UNKNOWN),
        ("input", count(tokens.input)),
        ("cache write 5m", count(tokens.cache_write_5m)),
        ("cache write 1h", count(tokens.cache_write_1h)),
        ("cache read", count(tokens.cache_read)),
        ("output", count(tokens.output)),
        ("of it thinking", count(tokens.thinking)),
        ("web searches", count(tokens.web_searches)),
        ("cost", usd(row.cost_usd)),
        ("stop reason", row.facts.stop_reason or UNKNOWN),
        ("characters", count(row.facts.text_chars)),
        ("attempt", str(row.attempt)),
        ("batch", row.batch_id),
    ]
    return Body(
        "\n".join(f"{name:<16}{value:>12}" if len(value) <= 12 else f"{name:<16}{value}" for name, value in lines)
    )
