"""Everything known of the row under the cursor, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from batchtui.domain.batch import StoredBatch
from batchtui.domain.human import UNKNOWN, ago, bytes_text, count, counted, duration, local_time
from batchtui.domain.job import Intent
from batchtui.tui.present.batches import cost_text, countdown, status, time_to_wait
from batchtui.tui.present.header import host
from batchtui.tui.present.listing import Item, JobRow, cost_usd, tally
from batchtui.tui.widgets.table_model import Cell, Tone

if TYPE_CHECKING:
    from batchtui.domain.durations import Typical

Line = Sequence[Cell]

LABEL_WIDTH = 11
BAR_WIDTH = 24

_OUTCOMES: tuple[tuple[str, Tone], ...] = (
    ("succeeded", "ok"),
    ("errored", "bad"),
    ("expired", "bad"),
    ("canceled", "warn"),
)


def details(
    item: Item,
    now: datetime,
    *,
    received_bytes: int | None = None,
    strangers: int = 0,
    next_look_at: datetime | None = None,
    typical: Typical | None = None,
    disk: tuple[int, bool] = (0, False),
) -> list[Line]:
    """Return the lines about a row; `received_bytes` is of a download under way.

    `disk` are the bytes that it takes here, and whether some of them are archived. `strangers` are results that
    answer none of the requests, `next_look_at` is when the API is asked again, and `typical` is how long batches
    like the one that runs took.
    """
    if isinstance(item, Intent):
        return _intent(item, now, next_look_at)
    lines = _job(item, now, typical) if isinstance(item, JobRow) else _batch(item, now, received_bytes, typical)
    disk_bytes, is_archived = disk
    if disk_bytes:
        lines.append(_fact("disk", bytes_text(disk_bytes), "archived" if is_archived else ""))
    if strangers:
        words = f"{counted(strangers, 'result')} answer none of its requests: it is not the batch that was sent."
        return [*lines[:1], [Cell(words, "bad")], [Cell(_STRANGERS_HELP, "muted")], *lines[1:]]
    return lines


def _batch(stored: StoredBatch, now: datetime, received_bytes: int | None, typical: Typical | None) -> list[Line]:
    batch = stored.batch
    lines: list[Line] = [_title(stored.job_name, stored), []]
    lines += _bars(stored) if batch.has_ended else [*_clock(stored, now), *_typical(typical)]
    lines += [
        [],
        _fact("created", local_time(batch.created_at), ago(now - batch.created_at)),
    ]
    if batch.cancel_initiated_at is not None:
        lines.append(_fact("canceled", local_time(batch.cancel_initiated_at)))
    if batch.ended_at is not None:
        lines.append(
            _fact("ended", local_time(batch.ended_at), f"took {duration(batch.ended_at - batch.created_at)}")
        )
    elif not batch.has_ended:
        lines.append(_fact("expires", local_time(batch.expires_at), "what is unanswered by then"))
    lines.append(_results(stored, now, received_bytes))
    lines += [
        [],
        _fact("cost", cost_text(stored.cost_usd, estimated=stored.cost_is == "estimate"), _cost_word(stored)),
        _fact("models", ", ".join(stored.models) or UNKNOWN),
        _fact("requests", "on disk" if stored.requests_known else "not known: it was not sent from here"),
    ]
    if stored.attempt > 1 or stored.parts > 1:
        lines.append(_fact("attempt", str(stored.attempt), f"part {stored.part} of {stored.parts}"))
    lines += [[], _fact("id", stored.id), _fact("profile", stored.profile, host(stored.base_url))]
    if stored.note:
        lines += [[], _fact("note", stored.note)]
    return lines


def _job(job: JobRow, now: datetime, typical: Typical | None) -> list[Line]:
    result = tally(job.batches)
    estimated = any(stored.cost_is == "estimate" for stored in job.batches)
    newest = job.newest.batch
    lines: list[Line] = [_title(job.name, job), []]
    if result.is_running:
        lines.append(_fact("requests", count(result.total), "final answers count when all has ended"))
        lines += _typical(typical)
    else:
        lines += [
            _bar("answered", result.answered, result.total, "ok"),
            _bar("failed", result.failed, result.total, "bad"),
        ]
    lines += [
        [],
        _fact("newest", local_time(newest.created_at), ago(now - newest.created_at)),
        _fact("cost", cost_text(cost_usd(job), estimated=estimated), "all batches"),
        [],
        [Cell(counted(len(job.batches), "batch", "batches"), "muted")],
    ]
    for stored in job.batches:
        place = f"attempt {stored.attempt}" + (f" part {stored.part}/{stored.parts}" if stored.parts > 1 else "")
        mark = status(stored)
        lines.append([Cell(f"{place:<20} "), Cell(f"{mark.text:<14} ", mark.tone), Cell(stored.id, "muted")])
    if job.newest.note:
        lines += [[], _fact("note", job.newest.note)]
    return lines


def _intent(intent: Intent, now: datetime, next_look_at: datetime | None) -> list[Line]:
    lines: list[Line] = [_title(intent.job_name, intent), []]
    lines += [[Cell(text)] for text in _INTENT_HELP.get(intent.state, ())]
    if (left := time_to_wait(intent, now)) is not None:
        lines.append(_fact("not before", local_time(intent.not_before, seconds=True), f"in {countdown(left)}"))
    elif intent.state == "waiting" and next_look_at is not None:
        lines.append(_fact("next look", f"in {countdown(next_look_at - now)}"))
    if intent.error:
        lines.append([Cell(intent.error, "warn")])
    lines += [
        [],
        _fact("requests", count(intent.request_count), bytes_text(intent.body_bytes)),
        _fact("written", local_time(intent.created_at), ago(now - intent.created_at)),
    ]
    if intent.sent_at is not None:
        lines.append(_fact("tried" if intent.state in {"draft", "waiting"} else "sent", local_time(intent.sent_at)))
    return [
        *lines,
        _fact("attempt", str(intent.attempt), f"part {intent.part} of {intent.parts}"),
        _fact("profile", intent.profile, host(intent.base_url)),
    ]


_STRANGERS_HELP = (
    "Requests and results are both kept. `batchtui show` says how to give the requests to the right one."
)

_INTENT_HELP = {
    "draft": ("Nothing was sent. It can be sent or dropped.",),
    "waiting": ("It goes out by itself as soon as the API has room for it.",),
    "unclear": (
        "It was sent, and no answer came: perhaps a batch exists, perhaps not.",
        "It is not sent again by itself. Settling looks for the batch and asks you.",
    ),
    "sending": ("It is being sent.",),
}


def _title(name: str, item: Item) -> Line:
    return [Cell(name, "strong"), Cell("   "), status(item)]


def _fact(label: str, value: str, remark: str = "") -> Line:
    cells = [Cell(f"{label:<{LABEL_WIDTH}} ", "muted"), Cell(value)]
    return [*cells, Cell(f"  {remark}", "muted")] if remark else cells


def _bars(stored: StoredBatch) -> list[Line]:
    counts = stored.batch.counts
    lines = [_bar(word, getattr(counts, word), counts.total, tone) for word, tone in _OUTCOMES]
    return [_fact("requests", f"{count(counts.total):>9}"), *lines]


def _bar(label: str, number: int, total: int, tone: Tone) -> Line:
    """Return a count with a bar as long as its share; a single one is still seen."""
    length = max(1, round(BAR_WIDTH * number / total)) if number and total else 0
    return [
        Cell(f"{label:<{LABEL_WIDTH}} ", "muted"),
        Cell(f"{count(number):>9}", "" if number else "muted"),
        Cell(f"  {'━' * length}", tone),
    ]


def _clock(stored: StoredBatch, now: datetime) -> list[Line]:
    batch = stored.batch
    left = UNKNOWN if batch.expires_at is None else duration(batch.expires_at - now)
    return [
        _fact("requests", count(batch.counts.total)),
        _fact("elapsed", duration(now - batch.created_at), f"{left} of 24h left"),
        [Cell("The API gives no counts before the end.", "muted")],
    ]


def _typical(typical: Typical | None) -> list[Line]:
    if typical is None:
        return []
    from batchtui.tui.present.durations import typical_text

    took, of = typical_text(typical)
    return [_fact("like this", took), [Cell(f"{'':<{LABEL_WIDTH}} {of}", "muted")]]


def _results(stored: StoredBatch, now: datetime, received_bytes: int | None) -> Line:
    until = stored.batch.results_until
    kept = f"at the API until {until.astimezone():%Y-%m-%d}" if until > now else "the API has dropped them"
    if received_bytes is not None:
        return _fact("results", f"arriving, {bytes_text(received_bytes)} so far")
    if stored.results == "complete":
        return _fact("results", "on disk", kept)
    if stored.results == "gone":
        return _fact("results", "gone", "not on disk, and the API has dropped them")
    if not stored.batch.has_ended:
        return _fact("results", "not yet", "downloaded when it ends")
    return _fact("results", "partly on disk" if stored.results == "partial" else "not on disk", kept)


def _cost_word(stored: StoredBatch) -> str:
    return {"actual": "", "estimate": "estimate", "unknown": ""}[stored.cost_is]
