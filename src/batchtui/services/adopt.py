"""Batches made elsewhere, and the files they were made from."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import LintError, RefusedError, StoreError
from batchtui.domain.lint import Problem, request_lines, request_object
from batchtui.store import Store
from batchtui.store.files import new_private

UNCHANGED = "Nothing was changed."
SHOWN_IDS = 5


class Adoptions:
    """Gives batches that were made elsewhere the requests that the API never returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def attach(
        self, stored: StoredBatch, lines: Iterable[bytes], source: str, *, is_partial: bool = False
    ) -> StoredBatch:
        """Keep a copy of request lines as the requests of a batch, and return the batch.

        They must be as many as the batch has, and hold the custom_id of every result that is here. If they are
        partial they may be fewer, and each must have its result here: only so can be told that they are of this
        batch. `source` names them in messages. Raises `LintError` where a line is no request, `RefusedError` where
        they are not those of the batch or its requests are known already, and `StoreError`; then nothing is kept.
        """
        if stored.requests_known:
            raise RefusedError(f"The requests of {stored.id} are known already.", unharmed=UNCHANGED)
        place = self._store.files.requests_path(stored.id)
        require_match = self._require_part if is_partial else self._require_match
        await asyncio.to_thread(self._put_in_place, stored, lines, source, place, require_match)
        await self._store.requests.index(stored.id)
        return self._store.batches.get(stored.id)

    def _put_in_place(
        self,
        stored: StoredBatch,
        lines: Iterable[bytes],
        source: str,
        place: Path,
        require_match: Callable[[StoredBatch, set[str], str], None],
    ) -> None:
        spool = self._store.files.new_spool()
        try:
            custom_ids = _copy(lines, source, spool)
            require_match(stored, custom_ids, source)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            spool.replace(place)
        except OSError as error:
            raise StoreError(
                f"{place}: the requests could not be written: {error.strerror}.",
                unharmed=UNCHANGED,
                todo="Make room or name another home with --home.",
            ) from error
        finally:
            shutil.rmtree(spool.parent, ignore_errors=True)

    def _require_match(self, stored: StoredBatch, custom_ids: set[str], source: str) -> None:
        total = stored.batch.counts.total
        if len(custom_ids) != total:
            raise RefusedError(
                f"{source} has {len(custom_ids):,} requests, {stored.id} has {total:,}.",
                unharmed=UNCHANGED,
                todo="Give the file exactly as it was sent, or with `adopt --partial` one that has some of them.",
            )
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


def _copy(lines: Iterable[bytes], source: str, place: Path) -> set[str]:
    """Copy the lines that are not blank, and return their custom_ids; raises `LintError`."""
    custom_ids: set[str] = set()
    problems: list[Problem] = []
    with new_private(place) as file:
        for number, line in request_lines(lines):
            custom_id, problem = _check(number, line)
            if custom_id and custom_id in custom_ids:
                problem = Problem(
                    number, custom_id, "custom_id-duplicate", "an earlier line has the same custom_id"
                )
            custom_ids.add(custom_id)
            if problem is not None:
                problems.append(problem)
            file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if problems:
        raise LintError(source, problems)
    return custom_ids


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
