"""The rows of the queue: groups of equal causes, the rows below them, and what is known of either."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from batchtui.domain.errors import InputError
from batchtui.domain.estimate import CHARS_PER_TOKEN, Estimate, Estimator
from batchtui.domain.human import count, counted, usd
from batchtui.domain.queue import Attempted, QueueGroup, QueueRow, QueueState
from batchtui.domain.verdicts import EDIT_FIRST, NEVER, RESEND, Verdict
from batchtui.services.find import Target
from batchtui.tui.present.batches import short_id
from batchtui.tui.present.reasons import READ_ONLY
from batchtui.tui.present.results import SHAPES
from batchtui.tui.widgets.highlight import Language
from batchtui.tui.widgets.table_model import Cell, Column, Row

QueueVerb = Literal["send", "edit", "editor", "template", "hold", "release", "drop", "restore"]
"""What can be done with rows that wait."""

COLUMNS = (
    Column("rows", "Rows", width=6, min_width=5, align="right"),
    Column("verdict", "Verdict", width=12),
    Column("cause", "What went wrong", min_width=22),
    Column("state", "State", width=10),
    Column("job", "Job", width=18, min_width=12),
    Column("attempt", "Try", width=3, align="right", priority=2),
    Column("price", "Up to", width=8, align="right", priority=1),
)

SORTS = ("job", "rows", "verdict", "cause", "state", "attempt", "price")
"""What the groups can be sorted by; at first they stand job by job, the biggest of each first."""

FIELDS = ("job", "error", "verdict", "state", "id", "model")
"""What a filter term can name."""

EMPTY = (
    "Nothing waits to be sent again.\n\n"
    "Rows that fail come here by themselves when their batch has ended.\n"
    "1 goes to the batches, r there sends again what failed of one."
)
NO_MATCH = "Nothing fits this filter.\n\nesc takes it away."
UNKNOWN_REQUESTS = "Its requests are not known: a attaches the file it was made from."
LOOKING = "Looking at what failed …"

VERDICTS: Mapping[Verdict, Cell] = {
    RESEND: Cell("↻ resend", "ok"),
    EDIT_FIRST: Cell("✎ edit first", "warn"),
    NEVER: Cell("⊘ never", "bad"),
}
_ORDER = (RESEND, EDIT_FIRST, NEVER)

_STATES: Mapping[QueueState, Cell] = {
    "waiting": Cell("waiting"),
    "held": Cell("‖ held", "accent"),
    "dropped": Cell("✗ dropped", "muted"),
    "given_up": Cell("! given up", "bad"),
}

QUOTED_CHARS = 60
"""How much of a param or an error is quoted."""


class QueueKey(NamedTuple):
    """Which row: a group of a job, or with a custom_id one of its rows."""

    job_id: str
    cause: str
    message: str
    verdict: Verdict
    state: QueueState
    custom_id: str = ""

    @property
    def group(self) -> QueueKey:
        """Return the key of the group."""
        return self._replace(custom_id="")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A group as it is shown, or one row of it: `rows` in input order.

    `ready` of them go out with `r`, for `estimate`, and `known` of them have a request. `has_data` says that they
    were made from rows of data that are kept; `is_ours` that they belong to the server and profile calls go to.
    """

    target: Target
    group: QueueGroup
    rows: Sequence[QueueRow]
    ready: int
    known: int
    estimate: Estimate
    has_data: bool
    is_ours: bool

    @property
    def key(self) -> QueueKey:
        """Return the key of the group."""
        group = self.group
        return QueueKey(group.job_id, group.cause, group.message, group.verdict, group.state)

    def only(self, row: QueueRow) -> Waiting:
        """Return one of its rows as a group of one."""
        return waiting(self.target, self.group, (row,), has_data=self.has_data, is_ours=self.is_ours)


def waiting(
    target: Target, group: QueueGroup, rows: Sequence[QueueRow], *, has_data: bool, is_ours: bool
) -> Waiting:
    """Return rows of a group with what there is to know of them together."""
    ready = [row for row in rows if row.is_sendable and row.failure.length]
    return Waiting(
        target,
        group,
        rows,
        len(ready),
        sum(row.failure.length > 0 for row in rows),
        _estimate(ready),
        has_data,
        is_ours,
    )


def _estimate(rows: Iterable[QueueRow]) -> Estimate:
    """Return what rows cost at most; their input is guessed from their bytes."""
    estimator = Estimator()
    for row in rows:
        edits = {**(row.decision.params or {}), **row.decision.edits} if row.decision else {}
        model, max_tokens = edits.get("model"), edits.get("max_tokens")
        estimator.add_size(
            model if isinstance(model, str) else row.failure.model,
            max(1, round(row.failure.length / CHARS_PER_TOKEN)),
            max_tokens if isinstance(max_tokens, int) else row.failure.max_tokens,
        )
    return estimator.estimate()


