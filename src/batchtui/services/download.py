"""Bringing results home before the API drops them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import BatchtuiError, MissingError, UnclearError
from batchtui.store import Store

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

    def __init__(self, store: Store, gateway: Gateway, profile: str) -> None:
        self._store = store
        self._gateway = gateway
        self._profile = profile

    def due(self) -> list[StoredBatch]:
        """Return the ended batches of this profile whose results are not all on disk but can still be had."""
        return self._store.batches.awaiting_results(self._profile, self._gateway.base_url, datetime.now(UTC))

    async def download(self, stored: StoredBatch, on_progress: Progress | None = None) -> Downloaded:
        """Download all results of an ended batch; rows can be read while they arrive.

        Raises `UnclearError` if the stream broke off or has another number of lines than the batch has results,
        and `MissingError` if the API has none; then nothing half is kept, and it can be done again.
        """
        await self._store.requests.ensure_indexed(stored.id)
        writer = self._store.results.writer(stored.id)
        received = 0
        try:
            async with self._gateway.results(stored.id) as chunks:
                async for chunk in chunks:
                    await writer.feed(chunk)
                    received += len(chunk)
                    if on_progress is not None:
                        on_progress(received)
            ingested = await writer.finish(expected=stored.batch.counts.results)
        except BaseException as error:
            await writer.abort()
            if isinstance(error, MissingError) and stored.batch.results_until < datetime.now(UTC):
                await self._store.batches.set_results_state(stored.id, "gone")
            raise
        if not ingested.complete:
            raise UnclearError(
                f"{stored.id}: {ingested.lines:,} of {stored.batch.counts.results:,} results arrived.",
                unharmed="The API still has them all.",
                todo="They are asked for again at the next sync.",
            )
        return Downloaded(self._store.batches.get(stored.id), ingested.lines, ingested.unreadable, received)

    async def download_due(
        self, on_progress: Callable[[StoredBatch, int], None] | None = None
    ) -> tuple[list[Downloaded], list[BatchtuiError]]:
        """Download everything that is due; one that fails does not keep the others."""
        done: list[Downloaded] = []
        errors: list[BatchtuiError] = []
        for stored in self.due():
            progress = None if on_progress is None else _for_batch(on_progress, stored)
            try:
                done.append(await self.download(stored, progress))
            except BatchtuiError as error:
                errors.append(error)
        return done, errors


def _for_batch(on_progress: Callable[[StoredBatch, int], None], stored: StoredBatch) -> Progress:
    return lambda received: on_progress(stored, received)
