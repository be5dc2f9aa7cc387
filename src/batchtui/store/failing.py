"""Which requests of a job have no answer, over all its attempts, and which have one that is wanted anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from itertools import starmap
from operator import attrgetter

import msgspec

from batchtui.domain.errors import StoreError
from batchtui.domain.result import SUCCEEDED
from batchtui.domain.retry import GONE, MISSING, FailedRow
from batchtui.store import batch_rows
from batchtui.store.conditions import FLAGS
from batchtui.store.ordinals import request_count
from batchtui.store.overviews import overview
from batchtui.store.selecting import marks

# A result and its request have the same ordinal.
_FAILURES = f"""
    SELECT q.custom_id, r.type, r.error_type, r.error_message, q.batch_key, q.offset, q.length, ?3,
        q.model, q.max_tokens
    FROM (
        SELECT ordinal, type, error_type, error_message FROM results
        WHERE download_key = ?1 AND type <> '{SUCCEEDED}' {{but}} ORDER BY ordinal, seq
    ) r CROSS JOIN requests q ON q.batch_key = ?2 AND q.ordinal = r.ordinal
"""

_NOT_ANSWERED = f"""
    AND ordinal NOT IN (SELECT ordinal FROM results WHERE download_key = ?1 AND type = '{SUCCEEDED}')
"""

_MISSING = f"""
    SELECT q.custom_id, '{MISSING}', NULL, NULL, q.batch_key, q.offset, q.length, ?3,
        q.model, q.max_tokens FROM requests q
    WHERE q.batch_key = ?2 AND q.ordinal NOT IN (SELECT ordinal FROM results WHERE download_key = ?1)
    ORDER BY q.ordinal
"""

_GONE = f"""
    SELECT custom_id, '{GONE}', NULL, NULL, batch_key, offset, length, ?2, model, max_tokens
    FROM requests WHERE batch_key = ?1 ORDER BY ordinal
"""

_WITHOUT_REQUEST = f"""
    SELECT custom_id, type, error_type, error_message, ?2, 0, 0, ?3, '', 0 FROM results
    WHERE download_key = ?1 AND ordinal >= ?4 AND type <> '{SUCCEEDED}' ORDER BY ordinal, seq
"""

_ANSWERS = f"""
    SELECT q.custom_id, r.type, r.flags, r.stop_reason, q.batch_key, q.offset, q.length, ?3, q.model, q.max_tokens
    FROM results r CROSS JOIN requests q ON q.batch_key = ?2 AND q.ordinal = r.ordinal
    WHERE r.download_key = ?1 AND r.type = '{SUCCEEDED}'
        AND (?4 IS NULL OR instr(r.flags, ?4)) AND (?5 IS NULL OR r.custom_id IN (SELECT value FROM json_each(?5)))
    ORDER BY r.ordinal, r.seq
"""

_Answer = tuple[str, str, str, str, int, int, int, int, str, int]

_BATCHES = """
    SELECT b.key, b.id, b.requests, b.results, b.download_key, b.attempt,
        b.processing + b.succeeded + b.errored + b.canceled + b.expired,
        EXISTS (SELECT 1 FROM intents WHERE batch_id = b.id)
    FROM batches b
