"""From a selection to the keys and counts of its results, by the index alone."""

from __future__ import annotations

import sqlite3
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from batchtui.domain.result import SUCCEEDED
from batchtui.domain.selection import FAILED, SEQ_BITS, ResultKeys, Selection, SortBy
from batchtui.store import batch_rows
from batchtui.store.conditions import FLAGS, TOTAL_INPUT, Conditions, conditions
from batchtui.store.final import Finals, Shown, input_order
from batchtui.store.overviews import KIND, Counts, overview

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

SOURCE = "FROM batches b JOIN results r ON r.download_key = b.download_key"


def keys(connection: sqlite3.Connection, finals: Finals, selection: Selection) -> ResultKeys:
    """Return the keys of the results selected, in the order asked for; what ties is in input order."""
    downloads = shown(connection, selection.batch_keys)
    narrowed = conditions(selection.only, selection.where)
    if selection.sort != "input":
        if selection.final:
            narrowed = narrowed.but_not(finals.of(connection, downloads).superseded)
        return ResultKeys(_sorted(connection, downloads, narrowed, selection))
    if selection.final:
        found = finals.of(connection, downloads).keys.packed
        if narrowed:
            matching = set(_in_input_order(connection, downloads, narrowed))
            found = array("q", [key for key in found if key in matching])
    else:
        found = _in_input_order(connection, downloads, narrowed)
    return ResultKeys(found[::-1] if selection.reverse else found)


def first(connection: sqlite3.Connection, selection: Selection, limit: int) -> ResultKeys:
    """Return the first keys of a selection where they are known without looking at the others, else none."""
    downloads = shown(connection, selection.batch_keys)
    if not downloads or selection.sort != "input" or selection.reverse or selection.only or selection.where:
        return ResultKeys()
    batch_key, download_key = downloads[0]
    known = overview(connection, download_key)
    if known is None or (selection.final and (len(downloads) > 1 or not known.ids_differ)):
        return ResultKeys()
    return ResultKeys.of((batch_key, seq) for seq in known.input_order[:limit])


def count(connection: sqlite3.Connection, finals: Finals, selection: Selection) -> dict[str, int]:
    """Return how many results there are by type and by flag, `failed` and `all`.

    The `only` of the selection is left out of account, so that each of its values can be shown with a number.
    """
    return by_name(kinds(connection, finals, replace(selection, only=None)))


def kinds(connection: sqlite3.Connection, finals: Finals, selection: Selection) -> Counts:
    """Return how many results there are of each kind."""
    downloads = shown(connection, selection.batch_keys)
    narrowed = narrowing(connection, finals, downloads, selection)
    counted = Counts()
    for _, download_key in downloads:
        known = None if narrowed else overview(connection, download_key)
        if known is not None:
            counted.update(known.counts)
            continue
        for type_, flags, stop_reason, model, number in connection.execute(
            f"SELECT {KIND}, count(*) {SOURCE} WHERE b.download_key = ?{narrowed.sql} GROUP BY {KIND}",
            (download_key, *narrowed.values),
        ):
            counted[type_, flags, stop_reason, model] += number
    return counted


def narrowing(connection: sqlite3.Connection, finals: Finals, downloads: Shown, selection: Selection) -> Conditions:
    """Return the conditions that leave the results of a selection."""
    narrowed = conditions(selection.only, selection.where)
    return narrowed.but_not(finals.of(connection, downloads).superseded) if selection.final else narrowed


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


def _in_input_order(connection: sqlite3.Connection, downloads: Shown, narrowed: Conditions) -> array[int]:
    found = array("q")
    for batch_key, download_key in downloads:
        if not narrowed:
            found += input_order(connection, batch_key, download_key)
            continue
        rows = connection.execute(
            f"SELECT b.key << {SEQ_BITS} | r.seq {SOURCE} WHERE b.download_key = ?{narrowed.sql}"
            " ORDER BY r.ordinal, r.seq",
            (download_key, *narrowed.values),
        )
        found.extend(chain.from_iterable(rows))
    return found


def _sorted(
    connection: sqlite3.Connection, downloads: Shown, narrowed: Conditions, selection: Selection
) -> array[int]:
    direction = "DESC" if selection.reverse else "ASC"
    order = ", ".join(f"{column} {direction}" for column in _SORT_COLUMNS[selection.sort])
    rows = connection.execute(
        f"SELECT b.key << {SEQ_BITS} | r.seq {SOURCE} WHERE b.download_key IN ({marks(downloads)}){narrowed.sql}"
        f" ORDER BY {_EMPTY_LAST.get(selection.sort, '')}{order}, b.attempt, b.part, b.key, r.ordinal, r.seq",
        (*(download_key for _, download_key in downloads), *narrowed.values),
    )
    return array("q", chain.from_iterable(rows))


def by_name(counted: Counts) -> dict[str, int]:
    """Return counts by type and by flag, `failed` and `all`."""
    names = Counter[str]({"all": 0, FAILED: 0, **dict.fromkeys(FLAGS, 0)})
    for (type_, flags, *_), number in counted.items():
        names["all"] += number
        names[type_] += number
        if type_ != SUCCEEDED:
            names[FAILED] += number
        for flag in flags.split(",") if flags else ():
            names[flag] += number
    return dict(names)
