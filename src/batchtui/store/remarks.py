"""What a person says of results. It is kept by batch and custom_id, so that it outlives the rows of the index.

A flag is written into the rows too, and counted in their overview, so that whoever reads flags finds it there.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from batchtui.domain.errors import InputError, StoreError
from batchtui.domain.remark import flags_with
from batchtui.domain.selection import ResultKey
from batchtui.store import overviews
from batchtui.store.columns import bindable, now
from batchtui.store.database import Database
from batchtui.store.lookup import lines_about

SEQS_AT_ONCE = 500

_FLAG = """
    INSERT INTO remarks (batch_key, custom_id, flagged, made_at) SELECT ?1, value, 1, ?3 FROM json_each(?2) WHERE 1
    ON CONFLICT (batch_key, custom_id) DO UPDATE SET flagged = 1, made_at = excluded.made_at
"""
_UNFLAG = "UPDATE remarks SET flagged = 0 WHERE batch_key = ?1 AND custom_id IN (SELECT value FROM json_each(?2))"
_NOTE = """
    INSERT INTO remarks (batch_key, custom_id, note, made_at) SELECT ?1, value, ?4, ?3 FROM json_each(?2) WHERE 1
    ON CONFLICT (batch_key, custom_id) DO UPDATE SET note = excluded.note, made_at = excluded.made_at
"""
_NOTHING_SAID = "DELETE FROM remarks WHERE batch_key = ? AND NOT flagged AND note = ''"

_Line = tuple[int, str, str, str | None, str | None]
"""Number of a line, and its kind."""


class Remarks:
    """Flags and notes of a person on results, given by the keys of their rows.

    A flag or note is about all lines with that custom_id in the batch. Raises `InputError` for a line without a
    custom_id, and `StoreError` if a row is not there any more; then nothing is changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def flag(self, keys: Iterable[ResultKey], *, on: bool) -> int:
        """Flag results, or take the flag away, and return how many custom_ids that are."""
        seqs_of = _by_batch(keys)
        return await self._database.write(lambda connection: _flag(connection, seqs_of, on=on))

    async def turn_flags(self, keys: Iterable[ResultKey]) -> tuple[int, bool]:
        """Flag results unless all of them are flagged, else take the flags away; return how many, and which."""
        seqs_of = _by_batch(keys)

        def write(connection: sqlite3.Connection) -> tuple[int, bool]:
            on = any(_is_any_bare(connection, *batch) for batch in seqs_of.items())
            return _flag(connection, seqs_of, on=on), on

        return await self._database.write(write)

    async def note(self, keys: Iterable[ResultKey], text: str) -> int:
        """Write a note on results in place of the ones they had; an empty one takes these away."""
        seqs_of = _by_batch(keys)

        def write(connection: sqlite3.Connection) -> int:
            done = 0
            for batch_key, seqs in seqs_of.items():
                _, custom_ids = _custom_ids(connection, batch_key, seqs)
                _write(connection, _NOTE, batch_key, custom_ids, bindable(text))
                done += len(custom_ids)
            return done

        return await self._database.write(write)


def apply(connection: sqlite3.Connection, batch_key: int, download_key: int) -> None:
    """Put the flags of a person into a download whose overview counts its rows as the API sent them."""
    flagged = connection.execute(
        "SELECT custom_id FROM remarks WHERE batch_key = ? AND flagged", (batch_key,)
    ).fetchall()
    if flagged:
        lines = _lines_named(connection, download_key, [custom_id for (custom_id,) in flagged])
        # Rows that were flagged while they came have it already, but were counted without.
        bare = [(seq, type_, flags_with(flags, on=False), stop, model) for seq, type_, flags, stop, model in lines]
        _mark(connection, download_key, bare, on=True)


def find(connection: sqlite3.Connection, batch_key: int, custom_id: str) -> list[ResultKey]:
    """Return the results shown of a batch with a custom_id, in the order of the file: usually one."""
    wanted = bindable(custom_id)
    row = connection.execute("SELECT download_key FROM batches WHERE key = ?", (batch_key,)).fetchone()
    if row is None or row[0] is None:
        return []
    query = "SELECT seq FROM results WHERE download_key = ?1 AND custom_id = ?2"
    numbers = lines_about(connection, batch_key, row[0], wanted)
    if numbers is not None:
        query += " AND seq IN (SELECT value FROM json_each(?3))"
    values = (row[0], wanted, *([json.dumps(numbers)] if numbers is not None else []))
    return [(batch_key, seq) for (seq,) in connection.execute(f"{query} ORDER BY seq", values)]


