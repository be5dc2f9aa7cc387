"""Results as a SQLite file of their own, for whoever wants to ask questions of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from batchtui.domain.errors import StoreError

TABLE = "results"

_PAGE_BYTES = 16_384
"""Rows of 2 kB waste half of smaller pages."""


def write_table(path: Path, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> None:
    """Write rows to the table `results` of an empty file; `columns` are names and types, a type may be empty.

    Names that differ in case alone, which SQLite does not tell apart, get `_2`, `_3`, … appended. The caller sees
    that the file survives a power cut. Raises `StoreError` if it cannot be written.
    """
    names = _told_apart([name for name, _ in columns])
    declared = ", ".join(f"{name} {kind}".rstrip() for name, (_, kind) in zip(names, columns, strict=True))
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute(f"CREATE TABLE {TABLE} ({declared})")
            connection.executemany(f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(names))})", rows)
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(
            f"The SQLite file could not be written: {error}.",
            unharmed="No file was left half written.",
            todo="Make room, or name another place.",
        ) from error


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return names as SQLite takes them, quoted and none twice."""
    taken: set[str] = set()
    quoted = []
    for name in names:
        safe = name.replace("\x00", "\ufffd")
        free, number = safe, 2
        while free.casefold() in taken:
            free, number = f"{safe}_{number}", number + 1
        taken.add(free.casefold())
        quoted.append('"' + free.replace('"', '""') + '"')
    return quoted
