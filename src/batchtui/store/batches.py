"""What is remembered of batches."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from batchtui.domain.batch import Batch, BatchFilter, ResultsState, StoredBatch
from batchtui.domain.errors import UnknownIdError
from batchtui.store import batch_rows, job_rows
from batchtui.store.bodies import drop_bodies
from batchtui.store.columns import bindable, now
from batchtui.store.database import Database
from batchtui.store.files import Files
from batchtui.store.presence import Presence

StoredBatches = list[StoredBatch]


@dataclass(frozen=True, slots=True)
class Change:
    """A batch whose row was written: what it was, None for a new one, and what it is."""

    before: StoredBatch | None
    after: StoredBatch


Changes = list[Change]
"""By this name, and `StoredBatches`, because a method called `list` hides the type from the class it is in."""


class Batches:
    """Batches, by key, by id, and in lists."""

    def __init__(self, database: Database, files: Files, presence: Presence) -> None:
        self._database = database
        self._files = files
        self._presence = presence

    def list(self, filter: BatchFilter = BatchFilter()) -> StoredBatches:  # noqa: A002, B008
        """Return batches, newest first; `job` of the filter is an id or a name."""
        wanted: dict[str, str | None] = {
            "b.status = ?1": filter.status,
            "(b.job_id = ?2 OR j.name = ?2)": filter.job,
            "b.profile = ?3": filter.profile,
            "b.base_url = ?4": filter.base_url,
        }
        conditions = [condition for condition, value in wanted.items() if value is not None]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        values = [None if value is None else bindable(value) for value in wanted.values()]
        limit = -1 if filter.limit is None else filter.limit
        return self._select(f"{where} ORDER BY b.created_at DESC, b.key DESC LIMIT ?5", *values, limit)

    def count(self, profile: str, base_url: str) -> int:
        """Return how many batches of a profile on a server are remembered."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM batches WHERE profile = ? AND base_url = ?", (profile, base_url)
            ).fetchone()
        return int(row[0])

    def get(self, batch_id: str) -> StoredBatch:
        """Return the batch with an id, or raise `UnknownIdError`."""
        return _only(self._select("WHERE b.id = ?", bindable(batch_id)), batch_id)

    def by_key(self, key: int) -> StoredBatch:
        """Return the batch with a key, or raise `UnknownIdError`."""
        return _only(self._select("WHERE b.key = ?", key), f"number {key}")

    def find(self, prefix: str) -> StoredBatches:
        """Return the batches whose id begins like this, newest first."""
        return self._select(
            "WHERE substr(b.id, 1, length(?1)) = ?1 ORDER BY b.created_at DESC, b.key DESC", bindable(prefix)
        )

    def running(self, profile: str, base_url: str) -> StoredBatches:
        """Return the batches that had not ended when the API was last asked, newest first."""
        return self._select(
            "WHERE b.profile = ? AND b.base_url = ? AND b.status <> 'ended' ORDER BY b.created_at DESC, b.key DESC",
            profile,
            base_url,
        )

    def awaiting_results(self, profile: str, base_url: str, now: datetime) -> StoredBatches:
        """Return the ended batches whose results are not all here but can still be had, oldest first.

        Those that another process is bringing home right now are left out.
        """
        with self._database.snapshot() as connection:
            batches = batch_rows.select(
                connection,
                "WHERE b.profile = ? AND b.base_url = ? AND b.results IN ('none', 'partial')"
                " AND b.status = 'ended' AND b.archived_at IS NULL ORDER BY b.created_at, b.key",
                profile,
                base_url,
            )
            coming = connection.execute("SELECT batch_key, owner FROM downloads WHERE state <> 'kept'").fetchall()
        elsewhere = {
            key for key, owner in coming if owner != self._presence.token and self._presence.is_alive(owner)
        }
        return [stored for stored in batches if stored.batch.results_until > now and stored.key not in elsewhere]

    def answered_ids(self, key: int) -> set[str]:
        """Return the custom_ids of the results of a batch that are here."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT r.custom_id FROM results r JOIN batches b ON b.download_key = r.download_key"
                " WHERE b.key = ? AND r.custom_id <> ''",
                (key,),
            )
            return {custom_id for (custom_id,) in rows}

    def stranger_count(self, key: int) -> int:
        """Return how many results of a batch have a custom_id that none of its requests has.

        It is 0 where its requests or results are not known, or only some of its requests were attached. It is found
        in no time: strangers come after all others.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM results r JOIN batches b ON b.download_key = r.download_key WHERE b.key = ?1"
                " AND r.ordinal > (SELECT max(ordinal) FROM requests WHERE batch_key = ?1) AND r.custom_id <> ''"
                " AND (EXISTS (SELECT 1 FROM intents WHERE batch_id = b.id) OR"
                " b.succeeded + b.errored + b.canceled + b.expired <="
                " (SELECT count(*) FROM requests WHERE batch_key = ?1))",
                (key,),
            ).fetchone()
        return int(row[0])

    async def record(
        self, batches: Sequence[Batch], *, profile: str, base_url: str, is_asked_for: bool = False
    ) -> Changes:
        """Write down what the API said and return the rows that really changed.

        A batch that is not known becomes a job of one batch, named by its id; one that was forgotten for good only
        if it `is_asked_for`. One that has ended does not run again, whatever an older answer says, and one known
        under another profile stays there.
        """

        def write(connection: sqlite3.Connection) -> Changes:
            if is_asked_for:
                connection.executemany("DELETE FROM forgotten WHERE batch_id = ?", [(each.id,) for each in batches])
            return _record(connection, batches, profile, base_url)

        return await self._database.write(write)

    async def set_results_state(self, batch_id: str, state: ResultsState) -> None:
        """Write down how much of the results there is, as `gone` where the API has dropped them."""
        await self._database.write(
            lambda connection: connection.execute("UPDATE batches SET results = ? WHERE id = ?", (state, batch_id))
        )

    async def drop_bodies(self, batch_id: str) -> None:
        """Remove the lines sent and received of a batch and their index; all else that is known of it stays."""

        def drop(connection: sqlite3.Connection) -> None:
            key = _only(batch_rows.select(connection, "WHERE b.id = ?", batch_id), batch_id).key
            connection.execute("DELETE FROM downloads WHERE batch_key = ?", (key,))
            connection.execute("DELETE FROM requests WHERE batch_key = ?", (key,))
            connection.execute(
                "UPDATE batches SET results = 'gone', requests = 'unknown', requests_bytes = NULL,"
                " rows_bytes = NULL WHERE key = ?",
                (key,),
            )

        await self._database.write(drop)
        await self._database.on_writer(lambda: drop_bodies(self._files.batch_directory(batch_id)))

    def has_forgotten(self, job_id: str) -> bool:
        """Return whether a batch of a job was forgotten for good, and with it whatever it had answered."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT 1 FROM forgotten WHERE job_id = ?", (job_id,)).fetchone()
        return row is not None

    async def forget(self, batch_id: str, *, for_good: bool = False) -> None:
        """Remove a batch here with its requests and results, and its job if that was all of it.

        Where the API still lists it, it comes back with the next answer, unless it is forgotten `for_good`.
        """

        def delete(connection: sqlite3.Connection) -> None:
            stored = batch_rows.by_id(connection, batch_id)
            if for_good:
                job_id = stored.job_id if stored is not None else None
                connection.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)", (batch_id, job_id, now()))
            if stored is not None:
                connection.execute("DELETE FROM batches WHERE key = ?", (stored.key,))
                connection.execute("DELETE FROM intents WHERE batch_id = ?", (batch_id,))
                job_rows.remove_if_empty(connection, stored.job_id)

        await self._database.write(delete)
        if self._files.can_hold(batch_id):
            await self._database.on_writer(lambda: drop_bodies(self._files.batch_directory(batch_id)))

    def _select(self, rest: str, *values: object) -> StoredBatches:
        with self._database.reading() as connection:
            return batch_rows.select(connection, rest, *values)


def _record(connection: sqlite3.Connection, batches: Sequence[Batch], profile: str, base_url: str) -> Changes:
    changes: list[Change] = []
    for batch in batches:
        before = batch_rows.by_id(connection, batch.id)
        if before is None and _is_forgotten(connection, batch.id):
            continue
        if before is None:
            job = job_rows.add(connection, batch.id, profile, batch.created_at)
            batch_rows.insert(connection, batch, batch_rows.Place(job.id, profile, base_url))
        elif not batch_rows.update(connection, before, batch):
            continue
        after = batch_rows.by_id(connection, batch.id)
        if after is not None:
            changes.append(Change(before, after))
    return changes


def _is_forgotten(connection: sqlite3.Connection, batch_id: str) -> bool:
    return connection.execute("SELECT 1 FROM forgotten WHERE batch_id = ?", (batch_id,)).fetchone() is not None


def _only(batches: list[StoredBatch], name: str) -> StoredBatch:
    if not batches:
        raise UnknownIdError(f"No batch is known as {name}.", todo="`batchtui list` shows what is known.")
    return batches[0]
