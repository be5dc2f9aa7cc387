"""What goes over the wire, as rows and lines: uploads, downloads, calls, and what there was to tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from batchtui.api.calls import ApiCall
from batchtui.domain.batch import StoredBatch
from batchtui.domain.filter import Filter
from batchtui.domain.human import UNKNOWN, bytes_text, count, duration, local_time
from batchtui.domain.news import News, words
from batchtui.services.transfers import Transfer
from batchtui.tui.widgets.table_model import Cell, Column, Row, Tone

COLUMNS = (
    Column("at", "Time", width=8),
    Column("what", "What", width=10),
    Column("name", "About", min_width=16, weight=2),
    Column("progress", "Progress", width=22, min_width=14, priority=1),
    Column("state", "State", width=11, min_width=8),
    Column("took", "Took", width=8, align="right", priority=2),
)
SORTS = ("at", "took")
FIELDS = ("what", "state")
EMPTY = "Nothing was sent, asked or downloaded yet."
NO_MATCH = "Nothing fits this filter.\n\nesc takes it away."

BAR_CELLS = 8
OK_STATUS = range(200, 300)

Entry = Transfer | ApiCall | News
Line = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Happening:
    """One row: what it is about, when it began, and how long it took, in seconds, None for what takes no time."""

    key: str
    entry: Entry
    at: datetime
    took_seconds: float | None

    @property
    def is_running(self) -> bool:
        """Return whether it is under way."""
        return isinstance(self.entry, Transfer) and self.entry.ended_at is None


def happenings(
    transfers: Iterable[Transfer], calls: Iterable[ApiCall], news: Iterable[News], now: datetime
) -> list[Happening]:
    """Return everything as rows, what is under way first, then the newest."""
    rows = [
        Happening(
            f"transfer-{id(each)}",
            each,
            each.started_at,
            ((each.ended_at or now) - each.started_at).total_seconds(),
        )
        for each in transfers
    ]
    rows += [Happening(f"call-{id(each)}", each, each.started_at, each.milliseconds / 1000) for each in calls]
    rows += [Happening(f"news-{each.key}", each, each.noticed_at, None) for each in news]
    return sorted(rows, key=lambda row: (row.is_running, row.at), reverse=True)


def shown(rows: Iterable[Happening], wanted: Filter | None, sort: str, *, reverse: bool) -> list[Happening]:
    """Return the rows that a filter leaves, sorted."""
    left = [row for row in rows if wanted is None or wanted.holds(_values(row))]
    if sort == "took":
        left.sort(key=lambda row: row.took_seconds or 0.0, reverse=True)
    return left[::-1] if reverse else left


def cells(row: Happening, now: datetime) -> Row:
    """Return the cells of a row."""
    at = Cell(row.at.astimezone().strftime("%H:%M:%S"), "muted")
    took = Cell(UNKNOWN if row.took_seconds is None else _took(row.took_seconds), "muted")
    state = _state(row.entry)
    match row.entry:
        case Transfer() as transfer:
            what = "↑ upload" if transfer.direction == "up" else "↓ download"
            tone: Tone = "accent" if row.is_running else ""
            return [at, Cell(what, tone), Cell(transfer.name), progress(transfer, now), state, took]
        case ApiCall() as call:
            return [at, Cell("· call", "muted"), Cell(f"{call.method} {call.path}"), Cell(""), state, took]
        case News() as news:
            return [at, Cell("! news", "warn"), Cell(words(news, now)), Cell(""), state, took]


def progress(transfer: Transfer, now: datetime) -> Cell:
    """Return how much is done, the time left, and a bar; only the bytes where the whole is not known."""
    share = transfer.share
    if share is None:
        return Cell(bytes_text(transfer.moved_bytes), "muted")
    filled = round(BAR_CELLS * share)
    bar = "━" * filled + "╌" * (BAR_CELLS - filled)
    left = transfer.time_left(now)
    then = f" {duration(left)} left" if left is not None else ""
    return Cell(f"{share:4.0%}{then} {bar}", "accent" if transfer.ended_at is None else "muted")


def facts(row: Happening, stored: StoredBatch | None, now: datetime) -> list[Line]:
    """Return all that is known of a row; `stored` is the batch it is about, which gives a timeline."""
    match row.entry:
        case Transfer() as transfer:
            lines = _transfer(transfer, now)
        case ApiCall() as call:
            lines = [
                [Cell(f"{call.method} {call.path}", "strong")],
                [],
                _fact("began", local_time(call.started_at, seconds=True)),
                _fact("took", f"{call.milliseconds:,.0f} ms"),
                _fact("status", str(call.status) if call.status is not None else "no answer came"),
                _fact("request id", call.request_id or UNKNOWN),
            ]
        case News() as news:
            lines = [
                [Cell(words(news, now), "strong")],
                [],
                _fact("noticed", local_time(news.noticed_at, seconds=True)),
            ]
    return [*lines, *(timeline(stored, now) if stored else [])]


def timeline(stored: StoredBatch, now: datetime) -> list[Line]:
    """Return what happened to a batch and what will, in order of time."""
    batch = stored.batch
    events = [
        (batch.created_at, "created"),
        (batch.cancel_initiated_at, "cancellation asked for"),
        (batch.ended_at, f"ended: {count(batch.counts.succeeded)} succeeded, {count(batch.counts.failed)} failed"),
        (None if batch.has_ended else batch.expires_at, "what is unanswered expires"),
        (batch.archived_at, "archived by the API"),
        (batch.results_until, "the API drops the results"),
    ]
    lines: list[Line] = [[], [Cell(f"timeline of {stored.id}", "muted")]]
    for at, what in sorted((at, what) for at, what in events if at is not None):
        is_ahead = at > now
        tone: Tone = "muted" if is_ahead else ""
        lines.append([Cell(f"{'○' if is_ahead else '●'} {local_time(at, seconds=True)}  ", tone), Cell(what, tone)])
    return lines


def why_no_end(row: Happening | None) -> str:
    """Return what speaks against ending a transfer, or nothing."""
    if row is None or not isinstance(row.entry, Transfer) or not row.is_running:
        return "It is not under way."
    if row.entry.cancel is None:
        return "What is being sent is let to its end: cut off, nobody would know what became of it."
    return ""


def _transfer(transfer: Transfer, now: datetime) -> list[Line]:
    is_up = transfer.direction == "up"
    unit = bytes_text if is_up else count
    of = f" of {unit(transfer.total)}" if transfer.total else ""
    lines: list[Line] = [
        [Cell(f"{'upload' if is_up else 'download'} of {transfer.name}", "strong")],
        [],
        [progress(transfer, now)],
        _fact("sent" if is_up else "results", f"{unit(transfer.done)}{of}"),
        _fact("moved", bytes_text(transfer.moved_bytes)),
        _fact("began", local_time(transfer.started_at, seconds=True)),
    ]
    if transfer.ended_at is not None:
        seconds = max(0.001, (transfer.ended_at - transfer.started_at).total_seconds())
        lines.append(_fact("took", f"{_took(seconds)}, {bytes_text(int(transfer.moved_bytes / seconds))}/s"))
    if transfer.problem:
        lines += [[], [Cell(transfer.problem, "bad")]]
    return lines


def _state(entry: Entry) -> Cell:
    match entry:
        case Transfer(ended_at=None):
            return Cell("under way", "accent")
        case Transfer(problem=str(problem)) if problem:
            return Cell("✗ not done", "bad")
        case Transfer():
            return Cell("✓ done", "ok")
        case ApiCall(status=None):
            return Cell("✗ no answer", "bad")
        case ApiCall(status=int(status)):
            return Cell(str(status), "ok" if status in OK_STATUS else "bad")
        case _:
            return Cell("told", "muted")


def _values(row: Happening) -> Mapping[str, str]:
    plain = cells(row, row.at)
    return {"what": plain[1].text, "state": plain[4].text, "name": plain[2].text}


def _took(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:,.0f} s"


def _fact(label: str, text: str) -> Line:
    return [Cell(f"{label:<11} ", "muted"), Cell(text)]
