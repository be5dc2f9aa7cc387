"""Jobs: the names over batches."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from batchtui.domain.errors import UnknownIdError
from batchtui.domain.job import Job, JobSummary
from batchtui.store import batch_rows, intent_rows, job_rows
from batchtui.store.columns import bindable
from batchtui.store.database import Database
from batchtui.store.presence import Presence


class Jobs:
    """Jobs, by id and by name."""

    def __init__(self, database: Database, presence: Presence) -> None:
        self._database = database
        self._presence = presence

    async def create(self, name: str, profile: str) -> Job:
        """Add a job; the name gets -2, -3, … if it is taken."""
        created_at = datetime.now(UTC)
        return await self._database.write(lambda connection: job_rows.add(connection, name, profile, created_at))

    def get(self, job_id: str) -> Job:
        """Return the job with an id, or raise `UnknownIdError`."""
        with self._database.reading() as connection:
            return _get(connection, job_id)

    def find(self, text: str) -> list[Job]:
        """Return the jobs with this id or name, else those whose id begins like this, newest first."""
        wanted = bindable(text)
        with self._database.reading() as connection:
            exact = job_rows.select(connection, "WHERE id = ?1 OR name = ?1", wanted)
            return exact or job_rows.select(
                connection, "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY created_at DESC", wanted
            )

    def summary(self, job_id: str) -> JobSummary:
        """Return a job with its batches and open intents, or raise `UnknownIdError`."""
        with self._database.snapshot() as connection:
            return JobSummary(
                _get(connection, job_id),
                tuple(
                    batch_rows.select(connection, f"WHERE b.job_id = ? {batch_rows.INPUT_ORDER}", job_id),
                ),
                tuple(intent_rows.select_open(connection, self._presence, "AND i.job_id = ?", job_id)),
            )

    async def rename(self, job_id: str, name: str) -> Job:
        """Give a job another name, with -2, -3, … if that is taken, and return it."""

        def write(connection: sqlite3.Connection) -> Job:
            if _get(connection, job_id).name != name:
                free = job_rows.free_name(connection, bindable(name))
                connection.execute("UPDATE jobs SET name = ? WHERE id = ?", (free, job_id))
            return _get(connection, job_id)

        return await self._database.write(write)

    async def set_note(self, job_id: str, note: str) -> None:
        """Write a note on a job, in place of the one it had."""

        def write(connection: sqlite3.Connection) -> None:
            _get(connection, job_id)
            connection.execute("UPDATE jobs SET note = ? WHERE id = ?", (bindable(note), job_id))

        await self._database.write(write)

    async def remove_if_empty(self, job_id: str) -> None:
        """Remove a job that has no batch and no open intent; any other stays."""
        await self._database.write(lambda connection: job_rows.remove_if_empty(connection, job_id))


def _get(connection: sqlite3.Connection, job_id: str) -> Job:
    jobs = job_rows.select(connection, "WHERE id = ?", job_id)
    if not jobs:
        raise UnknownIdError(f"No job is known as {job_id}.", todo="`batchtui list` shows what is known.")
    return jobs[0]