def _flag(connection: sqlite3.Connection, seqs_of: Mapping[int, Sequence[int]], *, on: bool) -> int:
    done = 0
    for batch_key, seqs in seqs_of.items():
        download_key, custom_ids = _custom_ids(connection, batch_key, seqs)
        _write(connection, _FLAG if on else _UNFLAG, batch_key, custom_ids)
        _mark(connection, download_key, _lines(connection, download_key, seqs, custom_ids), on=on)
        done += len(custom_ids)
    return done


def _is_any_bare(connection: sqlite3.Connection, batch_key: int, seqs: Sequence[int]) -> bool:
    row = connection.execute("SELECT download_key FROM batches WHERE key = ?", (batch_key,)).fetchone()
    lines = [] if row is None else _lines_at(connection, "flags", row[0], seqs)
    return any(flags_with(flags, on=True) != flags for (flags,) in lines)


def _by_batch(keys: Iterable[ResultKey]) -> dict[int, list[int]]:
    seqs_of: defaultdict[int, list[int]] = defaultdict(list)
    for batch_key, seq in keys:
        seqs_of[batch_key].append(seq)
    return seqs_of


def _custom_ids(connection: sqlite3.Connection, batch_key: int, seqs: Sequence[int]) -> tuple[int, list[str]]:
    """Return which download is shown of a batch, and the custom_ids of some of its lines."""
    row = connection.execute("SELECT download_key FROM batches WHERE key = ?", (batch_key,)).fetchone()
    found = [] if row is None else _lines_at(connection, "seq, custom_id", row[0], seqs)
    if len(found) < len(set(seqs)):
        raise StoreError(
            "A result that was shown is not there any more.",
            unharmed="Nothing was changed.",
            todo="Open the results again.",
        )
    custom_ids = list(dict.fromkeys(custom_id for _, custom_id in found))
    if "" in custom_ids:
        raise InputError(
            "A line without a custom_id cannot be flagged or noted: there is nothing to know it by.",
            unharmed="Nothing was changed.",
        )
    return row[0], custom_ids


def _lines(
    connection: sqlite3.Connection, download_key: int, seqs: Sequence[int], custom_ids: Sequence[str]
) -> list[_Line]:
    """Return the lines with these custom_ids; those at `seqs` are all of them unless an id comes twice."""
    known = overviews.overview(connection, download_key)
    if known is not None and known.ids_differ:
        return _lines_at(connection, "seq, type, flags, stop_reason, model", download_key, seqs)
    return _lines_named(connection, download_key, custom_ids)


def _lines_at(connection: sqlite3.Connection, columns: str, download_key: int, seqs: Sequence[int]) -> list[Any]:
    found = []
    for start in range(0, len(seqs), SEQS_AT_ONCE):
        some = seqs[start : start + SEQS_AT_ONCE]
        found += connection.execute(
            f"SELECT {columns} FROM results WHERE download_key = ? AND seq IN ({', '.join('?' * len(some))})",
            (download_key, *some),
        ).fetchall()
    return found


def _lines_named(connection: sqlite3.Connection, download_key: int, custom_ids: Sequence[str]) -> list[_Line]:
    return connection.execute(
        "SELECT seq, type, flags, stop_reason, model FROM results"
        " WHERE download_key = ? AND custom_id IN (SELECT value FROM json_each(?)) ORDER BY seq",
        (download_key, json.dumps(custom_ids)),
    ).fetchall()


def _write(
    connection: sqlite3.Connection, statement: str, batch_key: int, custom_ids: Collection[str], *more: str
) -> None:
    values = (batch_key, json.dumps([*custom_ids]), now(), *more)
    connection.execute(statement, values[: 2 if statement is _UNFLAG else len(values)])
    connection.execute(_NOTHING_SAID, (batch_key,))


def _mark(connection: sqlite3.Connection, download_key: int, lines: Iterable[_Line], *, on: bool) -> None:
    """Write the flag of a person into lines, or take it out, and count them as what they are then."""
    moved: Counter[tuple[overviews.Kind, overviews.Kind]] = Counter()
    written = []
    for seq, type_, flags, stop_reason, model in lines:
        becomes = flags_with(flags, on=on)
        if becomes != flags:
            written.append((becomes, download_key, seq))
            moved[(type_, flags, stop_reason, model), (type_, becomes, stop_reason, model)] += 1
    connection.executemany("UPDATE results SET flags = ? WHERE download_key = ? AND seq = ?", written)
    overviews.recount(connection, download_key, moved)
