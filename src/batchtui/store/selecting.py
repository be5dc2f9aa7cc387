"""From a selection to the keys and counts of its results, by the index alone."""

from __future__ import annotations

import sqlite3
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from batchtui.domain.result import SUCCEEDED
from batchtui.domain.selection import FAILED, SEQ_BITS, ResultKey, ResultKeys, Selection, SortBy, pack
from batchtui.store import batch_rows
from batchtui.store.conditions import FLAGS, TOTAL_INPUT, Conditions, conditions

SAMPLE_BATCHES = 20
SAMPLE_ROWS = 500

_SORT_COLUMNS: dict[SortBy, tuple[str, ...]] = {
    "custom_id": ("r.custom_id",),
    "type": ("r.type",),
    "model": ("r.model",),
    "input_tokens": (TOTAL_INPUT,),
    "output_tokens": ("r.output_tokens",),
    "cost": ("r.cost_usd",),
    "length": ("r.text_chars",),
    "error": ("r.error_type", "r.error_message"),
    "stop_reason": ("r.stop_reason",),
    "flags": ("r.flags",),
    "attempt": ("b.attempt",),
}

_EMPTY_LAST: dict[SortBy, str] = {
    "error": "r.error_type IS NULL, ",
    "stop_reason": "r.stop_reason IS NULL, ",
    "flags": "r.flags = '', ",
}
"""Who sorts by these wants to see those that have any, in either direction."""

Shown = list[tuple[int, int]]
"""Keys of batches and of the downloads shown for them, in input order."""

Answer = tuple[int, int, str, str, str]
"""Key of the batch, number of the line, custom_id, type and flags."""


def keys(connection: sqlite3.Connection, selection: Selection) -> ResultKeys:
    """Return the keys of the results selected, in the order asked for; what ties is in input order."""
    downloads = shown(connection, selection.batch_keys)
    narrowed = conditions(selection.only, selection.where)
    found = _matching(connection, downloads, narrowed, selection)
    if not selection.final:
        return ResultKeys(found)
    final = array("q", (pack(answer[:2]) for answer in _final(connection, downloads)))
    if selection.sort != "input":
        chosen = set(final)
        return ResultKeys(key for key in found if key in chosen)
    if narrowed:
        matching = set(found)
        final = array("q", (key for key in final if key in matching))
    if selection.reverse:
        final.reverse()
    return ResultKeys(final)


def count(connection: sqlite3.Connection, selection: Selection) -> dict[str, int]:
    """Return how many results there are by type and by flag, `failed` and `all`.

    The `only` of the selection is left out of account, so that each of its values can be shown with a number.
    """
    downloads = shown(connection, selection.batch_keys)
    narrowed = conditions(None, selection.where)
    counted: Counter[tuple[str, str]] = Counter()
    if selection.final:
        matching = set(_matching(connection, downloads, narrowed, Selection(selection.batch_keys)))
        counted.update(answer[3:] for answer in _final(connection, downloads) if pack(answer[:2]) in matching)
    else:
        for _, download_key in downloads:
            for type_, flags, number in connection.execute(
                "SELECT r.type, r.flags, count(*) FROM results r JOIN batches b ON b.download_key = r.download_key"
                f" WHERE r.download_key = ?{narrowed.sql} GROUP BY r.type, r.flags",
                (download_key, *narrowed.values),
            ):
                counted[type_, flags] += number
    return _by_name(counted)


def shown(connection: sqlite3.Connection, batch_keys: Sequence[int]) -> Shown:
    """Return which download is shown for each of these batches that has any results, in input order."""
    return connection.execute(
        "SELECT b.key, b.download_key FROM batches b WHERE b.download_key IS NOT NULL"
        f" AND b.key IN ({marks(batch_keys)}) {batch_rows.INPUT_ORDER}",
        tuple(batch_keys),
    ).fetchall()


