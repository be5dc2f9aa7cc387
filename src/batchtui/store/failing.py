"""Which requests of a job have no answer, over all its attempts."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter

from batchtui.domain.errors import StoreError
from batchtui.domain.result import SUCCEEDED
from batchtui.domain.retry import MISSING, FailedRow
from batchtui.domain.selection import ResultKey
from batchtui.store import batch_rows
from batchtui.store.selecting import marks

ROWS_AT_ONCE = 500

_FAILURES = f"""
    SELECT q.ordinal, q.custom_id, r.type, r.error_type, r.error_message, q.batch_key, q.offset, q.length, ?3,
        q.model, q.max_tokens
    FROM results r CROSS JOIN requests q ON q.batch_key = ?2 AND q.ordinal = r.ordinal
    WHERE r.download_key = ?1 AND r.type <> '{SUCCEEDED}' AND r.ordinal NOT IN (
        SELECT ordinal FROM results WHERE download_key = ?1 AND type = '{SUCCEEDED}')
    ORDER BY r.ordinal, r.seq
"""

_ANSWERED = """
    SELECT (SELECT count(DISTINCT ordinal) FROM results WHERE download_key = ? AND ordinal < known), known
    FROM (SELECT count(*) AS known FROM requests WHERE batch_key = ?)
"""

_MISSING = f"""
    SELECT q.ordinal, q.custom_id, '{MISSING}', NULL, NULL, q.batch_key, q.offset, q.length, ?3,
        q.model, q.max_tokens FROM requests q
    WHERE q.batch_key = ?2 AND q.ordinal NOT IN (SELECT ordinal FROM results WHERE download_key = ?1)
    ORDER BY q.ordinal
"""


def failed(connection: sqlite3.Connection, batch_keys: Sequence[int]) -> list[FailedRow]:
    """Return what `Results.failed` says."""
    batches = connection.execute(
        "SELECT b.key, b.id, b.requests, b.results, b.download_key, b.attempt FROM batches b"
        f" WHERE b.key IN ({marks(batch_keys)}) {batch_rows.INPUT_ORDER}",
        tuple(batch_keys),
    ).fetchall()
    not_failed: set[str] = set()
    newest: dict[str | tuple[int, int], FailedRow] = {}
    for key, batch_id, requests, results, download_key, attempt in batches:
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
                    f"SELECT custom_id FROM results WHERE download_key = ? AND type = '{SUCCEEDED}'",
                    download_key,
                )
            )
        rows = (
            _of_requests(connection, key, download_key, attempt)
            if requests == "indexed"
            else _of_results(connection, key, download_key, attempt)
        )
        for number, row in enumerate(rows):
            place = row.custom_id or (key, number)
            before = newest.get(place)
            newest[place] = row if before is None else row.after(before)
    return [row for row in newest.values() if row.custom_id not in not_failed]


def answered(
    connection: sqlite3.Connection, keys: Sequence[ResultKey], flag: str, batch_keys: Sequence[int]
) -> list[FailedRow]:
    """Return successes with a flag as rows to send again, but for those that are on their way to another answer."""
    batches = connection.execute(
        f"SELECT key, results, download_key, attempt FROM batches WHERE key IN ({marks(batch_keys)})",
        tuple(batch_keys),
    ).fetchall()
    under_way: set[str] = set()
    for key, results, _, _ in batches:
        if results != "complete":
            under_way.update(_ids(connection, "SELECT custom_id FROM requests WHERE batch_key = ?", key))
    shown = {key: (download_key, attempt) for key, _, download_key, attempt in batches}
    seqs: defaultdict[int, list[int]] = defaultdict(list)
    for batch_key, seq in keys:
        seqs[batch_key].append(seq)
    rows: list[FailedRow] = []
    for batch_key, numbers in seqs.items():
        download_key, attempt = shown[batch_key]
        for first in range(0, len(numbers), ROWS_AT_ONCE):
            some = numbers[first : first + ROWS_AT_ONCE]
            found = connection.execute(
                f"SELECT q.custom_id, r.type, ?, r.stop_reason, q.batch_key, q.offset, q.length, ?, q.model,"
                " q.max_tokens FROM results r JOIN requests q ON q.batch_key = ? AND q.ordinal = r.ordinal"
                f" WHERE r.download_key = ? AND r.seq IN ({marks(some)}) ORDER BY r.ordinal",
                (flag, attempt, batch_key, download_key, *some),
            )
            rows += (FailedRow(*row) for row in found)
    return [row for row in rows if row.custom_id not in under_way]


def _ids(connection: sqlite3.Connection, statement: str, key: int) -> list[str]:
    return [custom_id for (custom_id,) in connection.execute(statement, (key,))]


def _of_requests(connection: sqlite3.Connection, key: int, download_key: int, attempt: int) -> list[FailedRow]:
    """Return the requests of a batch without a success among its results.

    A result and its request have the same ordinal.
    """
    rows = connection.execute(_FAILURES, (download_key, key, attempt)).fetchall()
    answered, known = connection.execute(_ANSWERED, (download_key, key)).fetchone()
    if answered < known:
        rows = sorted(
            rows + connection.execute(_MISSING, (download_key, key, attempt)).fetchall(), key=itemgetter(0)
        )
    return [FailedRow(*row) for _, *row in rows]


def _of_results(connection: sqlite3.Connection, key: int, download_key: int, attempt: int) -> list[FailedRow]:
    """Return the failures of a batch whose requests are not known; there is no line to send again."""
    rows = connection.execute(
        "SELECT custom_id, type, error_type, error_message, ?1, 0, 0, ?3, '', 0 FROM results"
        f" WHERE download_key = ?2 AND type <> '{SUCCEEDED}' ORDER BY ordinal, seq",
        (key, download_key, attempt),
    )
    return [FailedRow(*row) for row in rows]
