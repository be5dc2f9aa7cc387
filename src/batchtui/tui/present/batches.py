"""The rows of the list of batches, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from batchtui.domain.batch import CANCELING, StoredBatch
from batchtui.domain.human import UNKNOWN, count, duration, midnight, usd
from batchtui.domain.job import Intent
from batchtui.tui.present.listing import Item, JobRow, ListRow, batches_of, cost_usd, tally
from batchtui.tui.widgets.table_model import Cell, Column, Row, Tone

ID_PREFIX = "msgbatch_"

_COLUMNS = (
    Column("status", "Status", width=13, min_width=11),
    Column("name", "Name", min_width=24),
    Column("requests", "Requests", width=15, min_width=9, align="right"),
    Column("age", "Age", width=6, align="right", priority=1),
    Column("time", "Left/took", width=11, align="right", priority=3),
    Column("cost", "Cost", width=9, min_width=8, align="right", priority=2),
    Column("id", "Id", width=12, priority=5),
)
_PROFILE = Column("profile", "Profile", width=10, priority=4)


def columns(*, with_profile: bool) -> tuple[Column, ...]:
    """Return the columns; the profile only where there is more than one."""
    return (*_COLUMNS, _PROFILE) if with_profile else _COLUMNS


def cells(row: ListRow, now: datetime) -> Row:
    """Return the cells of one row, in the order of `columns`."""
    item = row.item
    if isinstance(item, Intent):
        return (
            _intent_status(item, now),
            Cell(f"  {item.job_name}{_place(item.attempt, item.part, item.parts)}", "strong"),
            Cell(count(item.request_count)),
            age(item.created_at, now),
            Cell(""),
            Cell(UNKNOWN, "muted"),
            Cell(""),
            Cell(item.profile, "muted"),
        )
    if isinstance(item, JobRow):
        newest = item.newest
        name = Cell(f"{'▾' if item.is_open else '▸'} {item.name}", "strong")
        id_ = Cell(f"{len(item.batches):,} batches", "muted")
        estimated = any(stored.cost_is == "estimate" for stored in item.batches)
    else:
        newest = item
        name = Cell(f"    {_child_name(item)}" if row.is_child else f"  {item.job_name}", _name_tone(row))
        id_ = Cell(short_id(item.id), "muted")
        estimated = item.cost_is == "estimate"
    return (
        status(item),
        name,
        _requests(item),
        age(newest.batch.created_at, now),
        _time(newest, now),
        cost_cell(cost_usd(item), estimated=estimated),
        id_,
        Cell(newest.profile, "muted"),
    )


def status(item: Item) -> Cell:
    """Return shape and word for how something stands."""
    if isinstance(item, Intent):
        return {
            "draft": Cell("✎ draft", "accent"),
            "waiting": Cell("◷ waiting", "accent"),
            "sending": Cell("↑ sending", "accent"),
            "unclear": Cell("? unclear", "warn"),
        }.get(item.state, Cell(item.state))
    batches = batches_of(item)
    result = tally(batches)
    if result.is_running:
        return _running(next(stored for stored in reversed(batches) if not stored.batch.has_ended))
    if any(stored.results == "partial" for stored in batches):
        return Cell("↓ arriving", "accent")
    if result.failed:
        return Cell(f"✗ {count(result.failed)} failed", "bad")
    if all(stored.results == "gone" for stored in batches):
        return Cell("∅ gone", "muted")
    return Cell("✓ ended", "ok")


def _intent_status(intent: Intent, now: datetime) -> Cell:
    left = time_to_wait(intent, now)
    return status(intent) if left is None else Cell(f"◷ in {countdown(left)}", "accent")


def time_to_wait(intent: Intent, now: datetime) -> timedelta | None:
    """Return how long a waiting part has to wait yet because the API said so, None if it need not."""
    if intent.state != "waiting" or intent.not_before is None or intent.not_before <= now:
        return None
    return intent.not_before - now


def countdown(left: timedelta) -> str:
    """Return the time that is left so that it is seen to pass: `42s`, `4:05`, `1h20m`."""
    seconds = max(0, round(left.total_seconds()))
    minutes, seconds_left = divmod(seconds, 60)
    return f"{minutes}:{seconds_left:02}" if 1 <= minutes < 60 else duration(timedelta(seconds=seconds))


def age(at: datetime, now: datetime) -> Cell:
    """Return how long ago something was made."""
    return Cell(duration(now - at), "muted")


def short_id(batch_id: str) -> str:
    """Return the part of an id that tells it from others, as it can be typed after its prefix."""
    text = batch_id.removeprefix(ID_PREFIX)
    return text if len(text) <= 12 else f"{text[:11]}…"


def cost_cell(amount_usd: float | None, *, estimated: bool) -> Cell:
    """Return a cost for a column: whole cents stand under whole cents, whatever follows them."""
    text = cost_text(amount_usd, estimated=estimated)
    is_cents = text[-3:-2] == "." and len(text) < 8
    return Cell(f"{text}  " if is_cents else text, "muted" if estimated or amount_usd is None else "")


def cost_text(amount_usd: float | None, *, estimated: bool) -> str:
    """Return a cost; an estimate has a tilde."""
    text = usd(amount_usd)
    return f"~{text}" if estimated and text.startswith("$") and amount_usd else text


def spend_today(batches: Sequence[StoredBatch], now: datetime) -> str:
    """Return what the batches made since midnight on this machine's clock cost; they come newest first.

    It has `≥` in front where a price is not known.
    """
    since = midnight(now.astimezone().date())
    made = list(takewhile(lambda stored: stored.batch.created_at >= since, batches))
    amounts = [stored.cost_usd for stored in made if stored.cost_usd is not None]
    if len(amounts) < len(made):
        return f"≥{usd(sum(amounts))}" if amounts else UNKNOWN
    return cost_text(sum(amounts), estimated=any(stored.cost_is == "estimate" for stored in made))


def has_several_profiles(batches: Sequence[StoredBatch]) -> bool:
    """Return whether the list holds batches of more than one profile."""
    return len({stored.profile for stored in batches}) > 1


def utc_now() -> datetime:
    """Return the time all screens reckon with."""
    return datetime.now(UTC)


def _running(stored: StoredBatch) -> Cell:
    if stored.batch.status == CANCELING:
        return Cell("◌ canceling", "warn")
    word = {"in_progress": "running"}.get(stored.batch.status, stored.batch.status)
    return Cell(f"● {word}", "accent")


def _requests(item: JobRow | StoredBatch) -> Cell:
    result = tally(batches_of(item))
    if result.is_running:
        return Cell(count(result.total))
    return Cell(f"{count(result.answered)}/{count(result.total)}")


def _time(stored: StoredBatch, now: datetime) -> Cell:
    batch = stored.batch
    if not batch.has_ended:
        if batch.expires_at is None:
            return Cell(UNKNOWN, "muted")
        return Cell(f"{duration(batch.expires_at - now)} left", "accent")
    if batch.ended_at is None:
        return Cell(UNKNOWN, "muted")
    return Cell(f"{duration(batch.ended_at - batch.created_at)} took", "muted")


def _name_tone(row: ListRow) -> Tone:
    return "muted" if row.is_child else "strong"


def _child_name(stored: StoredBatch) -> str:
    return _place(stored.attempt, stored.part, stored.parts).removeprefix(" · ") or "attempt 1"


def _place(attempt: int, part: int, parts: int) -> str:
    texts = (f" · attempt {attempt}" if attempt > 1 else "", f" · part {part} of {parts}" if parts > 1 else "")
    return "".join(texts)
