"""What a person decided about failed rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from batchtui.domain.queue import Choice, Decision
from batchtui.store.columns import now
from batchtui.store.database import Database

_DECIDE = """
    INSERT INTO queue_rows (job_id, custom_id, attempt, choice, edits, params, decided_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job_id, custom_id) DO UPDATE SET attempt = excluded.attempt, choice = excluded.choice,
        edits = excluded.edits, params = excluded.params, decided_at = excluded.decided_at
"""


class Queue:
    """Decisions about rows, one a row of a job; which rows wait is known from their results."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decisions(self, job_id: str) -> dict[str, Decision]:
        """Return what was decided, by custom_id; some of it may be about earlier attempts."""
        with self._database.reading() as connection:
            return _decisions(connection, job_id)

    def has_decisions(self) -> set[str]:
        """Return the ids of the jobs about whose rows anything was decided."""
        with self._database.reading() as connection:
            return {job_id for (job_id,) in connection.execute("SELECT DISTINCT job_id FROM queue_rows")}

    async def decide(
        self,
        job_id: str,
        rows: Iterable[tuple[str, int]],
        *,
        choice: Choice | None = None,
        edits: Mapping[str, Any] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Write down a decision about rows, given as custom_id and the attempt they failed in.

        What is not given stays as it was decided for the same attempt; `edits` are added to those there are, by
        path, and `params` are whole requests by custom_id, which drop the edits made before. It is all or nothing.
        """
        wanted = list(rows)

        def write(connection: sqlite3.Connection) -> None:
            before = _decisions(connection, job_id)
            connection.executemany(
                _DECIDE,
                (
                    _row(
                        job_id,
                        custom_id,
                        _decided(
                            before.get(custom_id),
                            attempt,
                            choice,
                            edits,
                            None if params is None else params.get(custom_id),
                        ),
                    )
                    for custom_id, attempt in wanted
                ),
            )

        await self._database.write(write)

    async def forget(self, job_id: str, custom_ids: Iterable[str]) -> None:
        """Drop what was decided about rows."""
        rows = [(job_id, custom_id) for custom_id in custom_ids]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM queue_rows WHERE job_id = ? AND custom_id = ?", rows)

        await self._database.write(write)


def _decisions(connection: sqlite3.Connection, job_id: str) -> dict[str, Decision]:
    rows = connection.execute(
        "SELECT custom_id, attempt, choice, edits, params FROM queue_rows WHERE job_id = ?", (job_id,)
    )
    return {
        custom_id: Decision(
            attempt,
            choice,
            msgspec.json.decode(edits) if edits else {},
            msgspec.json.decode(params) if params else None,
        )
        for custom_id, attempt, choice, edits, params in rows
    }


def _decided(
    before: Decision | None,
    attempt: int,
    choice: Choice | None,
    edits: Mapping[str, Any] | None,
    params: Mapping[str, Any] | None,
) -> Decision:
    if before is None or before.attempt != attempt:
        before = Decision(attempt)
    return Decision(
        attempt,
        choice or before.choice,
        {**({} if params is not None else before.edits), **(edits or {})},
        before.params if params is None else params,
    )


def _row(job_id: str, custom_id: str, decision: Decision) -> tuple[object, ...]:
    return (
        job_id,
        custom_id,
        decision.attempt,
        decision.choice,
        msgspec.json.encode(decision.edits).decode() if decision.edits else "",
        None if decision.params is None else msgspec.json.encode(decision.params).decode(),
        now(),
    )
