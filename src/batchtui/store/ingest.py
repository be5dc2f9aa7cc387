"""Results on their way in: bytes go to a file and lines to the index, at the same time."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from io import FileIO

from batchtui.store import download_rows
from batchtui.store.database import Database
from batchtui.store.files import PRIVATE_FILE, Files, file_errors, make_directory
from batchtui.store.lines import Lines
from batchtui.store.presence import Presence
from batchtui.store.result_rows import Ingested, Row

FLUSH_BYTES = 2_000_000
"""How many bytes are written and parsed in one go, about 1,000 usual lines."""

FLUSH_SECONDS = 0.25
"""How long bytes wait for more at most, so that rows of a slow download can be read soon."""

ROWS_AT_ONCE = 2_000
"""How many rows go into one transaction at most."""


class ResultsWriter:
    """Takes the results of one batch as they arrive.

    Rows can be read while it runs, unless the batch has results already: those stay until the new ones are
    complete. It must be ended with `finish` or `abort`; what a process leaves that dies is dropped later.
    """

    def __init__(self, database: Database, files: Files, presence: Presence, batch_id: str) -> None:
        self._database = database
        self._files = files
        self._presence = presence
        self._batch_id = batch_id
        self._directory = files.batch_directory(batch_id)
        self._chunks: list[bytes] = []
        self._waiting_bytes = 0
        self._flushed_at = time.monotonic()
        self._flush: Future[None] | None = None
        self._download: _Download | None = None

    async def feed(self, chunk: bytes) -> None:
        """Take more bytes; returns before they are indexed, but never lets more than a few MB wait."""
        self._chunks.append(chunk)
        self._waiting_bytes += len(chunk)
        late = time.monotonic() - self._flushed_at > FLUSH_SECONDS
        if self._waiting_bytes >= FLUSH_BYTES or (late and (self._flush is None or self._flush.done())):
            await self._flushed()
            self._start_flush()

    async def finish(self, expected: int | None, *, unanswered: int = 0) -> Ingested:
        """End the download and keep it if it is complete, else drop it.

        `expected` is the number of lines that should have come, None if that is not known. Those of `unanswered`
        requests, canceled or expired, may be missing: they say nothing, and some servers leave them out.
        """
        await self._flushed()
        self._start_flush()
        await self._flushed()
        return await self._database.on_writer(lambda: self._opened().finish(expected, unanswered))

    async def abort(self) -> None:
        """Drop what has arrived; nothing happens after `finish`."""
        await self._database.on_writer(lambda: None if self._download is None else self._download.abort())

    async def _flushed(self) -> None:
        flush, self._flush = self._flush, None
        if flush is not None:
            await asyncio.shield(asyncio.wrap_future(flush))

    def _start_flush(self) -> None:
        chunks, self._chunks = self._chunks, []
        self._waiting_bytes = 0
        self._flushed_at = time.monotonic()
        self._flush = self._database.start_on_writer(lambda: self._opened().take(b"".join(chunks)))

    def _opened(self) -> _Download:
        if self._download is None:
            make_directory(self._directory)
            self._download = _Download(self._database, self._files, self._presence, self._batch_id)
        return self._download


class _Download:
    """The part of a writer that lives on the writer thread."""

    def __init__(self, database: Database, files: Files, presence: Presence, batch_id: str) -> None:
        self._database = database
        self._files = files
        self._batch_id = batch_id
        self._lines = Lines()
        self._waiting: list[Row] = []
        self._inserted_at = time.monotonic()
        self._ended = False
        self._rows = database.transact(
            lambda connection: download_rows.start(connection, files, presence, batch_id)
        )
        self._path = files.part_path(batch_id, self._rows.download_key)
        with file_errors(self._path):
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
            self._file = FileIO(descriptor, "wb")

    def take(self, data: bytes) -> None:
        """Write bytes to the file, then the rows of the lines they complete to the index."""
        with file_errors(self._path):
            _write_all(self._file, data)
        self._add(self._lines.feed(data))
        if len(self._waiting) >= ROWS_AT_ONCE or time.monotonic() - self._inserted_at > FLUSH_SECONDS:
            self._insert()

    def finish(self, expected: int | None, unanswered: int) -> Ingested:
        """Keep the download if it is complete, else drop it."""
        rows = self._rows
        unreadable_before = rows.unreadable
        self._add(self._lines.end())
        self._insert()
        torn = rows.unreadable > unreadable_before
        with file_errors(self._path):
            os.fsync(self._file.fileno())
        ingested = rows.ingested(expected, unanswered, self._lines.offset, torn=torn)
        if ingested.complete:
            self._database.transact(
                lambda connection: download_rows.finish(connection, self._batch_id, rows, ingested)
            )
            self._ended = True
            self._file.close()
            self._database.transact(
                lambda connection: download_rows.keep(connection, self._files, self._batch_id, rows.download_key)
            )
        else:
            self.abort()
        return ingested

    def abort(self) -> None:
        """Drop file and rows, unless the download has been kept."""
        if self._ended:
            return
        self._ended = True
        self._file.close()
        self._database.transact(
            lambda connection: download_rows.drop(connection, self._files, self._batch_id, self._rows.download_key)
        )

    def _add(self, lines: Iterator[tuple[int, bytes]]) -> None:
        self._waiting.extend(self._rows.row(line, offset) for offset, line in lines)

    def _insert(self) -> None:
        rows, self._waiting = self._waiting, []
        # A download that a power cut ends begins again, so its rows need not be safe before it is finished.
        self._database.transact(
            lambda connection: download_rows.insert(connection, self._batch_id, self._rows, rows), synced=False
        )
        self._inserted_at = time.monotonic()


def _write_all(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
