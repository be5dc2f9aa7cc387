"""What a person decided about failed rows, and where the lines are that go out again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from batchtui.domain.errors import UnknownIdError
from batchtui.domain.job import Intent, KeptTemplate
from batchtui.domain.queue import Choice, Decision
from batchtui.domain.result import SUCCEEDED
from batchtui.domain.retry import FailedRow
from batchtui.store import templates
from batchtui.store.bodies import open_body
from batchtui.store.columns import bindable, now
from batchtui.store.database import Database
from batchtui.store.files import Files, file_errors, line_of, rows_beside
from batchtui.store.lookup import lines_about

_DECIDE = """
    INSERT INTO queue_rows (job_id, custom_id, attempt, choice, edits, params, template_key, decided_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job_id, custom_id) DO UPDATE SET attempt = excluded.attempt, choice = excluded.choice,
        edits = excluded.edits, params = excluded.params, template_key = excluded.template_key,
        decided_at = excluded.decided_at
"""

_JOBS = """
    SELECT b.job_id, o.counts, b.processing + b.succeeded + b.errored + b.canceled + b.expired,
        b.job_id IN (SELECT job_id FROM queue_rows)
    FROM batches b LEFT JOIN overviews o ON o.download_key = b.download_key
    WHERE b.profile = ?1 AND b.base_url = ?2 AND b.results IN ('complete', 'gone')
        AND b.job_id NOT IN (SELECT job_id FROM batches WHERE requests = 'unindexed')
    ORDER BY b.created_at DESC, b.key DESC
"""

_ROW_NUMBERS = """
    SELECT q.custom_id, q.ordinal + 1 + (
        SELECT count(*) FROM requests e JOIN batches p ON p.key = e.batch_key
        WHERE p.job_id = b.job_id AND p.attempt = 1 AND p.part < b.part)
    FROM batches b JOIN requests q ON q.batch_key = b.key
    WHERE b.job_id = ? AND b.attempt = 1 AND q.custom_id IN (SELECT value FROM json_each(?))
"""

Outcome = tuple[str, str | None, str | None, float | None]
"""Type of a result, error type, error message, and cost in USD where it is known."""

_OUTCOMES = """
    SELECT r.type, r.error_type, r.error_message, r.cost_usd FROM results r
    WHERE r.download_key = ?1 AND r.custom_id = ?2
"""

_DATA_PLACES = """
    SELECT q.custom_id, q.row_offset, q.row_length
    FROM json_each(?2) CROSS JOIN requests q ON q.batch_key = ?1 AND q.custom_id = value
    WHERE q.row_length IS NOT NULL
