"""From what a user types to the batches meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import BatchFilter, StoredBatch
from batchtui.domain.errors import AmbiguousIdError, BatchtuiError, MissingError, RejectedError, UnknownIdError
from batchtui.domain.job import Job
from batchtui.store import Store

BATCH_PREFIX = "msgbatch_"
"""How the ids of the API begin; other servers have other ones."""

_ID = re.compile(r"[\w-]{5,}", re.ASCII)
"""What may be a full id."""


_KINDS = (BATCH_PREFIX, "job_")
"""What all ids of a kind begin with, which by itself is nobody's."""

_POSITION = re.compile(r"0*[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Target:
    """What an id stood for: one batch, or a whole job with all its batches, parts and attempts in order."""

    job: Job
    batches: tuple[StoredBatch, ...]
    is_job: bool

    @property
    def name(self) -> str:
        """Return what to call it: the batch id, or the job's name."""
        return self.job.name if self.is_job else self.batches[0].id


class Finder:
    """Finds batches and jobs by id, unique prefix, job name, or position in the list."""

    def __init__(self, store: Store, gateway: Gateway, profile: str) -> None:
        self._store = store
        self._gateway = gateway
        self._profile = profile

    def known(self, text: str) -> Target:
        """Return what an id stands for in the local store.

        `@1` is the newest batch at the server in force. What all ids begin with means none of them, even if there
        is only one. Raises `UnknownIdError` or `AmbiguousIdError`.
        """
        if text.startswith("@"):
            return self._at_position(text)
        batches = self._store.batches.find(text) if text else []
        exact = next((stored for stored in batches if stored.id == text), None)
        if exact is not None:
            # Before the jobs: one made elsewhere is called by the id of its batch.
            return self._batch(exact)
        jobs = [job for job in self._store.jobs.find(text) if text in {job.id, job.name}]
        if jobs:
            return self._only_job(text, jobs)
        says_which = not any(kind.startswith(text) for kind in _KINDS)
        if len(batches) == 1 and says_which:
            return self._batch(batches[0])
        if len(batches) > 1:
            raise AmbiguousIdError(
                f"{text!r} fits {len(batches):,} batches.",
                todo=f"Give more of the id: {', '.join(stored.id for stored in batches[:5])} …",
            )
        jobs = self._store.jobs.find(text) if says_which else []
        if jobs:
            return self._only_job(text, jobs)
        raise UnknownIdError(f"No batch or job is known as {text!r}.", todo="`batchtui list` shows what is known.")

    async def find(self, text: str) -> Target:
        """Return what an id stands for, asking the API for one the store does not know."""
        try:
            return self.known(text)
        except UnknownIdError as unknown:
            if not _ID.fullmatch(text):
                raise
            try:
                batch = await self._gateway.retrieve(text)
            except BatchtuiError as error:
                if isinstance(error, MissingError | RejectedError) or not text.startswith(BATCH_PREFIX):
                    raise unknown from error
                raise
        await self._store.batches.record(
            [batch], profile=self._profile, base_url=self._gateway.base_url, is_asked_for=True
        )
        return self.known(text)

    def _at_position(self, text: str) -> Target:
        number = text.removeprefix("@")
        if not _POSITION.fullmatch(number):
            raise UnknownIdError(f"{text!r} is no position.", todo="Positions are @1, the newest batch, @2, …")
        batches = self._store.batches.list(BatchFilter(base_url=self._gateway.base_url, limit=int(number)))
        if len(batches) < int(number):
            raise UnknownIdError(
                f"There is no batch {text}: {len(batches):,} are known.", todo="`batchtui list` shows them."
            )
        return self._batch(batches[-1])

    def _batch(self, stored: StoredBatch) -> Target:
        return Target(self._store.jobs.get(stored.job_id), (stored,), is_job=False)

    def _only_job(self, text: str, jobs: list[Job]) -> Target:
        if len(jobs) > 1:
            raise AmbiguousIdError(
                f"{text!r} fits {len(jobs):,} jobs.", todo=f"Give more: {', '.join(job.name for job in jobs[:5])} …"
            )
        summary = self._store.jobs.summary(jobs[0].id)
        return Target(summary.job, summary.batches, is_job=True)
