"""Rows of data in somebody's SQLite file, which is only ever read."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from batchtui.domain.errors import DataError

Value = int | float | str | bytes | None

BUSY_SECONDS = 10.0

FORBIDDEN_ACTIONS = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA})
"""What would reach beyond the file; `mode=ro` sees that nothing is written to it."""

HARMLESS_PRAGMA = "data_version"
"""By which an index of text sees whether it has changed."""

FORBIDDEN_FUNCTION = "load_extension"


class DataTable:
    """A table, a view or a SELECT of a file, read on whichever thread asks; raises `DataError`.

    Without a query the file has to have exactly one table. Every reading has a connection of its own.
    """

    def __init__(self, path: Path, query: str | None) -> None:
        self._path = path
        with self._connected() as connection:
            self._statement, self._is_query = _statement(path, query, _tables(connection))
            _guard(connection)
            found = connection.execute(self._statement)
            if found.description is None:
                raise DataError(f"{path}: the query gives no rows.", todo="Give a table or a SELECT.")
            self.columns = [str(column[0]) for column in found.description]

    def __iter__(self) -> Generator[tuple[Value, ...]]:
        with self._connected() as connection:
            _guard(connection)
            yield from connection.execute(self._statement)

    def row(self, number: int) -> tuple[Value, ...] | None:
        """Return one row, counting from 1, None if there are fewer."""
        if self._is_query:
            # A query within another one might be done in another order.
            with closing(self.__iter__()) as rows:
                return next(islice(rows, number - 1, None), None)
        with self._connected() as connection:
            _guard(connection)
            found: tuple[Value, ...] | None = connection.execute(
                f"{self._statement} LIMIT 1 OFFSET ?", (number - 1,)
            ).fetchone()
            return found

    def count(self) -> int:
        """Return how many rows there are."""
        with self._connected() as connection:
            _guard(connection)
            return int(connection.execute(f"SELECT count(*) FROM ({self._statement}\n)").fetchone()[0])

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(
                    f"{self._path.absolute().as_uri()}?mode=ro",
                    uri=True,
                    timeout=BUSY_SECONDS,
                    isolation_level=None,
                    check_same_thread=False,
                )
            ) as connection:
                yield connection
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _unreadable(self._path, error) from error


def _guard(connection: sqlite3.Connection) -> None:
    connection.set_authorizer(_allow)


def _allow(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    forbidden = action in FORBIDDEN_ACTIONS and first != HARMLESS_PRAGMA
    if forbidden or (action == sqlite3.SQLITE_FUNCTION and second == FORBIDDEN_FUNCTION):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _tables(connection: sqlite3.Connection) -> dict[str, bool]:
    """Return the names of tables and views, and whether each is a table of its own.

    Those that belong to an index of text or another virtual table are not.
    """
    found = connection.execute(
        "SELECT name, type, coalesce(sql, '') LIKE 'create virtual%' FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
    ).fetchall()
    virtual = tuple(f"{name}_" for name, _, is_virtual in found if is_virtual)
    return {
        name: kind == "table" and not is_virtual and not name.startswith(virtual)
        for name, kind, is_virtual in found
    }


def _statement(path: Path, query: str | None, tables: dict[str, bool]) -> tuple[str, bool]:
    """Return the statement that gives the rows, and whether it is the user's own."""
    if query is None:
        own = [name for name, is_own in tables.items() if is_own]
        if len(own) != 1:
            names = f"it has {len(own):,} tables: {', '.join(own)}" if own else "it has no table"
            raise DataError(f"{path}: {names}.", todo="Name a table, or give a SELECT, with --query.")
        query = own[0]
    if query in tables:
        name = query.replace('"', '""')
        return f'SELECT * FROM "{name}"', False
    if " " not in query.strip():
        raise DataError(
            f"{path}: there is no table {query!r}.",
            todo=f"There are {', '.join(tables)}." if tables else "It has none.",
        )
    return query.strip().rstrip(";"), True


def _unreadable(path: Path, error: Exception) -> DataError:
    code = getattr(error, "sqlite_errorname", "")
    todo = "Give a SQLite file that can be read, and a query that only reads it."
    if code == "SQLITE_AUTH":
        todo = "A query may only read the tables of this file."
    elif code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        todo = "Another program is writing to it; try again."
    return DataError(f"{path}: {error}.", todo=todo)
