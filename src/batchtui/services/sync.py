"""Keeping what we remember in step with what the API says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import Batch, BatchPage, StoredBatch
from batchtui.domain.errors import (
    ApiError,
    BatchtuiError,
    MissingError,
    RefusedError,
    RejectedError,
    UnclearError,
)
from batchtui.services.download import Downloaded, Downloads
from batchtui.services.models import ModelLists
from batchtui.services.submit import Submission, Submissions
from batchtui.store import Change, Store

if TYPE_CHECKING:
    from batchtui.services.due import DueRun

RunDue = Callable[[datetime], Awaitable["DueRun"]]
"""Sends the failed rows that may go out again by themselves at a moment."""

PAGE_LIMITS = (1000, 100, 20)
"""Batches a page: the most the API gives, and what servers that refuse so many are asked for."""

MAX_PAGES = 1000
"""Where a list that never ends is given up."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync found and did: rows that changed, results brought home, waiting parts that were sent.

    `retried` are the failed rows that were sent again by themselves, and `left` says of which a person has to
    decide because of their price. `missing` are the running batches that the server says it does not know. `errors`
    are those of single batches; what concerns the whole list is raised.
    """

    changes: tuple[Change, ...] = ()
    downloaded: tuple[Downloaded, ...] = ()
    sent: tuple[StoredBatch, ...] = ()
    retried: tuple[Submission, ...] = ()
    left: tuple[RefusedError, ...] = ()
    missing: tuple[StoredBatch, ...] = ()
    errors: tuple[BatchtuiError, ...] = ()

    @property
    def ended(self) -> tuple[StoredBatch, ...]:
        """Return the batches that were seen running before and have ended now."""
        return tuple(
            change.after
            for change in self.changes
            if change.before is not None and not change.before.batch.has_ended and change.after.batch.has_ended
        )


class Sync:
    """Asks the API for the list and writes down what changed.

    With `feeds` it sends parts that wait for room, and what `run_due` sends if that is given.
    """

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        downloads: Downloads,
        submissions: Submissions,
        models: ModelLists,
        *,
        profile: str,
        feeds: bool = True,
        run_due: RunDue | None = None,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._downloads = downloads
        self._submissions = submissions
        self._models = models
        self._feeds = feeds
        self._run_due = run_due
        self._profile = profile
        self._refused_limits = 0

    async def update(self, *, all_pages: bool = False) -> SyncReport:
        """Update the stored batches from the list.

        Pages are read back to the oldest batch that still runs here, or all of them: on request, and on the
        first look at a server. A running batch the list does not show is asked for by itself, and so are all of
        them where there is no list; one 404 does not end it, since the API has been seen to give one by mistake.
        """
        running = self._store.batches.running(self._profile, self._gateway.base_url)
        known = self._store.batches.count(self._profile, self._gateway.base_url)
        since = min((stored.batch.created_at for stored in running), default=None)
        seen: dict[str, Batch] = {}
        errors: list[BatchtuiError] = []
        try:
            errors += await self._read_list(seen, since, everything=all_pages or not known)
        except MissingError as error:
            if not known:
                raise
            errors.append(error)
        missing, failures = await self._ask_for_unlisted(running, seen)
        changes = await self._store.batches.record(
            list(seen.values()), profile=self._profile, base_url=self._gateway.base_url
        )
        await self._store.looks.record(self._profile, self._gateway.base_url, datetime.now(UTC))
        return SyncReport(tuple(changes), missing=tuple(missing), errors=(*errors, *failures))

    async def run(self, on_progress: Callable[[StoredBatch, int], None] | None = None) -> SyncReport:
        """Update the stored batches, send what waits and may go out now, and download what has ended."""
        report = await self.update()
        await self._models.refresh()
        errors = list(report.errors)
        sent: list[StoredBatch] = []
        try:
            sent = await self._submissions.feed() if self._feeds else []
        except BatchtuiError as error:
            errors.append(error)
        downloaded, failures = await self._downloads.download_due(on_progress)
        again = await self._run_due(datetime.now(UTC)) if self._feeds and self._run_due else None
        arrived = {one.batch.id: one.batch for one in downloaded}
        changes = (replace(one, after=arrived.get(one.after.id, one.after)) for one in report.changes)
        return replace(
            report,
            changes=tuple(changes),
            downloaded=tuple(downloaded),
            sent=tuple(sent),
            retried=again.sent if again else (),
            left=again.left if again else (),
            errors=(*errors, *failures, *(again.errors if again else ())),
        )

    async def _read_list(
        self, seen: dict[str, Batch], since: datetime | None, *, everything: bool
    ) -> list[BatchtuiError]:
        """Add what the list holds, newest first, back to `since` or to its end; return what is wrong with it."""
        after_id: str | None = None
        for _ in range(MAX_PAGES):
            page = await self._page(after_id)
            fresh = [batch for batch in page.batches if batch.id not in seen]
            seen.update((batch.id, batch) for batch in fresh)
            if not page.has_more or page.last_id is None:
                break
            if not fresh:
                return [
                    UnclearError(
                        "The server gave the same page of batches twice.",
                        unharmed="The batches seen so far are kept.",
                        todo="Older ones can be looked at by their full id.",
                    )
                ]
            if not everything and (since is None or fresh[-1].created_at < since):
                break
            after_id = page.last_id
        return []

    async def _page(self, after_id: str | None) -> BatchPage:
        while True:
            limit, *smaller = PAGE_LIMITS[self._refused_limits :]
            try:
                return await self._gateway.list_batches(limit=limit, after_id=after_id)
            except RejectedError:
                if not smaller:
                    raise
                self._refused_limits += 1

    async def _ask_for_unlisted(
        self, running: list[StoredBatch], seen: dict[str, Batch]
    ) -> tuple[list[StoredBatch], list[BatchtuiError]]:
        """Add the running batches that were not seen; return those not known there, and what went wrong."""
        missing: list[StoredBatch] = []
        errors: list[BatchtuiError] = []
        for stored in running:
            if stored.id in seen:
                continue
            try:
                batch = await self._gateway.retrieve(stored.id)
            except MissingError as error:
                missing.append(stored)
                errors.append(error)
            except ApiError as error:
                errors.append(error)
                break
            else:
                seen[batch.id] = batch
        return missing, errors
