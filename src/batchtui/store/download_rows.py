"""The life of a download in the database: started, finished, kept or dropped."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import msgspec

from batchtui.domain.errors import StoreError, TemplateError, UnknownIdError
from batchtui.store import batch_rows, ordinals, overviews, remarks
from batchtui.store.bodies import open_body, put_in_place, size_of
from batchtui.store.columns import now
from batchtui.store.files import Files, file_errors, remove, sync_directory
from batchtui.store.lines import Lines
from batchtui.store.presence import Presence
from batchtui.store.result_rows import INSERT, Ingested, Row, RowMaker
from batchtui.store.templates import checks_of

if TYPE_CHECKING:
    from batchtui.domain.checks import Checks

CHUNK_BYTES = 1 << 20


def start(connection: sqlite3.Connection, files: Files, presence: Presence, batch_id: str) -> RowMaker:
    """Begin a download and return the maker of its rows.

    It is shown unless the batch has results already or another download of it runs; what an interrupted one left
    is dropped.
    """
    stored = batch_rows.by_id(connection, batch_id)
    if stored is None:
        raise UnknownIdError(f"No batch is known as {batch_id}.")
    running = connection.execute(
        "SELECT key, owner FROM downloads WHERE batch_key = ? AND state = 'running'", (stored.key,)
    ).fetchall()
    for key, owner in running:
        if not presence.is_alive(owner):
            drop(connection, files, batch_id, key)
    download_key = connection.execute(
        "INSERT INTO downloads (batch_key, owner, started_at) VALUES (?, ?, ?)", (stored.key, presence.token, now())
    ).lastrowid
    connection.execute(
        "UPDATE batches SET download_key = ?, results = 'partial' WHERE key = ? AND download_key IS NULL",
        (download_key, stored.key),
    )
    return RowMaker(
        int(download_key or 0),
        stored.key,
        ordinals.Ordinals(connection, stored.key),
        _checks(connection, stored.key),
    )


def _checks(connection: sqlite3.Connection, batch_key: int) -> Checks | None:
    """Return what the template of a batch asks of answers, None if that is nothing.

    A template that cannot be read any more asks for nothing: what counts is that the results come home.
    """
    try:
        return checks_of(connection, batch_key) or None
    except TemplateError:
        return None


def insert(connection: sqlite3.Connection, batch_id: str, maker: RowMaker, rows: list[Row]) -> None:
    """Add rows to a download that runs."""
    if not rows:
        return
    if not connection.execute("SELECT 1 FROM downloads WHERE key = ?", (maker.download_key,)).fetchone():
        raise _forgotten(batch_id)
    connection.executemany(INSERT, rows)
    maker.fingerprints.add(rows)


def finish(connection: sqlite3.Connection, batch_id: str, rows: RowMaker, ingested: Ingested) -> None:
    """Show a download in place of the one before; only its file has not got its name yet."""
    updated = connection.execute(
        "UPDATE downloads SET state = 'finished', file_bytes = ? WHERE key = ?",
        (ingested.file_bytes, rows.download_key),
    )
    if not updated.rowcount:
        raise _forgotten(batch_id)
    rows.overview.save(connection, rows.download_key, rows.request_count)
    rows.fingerprints.save(connection, rows.download_key)
    remarks.apply(connection, rows.batch_key, rows.download_key)
    request_count = ordinals.request_count(connection, rows.batch_key)
    if request_count != rows.request_count:
        overviews.reorder(connection, rows.batch_key, request_count)
    connection.execute(
        "UPDATE batches SET download_key = ?, results = ?, models = CASE models WHEN '[]' THEN ? ELSE models END"
        " WHERE key = ?",
        (
            rows.download_key,
            "complete" if ingested.complete else "partial",
            msgspec.json.encode(sorted(rows.rates)).decode(),
            rows.batch_key,
        ),
    )
    if ingested.complete and (rows.priced or not rows.unpriced):
        connection.execute(
            "UPDATE batches SET cost_usd = ?, cost_is = ? WHERE key = ?",
            (rows.cost_usd, "estimate" if rows.unpriced else "actual", rows.batch_key),
        )
    connection.execute(
        "DELETE FROM downloads WHERE batch_key = ? AND key <> ? AND state <> 'running'",
        (rows.batch_key, rows.download_key),
    )


def keep(connection: sqlite3.Connection, files: Files, batch_id: str, download_key: int) -> None:
    """Give the file of a finished download its name, or remove it if a newer one has come first.

    The write lock is held meanwhile, so that the last file is the one whose rows are shown.
    """
    part, place = files.part_path(batch_id, download_key), files.results_path(batch_id)
    shown = connection.execute("SELECT 1 FROM batches WHERE download_key = ?", (download_key,)).fetchone()
    if not shown:
        remove(part)
        return
    with file_errors(part):
        try:
            put_in_place(part, place)
        except FileNotFoundError:
            if size_of(place, None) is None:
                raise
    sync_directory(place.parent)
    sync_directory(place.parent.parent)
    connection.execute("UPDATE downloads SET state = 'kept' WHERE key = ?", (download_key,))


def drop(connection: sqlite3.Connection, files: Files, batch_id: str, download_key: int) -> None:
    """Remove a download that did not finish, its rows and its file."""
    remove(files.part_path(batch_id, download_key))
    connection.execute("DELETE FROM downloads WHERE key = ?", (download_key,))
    connection.execute(
        "UPDATE batches SET results = 'none' WHERE id = ? AND download_key IS NULL AND results = 'partial'",
        (batch_id,),
    )


def _forgotten(batch_id: str) -> StoreError:
    return StoreError(f"{batch_id} was forgotten while its results arrived.", unharmed="Nothing was kept of them.")


def forget(connection: sqlite3.Connection, batch_id: str) -> None:
    """Remove the rows of the results of a batch, as if it had never been downloaded."""
    connection.execute(
        "DELETE FROM downloads WHERE state <> 'running' AND batch_key = (SELECT key FROM batches WHERE id = ?)",
        (batch_id,),
    )
    connection.execute("UPDATE batches SET results = 'none' WHERE id = ? AND download_key IS NULL", (batch_id,))


def index(connection: sqlite3.Connection, files: Files, presence: Presence, batch_id: str) -> Ingested:
    """Index the results file of a batch anew, in the transaction under way.

    If it has not all its lines, they are shown all the same, but they count as a part that awaits the whole.
    """
    stored = batch_rows.by_id(connection, batch_id)
    if stored is None:
        raise UnknownIdError(f"No batch is known as {batch_id}.")
    forget(connection, batch_id)
    rows = start(connection, files, presence, batch_id)
    counts = stored.batch.counts
    path, lines = files.results_path(batch_id), Lines()
    with file_errors(path), open_body(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            insert(connection, batch_id, rows, [rows.row(line, offset) for offset, line in lines.feed(chunk)])
    insert(connection, batch_id, rows, [rows.row(line, offset) for offset, line in lines.end()])
    ingested = rows.ingested(counts.results, counts.unanswered, lines.offset)
    finish(connection, batch_id, rows, ingested)
    connection.execute("UPDATE downloads SET state = 'kept' WHERE key = ?", (rows.download_key,))
    return ingested
