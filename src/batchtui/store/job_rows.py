"""The rows of jobs."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from batchtui.domain.job import Job
from batchtui.store.columns import bindable, new_id, written

_SELECT = "SELECT id, name, profile, created_at, note FROM jobs "


def select(connection: sqlite3.Connection, rest: str, *values: object) -> list[Job]:
    """Return jobs by the rest of a statement after its FROM."""
    rows = connection.execute(_SELECT + rest, values)
    return [_job(row) for row in rows]


def add(connection: sqlite3.Connection, name: str, profile: str, created_at: datetime) -> Job:
    """Add a job and return it; its name gets a number if it is taken, and is the id if it is empty."""
    job_id = new_id("job_")
    job = Job(job_id, free_name(connection, bindable(name) or job_id), profile, created_at)
    connection.execute(
        "INSERT INTO jobs (id, name, profile, created_at) VALUES (?, ?, ?, ?)",
        (job.id, job.name, profile, written(created_at)),
    )
    return job


def free_name(connection: sqlite3.Connection, name: str) -> str:
    """Return a name no job has: this one, or with -2, -3, … after it."""
    candidate, number = name, 1
    while connection.execute("SELECT 1 FROM jobs WHERE name = ?", (candidate,)).fetchone():
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def remove_if_empty(connection: sqlite3.Connection, job_id: str) -> None:
    """Remove a job that has no batch and no open intent."""
    in_use = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM batches WHERE job_id = ?1) OR EXISTS (SELECT 1 FROM intents"
        " WHERE job_id = ?1 AND state NOT IN ('closed', 'discarded'))",
        (job_id,),
    ).fetchone()[0]
    if not in_use:
        connection.execute("DELETE FROM intents WHERE job_id = ?", (job_id,))
        connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))


def _job(row: tuple[Any, ...]) -> Job:
    job_id, name, profile, created_at, note = row
    return Job(job_id, name, profile, datetime.fromisoformat(created_at), note)
