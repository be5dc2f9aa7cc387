"""Sending a prepared submission so that nothing is lost and nothing is paid for twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import Batch, StoredBatch
from batchtui.domain.errors import ApiError, BatchtuiError, RejectedError, UnclearSubmissionError
from batchtui.domain.job import Intent, Job
from batchtui.services.prepare import Prepared, discard
from batchtui.store import Store

HTTP_BAD_REQUEST = 400

DRAFT_KEPT = "The requests are kept as a draft: `batchtui settle` sends or drops them."

OnSent = Callable[[int, int], None]
"""Called with the bytes sent so far and the bytes to send in all."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a submission led to: the job and the batches that now run."""

    job: Job
    batches: tuple[StoredBatch, ...]


class Submissions:
    """Sends prepared submissions, part after part, each written down before its POST."""

    def __init__(self, store: Store, gateway: Gateway, profile: str) -> None:
        self._store = store
        self._gateway = gateway
        self._profile = profile

    async def send(
        self,
        prepared: Prepared,
        *,
        name: str = "",
        job: Job | None = None,
        attempt: int = 1,
        on_sent: OnSent | None = None,
    ) -> Submission:
        """Send all parts as a new job, or as another attempt of an existing one; takes over the spools.

        One free call shows first that the key and the server are good; if they are not, nothing stays on disk.
        Raises what that call raises, `UnclearSubmissionError` where it is unknown whether a part was created, and
        an `ApiError` where a part was refused; parts before it run, it and those after it stay drafts, except that
        requests the API calls invalid are dropped.
        """
        intents = await self._write_down(prepared, name, job, attempt)
        share_usd = _per_request(prepared)
        sent: list[StoredBatch] = []
        before = 0
        for intent in intents:
            progress = None if on_sent is None else _offset(on_sent, before, prepared.body_bytes)
            try:
                sent.append(await self.send_intent(intent, share_usd=share_usd, on_sent=progress))
            except ApiError as error:
                if isinstance(error, RejectedError) and error.status == HTTP_BAD_REQUEST and not sent:
                    await self._drop(intents)
                else:
                    error.todo = f"{error.todo} {DRAFT_KEPT}".lstrip()
                raise
            before += intent.body_bytes
        return Submission(self._store.jobs.get(intents[0].job_id), tuple(sent))

    async def _write_down(self, prepared: Prepared, name: str, job: Job | None, attempt: int) -> list[Intent]:
        """Return an intent for every part, after one free call; leave nothing if any of that fails."""
        intents: list[Intent] = []
        new_job: Job | None = None
        try:
            await self._gateway.check()
            if job is None:
                job = new_job = await self._store.jobs.create(name, self._profile)
            for number, part in enumerate(prepared.parts, 1):
                intent = await self._store.intents.open(
                    job=job,
                    base_url=self._gateway.base_url,
                    attempt=attempt,
                    part=number,
                    parts=len(prepared.parts),
                    request_count=part.request_count,
                    body_bytes=part.body_bytes,
                    sha256=part.sha256,
                    spool=part.spool,
                )
                intents.append(intent)
        except BaseException:
            await self._drop(intents)
            if new_job is not None:
                await self._store.jobs.remove_if_empty(new_job.id)
            await discard(prepared)
            raise
        return intents

    async def send_intent(
        self, intent: Intent, *, share_usd: float | None = None, on_sent: Callable[[int], None] | None = None
    ) -> StoredBatch:
        """Send one part that is a draft, with exactly one POST, and put its batch in place.

        `share_usd` is the estimated cost of one request. Raises as `send` does.
        """
        await self._store.intents.mark_sending(intent.id)
        try:
            batch = await self._gateway.create(
                self._store.files.spool_path(intent.id), body_bytes=intent.body_bytes, on_sent=on_sent
            )
        except BatchtuiError as error:
            if isinstance(error, ApiError) and not error.nothing_was_created:
                await self._store.intents.mark_unclear(intent.id, error.what)
                raise _unclear(intent, error) from error
            await self._store.intents.mark_draft(intent.id, error.what)
            raise
        except BaseException:
            await self._store.intents.mark_unclear(intent.id, "It was interrupted.")
            raise
        return await self._put_in_place(intent, batch, share_usd)

    async def _put_in_place(self, intent: Intent, batch: Batch, share_usd: float | None) -> StoredBatch:
        estimate = None if share_usd is None else share_usd * intent.request_count
        await self._store.intents.close(intent.id, batch, estimate_usd=estimate)
        await self._store.requests.index(batch.id)
        return self._store.batches.get(batch.id)

    async def _drop(self, intents: list[Intent]) -> None:
        for intent in intents:
            await self._store.intents.discard(intent.id)
            await self._store.jobs.remove_if_empty(intent.job_id)


def _per_request(prepared: Prepared) -> float | None:
    high = prepared.estimate.cost_usd_high
    return None if high is None else high / prepared.request_count


def _offset(on_sent: OnSent, before: int, total: int) -> Callable[[int], None]:
    return lambda sent: on_sent(before + sent, total)


def _unclear(intent: Intent, error: ApiError) -> UnclearSubmissionError:
    return UnclearSubmissionError(
        f"{intent.job_name}: part {intent.part} of {intent.parts} was sent, but it is unknown whether it arrived: "
        f"{error.what}",
        unharmed="It will not be sent again by itself, and the requests are kept.",
        todo="`batchtui settle` looks for the batch and asks what to do.",
    )