"""

ROWS_AT_ONCE = 500


class Queue:
    """Decisions about rows, one a row of a job; which rows wait is known from their results."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    def jobs(self, profile: str, base_url: str) -> list[str]:
        """Return the ids of the jobs with a result that is no success, or with a decision, newest batch first.

        What has been answered since is not looked at. Jobs with requests that are not in the index are left out.
        """
        with self._database.snapshot() as connection:
            rows = connection.execute(_JOBS, (profile, base_url)).fetchall()
        found = (job_id for job_id, counts, total, decided in rows if decided or _has_failures(counts, total))
        return list(dict.fromkeys(found))

    def decisions(self, job_id: str) -> dict[str, Decision]:
        """Return what was decided, by custom_id; some of it may be about earlier attempts."""
        with self._database.reading() as connection:
            return _decisions(connection, job_id)

    def under_way(self, intents: Iterable[Intent]) -> set[str]:
        """Return the custom_ids of submissions that are open: what they send may be at the API, or will be."""
        custom_ids: set[str] = set()
        for intent in intents:
            path = self._files.spool_path(intent.id)
            with file_errors(path):
                # Where there is none any more, it has become a batch meanwhile.
                lines = path.read_bytes().splitlines() if path.exists() else []
            custom_ids.update(_ID.decode(line).custom_id for line in lines)
        return custom_ids

    def lines(self, rows: Iterable[FailedRow], *, with_data: bool = False) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the exact request line of each row, and the line of its data row if that is wanted and known.

        Raises `StoreError` where a file is not what the index says.
        """
        remaining = iter(rows)
        with ExitStack() as opened:
            files: dict[int, tuple[BinaryIO, Path]] = {}
            data_files: dict[int, tuple[BinaryIO, Path]] = {}
            while some := list(islice(remaining, ROWS_AT_ONCE)):
                places = self._data_places(some) if with_data else {}
                for row in some:
                    key = row.batch_key
                    if key not in files:
                        files[key] = self._open(opened, self._requests_path(key))
                    place = places.get((key, row.custom_id))
                    if place is not None and key not in data_files:
                        data_files[key] = self._open(opened, rows_beside(self._requests_path(key)))
                    data = None if place is None else line_of(*data_files[key], *place)
                    yield line_of(*files[key], row.offset, row.length), data

    def outcomes(self, batch_key: int, custom_id: str) -> list[Outcome]:
        """Return what the results of a batch say about a row: usually one thing, nothing if they are not here."""
        wanted = bindable(custom_id)
        with self._database.snapshot() as connection:
            row = connection.execute("SELECT download_key FROM batches WHERE key = ?", (batch_key,)).fetchone()
            if row is None or row[0] is None:
                return []
            numbers = lines_about(connection, batch_key, row[0], wanted)
            if numbers is None:
                return connection.execute(f"{_OUTCOMES} ORDER BY r.seq", (row[0], wanted)).fetchall()
            return connection.execute(
                f"{_OUTCOMES} AND r.seq IN (SELECT value FROM json_each(?3)) ORDER BY r.seq",
                (row[0], wanted, json.dumps(numbers)),
            ).fetchall()

    def row_numbers(self, job_id: str, custom_ids: Iterable[str]) -> dict[str, int]:
        """Return at which place requests stand in the first attempt of a job, counting from 1 over its parts."""
        wanted = json.dumps([*custom_ids])
        with self._database.reading() as connection:
            return dict(connection.execute(_ROW_NUMBERS, (job_id, wanted)).fetchall())

    async def decide(
        self,
        job_id: str,
        rows: Iterable[tuple[str, int]],
        *,
        choice: Choice | None = None,
        edits: Mapping[str, Any] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        template: KeptTemplate | None = None,
    ) -> None:
        """Write down a decision about rows, given as custom_id and the attempt they failed in.

        What is not given stays as it was decided for the same attempt; `edits` are added to those there are, by
        path, and `params` are whole requests by custom_id, which drop the edits made before; `template` is what
        they were made from, if another than before. It is all or nothing.
        """
        wanted = list(rows)

        def write(connection: sqlite3.Connection) -> None:
            before = _decisions(connection, job_id)
            template_key = templates.keep(connection, template) if template else None
            connection.executemany(
                _DECIDE,
                (
                    _row(
                        job_id,
                        custom_id,
                        _decided(
                            before.get(custom_id),
                            attempt,
                            choice,
                            edits,
                            None if params is None else (params[custom_id], template_key),
                        ),
                    )
                    for custom_id, attempt in wanted
                ),
            )

        await self._database.write(write)

    async def forget(self, job_id: str, custom_ids: Iterable[str]) -> None:
        """Drop what was decided about rows."""
        rows = [(job_id, custom_id) for custom_id in custom_ids]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM queue_rows WHERE job_id = ? AND custom_id = ?", rows)

        await self._database.write(write)

    def _data_places(self, rows: Sequence[FailedRow]) -> dict[tuple[int, str], tuple[int, int]]:
        """Return where the data rows of requests are, by batch and custom_id."""
        found: dict[tuple[int, str], tuple[int, int]] = {}
        with self._database.reading() as connection:
            for key in {row.batch_key for row in rows}:
                custom_ids = json.dumps([row.custom_id for row in rows if row.batch_key == key])
                for custom_id, offset, length in connection.execute(_DATA_PLACES, (key, custom_ids)):
                    found[key, custom_id] = (offset, length)
        return found

    def _requests_path(self, batch_key: int) -> Path:
        with self._database.reading() as connection:
            row = connection.execute("SELECT id FROM batches WHERE key = ?", (batch_key,)).fetchone()
        if row is None:
            raise UnknownIdError(f"No batch is known as number {batch_key}.")
        return self._files.requests_path(row[0])

    @staticmethod
    def _open(opened: ExitStack, path: Path) -> tuple[BinaryIO, Path]:
        with file_errors(path):
            return opened.enter_context(open_body(path)), path


class _Id(msgspec.Struct):
    custom_id: str


_ID = msgspec.json.Decoder(_Id)


def _has_failures(counts: str | None, total: int) -> bool:
    """Return whether some of so many requests have no success; `counts` are of the overview, if there is one."""
    if counts is None:
        return True
    kinds: list[tuple[str | int, ...]] = json.loads(counts)
    numbers = [int(number or 0) for *_, number in kinds]
    succeeded = sum(number for kind, number in zip(kinds, numbers, strict=True) if kind[0] == SUCCEEDED)
    return succeeded < max(total, sum(numbers))


def _decisions(connection: sqlite3.Connection, job_id: str) -> dict[str, Decision]:
    rows = connection.execute(
        "SELECT custom_id, attempt, choice, edits, params, template_key FROM queue_rows WHERE job_id = ?",
        (job_id,),
    )
    return {
        custom_id: Decision(
            attempt,
            choice,
            msgspec.json.decode(edits) if edits else {},
            msgspec.json.decode(params) if params else None,
            template_key,
        )
        for custom_id, attempt, choice, edits, params, template_key in rows
    }


def _decided(
    before: Decision | None,
    attempt: int,
    choice: Choice | None,
    edits: Mapping[str, Any] | None,
    anew: tuple[Mapping[str, Any], int | None] | None,
) -> Decision:
    """Return a decision after the one made before; `anew` are whole params and the number of their template."""
    if before is None or before.attempt != attempt:
        before = Decision(attempt)
    choice = choice or before.choice
    if anew is None:
        return replace(before, choice=choice, edits=_merged(before.edits, edits or {}))
    params, template_key = anew
    return Decision(attempt, choice, edits or {}, params, template_key or before.template_key)


def _merged(before: Mapping[str, Any], edits: Mapping[str, Any]) -> dict[str, Any]:
    """Return edits after those made before; a path set again counts as the last one."""
    return {path: value for path, value in before.items() if path not in edits} | dict(edits)


def _row(job_id: str, custom_id: str, decision: Decision) -> tuple[object, ...]:
    return (
        job_id,
        custom_id,
        decision.attempt,
        decision.choice,
        msgspec.json.encode(decision.edits).decode() if decision.edits else "",
        None if decision.params is None else msgspec.json.encode(decision.params).decode(),
        decision.template_key,
        now(),
    )
