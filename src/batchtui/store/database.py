"""Connections: one that writes, on a thread of its own, and one that reads for every thread that asks."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from batchtui.domain.errors import NewerStoreError, StoreError
from batchtui.store.files import PRIVATE_FILE, file_errors
from batchtui.store.presence import alone

SCHEMA_VERSION = 11
"""The `user_version` this code reads and writes; the number of migrations."""

PAGE_BYTES = 16_384
BUSY_SECONDS = 10.0

T = TypeVar("T")


class Database:
    """The SQLite file of a home.

    Reads happen on the caller's thread; every write is a transaction of its own on the writer thread.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, creating it or bringing it up to date.

        Raises `NewerStoreError` for one of a newer version, which is left as it is, and `StoreError` otherwise.
        """
        self.path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        _prepare(path)
        with database_errors(path):
            self._writer = _connect(path)
            self._writer.execute("PRAGMA wal_autocheckpoint = 4000")
        self._writer_thread: Executor = ThreadPoolExecutor(1, "store-writer")
        self._reader_threads: Executor = ThreadPoolExecutor(2, "store-reader")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection for reading; each statement sees what is committed by then."""
        with database_errors(self.path):
            connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._new_reader()
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection for several statements that must see the same state."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def transact(self, work: Callable[[sqlite3.Connection], T], *, synced: bool = True) -> T:
        """Do work in one write transaction on this thread, which must be the writer's or the only one.

        One that is not `synced` can be undone by a power cut, until one that is follows.
        """
        with database_errors(self.path):
            self._writer.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            return result

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work in one write transaction on the writer thread.

        It is done even if the caller is cancelled while waiting.
        """
        return await self.on_writer(lambda: self.transact(work))

    async def on_writer(self, work: Callable[[], T]) -> T:
        """Do work on the writer thread, after what was asked for before."""
        return await asyncio.shield(asyncio.wrap_future(self.start_on_writer(work)))

    def start_on_writer(self, work: Callable[[], T]) -> Future[T]:
        """Start work on the writer thread; the future is not one of asyncio's."""
        return self._start(self._writer_thread, work)

    async def on_reader(self, work: Callable[[], T]) -> T:
        """Do work that takes long but writes nothing on a thread for that."""
        return await asyncio.shield(asyncio.wrap_future(self._start(self._reader_threads, work)))

    def version(self) -> int:
        """Return a number that changes whenever somebody else than this thread's connection committed."""
        with self.reading() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Wait for what is being written and close all connections."""
        if self._closed:
            return
        self._closed = True
        self._writer_thread.shutdown()
        self._reader_threads.shutdown()
        with database_errors(self.path):
            for connection in (*self._readers, self._writer):
                connection.close()

    def _start(self, threads: Executor, work: Callable[[], T]) -> Future[T]:
        if self._closed:
            raise _closed_error(self.path)
        return threads.submit(work)

    def _new_reader(self) -> sqlite3.Connection:
        if self._closed:
            raise _closed_error(self.path)
        connection = _connect(self.path, read_only=True)
        self._local.connection = connection
        self._readers.append(connection)
        return connection


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a `StoreError` that names the file and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _store_error(path, error) from error


def _connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    connection = sqlite3.connect(
        address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA foreign_keys = ON")
    # The system has the file in memory too; a reader has its pages only to be quick, and there is one a thread.
    connection.execute(f"PRAGMA cache_size = {-1024 if read_only else -8192}")
    return connection


def _prepare(path: Path) -> None:
    """See that there is a database of this version in WAL mode."""
    with file_errors(path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))
    if _version(path) < SCHEMA_VERSION:
        with alone(path.with_suffix(".lock")):
            version = _version(path)
            if version < SCHEMA_VERSION:
                _upgrade(path, version)


def _version(path: Path) -> int:
    """Return the version of the schema, without changing a byte of the file."""
    with database_errors(path):
        connection = _connect(path, read_only=True)
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        finally:
            connection.close()
    if version > SCHEMA_VERSION:
        raise NewerStoreError(
            f"{path}: written by a newer batchtui (version {version}, this one knows {SCHEMA_VERSION}).",
            unharmed="It was not touched.",
            todo="Upgrade batchtui, or name another home with --home.",
        )
    return version


def _upgrade(path: Path, version: int) -> None:
    from batchtui.store.migrations import MIGRATIONS, upgrade

    with database_errors(path):
        connection = _connect(path)
        try:
            if version:
                _copy_aside(connection, path.with_name(f"{path.name}.v{version}.bak"))
            else:
                connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            upgrade(connection, MIGRATIONS, SCHEMA_VERSION)
        finally:
            connection.close()


def _copy_aside(connection: sqlite3.Connection, backup: Path) -> None:
    with file_errors(backup):
        backup.unlink(missing_ok=True)
        os.close(os.open(backup, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
    copy = sqlite3.connect(backup)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def _closed_error(path: Path) -> StoreError:
    return StoreError(f"{path}: the store is closed.", unharmed="Nothing was changed.")


def _store_error(path: Path, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorname", "")
    unharmed, todo = "Nothing was changed.", "Run `batchtui doctor`."
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        todo = "Another batchtui is writing for long; try again."
    elif code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        todo = "Make the file and its directory writable, or name another home with --home."
    elif code.startswith("SQLITE_FULL"):
        todo = "Make room on the disk and try again."
    elif code.startswith("SQLITE_IOERR"):
        todo = "Check the disk and try again."
    elif code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        unharmed = "The request and result lines lie in files of their own and are not harmed."
        todo = f"Move {path.name} aside, or put a copy of it back, and start again."
    return StoreError(f"{path}: {error}.", unharmed=unharmed, todo=todo)
