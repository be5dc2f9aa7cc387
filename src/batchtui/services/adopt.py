"""Batches made elsewhere, and the files they were made from."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import LintError, RefusedError, StoreError
from batchtui.domain.lint import Problem, request_lines, request_object
from batchtui.store import Store
from batchtui.store.files import new_private

UNCHANGED = "Nothing was changed."
SHOWN_IDS = 5


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the `total` requests of a batch would be known, once a file is attached that has `in_file`."""

    in_file: int
    known: int
    total: int

    @property
    def missing(self) -> int:
        """Return how many would not be."""
        return self.total - self.known


class Adoptions:
    """Gives batches that were made elsewhere the requests that the API never returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lacks_requests(self, stored: StoredBatch) -> bool:
        """Return whether a batch was made elsewhere and some or all of its requests are not known."""
        if not stored.requests_known:
            return True
        known = self._store.requests.count(stored.key)
        return known < stored.batch.counts.total and not self._store.intents.led_to(stored.id)

    async def coverage(self, stored: StoredBatch, lines: Iterable[bytes], source: str) -> Coverage:
        """Return what attaching a file would bring; raises as `attach` with `is_partial` does."""

        def look() -> Coverage:
            custom_ids = {custom_id for custom_id, _ in _checked(lines, source)}
            known = self._require_fit(stored, custom_ids, source, is_partial=True)
            return Coverage(len(custom_ids), len(known), stored.batch.counts.total)

        return await asyncio.to_thread(look)

    async def attach(
        self, stored: StoredBatch, lines: Iterable[bytes], source: str, *, is_partial: bool = False
    ) -> StoredBatch:
        """Keep a copy of request lines as the requests of a batch, and return the batch.

        With those that were attached before they must be as many as the batch has, and hold the custom_id of every
        result that is here. If they are partial they may be fewer, and each must have its result here: only so can
        be told that they are of this batch. `source` names them in messages. Raises `LintError` where a line is no
        request, `RefusedError` where they are not those of the batch or its requests are known already, and
        `StoreError`; then nothing is kept.
        """
        if not await asyncio.to_thread(self.lacks_requests, stored):
            raise RefusedError(f"The requests of {stored.id} are known already.", unharmed=UNCHANGED)
        spool = self._store.files.new_spool()
        try:
            await asyncio.to_thread(self._write, stored, lines, source, spool, is_partial=is_partial)
            await self._store.requests.put(stored.id, spool)
        finally:
            shutil.rmtree(spool.parent, ignore_errors=True)
        return self._store.batches.get(stored.id)

    def _write(
        self, stored: StoredBatch, lines: Iterable[bytes], source: str, spool: Path, *, is_partial: bool
    ) -> None:
        try:
            with new_private(spool) as file:
                custom_ids: set[str] = set()
                for custom_id, line in _checked(lines, source):
                    custom_ids.add(custom_id)
                    file.write(line + b"\n")
                for custom_id in self._require_fit(stored, custom_ids, source, is_partial=is_partial) - custom_ids:
                    file.write(self._store.requests.line(stored.key, custom_id) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(
                f"{spool}: the requests could not be written: {error.strerror}.",
                unharmed=UNCHANGED,
                todo="Make room or name another home with --home.",
            ) from error

    def _require_fit(self, stored: StoredBatch, custom_ids: set[str], source: str, *, is_partial: bool) -> set[str]:
        """Return the custom_ids of all requests that will be known; raises `RefusedError` if they do not fit."""
        total = stored.batch.counts.total
        known = custom_ids if len(custom_ids) == total else custom_ids | self._store.requests.custom_ids(stored.key)
        if len(known) == total:
            self._require_all_answered(stored, known, source)
        elif is_partial:
            self._require_part(stored, custom_ids, source)
        else:
            before = f" With those known before they are {len(known):,}." if len(known) > len(custom_ids) else ""
            raise RefusedError(
                f"{source} has {len(custom_ids):,} requests, {stored.id} has {total:,}.{before}",
                unharmed=UNCHANGED,
                todo="Give the file exactly as it was sent, or with `adopt --partial` one that has some of them.",
            )
        return known

    def _require_all_answered(self, stored: StoredBatch, custom_ids: set[str], source: str) -> None:
        strangers = sorted(self._store.batches.answered_ids(stored.key) - custom_ids)
        if strangers:
            raise RefusedError(
                f"{source} lacks {len(strangers):,} of the custom_ids in the results of {stored.id}: "
                f"{_listed(strangers)}",
                unharmed=UNCHANGED,
                todo="Give the file exactly as it was sent.",
            )

    def _require_part(self, stored: StoredBatch, custom_ids: set[str], source: str) -> None:
        if stored.results != "complete":
            raise RefusedError(
                f"The results of {stored.id} are not here, so it cannot be told whether {source} is a part of it.",
                unharmed=UNCHANGED,
                todo="Try again when it has ended and its results have been downloaded.",
            )
        strangers = sorted(custom_ids - self._store.batches.answered_ids(stored.key))
        if strangers or not custom_ids:
            raise RefusedError(
                f"{source} has {len(strangers):,} requests without a result in {stored.id}: {_listed(strangers)}",
                unharmed=UNCHANGED,
                todo="Give a file that has only requests of this batch.",
            )


def _listed(custom_ids: Sequence[str]) -> str:
    return ", ".join(custom_ids[:SHOWN_IDS]) + (" …" if len(custom_ids) > SHOWN_IDS else "")


def _checked(lines: Iterable[bytes], source: str) -> Iterator[tuple[str, bytes]]:
    """Yield the custom_id and the bytes of each line that is not blank; raises `LintError` at the end."""
    custom_ids: set[str] = set()
    problems: list[Problem] = []
    for number, line in request_lines(lines):
        custom_id, problem = _check(number, line)
        if custom_id and custom_id in custom_ids:
            problem = Problem(number, custom_id, "custom_id-duplicate", "an earlier line has the same custom_id")
        custom_ids.add(custom_id)
        if problem is not None:
            problems.append(problem)
        yield custom_id, line
    if problems:
        raise LintError(source, problems)


def _check(number: int, line: bytes) -> tuple[str, Problem | None]:
    """Return the custom_id of a line, and what keeps it from being a request that can have been sent."""
    value = request_object(number, line)
    if isinstance(value, Problem):
        return "", value
    custom_id = value.get("custom_id")
    if not isinstance(custom_id, str):
        return "", Problem(number, "", "custom_id-missing", "there is no custom_id")
    if not isinstance(value.get("params"), dict):
        return custom_id, Problem(number, custom_id, "params-missing", "there are no params")
    return custom_id, None
