"""The exact texts of the templates that jobs were made from, and what trials of them brought."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.domain.batch import StoredBatch
from batchtui.domain.job import KeptTemplate
from batchtui.store.columns import now
from batchtui.store.database import Database
from batchtui.store.files import file_errors

if TYPE_CHECKING:
    from batchtui.domain.checks import Checks

_OF_BATCH = "SELECT t.name, t.text FROM batches b JOIN templates t ON t.key = b.template_key WHERE b.key = ?"
_OF_JOB = """
    SELECT t.name, t.text FROM (
        SELECT template_key, attempt, part FROM batches WHERE job_id = ?1
        UNION ALL SELECT template_key, attempt, part FROM intents WHERE job_id = ?1 AND state <> 'discarded'
    ) made JOIN templates t ON t.key = made.template_key ORDER BY made.attempt, made.part LIMIT 1
"""


class Templates:
    """Templates as they were when they were used; today's are files of the user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_batch(self, batch_key: int) -> KeptTemplate | None:
        """Return the template a batch was made from, or None if it was made without one."""
        with self._database.reading() as connection:
            row = connection.execute(_OF_BATCH, (batch_key,)).fetchone()
        return None if row is None else KeptTemplate(*row)

    def of_job(self, job_id: str) -> KeptTemplate | None:
        """Return the template a job was made from, sent or not; None if it was made without one."""
        with self._database.reading() as connection:
            row = connection.execute(_OF_JOB, (job_id,)).fetchone()
        return None if row is None else KeptTemplate(*row)

    def of_batches(self, batch_keys: Iterable[int]) -> dict[int, int]:
        """Return the number of the template of each batch that was made from one."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT key, template_key FROM batches"
                " WHERE key IN (SELECT value FROM json_each(?)) AND template_key IS NOT NULL",
                (json.dumps([*batch_keys]),),
            )
            return dict(rows.fetchall())

    def kept(self, key: int) -> KeptTemplate:
        """Return the template with a number that `of_batches` gave."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT name, text FROM templates WHERE key = ?", (key,)).fetchone()
        return KeptTemplate(*row)

    async def add_trial(
        self, text: str, model: str, *, input_tokens: int, output_tokens: int, cost_usd: float | None
    ) -> None:
        """Remember what one live call made from a template brought."""
        row = (text_hash(text), model, input_tokens, output_tokens, cost_usd, now())

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO trials (template_sha256, model, input_tokens, output_tokens, cost_usd, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )

        await self._database.write(write)

    def tried_output(self, text: str) -> dict[str, float]:
        """Return the mean output tokens of the trials of a template with exactly this text, by model."""
        with self._database.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT model, avg(output_tokens) FROM trials WHERE template_sha256 = ? GROUP BY model",
                    (text_hash(text),),
                ).fetchall()
            )


def text_hash(text: str) -> str:
    """Return what tells the text of a template from any other: the SHA-256 of its UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def keep(connection: sqlite3.Connection, template: KeptTemplate) -> int:
    """Write down a template, if it is not yet, in the transaction under way, and return its key."""
    identity = (text_hash(template.text), template.name)
    connection.execute(
        "INSERT INTO templates (sha256, name, text) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (*identity, template.text),
    )
    row = connection.execute("SELECT key FROM templates WHERE sha256 = ? AND name = ?", identity).fetchone()
    return int(row[0])


def find_again(connection: sqlite3.Connection, stored: StoredBatch, path: Path) -> None:
    """Let a batch that lost its template have it back from the file beside its requests, if there is one.

    The file does not say the name; it is the one another template of this text has, or `template`.
    """
    if connection.execute(_OF_BATCH, (stored.key,)).fetchone() is not None or not path.exists():
        return
    with file_errors(path):
        text = path.read_bytes().decode("utf-8", "replace")
    known = connection.execute("SELECT name FROM templates WHERE sha256 = ?", (text_hash(text),)).fetchone()
    template = KeptTemplate(known[0] if known else path.stem, text)
    connection.execute(
        "UPDATE batches SET template_key = ? WHERE key = ?", (keep(connection, template), stored.key)
    )


def checks_of(connection: sqlite3.Connection, batch_key: int) -> Checks:
    """Return the checks of the template a batch was made from, none if it was made without one."""
    from batchtui.domain.checks import Checks, parse_checks

    row = connection.execute(_OF_BATCH, (batch_key,)).fetchone()
    return Checks() if row is None else parse_checks(row[1])
