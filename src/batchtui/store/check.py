"""Whether database and files agree, and what can be done where they do not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from batchtui.domain.errors import StoreError
from batchtui.store import download_rows, requests
from batchtui.store.bodies import drop_archive, is_busy, size_of
from batchtui.store.database import Database
from batchtui.store.files import (
    PREPARED,
    Files,
    remove,
    rows_beside,
    template_beside,
    write_private,
)
from batchtui.store.presence import Presence
from batchtui.store.recovery import recover, tidy_spools

FindingKind = Literal["database", "requests", "results", "leftover"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: with what, and whether `Store.repair` can mend it."""

    kind: FindingKind
    subject: str
    message: str
    can_repair: bool


Mend = Callable[[sqlite3.Connection], object]


@dataclass(frozen=True, slots=True)
class _Problem:
    """A finding and its mending, with what that does in a few words."""

    finding: Finding
    mend: Mend | None = None
    mended: str = ""


class Check:
    """Looks for what is wrong, and mends what can be."""

    def __init__(self, database: Database, files: Files, presence: Presence) -> None:
        self._database = database
        self._files = files
        self._presence = presence

    def findings(self) -> list[Finding]:
        """Return what is wrong; reads the whole database, so a large one takes seconds."""
        with self._database.snapshot() as connection:
            return [problem.finding for problem in self._problems(connection)]

    def repair(self) -> list[str]:
        """Mend what can be, on the writer thread, and return what was done or could not be, one sentence each."""
        done = recover(self._database, self._files, self._presence)
        with self._database.snapshot() as connection:
            problems = list(self._problems(connection))
        for problem in problems:
            if problem.mend is None:
                continue
            try:
                self._database.transact(problem.mend)
            except StoreError as error:
                done.append(str(error))
            else:
                done.append(f"{problem.finding.subject}: {problem.mended}.")
        return done

    def _problems(self, connection: sqlite3.Connection) -> Iterator[_Problem]:
        yield from self._of_database(connection)
        for row in connection.execute(
            "SELECT b.id, b.requests, b.requests_bytes, b.rows_bytes, t.text, b.results, d.state, d.file_bytes"
            " FROM batches b LEFT JOIN downloads d ON d.key = b.download_key"
            " LEFT JOIN templates t ON t.key = b.template_key"
        ).fetchall():
            batch_id, requests_state, requests_bytes, rows_bytes, template = row[:5]
            results_state, download_state, results_bytes = row[5:]
            if not self._files.can_hold(batch_id):
                yield _Problem(
                    Finding("results", batch_id, "a server gave an id that cannot be a directory", can_repair=False)
                )
                continue
            yield from self._of_requests(batch_id, requests_state, requests_bytes)
            if requests_state == "indexed":
                yield from self._of_origin(batch_id, rows_bytes, template)
            if download_state not in {"running", "finished"}:
                yield from self._of_results(batch_id, results_state, results_bytes)
        yield from self._of_directories(connection)
        yield from self._of_spools(connection)

    def _of_database(self, connection: sqlite3.Connection) -> Iterator[_Problem]:
        subject = str(self._database.path)
        for (message,) in connection.execute("PRAGMA integrity_check(10)").fetchall():
            if message != "ok":
                yield _Problem(Finding("database", subject, message, can_repair=False))
        for table, *_ in connection.execute("PRAGMA foreign_key_check").fetchall():
            yield _Problem(Finding("database", subject, f"a row of {table} belongs to nothing", can_repair=False))

    def _of_requests(self, batch_id: str, state: str, file_bytes: int | None) -> Iterator[_Problem]:
        path = self._files.requests_path(batch_id)
        size = size_of(path, file_bytes)
        if size is None:
            if state != "unknown":
                yield _Problem(Finding("requests", batch_id, f"{path} is gone", can_repair=False))
        elif state != "indexed" or size != file_bytes:
            yield _Problem(
                Finding("requests", batch_id, f"{path} is not what the index was made from", can_repair=True),
                partial(requests.index, files=self._files, batch_id=batch_id),
                "the requests were indexed anew",
            )

    def _of_origin(self, batch_id: str, rows_bytes: int | None, template: str | None) -> Iterator[_Problem]:
        """Yield what is wrong with the data rows and the template that requests were made from."""
        requests_path = self._files.requests_path(batch_id)
        rows, text = rows_beside(requests_path), template_beside(requests_path)
        index = partial(requests.index, files=self._files, batch_id=batch_id)
        size = size_of(rows, rows_bytes)
        if size != rows_bytes:
            message = f"{rows} is {'gone' if size is None else 'not what the index was made from'}"
            yield _Problem(
                Finding("requests", batch_id, message, can_repair=True), index, "its data rows were indexed anew"
            )
        if template is None and text.exists():
            yield _Problem(
                Finding("requests", batch_id, f"{text} is not known as its template", can_repair=True),
                index,
                "its template was found again",
            )
        elif template is not None and not text.exists():
            yield _Problem(
                Finding("requests", batch_id, f"{text} is gone", can_repair=True),
                lambda _connection: write_private(text, template.encode()),
                "its template was written again",
            )

    def _of_results(self, batch_id: str, state: str, file_bytes: int | None) -> Iterator[_Problem]:
        path = self._files.results_path(batch_id)
        size = size_of(path, file_bytes)
        indexed = state in {"partial", "complete"}
        if indexed and size is None:
            yield _Problem(
                Finding("results", batch_id, f"{path} is gone", can_repair=True),
                partial(download_rows.forget, batch_id=batch_id),
                "counts as not downloaded, and is brought again if the API still has it",
            )
        elif size is not None and not (indexed and size == file_bytes):
            yield _Problem(
                Finding("results", batch_id, f"{path} is not what the index was made from", can_repair=True),
                partial(download_rows.index, files=self._files, presence=self._presence, batch_id=batch_id),
                "the results were indexed anew",
            )

    def _of_directories(self, connection: sqlite3.Connection) -> Iterator[_Problem]:
        known = {batch_id for (batch_id,) in connection.execute("SELECT id FROM batches")}
        parts = {
            self._files.part_path(batch_id, key)
            for batch_id, key in connection.execute(
                "SELECT b.id, d.key FROM downloads d JOIN batches b ON b.key = d.batch_key"
            )
        }
        for directory in self._files.batch_directories():
            if directory.name not in known:
                yield _Problem(
                    Finding("leftover", str(directory), "no batch is known by that name", can_repair=False)
                )
            left = [part for part in sorted(directory.glob("*.part")) if part not in parts]
            if left and not is_busy(directory):
                for part in left:
                    yield self._leftover(part, "something that was cut off while it was written")
            yield from self._of_archives(directory)

    def _of_archives(self, directory: Path) -> Iterator[_Problem]:
        for packed in sorted(directory.glob("*.gz")):
            path = packed.with_suffix("")
            if path.exists() and not is_busy(directory):
                message = f"{path.name} is in place beside its archive"
                yield _Problem(
                    Finding("leftover", str(packed), message, can_repair=True),
                    partial(_drop_archive, path=path),
                    "removed",
                )

    def _of_spools(self, connection: sqlite3.Connection) -> Iterator[_Problem]:
        rows = connection.execute(
            "SELECT i.id, i.state, t.text FROM intents i LEFT JOIN templates t ON t.key = i.template_key"
        ).fetchall()
        states = {intent_id: state for intent_id, state, _ in rows}
        spools = set(self._files.spools())
        for name in sorted(spools):
            path = self._files.spool_path(name).parent
            if name.startswith(PREPARED):
                if not self._presence.is_alive(name.removeprefix(PREPARED).partition("-")[0]):
                    yield self._spool(path, "prepared and never sent")
            elif states.get(name) not in {"draft", "waiting", "sending", "unclear"}:
                yield self._spool(path, "belongs to no open submission")
        for intent_id, state, template in rows:
            if state not in {"draft", "waiting", "sending", "unclear"}:
                continue
            if intent_id not in spools:
                yield _Problem(
                    Finding(
                        "requests", intent_id, "the request lines of this submission are gone", can_repair=False
                    )
                )
            elif template is not None:
                yield from self._of_spool_origin(intent_id, template)

    def _of_spool_origin(self, intent_id: str, template: str) -> Iterator[_Problem]:
        """Yield what is missing of the data rows and the template that open requests were made from."""
        requests_path = self._files.spool_path(intent_id)
        rows, text = rows_beside(requests_path), template_beside(requests_path)
        if not rows.exists():
            message = f"{rows} is gone, the results will stand without their data rows"
            yield _Problem(Finding("requests", intent_id, message, can_repair=False))
        if not text.exists():
            yield _Problem(
                Finding("requests", intent_id, f"{text} is gone", can_repair=True),
                lambda _connection: write_private(text, template.encode()),
                "its template was written again",
            )

    def _spool(self, path: Path, what: str) -> _Problem:
        # Another process may have written it down since this was read, so it is judged again under the write lock.
        mend = partial(tidy_spools, files=self._files, presence=self._presence)
        return _Problem(Finding("leftover", str(path), what, can_repair=True), mend, "removed unless it is in use")

    def _leftover(self, path: Path, what: str) -> _Problem:
        return _Problem(
            Finding("leftover", str(path), what, can_repair=True), lambda _connection: remove(path), "removed"
        )


def _drop_archive(_connection: sqlite3.Connection, path: Path) -> None:
    drop_archive(path)
