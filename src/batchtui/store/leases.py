"""Leases: of several processes on one home one does a thing."""

from __future__ import annotations

import sqlite3
import time

from batchtui.store.database import Database


class Leases:
    """Named leases that end by themselves, so that a dead holder is followed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, name: str, owner: str, seconds: float) -> bool:
        """Take or renew a lease and return True, or return False while another owner holds it."""
        at = time.time()

        def write(connection: sqlite3.Connection) -> bool:
            taken = connection.execute(
                "INSERT INTO leases (name, owner, expires_at) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (name) DO UPDATE SET owner = ?2, expires_at = ?3"
                " WHERE owner = ?2 OR expires_at <= ?4",
                (name, owner, at + seconds, at),
            )
            return taken.rowcount == 1

        return await self._database.write(write)

    async def release(self, name: str, owner: str) -> None:
        """Give a lease back; nothing happens if another owner has it by now."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM leases WHERE name = ? AND owner = ?", (name, owner))
        )

    def holder(self, name: str) -> str | None:
        """Return who holds a lease, None if nobody does."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT owner FROM leases WHERE name = ? AND expires_at > ?", (name, time.time())
            ).fetchone()
        return None if row is None else str(row[0])
