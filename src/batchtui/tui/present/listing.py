"""Which rows the list of batches has, in which order: drafts on top, parts and attempts under their job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from batchtui.domain.batch import StoredBatch
from batchtui.domain.job import Intent

if TYPE_CHECKING:
    from batchtui.domain.filter import Filter

SORTS = ("age", "status", "name", "requests", "cost")
"""Columns the list can be sorted by, the first one when nothing was chosen."""

FIELDS = ("status", "name", "id", "model", "profile", "note")
"""What a filter term can name."""


class RowKey(NamedTuple):
    """Which row: a job of several batches, a batch, or a submission that has no batch yet."""

    kind: Literal["job", "batch", "intent"]
    id: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job of more than one batch, in the order of attempts and parts."""

    job_id: str
    name: str
    batches: tuple[StoredBatch, ...]
    is_open: bool = False

    @property
    def newest(self) -> StoredBatch:
        """Return the batch made last."""
        return max(self.batches, key=lambda stored: stored.batch.created_at)


Item = JobRow | StoredBatch | Intent


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of the list; a child stands under the row of its job."""

    key: RowKey
    item: Item
    is_child: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """What a batch or job comes to: of `total` requests, `answered` have an answer, and `failed` never got one.

    While something runs nothing has failed yet, for the API counts only at the end.
    """

    total: int
    answered: int
    failed: int
    is_running: bool


def tally(batches: Sequence[StoredBatch]) -> Tally:
    """Add up the batches of one job; what a later attempt answered has not failed."""
    if len(batches) == 1:
        counts, is_running = batches[0].batch.counts, not batches[0].batch.has_ended
        failed = 0 if is_running else counts.total - counts.succeeded
        return Tally(counts.total, counts.succeeded, failed, is_running)
    first = min((stored.attempt for stored in batches), default=1)
    total = sum(stored.batch.counts.total for stored in batches if stored.attempt == first)
    answered = min(total, sum(stored.batch.counts.succeeded for stored in batches))
    is_running = any(not stored.batch.has_ended for stored in batches)
    return Tally(total, answered, 0 if is_running else total - answered, is_running)


def rows(
    batches: Iterable[StoredBatch],
    intents: Iterable[Intent],
    *,
    words: Filter | None = None,
    sort: str = "age",
    reverse: bool = False,
    open_jobs: Set[str] = frozenset(),
) -> list[ListRow]:
    """Return the rows in order. `batches` come newest first; jobs in `open_jobs` show their batches below them."""
    rows = [
        ListRow(RowKey("intent", intent.id), intent)
        for intent in intents
        if words is None or words.holds(intent_values(intent))
    ]
    for item in _sorted(_items(batches, words, open_jobs), sort, reverse=reverse):
        if isinstance(item, StoredBatch):
            rows.append(ListRow(RowKey("batch", item.id), item))
            continue
        rows.append(ListRow(RowKey("job", item.job_id), item))
        if item.is_open:
            rows.extend(ListRow(RowKey("batch", stored.id), stored, is_child=True) for stored in item.batches)
    return rows


def batches_of(item: JobRow | StoredBatch) -> tuple[StoredBatch, ...]:
    """Return the batches of a row."""
    return (item,) if isinstance(item, StoredBatch) else item.batches


def made_at(item: Item) -> datetime:
    """Return when something was made: of a job of several batches, the last of them."""
    if isinstance(item, Intent):
        return item.created_at
    return item.batch.created_at if isinstance(item, StoredBatch) else item.newest.batch.created_at


def status_word(item: Item) -> str:
    """Return the one word for how something stands, as filters and commands know it."""
    if isinstance(item, Intent):
        return item.state
    if isinstance(item, StoredBatch):
        if not item.batch.has_ended:
            return {"in_progress": "running"}.get(item.batch.status, item.batch.status)
        return "failed" if item.batch.counts.failed else "ended"
    result = tally(item.batches)
    if result.is_running:
        return status_word(item.newest) if not item.newest.batch.has_ended else "running"
    return "failed" if result.failed else "ended"


def batch_values(stored: StoredBatch) -> dict[str, str]:
    """Return what a filter looks at in a batch."""
    return {
        "status": f"{status_word(stored)} {stored.batch.status}",
        "name": stored.job_name,
        "id": stored.id,
        "model": " ".join(stored.models),
        "profile": stored.profile,
        "note": stored.note,
    }


def intent_values(intent: Intent) -> dict[str, str]:
    """Return what a filter looks at in an open submission."""
    return {"status": intent.state, "name": intent.job_name, "id": intent.id, "profile": intent.profile}


def cost_usd(item: JobRow | StoredBatch) -> float | None:
    """Return what a batch or all batches of a job cost, or None if it is not known of any."""
    known = [stored.cost_usd for stored in batches_of(item) if stored.cost_usd is not None]
    return sum(known) if known else None


def _items(batches: Iterable[StoredBatch], words: Filter | None, open_jobs: Set[str]) -> list[JobRow | StoredBatch]:
    """Group the batches that are kept; a job stays a job when the filter leaves one of its batches."""
    jobs: dict[str, list[StoredBatch]] = {}
    sizes: dict[str, int] = {}
    for stored in batches:
        sizes[stored.job_id] = sizes.get(stored.job_id, 0) + 1
        if words is None or words.holds(batch_values(stored)):
            jobs.setdefault(stored.job_id, []).append(stored)
    return [
        JobRow(
            job_id,
            members[0].job_name,
            tuple(sorted(members, key=lambda stored: (stored.attempt, stored.part))),
            is_open=job_id in open_jobs,
        )
        if sizes[job_id] > 1
        else members[0]
        for job_id, members in jobs.items()
    ]


def _sorted(items: list[JobRow | StoredBatch], sort: str, *, reverse: bool) -> list[JobRow | StoredBatch]:
    """Sort as a reader first wants it (newest, dearest, largest, a to z), or the other way round.

    The items come newest first, and so do those that are equal.
    """
    by: dict[str, Callable[[JobRow | StoredBatch], Any]] = {
        "status": lambda item: _URGENCY.get(status_word(item), 1),
        "name": lambda item: (item.job_name if isinstance(item, StoredBatch) else item.name).casefold(),
        "requests": lambda item: -tally(batches_of(item)).total,
        "cost": lambda item: -(cost_usd(item) or 0.0),
    }
    if sort in by:
        items = sorted(items, key=by[sort])
    return items[::-1] if reverse else items


_URGENCY = {"failed": 0, "running": 1, "canceling": 1, "ended": 2}
