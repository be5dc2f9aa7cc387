"""What a user does to batches that exist."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import MissingError, RefusedError, RejectedError
from batchtui.domain.human import counted
from batchtui.domain.job import Job
from batchtui.store import Store

UNHARMED = "Nothing was deleted."


def deletion(batches: Collection[StoredBatch], *, here: bool, remote: bool) -> str:
    """Return what a deletion would do, as a sentence without its full stop."""
    rows = sum(stored.batch.counts.total for stored in batches)
    where = (
        "at the API and here" if here and remote else "here, and not at the API" if here else "at the API, not here"
    )
    lost = sum(stored.results in {"none", "partial"} for stored in batches) if here and remote else 0
    only = f"; the results of {counted(lost, 'batch', 'batches')} were never downloaded" if lost else ""
    return f"Delete {counted(len(batches), 'batch', 'batches')} of {counted(rows, 'request')} {where}{only}"


class Management:
    """Cancels, deletes and renames."""

    def __init__(self, store: Store, gateway: Gateway) -> None:
        self._store = store
        self._gateway = gateway

    async def cancel(self, stored: StoredBatch) -> StoredBatch:
        """Ask the API to cancel a running batch; what is already answered is kept and billed.

        Raises `RefusedError` for a batch that has ended.
        """
        if stored.batch.has_ended:
            raise RefusedError(f"{stored.id} has ended, there is nothing to cancel.")
        try:
            batch = await self._gateway.cancel(stored.id)
        except RejectedError as refusal:
            batch = await self._gateway.retrieve(stored.id)
            await self._store.batches.record([batch], profile=stored.profile, base_url=stored.base_url)
            if not batch.has_ended:
                raise
            raise RefusedError(f"{stored.id} has ended meanwhile, there is nothing to cancel.") from refusal
        await self._store.batches.record([batch], profile=stored.profile, base_url=stored.base_url)
        return self._store.batches.get(stored.id)

    def require_deletable(self, stored: StoredBatch, *, here: bool, remote: bool) -> None:
        """Raise `RefusedError` where a batch must not be deleted `here`, at the API (`remote`), or both.

        It must have ended, or nobody would learn what it costs. At the API it is deleted only where calls go to,
        and with results that are not all on disk only if they are not wanted here either.
        """
        if not stored.batch.has_ended:
            raise RefusedError(f"{stored.id} still runs.", unharmed=UNHARMED, todo="Cancel it first.")
        if remote and stored.base_url != self._gateway.base_url:
            raise RefusedError(
                f"{stored.id} is at {stored.base_url}, and calls go to {self._gateway.base_url}.",
                unharmed=UNHARMED,
                todo=f"Give --profile {stored.profile} or --base-url, or delete it here only.",
            )
        if remote and not here and stored.results in {"none", "partial"}:
            raise RefusedError(
                f"The results of {stored.id} are not all on disk, and the API has the only ones.",
                unharmed=UNHARMED,
                todo="Download them first, or delete it here too.",
            )

    async def delete(self, stored: StoredBatch, *, here: bool, remote: bool) -> None:
        """Delete a batch at the API (`remote`), everything that is kept of it `here`, or both.

        One that the API does not know any more counts as deleted there. What is deleted here only does not come
        back with the list of the API, but when it is asked for by its id. Raises as `require_deletable` does.
        """
        self.require_deletable(stored, here=here, remote=remote)
        if remote:
            with suppress(MissingError):
                await self._gateway.delete(stored.id)
        if here:
            await self._store.batches.forget(stored.id, for_good=True)

    async def rename(self, job_id: str, name: str) -> Job:
        """Give a job another name, made unique if it is taken."""
        return await self._store.jobs.rename(job_id, name)
