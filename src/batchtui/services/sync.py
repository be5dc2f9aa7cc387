"""Keeping what we remember in step with what the API says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import Batch, BatchPage, StoredBatch
from batchtui.domain.errors import BatchtuiError, MissingError, RejectedError, UnclearError
from batchtui.services.download import Downloaded, Downloads
from batchtui.store import Change, Store

PAGE_LIMITS = (1000, 100)
"""Batches a page: the most the API gives, and what servers that take less than it are asked for."""

MAX_PAGES = 1000
"""Where a list that never ends is given up."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync found: rows that changed, batches that ended since the last look, and results brought home.

    `errors` are those of single batches; what concerns the whole list is raised.
    """

    changes: tuple[Change, ...] = ()
    downloaded: tuple[Downloaded, ...] = ()
    errors: tuple[BatchtuiError, ...] = field(default=())

    @property
    def ended(self) -> tuple[StoredBatch, ...]:
        """Return the batches that were seen running before and have ended now."""
        return tuple(
            change.after
            for change in self.changes
            if change.before is not None and not change.before.batch.has_ended and change.after.batch.has_ended
        )


class Sync:
    """Asks the API for the list and writes down what changed."""

    def __init__(self, store: Store, gateway: Gateway, downloads: Downloads, profile: str) -> None:
        self._store = store
        self._gateway = gateway
        self._downloads = downloads
        self._profile = profile

    async def update(self, *, all_pages: bool = False) -> SyncReport:
        """Update the stored batches from the list.

        Pages are read back to the oldest batch that still runs here, or all of them: on request, and on the
        first look at a server. A running batch the list does not show is asked for by itself; one 404 does not
        end it, since the API has been seen to give one by mistake.
        """
        running = self._store.batches.running(self._profile, self._gateway.base_url)
        known = self._store.batches.count(self._profile, self._gateway.base_url)
        since = min((stored.batch.created_at for stored in running), default=None)
        everything = all_pages or not known
        seen: dict[str, Batch] = {}
        after_id: str | None = None
        for _ in range(MAX_PAGES):
            page = await self._page(after_id)
            fresh = [batch for batch in page.batches if batch.id not in seen]
            seen.update((batch.id, batch) for batch in fresh)
            if not page.has_more or page.last_id is None:
                break
            if not fresh:
                raise UnclearError(
                    "The server gave the same page of batches twice.",
                    unharmed="The batches seen so far are kept.",
                    todo="Try again; if it stays, the server's list is at fault.",
                )
            if not everything and (since is None or fresh[-1].created_at < since):
                break
            after_id = page.last_id
        errors = await self._ask_for_unlisted(running, seen)
        changes = await self._store.batches.record(
            list(seen.values()), profile=self._profile, base_url=self._gateway.base_url
        )
        return SyncReport(tuple(changes), errors=tuple(errors))

    async def run(self, on_progress: Callable[[StoredBatch, int], None] | None = None) -> SyncReport:
        """Update the stored batches and download the results of all that have ended."""
        report = await self.update()
        downloaded, errors = await self._downloads.download_due(on_progress)
        return SyncReport(report.changes, tuple(downloaded), (*report.errors, *errors))

    async def _page(self, after_id: str | None) -> BatchPage:
        largest, smaller = PAGE_LIMITS
        try:
            return await self._gateway.list_batches(limit=largest, after_id=after_id)
        except RejectedError:
            return await self._gateway.list_batches(limit=smaller, after_id=after_id)

    async def _ask_for_unlisted(self, running: list[StoredBatch], seen: dict[str, Batch]) -> list[BatchtuiError]:
        errors: list[BatchtuiError] = []
        for stored in running:
            if stored.id in seen:
                continue
            try:
                batch = await self._gateway.retrieve(stored.id)
            except MissingError as error:
                errors.append(error)
            else:
                seen[batch.id] = batch
        return errors
