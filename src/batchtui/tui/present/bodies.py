"""What the reading pane shows of a result, view by view."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

from batchtui.domain.batch import Batch
from batchtui.domain.human import UNKNOWN, count, local_time, usd
from batchtui.domain.queue import Attempted
from batchtui.domain.result import CANCELED, EXPIRED, output_text, read_object
from batchtui.domain.selection import StoredResult
from batchtui.domain.verdicts import EDIT_FIRST, RESEND, verdicts
from batchtui.tui.widgets.highlight import Language
from batchtui.tui.widgets.table_model import Cell

View = Literal["text", "thinking", "tools", "JSON", "request", "row", "usage", "history"]
VIEWS: tuple[View, ...] = get_args(View)
"""What there can be to read of a result, in the order of the key that goes through them."""

LONG_LINE_BYTES = 256 * 1024
"""From this size on a line is spread out without being decoded, which is quicker and leaves escapes in it."""

NOTE_CHARS = 24
"""How much of a note stands over a body, so that the views beside it can be seen; usage has all of it."""

_THINKING = frozenset({"thinking", "redacted_thinking"})
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})

_PLAIN_WORDS: Mapping[View, str] = {"text": "plain", "thinking": "plain"}


@dataclass(frozen=True, slots=True)
class Body:
    """What the reading pane shows."""

    text: str
    language: Language = "text"


def views_of(
    message: Mapping[str, Any], *, has_request: bool, has_row: bool, has_history: bool
) -> tuple[View, ...]:
    """Return the views in which there is something of a result with this message."""
    kinds = {_kind(block) for block in _blocks(message)}
    there: dict[View, bool] = {
        "thinking": bool(kinds & _THINKING),
        "tools": bool(kinds - _THINKING - {"text"}),
        "request": has_request,
        "row": has_row,
        "history": has_history,
    }
    return tuple(view for view in VIEWS if there.get(view, True))


def title(row: StoredResult, views: Sequence[View], view: View, *, is_plain: bool) -> list[Cell]:
    """Return the line over a body: whose it is, its note, and the views with the one shown standing out."""
    shown = views if view in views else [*views, view]
    cells = [Cell(f"{word}  ", "strong" if word == view else "muted") for word in shown]
    is_raw = is_plain and view not in {"usage", "history"}
    how = [Cell(_PLAIN_WORDS.get(view, "raw"), "accent")] if is_raw else []
    short = row.note if len(row.note) <= NOTE_CHARS else f"{row.note[: NOTE_CHARS - 1]}…"
    note = [Cell(f"✎ {short}  ", "accent")] if short else []
    return [*note, *cells, *how, Cell("  " if how else ""), Cell(row.facts.custom_id, "muted")]


def text_body(row: StoredResult, message: Mapping[str, Any], *, is_plain: bool = False) -> Body:
    """Return the answer of a succeeded row as text, or what stands in its place."""
    if not row.facts.succeeded:
        return explanation(row)
    text = output_text(message)
    if text:
        return Body(text, "text" if is_plain else "prose")
    kinds = [_kind(block) for block in _blocks(message)]
    held = f"It holds: {', '.join(kinds)}. Other views show it: t." if kinds else "It is empty."
    return Body(f"There is no text in this answer. {held}")


def explanation(row: StoredResult) -> Body:
    """Return in words why there is no answer, and what can be done."""
    facts = row.facts
    todo = {
        RESEND: "It can be sent again as it is: r.",
        EDIT_FIRST: "The request has to be changed before it is sent again.",
    }.get(verdicts().verdict(facts.type, facts.error_type, facts.error_message), "Sending it again would not help.")
    why = {
        EXPIRED: "It was not answered within 24 hours.",
        CANCELED: "It was not answered before the batch was canceled.",
    }.get(facts.type, "")
    said = [facts.error_type or "", facts.error_message or ""]
    return Body("\n\n".join(text for text in (facts.type, why, *said, todo) if text))


def has_thinking(message: Mapping[str, Any]) -> bool:
    """Return whether the model thought, readably or not."""
    return any(_kind(block) in _THINKING for block in _blocks(message))


def thinking_body(message: Mapping[str, Any], *, is_plain: bool = False) -> Body:
    """Return what the model thought; what the API has made unreadable is only named."""
    parts = []
    for block in _blocks(message):
        if _kind(block) == "thinking":
            parts.append(str(block.get("thinking") or "(thought, but not shown by the API)"))
        elif _kind(block) == "redacted_thinking":
            parts.append("(thinking that the API has encrypted)")
    if not parts:
        return Body("There is no thinking in this answer.")
    return Body("\n\n".join(parts), "text" if is_plain else "prose")


def tools_body(message: Mapping[str, Any]) -> Body:
    """Return the tools called with their input, what came back from those of the server, and any other block."""
    parts = []
    for block in _blocks(message):
        kind = _kind(block)
        if kind in _CALLS:
            parts.append(f"{block.get('name')}  ({kind}, {block.get('id')})\n{pretty(block.get('input'))}")
        elif kind != "text" and kind not in _THINKING:
            parts.append(f"{kind}\n{pretty(block)}")
    return Body("\n\n".join(parts), "json") if parts else Body("No tool was called in this answer.")


def json_body(line: bytes, *, is_plain: bool = False) -> Body:
    """Return a line of JSON spread out for reading, or as it is; what is no JSON is shown as it is."""
    as_it_is = Body(line.decode("utf-8", "replace"), "json" if is_plain else "text")
    if is_plain:
        return as_it_is
    try:
        if len(line) > LONG_LINE_BYTES:
            return Body(msgspec.json.format(line, indent=2).decode("utf-8", "replace"), "json")
        return Body(pretty(read_object(line)), "json")
    except (ValueError, RecursionError):
        return as_it_is


def request_body(line: bytes | None, *, is_plain: bool = False) -> Body:
    """Return the request of a row, or why it is not there."""
    if line is None:
        return Body("The request is not known: its batch was not sent from here.\n\nIts file can be attached.")
    return json_body(line, is_plain=is_plain)


def data_row_body(data_row: Mapping[str, Any] | None, *, is_plain: bool = False) -> Body:
    """Return the row of data that a request was made from: a column a line, or as JSON."""
    if data_row is None:
        return Body("This request was not made from a row of data.")
    if is_plain:
        return Body(pretty(data_row), "json")
    return Body("\n\n".join(f"**{name}**\n{_value(value)}" for name, value in data_row.items()), "markdown")


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
        ("flags", ", ".join(row.facts.flags) or UNKNOWN),
        ("note", row.note or UNKNOWN),
        ("characters", count(row.facts.text_chars)),
        ("attempt", str(row.attempt)),
        ("batch", row.batch_id),
    ]
    return Body(
        "\n".join(f"{name:<16}{value:>12}" if len(value) <= 12 else f"{name:<16}{value}" for name, value in lines)
    )


def history_body(attempts: Sequence[Attempted], batches: Mapping[str, Batch]) -> Body:
    """Return what became of a row in each attempt, newest first; `batches` are those of the job by id."""
    if not attempts:
        return Body("Nothing is known of earlier attempts: the requests of this job are not known here.")
    return Body("\n\n".join(_attempt(one, batches.get(one.batch_id)) for one in reversed(attempts)))


def _attempt(one: Attempted, batch: Batch | None) -> str:
    how = f"{'edited, ' if one.is_edited else ''}{one.outcome}"
    said = ": ".join(text for text in (one.error_type, one.error_message) if text)
    sent = "" if batch is None else f"sent {local_time(batch.created_at)}"
    ended = "" if batch is None or batch.ended_at is None else f"ended {local_time(batch.ended_at)}"
    facts = [f"attempt {one.attempt}  {how}", said, ", ".join(filter(None, (sent, ended)))]
    cost = "" if one.cost_usd is None else f", {usd(one.cost_usd)}"
    return "\n  ".join([*filter(None, facts), f"{one.batch_id}{cost}"])


def pretty(value: object) -> str:
    """Return a JSON value spread out over lines, with whatever text it holds."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _value(value: object) -> str:
    return value if isinstance(value, str) else pretty(value)


def _blocks(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    content = message.get("content")
    return (block for block in content if isinstance(block, dict)) if isinstance(content, list) else iter(())


def _kind(block: Mapping[str, Any]) -> str:
    return str(block.get("type"))