"""


def failed(connection: sqlite3.Connection, batch_keys: Sequence[int]) -> list[FailedRow]:
    """Return what `Results.failed` says."""
    batches = _batches(connection, batch_keys)
    not_failed: set[str] = set()
    newest: dict[str | tuple[int, int], FailedRow] = {}
    for key, batch_id, requests, results, download_key, attempt, total, sent_here in batches:
        if requests == "unindexed":
            raise StoreError(
                f"{batch_id}: its requests are not in the index yet, so it is not known which rows it holds.",
                unharmed="Nothing was sent.",
                todo="Try again in a moment; if it stays, run `batchtui doctor --repair`.",
            )
        if results not in {"complete", "gone"}:
            not_failed.update(_requested(connection, key))
            continue
        if len(batches) > 1:
            not_failed.update(_succeeded(connection, download_key))
        known = request_count(connection, key)
        if results == "gone":
            rows = list(starmap(FailedRow, connection.execute(_GONE, (key, attempt))))
        elif requests == "indexed":
            rows = _of_requests(connection, key, download_key, attempt, known)
        else:
            rows = []
        if results == "complete" and (requests == "unknown" or known < total) and not sent_here:
            # Not all of its requests were attached, or none. Of one sent from here such a result is a stranger.
            rows += starmap(FailedRow, connection.execute(_WITHOUT_REQUEST, (download_key, key, attempt, known)))
        places = {row.custom_id or (key, number): row for number, row in enumerate(rows)}
        for place in newest.keys() & places.keys():
            places[place] = places[place].after(newest[place])
        newest.update(places)
    return [row for row in newest.values() if row.custom_id not in not_failed] if not_failed else [*newest.values()]


def answered(
    connection: sqlite3.Connection,
    batch_keys: Sequence[int],
    *,
    flag: str | None = None,
    custom_ids: Collection[str] | None = None,
) -> list[FailedRow]:
    """Return what `Results.answered` says."""
    wanted = None if custom_ids is None else json.dumps([*custom_ids])
    batches = _batches(connection, batch_keys)
    not_wanted: set[str] = set()
    sent: dict[str, int] = {}
    found: list[list[FailedRow]] = []
    for key, _, requests, results, download_key, attempt, _, _ in reversed(batches):
        if results != "complete" or requests != "indexed":
            not_wanted.update(_requested(connection, key))
            continue
        rows = connection.execute(_ANSWERS, (download_key, key, attempt, flag, wanted)).fetchall()
        found.append([_wanted_anew(row, flag, sent) for row in rows if row[0] not in not_wanted and row[2]])
        if len(found) < len(batches):
            not_wanted.update(_succeeded(connection, download_key))
            for custom_id in _requested(connection, key):
                sent.setdefault(custom_id, attempt)
    return [row for rows in reversed(found) for row in rows]


def _wanted_anew(row: _Answer, flag: str | None, sent: dict[str, int]) -> FailedRow:
    """Return a success with flags as a row; a decision about it counts until the row is sent once more."""
    custom_id, _, flags, stop_reason, *_ = row
    named = flags.split(",")
    failure = FailedRow(*row)
    return msgspec.structs.replace(
        failure,
        error_type=flag or next((flag for flag in FLAGS if flag in named), named[0]),
        error_message=", ".join(flag for flag in named if flag.startswith("check:")) or stop_reason,
        attempt=max(failure.attempt, sent.get(custom_id, 0)),
    )


def _batches(
    connection: sqlite3.Connection, batch_keys: Sequence[int]
) -> list[tuple[int, str, str, str, int, int, int, bool]]:
    return connection.execute(
        f"{_BATCHES} WHERE b.key IN ({marks(batch_keys)}) {batch_rows.INPUT_ORDER}", tuple(batch_keys)
    ).fetchall()


def _requested(connection: sqlite3.Connection, batch_key: int) -> list[str]:
    rows = connection.execute("SELECT custom_id FROM requests WHERE batch_key = ?", (batch_key,))
    return [custom_id for (custom_id,) in rows]


def _succeeded(connection: sqlite3.Connection, download_key: int) -> list[str]:
    rows = connection.execute(
        f"SELECT custom_id FROM results WHERE download_key = ? AND type = '{SUCCEEDED}'", (download_key,)
    )
    return [custom_id for (custom_id,) in rows]


def _of_requests(
    connection: sqlite3.Connection, key: int, download_key: int, attempt: int, known: int
) -> list[FailedRow]:
    """Return the requests of a batch without a success among its results."""
    place = (download_key, key, attempt)
    summed = overview(connection, download_key)
    differ = summed is not None and summed.ids_differ
    failures = _FAILURES.format(but="" if differ else _NOT_ANSWERED)
    rows = list(starmap(FailedRow, connection.execute(failures, place)))
    if not (summed and differ and _answers_all(connection, download_key, summed.input_order, known)):
        rows += starmap(FailedRow, connection.execute(_MISSING, place))
    rows.sort(key=attrgetter("offset"))
    return rows


def _answers_all(connection: sqlite3.Connection, download_key: int, input_order: Sequence[int], known: int) -> bool:
    """Return whether results, each with an id of its own, are as many as the requests and none is a stranger.

    Strangers come after all others.
    """
    if not known or len(input_order) != known:
        return False
    (last,) = connection.execute(
        "SELECT ordinal FROM results WHERE download_key = ? AND seq = ?", (download_key, input_order[-1])
    ).fetchone()
    return int(last) < known
