"""Finding out what became of submissions whose outcome is unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import Batch, BatchFilter, StoredBatch
from batchtui.domain.errors import RefusedError, StoreError, UnknownIdError, os_reason
from batchtui.domain.estimate import Estimate
from batchtui.domain.human import counted
from batchtui.domain.job import Intent
from batchtui.domain.result import read_object
from batchtui.services.prepare import estimate_lines
from batchtui.services.submit import Submissions, require_here
from batchtui.services.sync import Sync
from batchtui.store import Store

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clock here and the one at the API may be apart."""


@dataclass(frozen=True, slots=True)
class OpenSubmission:
    """A submission without an outcome, and the batches at the API that could be it, newest first.

    Where it is for another server than the one in force, `is_here` is False: it can be settled only there.
    """

    intent: Intent
    candidates: tuple[StoredBatch, ...]
    is_here: bool = True


class Settlements:
    """Settles open submissions by looking at the list; nothing is sent unless the user says so."""

    def __init__(self, store: Store, gateway: Gateway, sync: Sync, submissions: Submissions, profile: str) -> None:
        self._store = store
        self._gateway = gateway
        self._sync = sync
        self._submissions = submissions
        self._profile = profile

    def open_submissions(self) -> list[Intent]:
        """Return what is still open, drafts and unclear ones, without asking the API."""
        return self._store.intents.open_ones(self._profile)

    async def look(self) -> list[OpenSubmission]:
        """Update the list and return every open submission with the batches that could be it."""
        intents = self.open_submissions()
        if any(intent.state == "unclear" and self._is_here(intent) for intent in intents):
            await self._sync.update()
        return [OpenSubmission(intent, self._candidates(intent), self._is_here(intent)) for intent in intents]

    async def adopt(self, intent: Intent, batch: Batch) -> StoredBatch:
        """Take a batch for the one that was sent; its results will tell whether the custom_ids agree.

        Raises `RefusedError` for a batch of another size, for one whose results are here and answer other requests,
        for a submission to another server, and for one that was never sent: no batch can have come of it.
        """
        require_here(intent, self._gateway.base_url)
        if intent.sent_at is None:
            raise RefusedError(
                f"{intent.job_name}, part {intent.part} of {intent.parts}, was never sent, so no batch came of it.",
                unharmed="Nothing was changed.",
                todo="--resume sends it, --discard drops it.",
            )
        if batch.counts.total != intent.request_count:
            raise RefusedError(
                f"{batch.id} has {batch.counts.total:,} requests, the submission {intent.request_count:,}.",
                unharmed="Nothing was changed.",
                todo="Adopt a batch of the same size.",
            )
        await asyncio.to_thread(self._require_answered, intent, batch)
        await self._store.intents.close(intent.id, batch)
        await self._store.requests.index(batch.id)
        return self._store.batches.get(batch.id)

    async def resend(self, intent: Intent, *, on_sent: Callable[[int], None] | None = None) -> StoredBatch:
        """Send it again because the user decided that nothing was created; this spends money.

        `on_sent` is called with the bytes sent so far.

        Raises `RefusedError` for a submission to another server and where there is no room for it, else as
        `Submissions.send` does.
        """
        require_here(intent, self._gateway.base_url)
        self._submissions.require_room(intent)
        await self._gateway.check()
        return await self._submissions.send_intent(intent, on_sent=on_sent)

    async def estimate(self, intent: Intent) -> Estimate:
        """Return what sending it will cost; raises `StoreError` if its lines cannot be read."""
        return await asyncio.to_thread(_estimate, self._store.files.spool_path(intent.id))

    def lines(self, intent: Intent) -> Iterator[bytes]:
        """Yield the request lines of a submission, each with its newline; raises `StoreError`."""
        path = self._store.files.spool_path(intent.id)
        with _spool_errors(path), path.open("rb") as lines:
            yield from lines

    async def discard(self, intent: Intent) -> None:
        """Give it up and drop its requests."""
        await self._store.intents.discard(intent.id)

    def _require_answered(self, intent: Intent, batch: Batch) -> None:
        """Raise `RefusedError` if the results of a batch that are here answer other requests."""
        try:
            stored = self._store.batches.get(batch.id)
        except UnknownIdError:
            return
        strangers = self._store.batches.answered_ids(stored.key)
        if strangers:
            with _spool_errors(path := self._store.files.spool_path(intent.id)), path.open("rb") as lines:
                strangers.difference_update(read_object(line)["custom_id"] for line in lines)
        if strangers:
            raise RefusedError(
                f"{batch.id} is another batch: {counted(len(strangers), 'result')} in it answer no request.",
                unharmed="Nothing was changed.",
                todo="Adopt another one, or send it if there is none.",
            )

    def _is_here(self, intent: Intent) -> bool:
        return intent.base_url == self._gateway.base_url

    def _candidates(self, intent: Intent) -> tuple[StoredBatch, ...]:
        if intent.state != "unclear" or intent.sent_at is None:
            return ()
        opens = intent.sent_at - CLOCK_SKEW
        closes = (intent.settled_at or datetime.now(UTC)) + CLOCK_SKEW
        return tuple(
            stored
            for stored in self._store.batches.list(BatchFilter(profile=intent.profile, base_url=intent.base_url))
            if not stored.requests_known
            and stored.batch.counts.total == intent.request_count
            and opens <= stored.batch.created_at <= closes
        )


def _estimate(spool: Path) -> Estimate:
    with _spool_errors(spool):
        return estimate_lines(spool)


@contextmanager
def _spool_errors(spool: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{spool}: {os_reason(error)}.",
            unharmed="Nothing was sent.",
            todo="Submit the file again and discard this one.",
        ) from error