def usual_output(connection: sqlite3.Connection, models: Sequence[str]) -> dict[str, float]:
    """Return what `Results.usual_output` says; the model asked for may be an alias of the one that answered."""
    rows = connection.execute(
        f"""
        WITH newest AS (
            SELECT b.key, b.download_key FROM batches b
            WHERE b.results = 'complete'
                AND EXISTS (SELECT 1 FROM json_each(b.models) WHERE value IN ({marks(models)}))
            ORDER BY b.created_at DESC LIMIT {SAMPLE_BATCHES}
        ), answers AS (
            SELECT coalesce(q.model, r.model) AS model, r.output_tokens AS tokens
            FROM newest n JOIN results r ON r.download_key = n.download_key AND r.seq < {SAMPLE_ROWS}
            LEFT JOIN requests q ON q.batch_key = n.key AND q.ordinal = r.ordinal
            WHERE r.type = '{SUCCEEDED}'
        )
        SELECT model, avg(tokens) FROM answers WHERE model IN ({marks(models)}) GROUP BY model
        """,
        (*models, *models),
    )
    return dict(rows.fetchall())


def marks(values: Sequence[object]) -> str:
    """Return a question mark for each value."""
    return ", ".join("?" * len(values))


def _matching(
    connection: sqlite3.Connection, downloads: Shown, narrowed: Conditions, selection: Selection
) -> array[int]:
    """Return the packed keys that the conditions leave, in order, whether they are final answers or not."""
    found = array("q")
    source = "FROM batches b JOIN results r ON r.download_key = b.download_key"
    if selection.sort == "input":
        # The plus keeps SQLite from going through the rows in the order of the index, which holds no text.
        ordinal = "+r.ordinal" if narrowed else "r.ordinal"
        for _, download_key in downloads:
            rows = connection.execute(
                f"SELECT b.key << {SEQ_BITS} | r.seq {source} WHERE b.download_key = ?{narrowed.sql}"
                f" ORDER BY {ordinal}, r.seq",
                (download_key, *narrowed.values),
            )
            found.extend(chain.from_iterable(rows.fetchall()))
        if selection.reverse:
            found.reverse()
        return found
    direction = "DESC" if selection.reverse else "ASC"
    order = ", ".join(f"{column} {direction}" for column in _SORT_COLUMNS[selection.sort])
    rows = connection.execute(
        f"SELECT b.key << {SEQ_BITS} | r.seq {source} WHERE b.download_key IN ({marks(downloads)}){narrowed.sql}"
        f" ORDER BY {_EMPTY_LAST.get(selection.sort, '')}{order}, b.attempt, b.part, b.key, r.ordinal, r.seq",
        (*(download_key for _, download_key in downloads), *narrowed.values),
    )
    found.extend(chain.from_iterable(rows.fetchall()))
    return found


def _final(connection: sqlite3.Connection, downloads: Shown) -> list[Answer]:
    """Return the final answer of each custom_id, in input order.

    A line without a custom_id answers nothing we know of, so it is not put in the place of another.
    """
    best: dict[str | ResultKey, Answer] = {}
    for batch_key, download_key in downloads:
        answers: list[Answer] = connection.execute(
            "SELECT ?, seq, custom_id, type, flags FROM results WHERE download_key = ? ORDER BY ordinal, seq",
            (batch_key, download_key),
        ).fetchall()
        for answer in answers:
            batch, seq, custom_id, type_, _ = answer
            before = best.get(custom_id or (batch, seq))
            if before is None or type_ == SUCCEEDED or before[3] != SUCCEEDED:
                best[custom_id or (batch, seq)] = answer
    return list(best.values())


def _by_name(counted: Counter[tuple[str, str]]) -> dict[str, int]:
    names = Counter[str]({"all": 0, FAILED: 0, **dict.fromkeys(FLAGS, 0)})
    for (type_, flags), number in counted.items():
        names["all"] += number
        names[type_] += number
        if type_ != SUCCEEDED:
            names[FAILED] += number
        for flag in flags.split(",") if flags else ():
            names[flag] += number
    return dict(names)
