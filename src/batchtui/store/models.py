"""The models each server has listed, kept so that requests can be checked without asking it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from batchtui.domain.model import ModelFacts, ModelList, listed, offline_models
from batchtui.store.columns import written
from batchtui.store.database import Database


class Models:
    """The newest list of models of each server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, base_url: str) -> ModelList:
        """Return what a server has listed, or what is known without one."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT as_of, models FROM model_lists WHERE base_url = ?", (base_url,)
            ).fetchone()
        if row is None:
            return offline_models()
        return listed(msgspec.json.decode(row[1], type=list[ModelFacts]), datetime.fromisoformat(row[0]))

    async def save(self, base_url: str, models: Sequence[ModelFacts]) -> None:
        """Keep what a server has listed just now in place of what it listed before."""
        row = (base_url, written(datetime.now(UTC)), msgspec.json.encode(list(models)).decode())

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO model_lists (base_url, as_of, models) VALUES (?, ?, ?)", row)

        await self._database.write(write)
