"""What there is to tell, and whom it was told: so that of all processes on a home one tells a thing, and once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from batchtui.domain.batch import StoredBatch
from batchtui.domain.news import News, Occasion, Spend
from batchtui.store import batch_rows
from batchtui.store.columns import written
from batchtui.store.database import Database

UNRIPE = timedelta(minutes=10)
"""How long the end of a batch is not told while its results are on their way."""

FORGOTTEN_AFTER = timedelta(days=90)

_NOW = "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')"
"""The time as the trigger writes it, so that the two can be compared."""

_RIPE = "(b.results IN ('complete', 'gone') OR b.archived_at IS NOT NULL OR n.noticed_at <= ?)"


class Told:
    """News and claims on telling them.

    The end of a batch becomes news in the transaction that writes it down, but only if the batch was seen running
    before. Who tells claims first: what a process was killed over is told by nobody, and nothing is told twice.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, channels: Iterable[str]) -> None:
        """Open channels that are not open yet: they are told of what is noticed from now on.

        What is too old to be told to anybody, or to come up again, is forgotten.
        """
        rows = [(name,) for name in channels]
        forgotten_until = written(datetime.now(UTC) - FORGOTTEN_AFTER)

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(f"INSERT OR IGNORE INTO channels VALUES (?, {_NOW})", rows)
            connection.execute("DELETE FROM news WHERE noticed_at < ?", (forgotten_until,))

        with self._database.reading() as reader:
            known = {name for (name,) in reader.execute("SELECT name FROM channels")}
            oldest = reader.execute("SELECT min(noticed_at) FROM news").fetchone()[0]
        if not known.issuperset(name for (name,) in rows) or (oldest or forgotten_until) < forgotten_until:
            await self._database.write(write)

    async def add(self, occasions: Sequence[Occasion], now: datetime) -> None:
        """Write down what is to be told; what was written down before is not again."""
        rows = [_row(occasion, now) for occasion in occasions]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR IGNORE INTO news (kind, subject, profile, base_url, period, spent_usd, budget_usd,"
                " noticed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

        with self._database.reading() as reader:
            fresh = [row for row in rows if not _is_known(reader, row[0], row[1])]
        if fresh:
            await self._database.write(write)

    def untold(self, channel: str, now: datetime, max_age: timedelta) -> list[News]:
        """Return what a channel is to be told, oldest first: noticed since it was opened, and not too long ago.

        Of an end only once the results are here, or are long in coming.
        """
        with self._database.snapshot() as connection:
            rows = connection.execute(
                "SELECT n.key, n.kind, n.subject, n.profile, n.base_url, n.period, n.spent_usd, n.budget_usd,"
                " n.noticed_at FROM news n LEFT JOIN batches b ON b.id = n.subject"
                f" WHERE (n.kind = 'spend' OR (b.id IS NOT NULL AND (n.kind <> 'ended' OR {_RIPE})))"
                " AND n.noticed_at > ? AND n.noticed_at >= (SELECT since FROM channels WHERE name = ?)"
                " AND NOT EXISTS (SELECT 1 FROM told t WHERE t.news_key = n.key AND t.channel = ?) ORDER BY n.key",
                (written(now - UNRIPE), written(now - max_age), channel, channel),
            ).fetchall()
            return [_news(connection, row) for row in rows]

    def recent(self, limit: int) -> list[News]:
        """Return what was noticed last, newest first."""
        with self._database.snapshot() as connection:
            rows = connection.execute(
                "SELECT key, kind, subject, profile, base_url, period, spent_usd, budget_usd, noticed_at FROM news"
                " ORDER BY key DESC LIMIT ?",
                (limit,),
            ).fetchall()
            return [_news(connection, row) for row in rows]

    async def claim(self, news: Sequence[News], channel: str, now: datetime) -> list[News]:
        """Return which of the news the caller is to tell a channel; of the others another process does."""

        def write(connection: sqlite3.Connection) -> list[News]:
            values = (channel, written(now))
            return [
                one
                for one in news
                if connection.execute(
                    "INSERT OR IGNORE INTO told (channel, told_at, news_key)"
                    " SELECT ?, ?, key FROM news WHERE key = ?",
                    (*values, one.key),
                ).rowcount
            ]

        return await self._database.write(write) if news else []

    def ended_since(self, profile: str, base_url: str, since: datetime, now: datetime) -> list[StoredBatch]:
        """Return the batches whose end is news since then, and ripe."""
        with self._database.reading() as connection:
            return batch_rows.select(
                connection,
                "JOIN news n ON n.kind = 'ended' AND n.subject = b.id"
                f" WHERE n.profile = ? AND n.base_url = ? AND n.noticed_at > ? AND {_RIPE} ORDER BY n.key",
                profile,
                base_url,
                written(since),
                written(now - UNRIPE),
            )

    def spent_usd(self, profile: str, base_url: str, since: datetime) -> float:
        """Return what the batches made since then cost, as far as it is known."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT total(cost_usd) FROM batches WHERE profile = ? AND base_url = ? AND created_at >= ?",
                (profile, base_url, written(since)),
            ).fetchone()
        return float(row[0])


class Looks:
    """When each server was last asked for its list, by whichever process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, profile: str, base_url: str, at: datetime) -> None:
        """Write down that the list of a profile on a server was read."""
        values = (profile, base_url, written(at))
        await self._database.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO looks VALUES (?, ?, ?)", values)
        )

    def last(self, profile: str, base_url: str) -> datetime | None:
        """Return when the list was last read, None if it never was."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT at FROM looks WHERE profile = ? AND base_url = ?", (profile, base_url)
            ).fetchone()
        return None if row is None else datetime.fromisoformat(row[0])


def _row(occasion: Occasion, now: datetime) -> tuple[object, ...]:
    spend = occasion.spend
    amounts = (None, None, None) if spend is None else (spend.period, spend.spent_usd, spend.budget_usd)
    return (occasion.kind, occasion.subject, occasion.profile, occasion.base_url, *amounts, written(now))


def _is_known(connection: sqlite3.Connection, kind: object, subject: object) -> bool:
    found = connection.execute("SELECT 1 FROM news WHERE kind = ? AND subject = ?", (kind, subject))
    return found.fetchone() is not None


def _news(connection: sqlite3.Connection, row: tuple[Any, ...]) -> News:
    key, kind, subject, profile, base_url, period, spent_usd, budget_usd, noticed_at = row
    spend = None if period is None else Spend(period, spent_usd, budget_usd)
    stored = batch_rows.by_id(connection, subject) if spend is None else None
    return News(key, Occasion(kind, subject, profile, base_url, spend), datetime.fromisoformat(noticed_at), stored)
