"""Results: rows for lists and filters, and the exact lines behind them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from string import ascii_letters, digits

from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.domain.result import SUCCEEDED, output_text, read_object
from batchtui.domain.retry import FailedRow
from batchtui.domain.selection import ResultKey, Selection, StoredResult
from batchtui.store import download_rows, failing, selecting
from batchtui.store.database import Database
from batchtui.store.files import Files, file_errors
from batchtui.store.ingest import ResultsWriter
from batchtui.store.presence import Presence
from batchtui.store.result_rows import COLUMNS, Ingested, stored_result

_PLAIN = frozenset(ascii_letters + digits + " _-.,:;!?()[]{}@#$%*|~^")
"""What no JSON encoder escapes."""


class Results:
    """The results that have been brought home."""

    def __init__(self, database: Database, files: Files, presence: Presence) -> None:
        self._database = database
        self._files = files
        self._presence = presence

    def writer(self, batch_id: str) -> ResultsWriter:
        """Return what takes the results of a batch as they arrive; nothing is written before the first bytes."""
        return ResultsWriter(self._database, self._files, self._presence, batch_id)

    async def index(self, batch_id: str) -> Ingested:
        """Index the results file of a batch anew; if it has not all its lines, the results are partial then."""
        return await self._database.write(
            lambda connection: download_rows.index(connection, self._files, self._presence, batch_id)
        )

    def count(self, selection: Selection) -> dict[str, int]:
        """Return how many results there are by type and by flag, `failed` and `all`; `only` is not applied."""
        with self._database.snapshot() as connection:
            return selecting.count(connection, selection)

    def keys(self, selection: Selection) -> list[ResultKey]:
        """Return the keys of the results selected, in order."""
        with self._database.snapshot() as connection:
            return selecting.keys(connection, selection)

    def rows(self, keys: Sequence[ResultKey]) -> list[StoredResult]:
        """Return rows by key, in the order given; fast for as many as a screen shows.

        Raises `StoreError` if one is not there any more, as after a batch was forgotten or downloaded anew.
        """
        by_batch: defaultdict[int, list[int]] = defaultdict(list)
        for batch_key, seq in keys:
            by_batch[batch_key].append(seq)
        found: dict[ResultKey, StoredResult] = {}
        with self._database.snapshot() as connection:
            for batch_key, seqs in by_batch.items():
                for row in _rows(connection, batch_key, seqs):
                    found[row.key] = row
        try:
            return [found[key] for key in keys]
        except KeyError as error:
            raise StoreError(
                f"{self._database.path}: a result that was shown is not there any more.",
                unharmed="Nothing was changed.",
                todo="Open the results again.",
            ) from error

    def row(self, key: ResultKey) -> StoredResult:
        """Return one row; raises as `rows` does."""
        return self.rows([key])[0]

    def line(self, row: StoredResult) -> bytes:
        """Return exactly the line of a result, without its newline."""
        path = self._path(row.batch_key)
        try:
            return self._files.read_line(path, row.offset, row.length)
        except StoreError:
            renamed = self._path(row.batch_key)
            if renamed == path:
                raise
            return self._files.read_line(renamed, row.offset, row.length)

    async def grep(self, selection: Selection, text: str) -> list[ResultKey]:
        """Return those of a selection whose whole output holds a text, whatever its case.

        It reads every body; 250 MB take about a second, on a thread of the store.
        """
        return await self._database.on_reader(lambda: self._grep(selection, text))

    def failed(self, batch_keys: Sequence[int]) -> list[FailedRow]:
        """Return the requests of a job that have no success in any of these batches, in input order.

        Each has its newest failure, or `missing` where a batch that is complete has no line for it, and points at
        its request line in the newest batch that holds it; `length` is 0 where the requests are not known. Rows of
        a batch that still runs, or whose results are not all here, are in flight and not failed. Raises
        `StoreError` while it is not known which rows a batch holds.
        """
        with self._database.snapshot() as connection:
            return failing.failed(connection, batch_keys)

    def usual_output(self, models: Sequence[str]) -> dict[str, float]:
        """Return the mean number of output tokens by model asked for, of those that have any answers here.

        It looks at a part of the newest batches that used these models.
        """
        with self._database.reading() as connection:
            return selecting.usual_output(connection, models)

    def _path(self, batch_key: int) -> Path:
        """Return the file the rows shown point into, which may not have got its name yet."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT id, download_key FROM batches WHERE key = ?", (batch_key,)).fetchone()
        if row is None:
            raise UnknownIdError(f"No batch is known as number {batch_key}.")
        batch_id, download_key = row
        if download_key is not None:
            part = self._files.part_path(batch_id, download_key)
            if part.exists():
                return part
        return self._files.results_path(batch_id)

    def _grep(self, selection: Selection, text: str) -> list[ResultKey]:
        folded, literal = text.casefold(), _literal(text)
        with self._database.snapshot() as connection:
            keys = selecting.keys(connection, selection)
            places = {
                batch_key: connection.execute(
                    "SELECT seq, offset, length FROM results WHERE download_key = ? AND type = ? ORDER BY offset",
                    (download_key, SUCCEEDED),
                ).fetchall()
                for batch_key, download_key in selecting.shown(connection, selection.batch_keys)
            }
        wanted = set(keys)
        hits: set[ResultKey] = set()
        for batch_key, lines in places.items():
            path = self._path(batch_key)
            with file_errors(path), path.open("rb", buffering=1 << 20) as file:
                for seq, offset, length in lines:
                    if (batch_key, seq) not in wanted:
                        continue
                    file.seek(offset)
                    line = file.read(length)
                    if literal in line.lower() and folded in _output(line).casefold():
                        hits.add((batch_key, seq))
        return [key for key in keys if key in hits]


def _rows(connection: sqlite3.Connection, batch_key: int, seqs: list[int]) -> list[StoredResult]:
    batch = connection.execute(
        "SELECT id, attempt, download_key FROM batches WHERE key = ?", (batch_key,)
    ).fetchone()
    if batch is None:
        return []
    batch_id, attempt, download_key = batch
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM results r WHERE r.download_key = ? AND r.seq IN ({selecting.marks(seqs)})",
        (download_key, *seqs),
    )
    return [stored_result(batch_key, batch_id, attempt, row) for row in rows]


def _literal(text: str) -> bytes:
    """Return what a line holds in lower case if its output holds the text; nothing if that cannot be known."""
    return text.lower().encode() if text.isascii() and _PLAIN.issuperset(text) else b""


def _output(line: bytes) -> str:
    return output_text(read_object(line)["result"]["message"])
