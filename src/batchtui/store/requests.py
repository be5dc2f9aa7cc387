"""Request lines: which there are and where each begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from io import BufferedReader
from itertools import repeat
from pathlib import Path

import msgspec

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.domain.result import read_object
from batchtui.store import batch_rows, overviews, templates
from batchtui.store.bodies import open_body, put_in_place, read_line, size_of
from batchtui.store.database import Database
from batchtui.store.files import Files, file_errors, rows_beside, template_beside
from batchtui.store.ordinals import request_count

Row = tuple[int, int, str, str, int, int, int, int | None, int | None]
"""Key of the batch, ordinal, custom_id, model, max_tokens, offset, length, and both of the data row."""

READ_BYTES = 1 << 20

NO_ROW = b"null"
"""What stands among the data rows of requests for one whose data row is not known."""


class Requests:
    """The requests of batches that were sent from here."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    async def index(self, batch_id: str) -> int:
        """Index the request lines of a batch anew and return how many there are.

        Raises `StoreError` that names the line if one is no request, or has the custom_id of another.
        """
        return await self._database.write(lambda connection: index(connection, self._files, batch_id))

    async def put(self, batch_id: str, spool: Path) -> None:
        """Make a file of request lines the requests of a batch, in place of those it had, and index them.

        Raises as `index` does, and `StoreError` where the file cannot be moved.
        """
        place = self._files.requests_path(batch_id)

        def move() -> None:
            with file_errors(place):
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                put_in_place(spool, place)

        # A process killed in between leaves lines where the index does not expect them; the next one indexes them.
        await self._database.write(
            lambda connection: connection.execute(
                "UPDATE batches SET requests = 'unindexed' WHERE id = ? AND requests = 'indexed'", (batch_id,)
            )
        )
        await self._database.on_writer(move)
        await self.index(batch_id)

    async def ensure_indexed(self, batch_id: str) -> None:
        """Index the request lines of a batch if they are on disk and not indexed yet."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT requests FROM batches WHERE id = ?", (batch_id,)).fetchone()
        if row is not None and row[0] == "unindexed":
            await self.index(batch_id)

    def count(self, batch_key: int) -> int:
        """Return how many requests of a batch are known."""
        with self._database.reading() as connection:
            return request_count(connection, batch_key)

    def custom_ids(self, batch_key: int) -> set[str]:
        """Return the custom_ids of a batch, none if its requests are not known."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT custom_id FROM requests WHERE batch_key = ?", (batch_key,))
            return {custom_id for (custom_id,) in rows}

    def line(self, batch_key: int, custom_id: str) -> bytes:
        """Return exactly the line of a request, without its newline.

        Raises `UnknownIdError` if the batch has no such request, or its requests are not known.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT offset, length FROM requests WHERE batch_key = ? AND custom_id = ?", (batch_key, custom_id)
            ).fetchone()
        if row is None:
            raise UnknownIdError(
                f"The request {custom_id!r} is not known here.",
                unharmed="Nothing was changed.",
                todo="It was not sent from here, or `batchtui doctor --repair` finds it again.",
            )
        return self.line_at(batch_key, *row)

    def times_sent(self, batch_key: int, custom_id: str) -> int:
        """Return in how many batches of its job a request is, as far as their requests are known."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM batches a JOIN batches b ON b.job_id = a.job_id"
                " JOIN requests q ON q.batch_key = b.key AND q.custom_id = ? WHERE a.key = ?",
                (custom_id, batch_key),
            ).fetchone()
        return int(row[0])

    def line_at(self, batch_key: int, offset: int, length: int) -> bytes:
        """Return exactly these bytes of the requests file of a batch."""
        return read_line(self._path(batch_key), offset, length)

    def row_line(self, batch_key: int, custom_id: str) -> bytes | None:
        """Return exactly the line of the data row a request was made from, None if it was made from none."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT row_offset, row_length FROM requests"
                " WHERE batch_key = ? AND custom_id = ? AND row_length IS NOT NULL",
                (batch_key, custom_id),
            ).fetchone()
        return None if row is None else read_line(rows_beside(self._path(batch_key)), *row)

    def _path(self, batch_key: int) -> Path:
        with self._database.reading() as connection:
            row = connection.execute("SELECT id FROM batches WHERE key = ?", (batch_key,)).fetchone()
        if row is None:
            raise UnknownIdError(f"No batch is known as number {batch_key}.")
        return self._files.requests_path(row[0])


def index(connection: sqlite3.Connection, files: Files, batch_id: str) -> int:
    """Index the request lines of a batch anew, in the transaction under way, and return how many there are.

    Their data rows and their template are taken from the files beside them. Results that are here already get the
    place of their request.
    """
    stored = batch_rows.by_id(connection, batch_id)
    if stored is None:
        raise UnknownIdError(f"No batch is known as {batch_id}.")
    path = files.requests_path(batch_id)
    connection.execute("DELETE FROM requests WHERE batch_key = ?", (stored.key,))
    reader = _Reader(stored, path)
    try:
        connection.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", reader.rows())
    except sqlite3.IntegrityError as error:
        raise reader.error("its custom_id is that of another line") from error
    models = list(stored.models) if not reader.models else sorted(reader.models)
    connection.execute(
        "UPDATE batches SET requests = 'indexed', requests_bytes = ?, rows_bytes = ?, models = ? WHERE key = ?",
        (reader.file_bytes, reader.rows_bytes, msgspec.json.encode(models).decode(), stored.key),
    )
    templates.find_again(connection, stored, template_beside(path))
    overviews.reorder(connection, stored.key, reader.count)
    return reader.count


class _Params(msgspec.Struct, gc=False):
    model: str
    max_tokens: int


class _Line(msgspec.Struct, gc=False):
    custom_id: str
    params: _Params


_DECODER = msgspec.json.Decoder(_Line)

_Place = tuple[int, int] | tuple[None, None]
"""Offset and length of a data row, if there are any."""


class _Reader:
    """Reads a requests file line by line, and the data rows beside it in step; blank lines are passed over.

    `rows_bytes` is the size of the file of data rows, None if there is none.
    """

    def __init__(self, stored: StoredBatch, path: Path) -> None:
        self._key = stored.key
        self._path = path
        self._number = 0
        self.count = 0
        self.file_bytes = 0
        self.rows_bytes: int | None = None
        self.models: set[str] = set()

    def rows(self) -> Iterator[Row]:
        """Yield the row of each request."""
        places = self._places()
        with file_errors(self._path), BufferedReader(open_body(self._path), READ_BYTES) as file:
            for self._number, raw in enumerate(file, 1):
                line = raw.removesuffix(b"\n")
                if line.strip():
                    yield self._row(line, next(places, None))
                    self.count += 1
                self.file_bytes += len(raw)
        if next(places, (None, None)) != (None, None):
            raise self._rows_error(f"it has more than {self.count:,} data rows, one for each request")

    def error(self, what: str) -> StoreError:
        """Return the error of the line being read."""
        return StoreError(
            f"{self._path}, line {self._number:,}: {what}.",
            unharmed="The file was not changed.",
            todo="Put the file back as it was sent, then run `batchtui doctor --repair`.",
        )

    def _rows_error(self, what: str) -> StoreError:
        return StoreError(
            f"{rows_beside(self._path)}: {what}.",
            unharmed="The file was not changed.",
            todo="Put the file back as it was, or remove it to go without its data rows, then run"
            " `batchtui doctor --repair`.",
        )

    def _places(self) -> Iterator[_Place]:
        """Yield where the data row of each request is; without any it does not end."""
        path = rows_beside(self._path)
        if size_of(path, None) is None:
            yield from repeat((None, None))
        offset = 0
        with file_errors(path), BufferedReader(open_body(path), READ_BYTES) as file:
            for raw in file:
                line = raw.removesuffix(b"\n")
                if line.strip():
                    yield (None, None) if line == NO_ROW else (offset, len(line))
                offset += len(raw)
        self.rows_bytes = offset

    def _row(self, line: bytes, place: _Place | None) -> Row:
        if place is None:
            raise self._rows_error(f"it has only {self.count:,} data rows, one for each request is needed")
        try:
            request = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            request = self._lenient(line)
        self.models.add(request.params.model)
        return (
            self._key,
            self.count,
            request.custom_id,
            request.params.model,
            request.params.max_tokens,
            self.file_bytes,
            len(line),
            *place,
        )

    def _lenient(self, line: bytes) -> _Line:
        try:
            value = read_object(line)
        except (ValueError, RecursionError) as error:
            raise self.error(f"it is not a JSON object: {error}") from error
        custom_id, params = value.get("custom_id"), value.get("params")
        if not isinstance(custom_id, str) or not isinstance(params, dict):
            raise self.error("it is not a request")
        model, max_tokens = params.get("model"), params.get("max_tokens")
        return _Line(
            custom_id.encode("utf-8", "replace").decode("utf-8"),
            _Params(
                model if isinstance(model, str) and model.isprintable() else "",
                max_tokens if isinstance(max_tokens, int) and abs(max_tokens) < 2**63 else 0,
            ),
        )
