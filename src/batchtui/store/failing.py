"""Which requests of a job have no answer, over all its attempts."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from batchtui.domain.errors import StoreError
from batchtui.domain.result import SUCCEEDED
from batchtui.domain.retry import MISSING, FailedRow
from batchtui.store import batch_rows
from batchtui.store.selecting import marks


def failed(connection: sqlite3.Connection, batch_keys: Sequence[int]) -> list[FailedRow]:
    """Return what `Results.failed` says."""
    batches = connection.execute(
        "SELECT b.key, b.id, b.requests, b.results, b.download_key FROM batches b"  # noqa: S608
        f" WHERE b.key IN ({marks(batch_keys)}) {batch_rows.INPUT_ORDER}",
        tuple(batch_keys),
    ).fetchall()
    not_failed: set[str] = set()
    newest: dict[str | tuple[int, int], FailedRow] = {}
    for key, batch_id, requests, results, download_key in batches:
        if requests == "unindexed":
            raise StoreError(
                f"{batch_id}: its requests are not in the index yet, so it is not known which rows it holds.",
                unharmed="Nothing was sent.",
                todo="Try again in a moment; if it stays, run `batchtui doctor --repair`.",
            )
        if results != "complete":
            not_failed.update(_ids(connection, "SELECT custom_id FROM requests WHERE batch_key = ?", key))
            continue
        if len(batches) > 1:
            not_failed.update(
                _ids(
                    connection,
                    f"SELECT custom_id FROM results WHERE download_key = ? AND type = '{SUCCEEDED}'",  # noqa: S608
                    download_key,
                )
            )
        rows = (
            _of_requests(connection, key, download_key)
            if requests == "indexed"
            else _of_results(connection, key, download_key)
        )
        for number, row in enumerate(rows):
            newest[row.custom_id or (key, number)] = row
    return [row for row in newest.values() if row.custom_id not in not_failed]


def _ids(connection: sqlite3.Connection, statement: str, key: int) -> list[str]:
    return [custom_id for (custom_id,) in connection.execute(statement, (key,))]


def _of_requests(connection: sqlite3.Connection, key: int, download_key: int) -> list[FailedRow]:
    """Return the requests of a batch without a success among its results."""
    rows = connection.execute(
        f"""
        SELECT q.custom_id, coalesce(r.type, '{MISSING}'), r.error_type, r.error_message, q.batch_key, q.offset,
            q.length
        FROM requests q LEFT JOIN results r ON r.download_key = ?1 AND r.custom_id = q.custom_id
        WHERE q.batch_key = ?2 AND r.type IS NOT '{SUCCEEDED}'
        ORDER BY q.ordinal, r.seq
        """,  # noqa: S608
        (download_key, key),
    )
    return [FailedRow(*row) for row in rows]


def _of_results(connection: sqlite3.Connection, key: int, download_key: int) -> list[FailedRow]:
    """Return the failures of a batch whose requests are not known; there is no line to send again."""
    rows = connection.execute(
        "SELECT custom_id, type, error_type, error_message, ?1, 0, 0 FROM results"  # noqa: S608
        f" WHERE download_key = ?2 AND type <> '{SUCCEEDED}' ORDER BY ordinal, seq",
        (key, download_key),
    )
    return [FailedRow(*row) for row in rows]
