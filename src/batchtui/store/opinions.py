"""What people think of the answers of two sides, and which jobs were made to judge them."""

from __future__ import annotations

import sqlite3

from batchtui.domain.opinion import Verdict, turned
from batchtui.store.columns import bindable, now
from batchtui.store.database import Database

Sides = tuple[str, str, str | None]
"""The idents of the left and the right, and the column they are joined on, None for the custom_id."""

_KEY = "SELECT key FROM comparisons WHERE first = ? AND second = ? AND joined_on = ?"

_WRITTEN: dict[Verdict, str] = {"left": "first", "right": "second", "tie": "tie"}
_READ: dict[str, Verdict] = {word: verdict for verdict, word in _WRITTEN.items()}


class Opinions:
    """Verdicts of people by custom_id, and jobs of judges, the same whichever side is the left one.

    Where sides are joined on a column the rows have the custom_ids of the left, so that they are others the other
    way round; then left and right stay what they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, sides: Sides) -> int:
        """Write down a comparison, if it is not yet, and return its key."""
        return await self._database.write(lambda connection: _keep(connection, sides))

    def of(self, sides: Sides) -> dict[str, Verdict]:
        """Return what was decided, by custom_id."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT custom_id, verdict FROM opinions WHERE comparison_key = ({_KEY})", _identity(sides)
            ).fetchall()
        return {custom_id: _facing(_READ[word], sides) for custom_id, word in rows}

    async def decide(self, sides: Sides, custom_id: str, verdict: Verdict | None) -> None:
        """Write down which answer is better, in place of what was decided before; None takes that back."""

        def write(connection: sqlite3.Connection) -> None:
            row = (_keep(connection, sides), bindable(custom_id))
            if verdict is None:
                connection.execute("DELETE FROM opinions WHERE comparison_key = ? AND custom_id = ?", row)
                return
            connection.execute(
                "INSERT INTO opinions (comparison_key, custom_id, verdict, decided_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET verdict = excluded.verdict, decided_at = excluded.decided_at",
                (*row, _WRITTEN[_facing(verdict, sides)], now()),
            )

        await self._database.write(write)

    def judgings(self, sides: Sides) -> list[str]:
        """Return the ids of the jobs that judge a comparison, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT j.id FROM judgings g JOIN jobs j ON j.id = g.job_id"
                f" WHERE g.comparison_key = ({_KEY}) ORDER BY j.created_at, j.id",
                _identity(sides),
            )
            return [job_id for (job_id,) in rows]


def link(connection: sqlite3.Connection, comparison_key: int | None, job_id: str) -> None:
    """Write down that a job judges a comparison, if it does, in the transaction under way."""
    if comparison_key is not None:
        connection.execute(
            "INSERT INTO judgings (comparison_key, job_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (comparison_key, job_id),
        )


def _keep(connection: sqlite3.Connection, sides: Sides) -> int:
    identity = _identity(sides)
    connection.execute(
        "INSERT INTO comparisons (first, second, joined_on) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", identity
    )
    return int(connection.execute(_KEY, identity).fetchone()[0])


def _identity(sides: Sides) -> tuple[str, str, str]:
    left, right, on = sides
    first, second = (left, right) if _is_first(sides) else (right, left)
    return first, second, bindable(on or "")


def _facing(verdict: Verdict, sides: Sides) -> Verdict:
    """Return a verdict as it is written or read where the left is the first side."""
    return verdict if _is_first(sides) else turned(verdict)


def _is_first(sides: Sides) -> bool:
    """Return whether the left is the side that is written first."""
    left, right, on = sides
    return on is not None or left <= right
