"""The final answers of a job: one result a custom_id, over all its batches."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from batchtui.domain.result import SUCCEEDED
from batchtui.domain.selection import ResultKeys, pack, pack_all
from batchtui.store.overviews import Overview, overview

Shown = list[tuple[int, int]]
"""Keys of batches and of the downloads shown for them, in input order."""


@dataclass(frozen=True, slots=True)
class Final:
    """Final answers in input order, each where its request stood first, and the results they took the place of."""

    keys: ResultKeys
    superseded: ResultKeys


class Finals:
    """Works out final answers and keeps those that were asked for last, because a screen asks many times."""

    def __init__(self) -> None:
        self._last: tuple[object, Final] = (None, Final(ResultKeys(), ResultKeys()))

    def of(self, connection: sqlite3.Connection, downloads: Shown) -> Final:
        """Return the final answers over these downloads."""
        overviews = [overview(connection, download_key) for _, download_key in downloads]
        orders = tuple(known.input_order.tobytes() for known in overviews if known)
        if len(orders) < len(downloads):
            return _final(connection, downloads, overviews)
        asked = (tuple(downloads), orders)
        last = self._last
        if last[0] != asked:
            self._last = last = (asked, _final(connection, downloads, overviews))
        return last[1]


def input_order(connection: sqlite3.Connection, batch_key: int, download_key: int) -> array[int]:
    """Return the packed keys of all results of a download in input order."""
    known = overview(connection, download_key)
    return _packed(connection, batch_key, download_key, known)


def _packed(
    connection: sqlite3.Connection, batch_key: int, download_key: int, known: Overview | None
) -> array[int]:
    if known is not None:
        return pack_all(batch_key, known.input_order)
    rows = connection.execute(
        "SELECT seq FROM results WHERE download_key = ? ORDER BY ordinal, seq", (download_key,)
    )
    return pack_all(batch_key, array("i", (seq for (seq,) in rows)))


def _final(connection: sqlite3.Connection, downloads: Shown, overviews: Sequence[Overview | None]) -> Final:
    """Work out the final answers.

    A line without a custom_id answers nothing we know of, so it is not put in the place of another.
    """
    if len(downloads) == 1 and overviews[0] is not None and overviews[0].ids_differ:
        return Final(ResultKeys(_packed(connection, *downloads[0], overviews[0])), ResultKeys())
    # The lowest bit says whether it is a success.
    best: dict[str | int, int] = {}
    superseded: list[int] = []
    for (batch_key, download_key), known in zip(downloads, overviews, strict=True):
        answers = connection.execute(
            f"SELECT custom_id, type = '{SUCCEEDED}' FROM results WHERE download_key = ? ORDER BY seq",
            (download_key,),
        ).fetchall()
        first = pack((batch_key, 0))
        for key in _packed(connection, batch_key, download_key, known):
            custom_id, succeeded = answers[key - first]
            name = custom_id or key
            before = best.get(name)
            if before is None:
                best[name] = key << 1 | succeeded
            elif succeeded or not before & 1:
                superseded.append(before >> 1)
                best[name] = key << 1 | succeeded
            else:
                superseded.append(key)
    return Final(ResultKeys(answer >> 1 for answer in best.values()), ResultKeys(superseded))
