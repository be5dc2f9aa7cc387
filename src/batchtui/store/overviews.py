"""What is known of a finished download as a whole, so that it can be opened without reading its rows."""

from __future__ import annotations

import json
import sqlite3
import sys
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Kind = tuple[str, str, str | None, str | None]
"""Type, flags as they are stored with commas between them, stop reason and model."""

KIND = "r.type, r.flags, r.stop_reason, r.model"

Counts = Counter[Kind]


@dataclass(frozen=True, slots=True)
class Overview:
    """A finished download: results by their kind, and the numbers of its lines in input order.

    `ids_differ` says that no two lines have the same custom_id; lines without one are not looked at.
    """

    counts: Counts
    ids_differ: bool
    input_order: array[int]


class OverviewMaker:
    """Takes the rows of a download in the order of its file."""

    def __init__(self) -> None:
        self._counts: dict[Kind, int] = {}
        self._ordinals = array("i")

    def add(self, ordinal: int, kind: Kind) -> None:
        """Take a row."""
        self._ordinals.append(ordinal)
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def count(self, type_: str) -> int:
        """Return how many rows of a type there were."""
        return sum(number for kind, number in self._counts.items() if kind[0] == type_)

    def save(self, connection: sqlite3.Connection, download_key: int, request_count: int) -> None:
        """Write down what has come of it; ordinals from `request_count` on are those of no request."""
        order, places_differ = _sorted(self._ordinals)
        all_asked_for = max(self._ordinals, default=0) < request_count
        ids_differ = places_differ and (all_asked_for or _ids_differ(connection, download_key))
        counts = [[*kind, number] for kind, number in self._counts.items()]
        connection.execute(
            "INSERT OR REPLACE INTO overviews VALUES (?, ?, ?, ?)",
            (download_key, json.dumps(counts), ids_differ, _swapped(order).tobytes()),
        )


def overview(connection: sqlite3.Connection, download_key: int) -> Overview | None:
    """Return what is known of a download as a whole; None for one that is not finished."""
    row = connection.execute(
        "SELECT counts, ids_differ, input_order FROM overviews WHERE download_key = ?", (download_key,)
    ).fetchone()
    if row is None:
        return None
    return Overview(_counts(row[0]), bool(row[1]), _swapped(array("i", row[2])))


def reorder(connection: sqlite3.Connection, batch_key: int, request_count: int) -> None:
    """Give the results of a batch the places of their requests, after these have been indexed anew."""
    connection.execute(
        "UPDATE results SET ordinal = coalesce((SELECT r.ordinal FROM requests r"
        " WHERE r.batch_key = ?1 AND r.custom_id = results.custom_id), ?2 + seq)"
        " WHERE download_key IN (SELECT key FROM downloads WHERE batch_key = ?1)",
        (batch_key, request_count),
    )
    downloads = connection.execute(
        "SELECT download_key FROM overviews JOIN downloads ON key = download_key WHERE batch_key = ?", (batch_key,)
    ).fetchall()
    for (download_key,) in downloads:
        maker = OverviewMaker()
        for ordinal, type_, flags, stop_reason, model in connection.execute(
            f"SELECT r.ordinal, {KIND} FROM results r WHERE r.download_key = ? ORDER BY r.seq", (download_key,)
        ):
            maker.add(ordinal, (type_, flags, stop_reason, model))
        maker.save(connection, download_key, request_count)


def recount(connection: sqlite3.Connection, download_key: int, moved: Mapping[tuple[Kind, Kind], int]) -> None:
    """Count results as another kind than before; `moved` has how many went from which to which.

    A download that is not finished has no counts yet.
    """
    row = connection.execute("SELECT counts FROM overviews WHERE download_key = ?", (download_key,)).fetchone()
    if row is None:
        return
    counts = _counts(row[0])
    for (before, after), number in moved.items():
        counts[before] -= number
        counts[after] += number
    left = [[*kind, number] for kind, number in counts.items() if number]
    connection.execute("UPDATE overviews SET counts = ? WHERE download_key = ?", (json.dumps(left), download_key))


def _counts(text: str) -> Counts:
    return Counts({(type_, flags, stop, model): number for type_, flags, stop, model, number in json.loads(text)})


def _ids_differ(connection: sqlite3.Connection, download_key: int) -> bool:
    repeated = connection.execute(
        "SELECT 1 FROM results WHERE download_key = ? AND custom_id <> ''"
        " GROUP BY custom_id HAVING count(*) > 1 LIMIT 1",
        (download_key,),
    ).fetchone()
    return repeated is None


def _sorted(ordinals: array[int]) -> tuple[array[int], bool]:
    """Return the numbers of the lines in the order of their ordinals, and whether these differ.

    Lines with the same ordinal stay in the order of the file.
    """
    place = array("i", bytes(4 * (max(ordinals, default=-1) + 1)))
    for seq, ordinal in enumerate(ordinals):
        if place[ordinal]:
            return array("i", sorted(range(len(ordinals)), key=ordinals.__getitem__)), False
        place[ordinal] = seq + 1
    return array("i", (seq - 1 for seq in place if seq)), True


def _swapped(order: array[int]) -> array[int]:
    """Return numbers as they are stored, the low byte first, or back again."""
    if sys.byteorder == "big":
        order = array("i", order)
        order.byteswap()
    return order