def group_cells(shown: Waiting, *, is_open: bool) -> Row:
    """Return the cells of a group, in the order of `COLUMNS`."""
    group = shown.group
    return (
        Cell(count(group.count), "strong"),
        VERDICTS[group.verdict],
        Cell(f"{'▾' if is_open else '▸'} {what(group.cause, group.message)}"),
        _state(group.state, group.edited, group.count),
        Cell(group.job_name, "strong"),
        Cell(count(group.attempt), "muted"),
        Cell(usd(shown.estimate.cost_usd_high) if shown.ready else "", "muted"),
    )


def row_cells(row: QueueRow, job_name: str) -> Row:
    """Return the cells of a row under its group, in the order of `COLUMNS`."""
    return (
        Cell(""),
        Cell(""),
        Cell(f"    {row.custom_id}"),
        _state(row.state, int(row.is_edited), 1),
        Cell(job_name, "muted"),
        Cell(count(row.failure.attempt), "muted"),
        Cell(""),
    )


def what(cause: str, message: str) -> str:
    """Return what went wrong on one line, the kind of error in as few letters as can be."""
    kind = cause.removesuffix("" if cause == "api_error" else "_error").replace("_", " ")
    return f"{kind}: {message}" if message else kind


def _state(state: QueueState, number_edited: int, number: int) -> Cell:
    if state != "waiting" or not number_edited:
        return _STATES[state]
    return Cell("✎ edited" if number_edited == number else f"✎ {count(number_edited)} edited", "ok")


def sorted_groups(groups: Iterable[Waiting], sort: str, *, reverse: bool) -> list[Waiting]:
    """Return groups in order; they come as they stand when nothing was chosen. Numbers: the largest first."""
    keys: dict[str, Any] = {
        "rows": lambda shown: -len(shown.rows),
        "verdict": lambda shown: _ORDER.index(shown.group.verdict),
        "cause": lambda shown: (shown.group.cause, shown.group.message),
        "state": lambda shown: tuple(_STATES).index(shown.group.state),
        "attempt": lambda shown: -shown.group.attempt,
        "price": lambda shown: -(shown.estimate.cost_usd_high or 0.0) if shown.ready else 1.0,
    }
    ordered = sorted(groups, key=keys[sort]) if sort in keys else list(groups)
    return ordered[::-1] if reverse else ordered


def values(row: QueueRow, job_name: str) -> dict[str, str]:
    """Return what a filter looks at in a row."""
    return {
        "job": job_name,
        "error": f"{row.cause} {row.failure.error_message or ''}",
        "verdict": row.verdict.replace("_", " "),
        "state": f"{row.state.replace('_', ' ')} {'edited' if row.is_edited else ''}",
        "id": row.custom_id,
        "model": row.failure.model,
    }


def facts(shown: Waiting, row: QueueRow | None = None) -> list[list[Cell]]:
    """Return what is known of a group, or of one row of it."""
    group = shown.group
    if row is None:
        heading, message, attempt = (
            f"{counted(group.count, 'row')} of {group.job_name}",
            group.message,
            group.attempt,
        )
        state = _state(group.state, group.edited, group.count)
    else:
        shown = shown.only(row)
        heading, message, attempt = row.custom_id, row.failure.error_message or "", row.failure.attempt
        state = _state(row.state, int(row.is_edited), 1)
    lines = [
        [Cell(heading, "strong"), Cell(f"  attempt {attempt}", "muted")],
        [Cell(group.cause, "bad")],
        *([[Cell(message)]] if message else []),
        [VERDICTS[group.verdict], Cell(f"  {group.why}", "muted")],
        [state, Cell(f"  {next_step(shown)}", "muted")],
    ]
    changes = changed(shown.rows if row is None else [row])
    if changes:
        lines.append([Cell("edited  ", "muted"), Cell(changes, "ok")])
    if shown.ready:
        lines.append(
            [Cell(f"{counted(shown.ready, 'row')} ready, up to {usd(shown.estimate.cost_usd_high)}", "muted")]
        )
    return lines


def next_step(shown: Waiting) -> str:
    """Return what can be done with a group."""
    group = shown.group
    if not shown.known:
        return UNKNOWN_REQUESTS
    if group.state == "held":
        return "h lets it go again."
    if group.state == "dropped":
        return "It is not sent again; D takes that back."
    if group.state == "given_up":
        return "The same error came again and again. e edits it; r sends it once more all the same."
    if shown.ready:
        return "r sends it."
    return "e edits it, then r sends it." if group.verdict == EDIT_FIRST else "e edits it, if that helps."


def changed(rows: Iterable[QueueRow]) -> str:
    """Return what was set on rows, where it is the same for all of them that were edited."""
    sets = {json.dumps(_set(row), sort_keys=True): _set(row) for row in rows if row.is_edited}
    if not sets:
        return ""
    if len(sets) > 1:
        return f"in {len(sets):,} ways"
    (only,) = sets.values()
    return ", ".join(f"{path}={_quoted(value)}" for path, value in only.items()) or "as a whole"


def _set(row: QueueRow) -> dict[str, Any]:
    return dict(row.decision.edits) if row.decision else {}


