"""What a user does to batches that exist."""

from __future__ import annotations

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import RefusedError, RejectedError
from batchtui.domain.job import Job
from batchtui.store import Store


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

    async def rename(self, job_id: str, name: str) -> Job:
        """Give a job another name, made unique if it is taken."""
        return await self._store.jobs.rename(job_id, name)
