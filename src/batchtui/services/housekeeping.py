"""How much of the disk batches take, archiving the bodies of old ones, and dropping them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from batchtui.domain.batch import RESULTS_KEPT, StoredBatch
from batchtui.domain.errors import RefusedError
from batchtui.store import Store


@dataclass(frozen=True, slots=True)
class DiskUse:
    """The bytes of the files of a batch: lines sent, with what they were made from, and lines received.

    `is_archived` says that some of them are compressed.
    """

    stored: StoredBatch
    requests_bytes: int
    results_bytes: int
    is_archived: bool

    @property
    def total_bytes(self) -> int:
        """Return the bytes of all its files."""
        return self.requests_bytes + self.results_bytes


@dataclass(frozen=True, slots=True)
class Archivable:
    """A batch and the bytes of its bodies that are not compressed."""

    stored: StoredBatch
    plain_bytes: int


class Housekeeping:
    """Looks at the files of a home, takes some milliseconds for a thousand batches; archives and drops old ones."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def disk_use(self, stored: StoredBatch) -> DiskUse:
        """Return what a batch takes; raises `StoreError`."""
        requests_bytes, results_bytes = self._store.files.sizes(stored.id)
        return DiskUse(stored, requests_bytes, results_bytes, self._store.bodies.is_archived(stored.id))

    def prunable(self, age: timedelta, now: datetime) -> list[DiskUse]:
        """Return the batches that ended longer ago than an age and have bodies on disk, the oldest first.

        Left out are those of a job of which something still runs or waits to be sent. Raises `RefusedError` for an
        age at which the API still has the results: they would be downloaded again.
        """
        if age < RESULTS_KEPT:
            raise RefusedError(
                f"Results are kept by the API for {RESULTS_KEPT.days} days, and would be downloaded again.",
                unharmed="Nothing was dropped.",
                todo=f"Choose {RESULTS_KEPT.days} days or more; `batchtui delete ID` deletes a younger batch.",
            )
        batches = self._store.batches.list()
        busy = {stored.job_id for stored in batches if not stored.batch.has_ended}
        busy |= {intent.job_id for intent in self._store.intents.open_ones()}
        old = [
            self.disk_use(stored)
            for stored in reversed(batches)
            if stored.job_id not in busy and _ended_at(stored) <= now - age
        ]
        return [use for use in old if use.total_bytes]

    def archivable(self, age: timedelta, now: datetime) -> list[Archivable]:
        """Return the batches that ended longer ago than an age and can be archived, the oldest first."""
        batches = reversed(self._store.batches.list())
        old = [stored for stored in batches if _is_complete(stored) and _ended_at(stored) <= now - age]
        return self._with_bodies(old)

    def require_archivable(self, batches: Iterable[StoredBatch]) -> list[Archivable]:
        """Return those of some batches that are not archived yet.

        Raises `RefusedError` if one of them still runs, or its results are not all here.
        """
        batches = list(batches)
        for stored in batches:
            if not _is_complete(stored):
                why = "its results are not all here" if stored.batch.has_ended else "it still runs"
                raise RefusedError(f"{stored.id} cannot be archived: {why}.", unharmed="Nothing was archived.")
        return self._with_bodies(batches)

    def _with_bodies(self, batches: Iterable[StoredBatch]) -> list[Archivable]:
        sized = (Archivable(stored, self._store.bodies.plain_bytes(stored.id)) for stored in batches)
        return [each for each in sized if each.plain_bytes]

    async def archive(self, stored: StoredBatch) -> int:
        """Compress the bodies of a batch and return the bytes they take now; all of it can be read as before.

        Raises `StoreError`, as where the disk is full, and then everything is as it was.
        """
        _, packed_bytes = await asyncio.to_thread(self._store.bodies.archive, stored.id)
        return packed_bytes

    async def prune(self, stored: StoredBatch) -> None:
        """Drop the bodies of a batch: what was sent and what came back, and its rows in the index.

        Its name, counts, cost, and what statistics are made from stay. It cannot be taken back.
        """
        await self._store.figures.fill(stored.key)
        await self._store.batches.drop_bodies(stored.id)


def _is_complete(stored: StoredBatch) -> bool:
    return stored.batch.has_ended and stored.results == "complete"


def _ended_at(stored: StoredBatch) -> datetime:
    return stored.batch.ended_at or stored.batch.created_at
