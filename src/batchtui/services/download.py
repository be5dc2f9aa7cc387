"""Bringing results home before the API drops them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import Counts, StoredBatch
from batchtui.domain.errors import BatchtuiError, EndedError, MismatchError, MissingError, UnclearError
from batchtui.domain.human import counted
from batchtui.domain.result import CANCELED, EXPIRED, SUCCEEDED, UNREADABLE
from batchtui.domain.selection import Selection
from batchtui.services.transfers import Transfer, Transfers
from batchtui.store import Store

LATE_SECONDS = (1.0, 2.0, 4.0)
"""Pauses before results are asked for again that are not there though their batch has just ended."""

JUST_ENDED = timedelta(minutes=1)

CLAIM_SECONDS = 90.0
"""How long a download that does not move keeps others from beginning the same; a dead process does not."""

RENEW_SECONDS = 20.0

LOOK_SECONDS = 0.25
"""How often who waits for the download of another looks whether it is over."""

_EVER = datetime.min.replace(tzinfo=UTC)

Progress = Callable[[int], None]
"""Called with the bytes received so far; the whole size is not known beforehand."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a download brought: result lines, how many of them could not be read, and their bytes."""

    batch: StoredBatch
    lines: int
    unreadable: int
    received_bytes: int


class Downloads:
    """Downloads the results of ended batches, one batch at a time, straight into file and index."""

    def __init__(self, store: Store, gateway: Gateway, profile: str, transfers: Transfers | None = None) -> None:
        self._store = store
        self._gateway = gateway
        self._profile = profile
        self._transfers = transfers or Transfers()
        self._ended_by_user: set[str] = set()

    def due(self) -> list[StoredBatch]:
        """Return the ended batches of this profile whose results are not all on disk but can still be had.

        Of those the API should have dropped, the ones sent from here are asked for all the same, until it says
        that they are gone: a server whose clock stands still has them yet. A download that the user has ended is
        not begun again by itself as long as this process runs.
        """
        now = datetime.now(UTC)
        ever = self._store.batches.awaiting_results(self._profile, self._gateway.base_url, _EVER)
        return [
            stored
            for stored in ever
            if (stored.requests_known or stored.batch.results_until > now) and stored.id not in self._ended_by_user
        ]

    async def download(self, stored: StoredBatch, on_progress: Progress | None = None) -> Downloaded:
        """Download all results of an ended batch; rows can be read while they arrive.

        Of all that want the same, in this process and others on the home, one downloads and the others wait for it:
        what has arrived by then is not asked for again, and where nothing has, the next one tries.

        Raises `UnclearError` if the stream broke off or has another number of lines than the batch has results,
        and `MissingError` if the API has none; then nothing half is kept, and it can be done again. Results of a
        batch that has just ended are waited for a little. Raises `EndedError` if the user ends it meanwhile.
        """
        self._ended_by_user.discard(stored.id)
        claim = _Claim(self._store, stored.id)
        try:
            while not await claim.hold():  # noqa: ASYNC110 - no event tells of other processes
                await asyncio.sleep(LOOK_SECONDS)
            if stored.id in self._ended_by_user:
                raise _ended(stored)
            fresh = self._store.batches.get(stored.id)
            if fresh.results == "complete" != stored.results:
                return self._brought(fresh)
            return await self._patiently(fresh, on_progress, claim)
        finally:
            await claim.release()

    def _brought(self, stored: StoredBatch) -> Downloaded:
        """Return what the download of another brought."""
        found = self._store.results.count(Selection((stored.key,)))
        _, results_bytes = self._store.files.sizes(stored.id)
        return Downloaded(stored, found["all"], found.get(UNREADABLE, 0), results_bytes)

    async def _patiently(self, stored: StoredBatch, on_progress: Progress | None, claim: _Claim) -> Downloaded:
        for pause_seconds in LATE_SECONDS:
            try:
                return await self._download(stored, on_progress, claim)
            except MissingError:
                if not _has_just_ended(stored):
                    raise
            await asyncio.sleep(pause_seconds)
        return await self._download(stored, on_progress, claim)

    async def _download(self, stored: StoredBatch, on_progress: Progress | None, claim: _Claim) -> Downloaded:
        with self._transfers.moving("down", stored.job_name, stored.id, stored.batch.counts.results) as transfer:
            # A task of its own can be ended without whoever waits for it, as the poller does.
            fetching = asyncio.create_task(self._fetch(stored, transfer, on_progress, claim))
            transfer.cancel = fetching.cancel
            try:
                return await fetching
            except asyncio.CancelledError:
                waiting = asyncio.current_task()
                if waiting is None or waiting.cancelling():
                    raise
                self._ended_by_user.add(stored.id)
                raise _ended(stored) from None

    async def _fetch(
        self, stored: StoredBatch, transfer: Transfer, on_progress: Progress | None, claim: _Claim
    ) -> Downloaded:
        await self._store.requests.ensure_indexed(stored.id)
        writer = self._store.results.writer(stored.id)
        counts, received = stored.batch.counts, 0
        try:
            async with self._gateway.results(stored.id) as chunks:
                async for chunk in chunks:
                    await writer.feed(chunk)
                    await claim.renew()
                    received += len(chunk)
                    transfer.moved_bytes = received
                    transfer.done += chunk.count(b"\n")
                    if on_progress is not None:
                        on_progress(received)
            ingested = await writer.finish(counts.results, unanswered=counts.unanswered)
        except BaseException as error:
            await writer.abort()
            if isinstance(error, MissingError) and stored.batch.results_until < datetime.now(UTC):
                await self._store.batches.set_results_state(stored.id, "gone")
            raise
        if not ingested.complete:
            raise UnclearError(
                f"{stored.id}: of {counts.results:,} results only {ingested.lines:,} arrived whole.",
                unharmed="The API still has them all.",
                todo="They are asked for again at the next sync.",
            )
        if not counts.results:
            await self._count(stored)
        await self._store.figures.fill(stored.key)
        return Downloaded(self._store.batches.get(stored.id), ingested.lines, ingested.unreadable, received)

    async def _count(self, stored: StoredBatch) -> None:
        """Write down the counts of a batch whose server does not tell them, from its results."""
        found = self._store.results.count(Selection((stored.key,)))
        known = {name: found.get(name, 0) for name in (SUCCEEDED, CANCELED, EXPIRED)}
        counts = Counts(**known, errored=found["all"] - sum(known.values()))
        batch = replace(stored.batch, counts=counts)
        await self._store.batches.record([batch], profile=stored.profile, base_url=stored.base_url)

    def mismatch(self, stored: StoredBatch) -> MismatchError | None:
        """Return what speaks against the results of a batch being those of its requests, None if nothing does.

        That can be where a batch was taken for one that was sent, because of its size and time.
        """
        strangers = self._store.batches.stranger_count(stored.key)
        if not strangers:
            return None
        path = self._store.files.requests_path(stored.id)
        return MismatchError(
            f"{stored.id} is not the batch that was sent as {stored.job_name}: "
            f"{counted(strangers, 'result')} in it answer none of the requests.",
            unharmed="The requests and the results are both kept.",
            todo=f"Its requests are in {path}: `batchtui adopt ID --requests` gives them to another batch, "
            "`batchtui submit` sends them again.",
        )

    async def download_due(
        self, on_progress: Callable[[StoredBatch, int], None] | None = None
    ) -> tuple[list[Downloaded], list[BatchtuiError]]:
        """Download everything that is due; one that fails does not keep the others.

        Results that do not fit their requests are among the errors, and downloaded all the same.
        """
        done: list[Downloaded] = []
        errors: list[BatchtuiError] = []
        for stored in self.due():
            progress = None if on_progress is None else _for_batch(on_progress, stored)
            try:
                downloaded = await self.download(stored, progress)
            except BatchtuiError as error:
                errors.append(error)
            else:
                done.append(downloaded)
                if mismatch := self.mismatch(downloaded.batch):
                    errors.append(mismatch)
        return done, errors


