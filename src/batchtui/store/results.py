"""Results: rows for lists and filters, and the exact lines behind them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.domain.facets import Facets
from batchtui.domain.numbers import Numbers
from batchtui.domain.retry import FailedRow
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKey, ResultKeys, Selection, StoredResult
from batchtui.store import download_rows, failing, remarks, selecting, summing
from batchtui.store.bodies import read_line
from batchtui.store.database import Database
from batchtui.store.files import Files
from batchtui.store.final import Finals
from batchtui.store.ingest import ResultsWriter
from batchtui.store.presence import Presence
from batchtui.store.result_rows import COLUMNS, Ingested, stored_result
from batchtui.store.searching import Searcher


class Results:
    """The results that have been brought home."""

    def __init__(self, database: Database, files: Files, presence: Presence) -> None:
        self._database = database
        self._files = files
        self._presence = presence
        self._finals = Finals()
        self._searcher = Searcher(database, self._finals, self._path)

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
            return selecting.count(connection, self._finals, selection)

    def keys(self, selection: Selection) -> ResultKeys:
        """Return the keys of the results selected, in order."""
        with self._database.snapshot() as connection:
            return selecting.keys(connection, self._finals, selection)

    def first(self, selection: Selection, limit: int) -> ResultKeys:
        """Return the first keys of a selection, or none where that would take as long as to return all."""
        with self._database.snapshot() as connection:
            return selecting.first(connection, selection, limit)

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

    def find(self, batch_key: int, custom_id: str) -> list[ResultKey]:
        """Return the keys of the results of a batch with a custom_id: usually one, none if it is not here."""
        with self._database.snapshot() as connection:
            return remarks.find(connection, batch_key, custom_id)

    def line(self, row: StoredResult) -> bytes:
        """Return exactly the line of a result, without its newline."""
        path = self._path(row.batch_key)
        try:
            return read_line(path, row.offset, row.length)
        except StoreError:
            renamed = self._path(row.batch_key)
            if renamed == path:
                raise
            return read_line(renamed, row.offset, row.length)

    def facets(self, selection: Selection) -> Facets:
        """Return how many results there are by stop reason, model and flag, and groups of equal errors."""
        with self._database.snapshot() as connection:
            return summing.facets(connection, self._finals, selection)

    def numbers(self, selection: Selection) -> Numbers:
        """Return tokens, costs and lengths of a selection; the first time it imports prices, about 0.2 s."""
        with self._database.snapshot() as connection:
            return summing.numbers(connection, self._finals, selection)

    async def search(
        self, selection: Selection, search: Search, on_hits: Callable[[ResultKeys], object] | None = None
    ) -> ResultKeys:
        """Return those of a selection whose whole output holds a text, in the order of the selection.

        Results that failed are searched for the message of their error. `on_hits` is called on the event loop
        with blocks of hits as they are found, in the order of the files. Cancelling the caller ends the work.
        """
        return await self._searcher.search(selection, search, on_hits)

    async def search_everywhere(
        self, search: Search, on_hits: Callable[[int, ResultKeys], object] | None = None
    ) -> list[tuple[int, ResultKeys]]:
        """Return the key of each batch whose results hold a text, newest first, with the hits in input order.

        It looks into all results on disk, as `search` does; `on_hits` is called with each batch that has any. A
        file that cannot be read is a `StoreError` when all others have been searched.
        """
        return await self._searcher.everywhere(search, on_hits)

    def failed(self, batch_keys: Sequence[int]) -> list[FailedRow]:
        """Return the requests of a job that have no success in any of these batches, in input order.

        Each has its newest failure, or `missing` where a batch that is complete has no line for it, and points at
        its request line in the newest batch that holds it; `length` is 0 where the requests are not known. Rows of
        a batch that still runs, or whose results are not all here, are in flight and not failed. Raises
        `StoreError` while it is not known which rows a batch holds.
        """
        with self._database.snapshot() as connection:
            return failing.failed(connection, batch_keys)

    def answered(
        self, batch_keys: Sequence[int], *, flag: str | None = None, custom_ids: Collection[str] | None = None
    ) -> list[FailedRow]:
        """Return the requests of a job whose final answer is a success with a flag, as rows that could go again.

        They are narrowed to one flag, and to custom_ids. `error_type` is the flag then, `error_message` the checks
        that do not hold or the stop reason, and `attempt` the newest that sent the row. Rows whose requests are not
        known, or that are in another of these batches that still runs, are left out.
        """
        with self._database.snapshot() as connection:
            return failing.answered(connection, batch_keys, flag=flag, custom_ids=custom_ids)

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


def _rows(connection: sqlite3.Connection, batch_key: int, seqs: list[int]) -> list[StoredResult]:
    batch = connection.execute(
        "SELECT id, attempt, download_key FROM batches WHERE key = ?", (batch_key,)
    ).fetchone()
    if batch is None:
        return []
    batch_id, attempt, download_key = batch
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM results r WHERE r.download_key = ? AND r.seq IN ({selecting.marks(seqs)})",
        (batch_key, download_key, *seqs),
    )
    return [stored_result(batch_key, batch_id, attempt, row) for row in rows]
