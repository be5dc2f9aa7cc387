"""Intents: what is written down before money is spent."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

import msgspec

from batchtui.domain.batch import Batch, StoredBatch
from batchtui.domain.errors import BatchtuiError, RefusedError, StoreError, UnknownIdError
from batchtui.domain.job import HELD, Intent, Job, KeptTemplate
from batchtui.store import batch_rows, intent_rows, job_rows, opinions, templates
from batchtui.store.columns import bindable, new_id, now, written_if
from batchtui.store.database import Database
from batchtui.store.files import Files
from batchtui.store.presence import Presence

SENDABLE = ("draft", "waiting", "unclear")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is not written down yet; its name gets -2, -3, … if it is taken."""

    name: str
    profile: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One part that is going to be sent: its prepared spool, and what an `Intent` says of it.

    `error` is why it is not sent at once, if it is not, and `template` what its requests were made from, if they
    were.
    """

    part: int
    parts: int
    spool: Path
    request_count: int
    body_bytes: int
    sha256: str
    estimate_usd: float | None = None
    error: str | None = None
    template: KeptTemplate | None = None


class Intents:
    """Submissions from before the first byte is sent until their batch is known.

    Every step is on disk when the call returns.
    """

    def __init__(self, database: Database, files: Files, presence: Presence) -> None:
        self._database = database
        self._files = files
        self._presence = presence

    async def open(
        self,
        drafts: Sequence[Draft],
        *,
        job: Job | NewJob,
        base_url: str,
        attempt: int = 1,
        betas: Sequence[str] = (),
        comparison_key: int | None = None,
    ) -> list[Intent]:
        """Write down what is going to be sent, one intent a part, and take over the prepared spools.

        `comparison_key` is what the requests judge, if they do. It is all or
        nothing, the row of a new job included. Raises `RefusedError` if the job has a submission that is open, or
        an attempt as new as this, as when two processes retry at once: the same rows would go out twice.
        """
        intent_ids = [new_id("intent_") for _ in drafts]

        def write(connection: sqlite3.Connection) -> list[Intent]:
            place = (
                job if isinstance(job, Job) else job_rows.add(connection, job.name, job.profile, datetime.now(UTC))
            )
            opinions.link(connection, comparison_key, place.id)
            _require_settled(connection, place, attempt, [draft.part for draft in drafts])
            for intent_id, draft in zip(intent_ids, drafts, strict=True):
                row = {
                    "id": intent_id,
                    "job_id": place.id,
                    "profile": place.profile,
                    "base_url": base_url,
                    "attempt": attempt,
                    "part": draft.part,
                    "parts": draft.parts,
                    "request_count": draft.request_count,
                    "body_bytes": draft.body_bytes,
                    "sha256": draft.sha256,
                    "betas": msgspec.json.encode(list(betas)).decode(),
                    "estimate_usd": draft.estimate_usd,
                    "state": "draft",
                    "owner": self._presence.token,
                    "created_at": now(),
                    "error": draft.error,
                    "template_key": templates.keep(connection, draft.template) if draft.template else None,
                }
                connection.execute(
                    f"INSERT INTO intents ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                    tuple(row.values()),
                )
            for intent_id, draft in zip(intent_ids, drafts, strict=True):
                self._files.keep_spool(draft.spool, intent_id)
            return [self._get(connection, intent_id) for intent_id in intent_ids]

        try:
            return await self._database.write(write)
        except BatchtuiError:
            for intent_id in intent_ids:
                await self._database.on_writer(partial(self._files.drop_spool, intent_id))
            raise

    async def mark_sending(self, intent_id: str, *, seen: Intent | None = None) -> Intent:
        """Write down that from now on a batch may come of it.

        Raises `RefusedError` if it is not to be sent, as when another process sends it, or if it is not any more
        as the caller has `seen` it: held back meanwhile, or tried by another process without a clear answer.
        Raises `StoreError` if its lines are not there.
        """

        def write(connection: sqlite3.Connection) -> Intent:
            intent = self._get(connection, intent_id)
            has_changed = seen is not None and (intent.state, intent.sent_at) != (seen.state, seen.sent_at)
            if intent.state not in SENDABLE or has_changed:
                _refuse(intent)
            spool = self._files.spool_path(intent_id)
            if not spool.exists():
                raise StoreError(
                    f"{spool}: the request lines are gone.",
                    unharmed="Nothing was sent.",
                    todo="Submit the file again and discard this draft.",
                )
            connection.execute(
                "UPDATE intents SET state = 'sending', owner = ?, sent_at = ?, settled_at = NULL, error = NULL"
                " WHERE id = ?",
                (self._presence.token, now(), intent_id),
            )
            return self._get(connection, intent_id)

        return await self._database.write(write)

    async def close(self, intent_id: str, batch: Batch) -> StoredBatch:
        """Write down the batch that came of it and move the request lines there.

        The rows are committed before the file is moved; a process killed in between leaves the move to the next
        one that opens the store. A batch that a poll has seen before is taken out of the job it had got.
        """
        try:
            self._files.batch_directory(batch.id)
        except StoreError as error:
            await self.mark_unclear(intent_id, error.what)
            raise

        await self._database.write(
            lambda connection: self._close(connection, self._get(connection, intent_id), batch)
        )
        await self._database.on_writer(lambda: self._files.put_requests_in_place(intent_id, batch.id))
        with self._database.reading() as connection:
            return batch_rows.select(connection, "WHERE b.id = ?", batch.id)[0]

    async def mark_waiting(self, intent_id: str, error: str | None = None, *, not_before: datetime | None) -> None:
        """Write down that it goes out by itself once there is room; `error` is why the last try did not.

        Raises `RefusedError` if a batch may have come of it: it is being sent, as by another process, or unclear,
        or its batch is known.
        """

        def write(connection: sqlite3.Connection) -> None:
            intent = self._get(connection, intent_id)
            if intent.state not in {"draft", "waiting"}:
                _refuse(intent)
            _settle(connection, intent_id, "waiting", error, not_before)

        await self._database.write(write)

    async def hold(self, job_id: str) -> None:
        """Make the waiting parts of a job drafts, which go out only when the user says so."""
        await self._database.write(
            lambda connection: connection.execute(
                "UPDATE intents SET state = 'draft', error = 'Held back.' WHERE job_id = ? AND state = 'waiting'",
                (job_id,),
            )
        )

    async def mark_unclear(self, intent_id: str, error: str) -> None:
        """Write down that no answer could be had."""
        await self._end_sending(intent_id, "unclear", error)

    async def mark_draft(self, intent_id: str, error: str) -> None:
        """Write down that nothing was created, and why, so that it can be sent again."""
        await self._end_sending(intent_id, "draft", error)

    async def discard(self, intent_id: str) -> None:
        """Give it up and drop its lines, and its job if that was all of it.

        Raises `RefusedError` while it is being sent and after its batch is known.
        """

        def write(connection: sqlite3.Connection) -> None:
            intent = self._get(connection, intent_id)
            if intent.state not in {*SENDABLE, "discarded"}:
                _refuse(intent)
            connection.execute(
                "UPDATE intents SET state = 'discarded', settled_at = ? WHERE id = ?", (now(), intent_id)
            )
            job_rows.remove_if_empty(connection, intent.job_id)

        await self._database.write(write)
        await self._database.on_writer(lambda: self._files.drop_spool(intent_id))

    def get(self, intent_id: str) -> Intent:
        """Return the intent with an id, or raise `UnknownIdError`."""
        with self._database.reading() as connection:
            return self._get(connection, intent_id)

    def betas(self, job_id: str) -> tuple[str, ...]:
        """Return the betas that went, or are to go, into the headers of a job's batches."""
        with self._database.reading() as connection:
            intents = intent_rows.select(
                connection, self._presence, "WHERE i.job_id = ? AND i.state <> 'discarded'", job_id
            )
        return tuple(sorted({beta for intent in intents for beta in intent.betas}))

    def led_to(self, batch_id: str) -> bool:
        """Return whether a batch came of a submission from here."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT 1 FROM intents WHERE batch_id = ?", (batch_id,)).fetchone()
        return row is not None

    def open_ones(self, profile: str | None = None) -> list[Intent]:
        """Return the intents without an outcome, oldest first: drafts, unclear ones, and those being sent.

        One whose sender is no longer alive is unclear.
        """
        with self._database.reading() as connection:
            return intent_rows.select_open(
                connection, self._presence, "AND (?1 IS NULL OR i.profile = ?1)", profile
            )

    async def _end_sending(self, intent_id: str, state: str, error: str) -> None:
        def write(connection: sqlite3.Connection) -> None:
            intent = self._get(connection, intent_id)
            owner = connection.execute("SELECT owner FROM intents WHERE id = ?", (intent_id,)).fetchone()[0]
            sent_elsewhere = intent.state == "sending" and owner != self._presence.token
            if sent_elsewhere or intent.state in {"closed", "discarded"}:
                _refuse(intent)
            _settle(connection, intent_id, state, error)

        await self._database.write(write)

    def _close(self, connection: sqlite3.Connection, intent: Intent, batch: Batch) -> None:
        if intent.batch_id not in {None, batch.id}:
            _refuse(intent)
        place = batch_rows.Place(
            intent.job_id, intent.profile, intent.base_url, intent.attempt, intent.part, intent.parts
        )
        before = batch_rows.by_id(connection, batch.id)
        if before is None:
            batch_rows.insert(connection, batch, place)
        elif before.requests_known and intent.state != "closed":
            raise RefusedError(
                f"{batch.id} is the batch of another submission.",
                unharmed="Nothing was changed.",
                todo="Adopt another batch, or discard this draft.",
            )
        else:
            batch_rows.update(connection, before, batch)
            batch_rows.move(connection, before.key, place)
            job_rows.remove_if_empty(connection, before.job_id)
        batch_rows.set_requests_unindexed(connection, batch.id, intent.estimate_usd)
        connection.execute(
            "UPDATE batches SET template_key = (SELECT template_key FROM intents WHERE id = ?) WHERE id = ?",
            (intent.id, batch.id),
        )
        connection.execute(
            "UPDATE intents SET state = 'closed', batch_id = ?, settled_at = ?, error = NULL WHERE id = ?",
            (batch.id, now(), intent.id),
        )

    def _get(self, connection: sqlite3.Connection, intent_id: str) -> Intent:
        intents = intent_rows.select(connection, self._presence, "WHERE i.id = ?", intent_id)
        if not intents:
            raise UnknownIdError(
                f"No submission is known as {intent_id}.", todo="`batchtui settle` shows those still open."
            )
        return intents[0]


def _settle(
    connection: sqlite3.Connection,
    intent_id: str,
    state: str,
    error: str | None,
    not_before: datetime | None = None,
) -> None:
    connection.execute(
        "UPDATE intents SET state = ?, error = ?, settled_at = ?, not_before = ? WHERE id = ?",
        (state, error and bindable(error), now(), written_if(not_before), intent_id),
    )


def _require_settled(connection: sqlite3.Connection, job: Job, attempt: int, parts: Sequence[int]) -> None:
    """Raise `RefusedError` if what was planned as an attempt may not be what the job lacks any more."""
    sent = connection.execute(
        "SELECT 1 FROM intents WHERE job_id = ?1 AND state <> 'discarded'"
        " AND (attempt > ?2 OR (attempt = ?2 AND part IN (SELECT value FROM json_each(?3))))"
        " UNION ALL SELECT 1 FROM batches WHERE job_id = ?1 AND attempt > ?2",
        (job.id, attempt, msgspec.json.encode(parts)),
    ).fetchone()
    if sent:
        raise RefusedError(
            f"{job.name}: attempt {attempt} has been sent meanwhile.",
            unharmed="Nothing was sent a second time.",
            todo="Look at what that attempt brings.",
        )
    still_open = connection.execute(
        "SELECT 1 FROM intents WHERE job_id = ? AND state NOT IN ('closed', 'discarded')"
        " AND NOT (state = 'draft' AND coalesce(error, '') = ?)",
        (job.id, HELD),
    ).fetchone()
    if still_open:
        raise RefusedError(
            f"{job.name}: an earlier submission of this job is still open.",
            unharmed="Nothing was sent.",
            todo="`batchtui settle` shows it; its rows must not go out twice.",
        )


def _refuse(intent: Intent) -> NoReturn:
    what = {
        "sending": "is being sent by another batchtui",
        "closed": f"has become {intent.batch_id}",
        "discarded": "was discarded",
    }.get(intent.state, f"is {intent.state}")
    raise RefusedError(
        f"{intent.job_name}, part {intent.part} of {intent.parts}: it {what}.",
        unharmed="Nothing was changed.",
        todo="`batchtui settle` shows what is still open.",
    )