class _Claim:
    """Says to the others on a home who downloads the results of a batch."""

    def __init__(self, store: Store, batch_id: str) -> None:
        self._leases = store.leases
        self._name = f"download {batch_id}"
        self._owner = store.leases.new_owner()
        self._held_at_seconds = 0.0

    async def hold(self) -> bool:
        """Take the claim or keep it, and return False while another has it."""
        self._held_at_seconds = time.monotonic()
        return await self._leases.acquire(self._name, self._owner, CLAIM_SECONDS)

    async def renew(self) -> None:
        """Keep the claim, if it is time; where it was lost meanwhile, two download, which harms nothing."""
        if time.monotonic() - self._held_at_seconds > RENEW_SECONDS:
            await self.hold()

    async def release(self) -> None:
        """Let the next one have it."""
        await self._leases.release(self._name, self._owner)


def _ended(stored: StoredBatch) -> EndedError:
    return EndedError(
        f"The download of {stored.job_name} was ended.",
        unharmed="The API still has its results.",
        todo="Download them whenever you like, until the API drops them.",
    )


def _has_just_ended(stored: StoredBatch) -> bool:
    ended_at = stored.batch.ended_at
    return ended_at is None or abs(datetime.now(UTC) - ended_at) < JUST_ENDED


def _for_batch(on_progress: Callable[[StoredBatch, int], None], stored: StoredBatch) -> Progress:
    return lambda received: on_progress(stored, received)
