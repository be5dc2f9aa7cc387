"""Where the request of a result stands in the input, found without asking the database for each."""

from __future__ import annotations

import sqlite3
from array import array


class Ordinals:
    """The ordinal of each request of a batch by its custom_id; none where the requests are not known.

    A hash table in two arrays: 100,000 requests take 2 MB, where a dict takes 16. custom_ids are told apart by 64
    bits of hash.
    """

    def __init__(self, connection: sqlite3.Connection, batch_key: int) -> None:
        self._hashes = array("q")
        self.count = request_count(connection, batch_key)
        # Slots hold the ordinal plus one; at least half of them stay 0, so that few of one hash lie side by side.
        self._slots = array("i", bytes(4 << (2 * self.count).bit_length()))
        self._mask = len(self._slots) - 1
        for ordinal, (custom_id,) in enumerate(
            connection.execute("SELECT custom_id FROM requests WHERE batch_key = ? ORDER BY ordinal", (batch_key,))
        ):
            hashed = hash(custom_id)
            self._hashes.append(hashed)
            slot = hashed & self._mask
            while self._slots[slot]:
                slot = slot + 1 & self._mask
            self._slots[slot] = ordinal + 1

    def find(self, custom_id: str) -> int | None:
        """Return the ordinal of a request, None if there is none with that custom_id."""
        hashed = hash(custom_id)
        slot = hashed & self._mask
        while found := self._slots[slot]:
            if self._hashes[found - 1] == hashed:
                return found - 1
            slot = slot + 1 & self._mask
        return None


def request_count(connection: sqlite3.Connection, batch_key: int) -> int:
    """Return how many requests of a batch are known."""
    row = connection.execute("SELECT count(*) FROM requests WHERE batch_key = ?", (batch_key,)).fetchone()
    return int(row[0])
