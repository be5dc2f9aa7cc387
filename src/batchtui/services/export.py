"""Results to files: which format, in which order, and how far it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import msgspec

from batchtui.domain.errors import InputError
from batchtui.domain.selection import ResultKey
from batchtui.services.exporting.csv_lines import csv_chunks
from batchtui.services.exporting.markdown import markdown_chunks, write_folder
from batchtui.services.exporting.output import result_objects
from batchtui.services.exporting.parquet import require_parquet, write_parquet
from batchtui.services.exporting.place import new_file, new_folder, write_through
from batchtui.services.exporting.table import Table
from batchtui.store import Store
from batchtui.store.bulk import Block
from batchtui.store.export_sqlite import write_table

Format = Literal["jsonl", "csv", "md", "parquet", "sqlite"]
StreamFormat = Literal["jsonl", "csv", "md", "json"]

FORMATS: tuple[Format, ...] = get_args(Format)

_SQLITE_TYPES = {"text": "TEXT", "int": "INTEGER", "float": "REAL", "any": ""}

OnProgress = Callable[[int], object]
"""Called with the number of rows done."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file or folder that was written."""

    path: Path
    rows: int
    file_bytes: int


class _StoppedError(Exception):
    """The export was cancelled."""


class Exports:
    """Writes results to files that appear only when everything is in them.

    The rows are in the order of the keys. `joined` puts the request and the data row beside each; what is not
    known of them is empty. `docs/results.md` says what each format holds.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(
        self,
        keys: Sequence[ResultKey],
        path: Path,
        format: Format,  # noqa: A002 - what it is
        *,
        join: bool = False,
        guard_formulas: bool = True,
        one_file_a_row: bool = False,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Exported:
        """Write results to a file, or with `one_file_a_row` as Markdown files in a new folder.

        `on_progress` is called on the loop. If it is cancelled nothing is left. Raises `InputError` if there must
        not or cannot be such a file, and `StoreError` if the results cannot be read or the disk is full.
        """
        if one_file_a_row and format != "md":
            raise InputError(f"One file a row is for Markdown, not for {format}.", unharmed="Nothing was written.")
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def tick(rows: int) -> None:
            if stop.is_set():
                raise _StoppedError
            if on_progress is not None:
                loop.call_soon_threadsafe(on_progress, rows)

        job = _Job(self._store, keys, join=join, guard_formulas=guard_formulas, tick=tick)
        if one_file_a_row:
            work = asyncio.to_thread(_write_folder, job, path)
        else:
            work = asyncio.to_thread(_write_file, job, path, format, overwrite=overwrite)
        writing = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            stop.set()
            with suppress(_StoppedError):
                await writing
            raise

    def stream(
        self,
        keys: Sequence[ResultKey],
        format: StreamFormat,  # noqa: A002 - what it is
        *,
        join: bool = False,
        guard_formulas: bool = True,
    ) -> Iterator[bytes]:
        """Yield what a file of results would hold, a few megabytes at a time; `json` is one array. It blocks."""
        job = _Job(self._store, keys, join=join, guard_formulas=guard_formulas, tick=lambda _rows: None)
        return job.chunks(format)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be written; `tick` is told after each block how many rows are done, and may raise to stop."""

    store: Store
    keys: Sequence[ResultKey]
    join: bool
    guard_formulas: bool
    tick: OnProgress

    def blocks(self) -> Iterator[Block]:
        """Yield all rows."""
        done = 0
        for block in self.store.bulk.blocks(self.keys, joined=self.join):
            yield block
            done += len(block.rows)
            self.tick(done)

    def chunks(self, format_: StreamFormat) -> Iterator[bytes]:
        """Yield the bytes of a format that is text."""
        if format_ == "jsonl":
            return self._object_lines() if self.join else self._exact_lines()
        if format_ == "json":
            return self._array()
        if format_ == "md":
            return markdown_chunks(self.blocks())
        return csv_chunks(self.table(), self.blocks(), guard_formulas=self.guard_formulas)

    def table(self) -> Table:
        """Return the rows as cells."""
        return Table(self.store.bulk, self.keys, joined=self.join)

    def _exact_lines(self) -> Iterator[bytes]:
        done = 0
        for rows, data in self.store.bulk.raw(self.keys):
            yield data
            done += rows
            self.tick(done)

    def _object_lines(self) -> Iterator[bytes]:
        for block in self.blocks():
            yield b"".join([msgspec.json.encode(found) + b"\n" for found in result_objects(block)])

    def _array(self) -> Iterator[bytes]:
        before = b"["
        for block in self.blocks():
            yield before + b",\n".join([msgspec.json.encode(found) for found in result_objects(block)])
            before = b",\n"
        yield b"[]\n" if before == b"[" else b"]\n"


def _write_file(job: _Job, path: Path, format_: Format, *, overwrite: bool) -> Exported:
    if format_ == "parquet":
        require_parquet()
    with new_file(path, overwrite=overwrite) as part:
        if format_ == "parquet":
            write_parquet(part, job.table(), job.blocks())
        elif format_ == "sqlite":
            table = job.table()
            columns = [(column.name, _SQLITE_TYPES[column.kind]) for column in table.columns]
            write_table(part, columns, (cells for block in job.blocks() for cells in table.rows(block)))
        else:
            write_through(part, job.chunks(format_))
        file_bytes = part.stat().st_size
    return Exported(path, len(job.keys), file_bytes)


def _write_folder(job: _Job, path: Path) -> Exported:
    with new_folder(path) as part:
        file_bytes = write_folder(part, job.blocks())
    return Exported(path, len(job.keys), file_bytes)