def _quoted(value: object) -> str:
    return _short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= QUOTED_CHARS else f"{text[: QUOTED_CHARS - 1]}…"


def history(attempts: Iterable[Attempted]) -> list[list[Cell]]:
    """Return what became of a row in each attempt, newest first."""
    return [[Cell("")], [Cell("history", "muted")], *(_attempt(one) for one in reversed(list(attempts)))]


def _attempt(one: Attempted) -> list[Cell]:
    shape, tone = SHAPES.get(one.outcome, ("·", "muted"))
    said = _short(": ".join(text for text in (one.error_type, one.error_message) if text))
    cost = "" if one.cost_usd is None else f"  {usd(one.cost_usd)}"
    return [
        Cell(f"{one.attempt:>3}  ", "muted"),
        Cell(f"{shape} {one.outcome}", tone),
        Cell(f"  {short_id(one.batch_id)}{cost}{'  edited' if one.is_edited else ''}", "muted"),
        Cell(f"  {said}" if said else ""),
    ]


def title(shown: Waiting, row: QueueRow | None) -> list[Cell]:
    """Return the line over a request."""
    if row is not None:
        return [Cell("the request as it would go out")]
    first = f"the first of {counted(len(shown.rows), 'row')}: " if len(shown.rows) > 1 else ""
    return [Cell(f"{first}{shown.rows[0].custom_id} as it would go out")]


def request_body(text: str) -> tuple[str, Language]:
    """Return what to show of a request, which is empty where it is not known."""
    if text:
        return text, "json"
    return (
        "Its request is not known: the batch was not sent from here.\n\na attaches the file it was made from.",
        "text",
    )


def turned(verb: QueueVerb, chosen: Iterable[Waiting]) -> QueueVerb:
    """Return the opposite of holding and dropping for rows with which that was done."""
    states = {shown.group.state for shown in chosen}
    if verb == "hold" and states == {"held"}:
        return "release"
    return "restore" if verb == "drop" and states == {"dropped"} else verb


def why_not(verb: str, chosen: Sequence[Waiting], *, read_only: bool) -> str:
    """Return what speaks against doing something with what is chosen, or nothing."""
    if verb == "send" and read_only:
        return READ_ONLY
    if not chosen:
        return "Nothing waits here."
    if verb in {"copy", "hold", "drop"}:
        return ""
    if verb == "attach":
        is_known = all(stored.requests_known for stored in chosen[0].target.batches)
        return "Its requests are known already." if is_known else ""
    if not any(shown.known for shown in chosen):
        return UNKNOWN_REQUESTS
    if verb == "template" and not all(shown.has_data for shown in chosen):
        return "It was not made from a template and rows of data."
    if verb == "editor" and sum(len(shown.rows) for shown in chosen) > 1:
        return "The editor takes one request: enter unfolds the group."
    return why_not_sent(chosen) if verb == "send" else ""


def why_not_all(groups: Iterable[Waiting], *, read_only: bool) -> str:
    """Return what speaks against sending all that is ready."""
    if read_only:
        return READ_ONLY
    return (
        "" if any(shown.ready and shown.is_ours for shown in groups) else "Nothing shown here is ready to be sent."
    )


def why_not_sent(chosen: Sequence[Waiting]) -> str:
    """Return what speaks against sending groups, or nothing."""
    foreign = next((shown.target.batches[0] for shown in chosen if not shown.is_ours), None)
    if foreign is not None:
        return f"It belongs to profile {foreign.profile} at {foreign.base_url}: open batchtui with that."
    if any(shown.ready or (shown.group.state == "given_up" and _can_go(shown)) for shown in chosen):
        return ""
    group = chosen[0].group
    if group.state in {"held", "dropped"}:
        return "It is held: h lets it go." if group.state == "held" else "It was dropped: D takes that back."
    if group.verdict == NEVER:
        return f"Sending it again cannot help. {group.why}"
    return "The request has to be changed first: e edits it."


def _can_go(shown: Waiting) -> bool:
    return shown.group.verdict == RESEND or any(row.is_decided for row in shown.rows)


def parse_changes(text: str) -> dict[str, Any]:
    """Return what lines as `max_tokens=2048` set, by path; a value is JSON, and text if it is not.

    Raises `InputError` naming the line that sets nothing.
    """
    changes: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        path, equals, value = line.partition("=")
        path = path.strip()
        if not equals or not all(path.split(".")):
            raise InputError(f"Line {number} is not of the form param=value, as max_tokens=2048.")
        try:
            changes[path] = json.loads(value)
        except (ValueError, RecursionError):
            changes[path] = value.strip()
    if not changes:
        raise InputError("Set at least one param, as max_tokens=2048.")
    return changes


def current_params(request: str) -> str:
    """Return the short params of a request, as lines that could be typed."""
    try:
        params = json.loads(request).get("params", {})
    except (ValueError, RecursionError, AttributeError):
        return ""
    return "\n".join(f"{path}={_quoted(value)}" for path, value in params.items() if path != "messages")
