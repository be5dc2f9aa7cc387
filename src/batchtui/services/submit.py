"""Sending a prepared submission so that nothing is lost and nothing is paid for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import MAX_QUEUED_REQUESTS, Batch, Counts, StoredBatch
from batchtui.domain.errors import (
    ApiError,
    BatchtuiError,
    MissingError,
    RateLimitError,
    RefusedError,
    RejectedError,
    StoreError,
    UnclearSubmissionError,
)
from batchtui.domain.job import HELD, Intent, Job
from batchtui.services.prepare import Prepared, discard
from batchtui.services.transfers import Transfers
from batchtui.store import Draft, NewJob, Store

HTTP_BAD_REQUEST = 400

DRAFT_KEPT = "The requests are kept as a draft: `batchtui settle` sends or drops them."

ROOM_AFTER_SECONDS = 60.0
"""How long to wait where the API has no room and does not say for how long."""

OnSent = Callable[[int, int], None]
"""Called with the bytes sent so far and the bytes to send in all."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a submission led to: the job and the batches that run now.

    `waiting` are the parts that wait for room at the API, `held` those that wait for a word of the user.
    """

    job: Job
    batches: tuple[StoredBatch, ...]
    waiting: tuple[Intent, ...] = ()
    held: tuple[Intent, ...] = ()


class Submissions:
    """Sends prepared submissions, part after part, each written down before its POST.

    At most `max_queued_requests` requests of this profile are at the API at once; what does not fit waits.
    """

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        profile: str,
        transfers: Transfers | None = None,
        *,
        max_queued_requests: int = MAX_QUEUED_REQUESTS,
    ) -> None:
        self._transfers = transfers or Transfers()
        self._store = store
        self._gateway = gateway
        self._profile = profile
        self._max_queued_requests = max_queued_requests

    async def send(
        self,
        prepared: Prepared,
        *,
        name: str = "",
        job: Job | None = None,
        attempt: int = 1,
        on_sent: OnSent | None = None,
    ) -> Submission:
        """Send the parts as a new job, or as another attempt of an existing one; takes over the spools.

        Parts that are held are written down with the others, and stay drafts. One free call shows first that the
        key and the server are good; if they are not, nothing stays on disk.
        Parts that do not fit beside what runs, or that the API has no room for now, wait: see `feed`.

        Raises what that call raises, `UnclearSubmissionError` where it is unknown whether a part was created, and
        an `ApiError` where a part was refused; parts before it run, it and those after it stay drafts. Only rows of
        a retry that the API calls invalid are in the queue again at once, as they were.
        """
        intents = await self._write_down(prepared, name, job, attempt)
        now, held = intents[: len(prepared.now.parts)], intents[len(prepared.now.parts) :]
        sent: list[StoredBatch] = []
        waiting: tuple[Intent, ...] = ()
        before = 0
        for number, intent in enumerate(now):
            progress = None if on_sent is None else _offset(on_sent, before, prepared.now.body_bytes)
            try:
                if not self._has_room_for(intent):
                    waiting = await self._wait_for_room(now[number:])
                    break
                sent.append(await self.send_intent(intent, on_sent=progress))
            except RateLimitError as error:
                waiting = await self._wait_for_room(now[number:], error)
                break
            except ApiError as error:
                if job is not None and isinstance(error, RejectedError) and error.status == HTTP_BAD_REQUEST:
                    await self._drop([*now[number:], *held])
                else:
                    error.todo = f"{error.todo} {DRAFT_KEPT}".lstrip()
                raise
            before += intent.body_bytes
        return Submission(self._store.jobs.get(intents[0].job_id), tuple(sent), waiting, tuple(held))

    async def feed(self) -> list[StoredBatch]:
        """Send the waiting parts that there is room for now, oldest first, and return their batches.

        They are those the user agreed to when the job was submitted. Two processes that feed at once send every
        part once. A job with an unclear part waits until that is settled. Raises as `send` does; what was refused
        for lack of room waits on, after anything else the job's parts are drafts again.
        """
        sent: list[StoredBatch] = []
        for intent in self._waiting():
            too_early = intent.not_before is not None and intent.not_before > datetime.now(UTC)
            if too_early or not self._has_room_for(intent):
                break
            try:
                sent.append(await self.send_intent(intent))
            except RateLimitError as error:
                with suppress(RefusedError):
                    await self._store.intents.mark_waiting(intent.id, error.what, not_before=_not_before(error))
                break
            except RefusedError:
                continue
            except (ApiError, UnclearSubmissionError, StoreError) as error:
                # Where not even this can be written, what led here is still the one to tell.
                with suppress(StoreError):
                    await self.hold(intent.job_id)
                if isinstance(error, ApiError):
                    error.todo = f"{error.todo} {DRAFT_KEPT}".lstrip()
                raise
        return sent

    async def hold(self, job_id: str) -> None:
        """Make the waiting parts of a job drafts, so that they go out only when the user says so."""
        await self._store.intents.hold(job_id)

    async def resume(self, intents: Sequence[Intent]) -> list[StoredBatch]:
        """Let drafts wait for room again, and send those there is room for now; this spends money.

        Raises as `require_resumable` and `feed` do.
        """
        self.require_resumable(intents)
        for intent in intents:
            if intent.state == "draft":
                await self._store.intents.mark_waiting(intent.id, not_before=None)
        return await self.feed()

    def require_resumable(self, intents: Sequence[Intent]) -> None:
        """Raise `RefusedError` if one is for another server, or its job has a part that has to be settled first."""
        unsettled = self._unsettled(self._store.intents.open_ones(self._profile))
        for intent in intents:
            require_here(intent, self._gateway.base_url)
            if intent.job_id in unsettled:
                raise RefusedError(
                    f"{intent.job_name}: a part of it is unclear, and until that is settled no other goes out.",
                    unharmed="Nothing was sent.",
                    todo=f"`batchtui settle {intent.job_name}` shows it.",
                )

    def require_room(self, intent: Intent) -> None:
        """Raise `RefusedError` if a part does not fit beside what is at the API."""
        if not self._has_room_for(intent):
            waits = " --resume lets it go out by itself then." if intent.state == "draft" else ""
            raise RefusedError(
                f"{intent.job_name}, part {intent.part} of {intent.parts}: there is no room for it; at most "
                f"{self._max_queued_requests:,} requests are at the API at once.",
                unharmed="It was not sent.",
                todo=f"Try again when a batch has ended.{waits}",
            )

    async def send_intent(self, intent: Intent, *, on_sent: Callable[[int], None] | None = None) -> StoredBatch:
        """Send one part that has been written down, with exactly one POST, and put its batch in place.

        Raises `RefusedError` if another process sends it or it has changed since `intent` was read, else as `send`
        does.
        """
        await self._store.intents.mark_sending(intent.id, seen=intent)
        try:
            batch = await self._post(intent, on_sent)
        except BatchtuiError as error:
            if isinstance(error, ApiError) and not error.nothing_was_created:
                await self._note(self._store.intents.mark_unclear, intent, error.what)
                raise _unclear(intent, error) from error
            await self._note(self._store.intents.mark_draft, intent, error.what)
            raise
        except BaseException:
            await self._note(self._store.intents.mark_unclear, intent, "It was interrupted.")
            raise
        if not batch.counts.total:
            batch = replace(batch, counts=Counts(processing=intent.request_count))
        try:
            await self._store.intents.close(intent.id, batch)
            await self._store.requests.index(batch.id)
        except StoreError as error:
            await self._note(self._store.intents.mark_unclear, intent, error.what)
            raise _not_kept(intent, batch, error) from error
        return self._store.batches.get(batch.id)

    async def _post(self, intent: Intent, on_sent: Callable[[int], None] | None) -> Batch:
        with self._transfers.moving("up", intent.job_name, intent.id, intent.body_bytes) as transfer:

            def sent(sent_bytes: int) -> None:
                transfer.done = transfer.moved_bytes = sent_bytes
                if on_sent is not None:
                    on_sent(sent_bytes)

            return await self._gateway.create(
                self._store.files.spool_path(intent.id),
                body_bytes=intent.body_bytes,
                betas=intent.betas,
                on_sent=sent,
            )

    async def _note(self, mark: Callable[[str, str], Awaitable[None]], intent: Intent, why: str) -> None:
        # Where not even this can be written it stays `sending`, which is unclear once this process is gone; and
        # one that is closed already stays so. The error that led here is the one to tell.
        with suppress(StoreError, RefusedError):
            await mark(intent.id, why)

    async def _write_down(self, prepared: Prepared, name: str, job: Job | None, attempt: int) -> list[Intent]:
        """Return an intent for every part, after one free call; leave nothing if any of that fails."""
        drafts = [
            Draft(
                number,
                len(prepared.parts),
                part.spool,
                part.request_count,
                part.body_bytes,
                part.sha256,
                part.estimate.cost_usd_high,
                HELD if number > len(prepared.now.parts) else None,
                part.template,
            )
            for number, part in enumerate(prepared.parts, 1)
        ]
        try:
            # A server without a list has no answer to the check; its create shows whether it takes the key.
            with suppress(MissingError):
                await self._gateway.check()
            opening = asyncio.ensure_future(
                self._store.intents.open(
                    drafts,
                    job=job or NewJob(name, self._profile),
                    base_url=self._gateway.base_url,
                    attempt=attempt,
                    betas=prepared.betas,
                    comparison_key=prepared.comparison_key,
                )
            )
            try:
                return await asyncio.shield(opening)
            except asyncio.CancelledError:
                # It is written all the same, and nobody is left to send it.
                await self._drop(await opening)
                raise
        except BaseException:
            await discard(prepared)
            raise

    async def _wait_for_room(
        self, intents: list[Intent], error: RateLimitError | None = None
    ) -> tuple[Intent, ...]:
        why, not_before = (error.what, _not_before(error)) if error else (None, None)
        for intent in intents:
            # One that another process has taken up meanwhile is in its hands.
            with suppress(RefusedError):
                await self._store.intents.mark_waiting(intent.id, why, not_before=not_before)
        return tuple(self._store.intents.get(intent.id) for intent in intents)

    def _has_room_for(self, intent: Intent) -> bool:
        """Return whether a part fits beside what is at the API; one that is alone always does."""
        running = self._store.batches.running(self._profile, self._gateway.base_url)
        queued = sum(stored.batch.counts.total for stored in running)
        queued += sum(
            other.request_count
            for other in self._store.intents.open_ones(self._profile)
            if other.state in {"sending", "unclear"}
            and other.base_url == self._gateway.base_url
            and other.id != intent.id
        )
        return not queued or queued + intent.request_count <= self._max_queued_requests

    def _waiting(self) -> list[Intent]:
        intents = self._store.intents.open_ones(self._profile)
        unsettled = self._unsettled(intents)
        return [
            intent
            for intent in intents
            if intent.state == "waiting"
            and intent.base_url == self._gateway.base_url
            and intent.job_id not in unsettled
        ]

    def _unsettled(self, intents: list[Intent]) -> set[str]:
        return {intent.job_id for intent in intents if intent.state == "unclear"}

    async def _drop(self, intents: list[Intent]) -> None:
        for intent in intents:
            await self._store.intents.discard(intent.id)


def require_here(intent: Intent, base_url: str) -> None:
    """Raise `RefusedError` for a part that is for another server than the one in force."""
    if intent.base_url != base_url:
        raise RefusedError(
            f"{intent.job_name}, part {intent.part} of {intent.parts}, is for {intent.base_url}; "
            f"this is {base_url}.",
            unharmed="Nothing was sent, and nothing was changed.",
            todo=f"Give --base-url {intent.base_url} to settle it there.",
        )


def _not_before(error: RateLimitError) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=error.retry_after_seconds or ROOM_AFTER_SECONDS)


def _offset(on_sent: OnSent, before: int, total: int) -> Callable[[int], None]:
    return lambda sent: on_sent(before + sent, total)


def _unclear(intent: Intent, error: ApiError) -> UnclearSubmissionError:
    return UnclearSubmissionError(
        f"{intent.job_name}: part {intent.part} of {intent.parts} was sent, but it is unknown whether it arrived: "
        f"{error.what}",
        unharmed="It will not be sent again by itself, and the requests are kept.",
        todo="`batchtui settle` looks for the batch and asks what to do.",
    )


def _not_kept(intent: Intent, batch: Batch, error: StoreError) -> UnclearSubmissionError:
    return UnclearSubmissionError(
        f"{intent.job_name}: part {intent.part} of {intent.parts} has become {batch.id}, but that could not be "
        f"written down: {error.what}",
        unharmed="The batch runs, and it will not be sent again by itself.",
        todo=f"{error.todo} Then `batchtui settle` shows whether it is still to be adopted.",
    )
