"""Leases: of several processes on one home one does a thing."""

from __future__ import annotations

import secrets
import sqlite3
import time

from batchtui.store.database import Database
from batchtui.store.presence import Presence


class Leases:
    """Named leases that end by themselves, and at once with the process that holds them."""

    def __init__(self, database: Database, presence: Presence) -> None:
        self._database = database
        self._presence = presence

    def new_owner(self) -> str:
        """Return a name for a holder that is known to be dead once this store is closed or its process is."""
        return f"{self._presence.token}.{secrets.token_hex(4)}"

    async def acquire(self, name: str, owner: str, seconds: float) -> bool:
        """Take or renew a lease and return True, or return False while another owner that is alive holds it."""
        at = time.time()

        def write(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT owner, expires_at FROM leases WHERE name = ?", (name,)).fetchone()
            if row is not None and row[0] != owner and row[1] > at and self._is_alive(row[0]):
                return False
            connection.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", (name, owner, at + seconds))
            return True

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

    def _is_alive(self, owner: str) -> bool:
        return self._presence.is_alive(owner.partition(".")[0])
