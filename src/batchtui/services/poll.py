"""The poller: asks at a safe pace, alone for its profile and server in a home, and says what it is doing."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import ApiError, AuthError, BatchtuiError, EndedError, MismatchError
from batchtui.domain.pacing import SOONEST_SECONDS, YOUNG_SECONDS, pause_seconds
from batchtui.services.sync import Sync, SyncReport
from batchtui.store import Store

JITTER = 0.1
"""Pauses are lengthened by up to this share, so that many clients do not ask in step."""

LEASE_MARGIN_SECONDS = 30.0
"""How much longer than its pause a poller holds the lease, so that a dead one is followed soon."""

_NO_TROUBLE = (MismatchError, EndedError)


@dataclass(frozen=True, slots=True)
class PollState:
    """What the poller is doing, for people: when the list was last read, when it asks again, what went wrong.

    `last_synced_at` is that of any process, also of one that has ended; `pace_seconds` is how long it is fresh for.
    `elsewhere` says that another process on this home polls; then this one only reads what that one writes. Of what
    a poll met with single batches, `error` is the first; a mismatch, and what the user ended, are no trouble of the
    poll and left out. `refused` says that the server does not take the key: it is not asked again before somebody
    wants it to be.
    """

    last_synced_at: datetime | None = None
    pace_seconds: float = YOUNG_SECONDS
    next_at: datetime | None = None
    polling: bool = False
    paused: bool = False
    elsewhere: bool = False
    refused: bool = False
    failures: int = 0
    error: BatchtuiError | None = None


class Poller:
    """Polls until it is cancelled. Reports and states are handed to the two callbacks as they come.

    `young_seconds` is the pause while a batch is young; with `is_steady` it stays the pause.
    """

    def __init__(
        self,
        store: Store,
        sync: Sync,
        profile: str,
        base_url: str,
        *,
        young_seconds: float = YOUNG_SECONDS,
        is_steady: bool = False,
        on_state: Callable[[PollState], None] = lambda _state: None,
        on_report: Callable[[SyncReport], None] = lambda _report: None,
        on_download: Callable[[StoredBatch, int], None] | None = None,
    ) -> None:
        self._store = store
        self._sync = sync
        self._profile = profile
        self._base_url = base_url
        self._young_seconds = young_seconds
        self._is_steady = is_steady
        self._on_state = on_state
        self._on_report = on_report
        self._on_download = on_download
        self._owner = store.leases.new_owner()
        self._wake = asyncio.Event()
        self._is_wanted = False
        self._started_at_seconds = self._rest_seconds = 0.0
        self.state = PollState(last_synced_at=store.looks.last(profile, base_url), pace_seconds=young_seconds)

    def refresh(self) -> None:
        """Poll now, or as soon as the last poll is long enough ago, and also if another process is the poller.

        Where the API has said when to ask again, not sooner.
        """
        self._is_wanted = True
        self._wake.set()

    def hurry(self) -> None:
        """Poll now, or as soon as the last poll is long enough ago, if this process is the poller."""
        self._wake.set()

    def toggle_pause(self) -> None:
        """Stop polling, or go on with a poll at once."""
        self._show(replace(self.state, paused=not self.state.paused, next_at=None))
        self._wake.set()

    async def run(self) -> None:
        """Poll at the pace of `domain.pacing`; returns only by cancellation."""
        try:
            while True:
                # Who asks for a poll from here on wants another one: this one may have read the list already.
                self._wake.clear()
                pause = await self._poll_once()
                if self.state.refused:
                    # Another process may have a better key.
                    await self._store.leases.release(self._lease, self._owner)
                elif not self.state.elsewhere:
                    # Until now it was held for the pause before this poll, which may have been shorter.
                    await self._hold(pause)
                await self._wait(pause)
        finally:
            await self._store.leases.release(self._lease, self._owner)

    @property
    def _lease(self) -> str:
        return f"poll {self._profile} {self._base_url}"

    async def _hold(self, seconds: float) -> bool:
        """Take or keep the lease for a pause, and return whether this process has it."""
        return await self._store.leases.acquire(self._lease, self._owner, seconds + LEASE_MARGIN_SECONDS)

    async def _poll_once(self) -> float:
        """Poll if this process holds the lease, and return the seconds until the next look."""
        held = await self._hold(self._pause(0, None))
        if not held and not self._is_wanted:
            at = self._store.looks.last(self._profile, self._base_url)
            self._show(
                replace(self.state, elsewhere=True, refused=False, last_synced_at=at, failures=0, error=None)
            )
            return self._young_seconds
        self._is_wanted = False
        self._started_at_seconds = time.monotonic()
        self._rest_seconds = min(SOONEST_SECONDS, self._young_seconds)
        self._show(replace(self.state, elsewhere=False, polling=True))
        try:
            report = await self._sync.run(self._on_download)
        except BatchtuiError as error:
            return self._failed(error)
        self._on_report(report)
        pause = self._pause(0, None)
        self._show(
            PollState(
                last_synced_at=datetime.now(UTC),
                pace_seconds=pause,
                paused=self.state.paused,
                elsewhere=not held,
                error=next((error for error in report.errors if not isinstance(error, _NO_TROUBLE)), None),
            )
        )
        return pause if held else self._young_seconds

    def _failed(self, error: BatchtuiError) -> float:
        failures = self.state.failures + 1
        retry_after_seconds = error.retry_after_seconds if isinstance(error, ApiError) else None
        self._rest_seconds = max(self._rest_seconds, retry_after_seconds or 0.0)
        refused = isinstance(error, AuthError) and error.refuses_key
        self._show(replace(self.state, polling=False, failures=failures, error=error, refused=refused))
        return math.inf if refused else self._pause(failures, retry_after_seconds)

    def _pause(self, failures: int, retry_after_seconds: float | None) -> float:
        if self._is_steady and not failures:
            return self._young_seconds
        running = self._store.batches.running(self._profile, self._base_url)
        pause = pause_seconds(
            [stored.batch.created_at for stored in running],
            datetime.now(UTC),
            failures=failures,
            retry_after_seconds=retry_after_seconds,
            young_seconds=self._young_seconds,
        )
        pause *= 1 + random.random() * JITTER  # noqa: S311
        return pause if failures else min(pause, self._until_room())

    def _until_room(self) -> float:
        """Return the seconds until a waiting part may be sent, if the API has said when that is."""
        now = datetime.now(UTC)
        waits = (
            (intent.not_before - now).total_seconds()
            for intent in self._store.intents.open_ones(self._profile)
            if intent.state == "waiting" and intent.base_url == self._base_url and intent.not_before is not None
        )
        soonest_seconds = min(SOONEST_SECONDS, self._young_seconds)
        return max(soonest_seconds, min((seconds for seconds in waits if seconds > 0), default=math.inf))

    async def _wait(self, seconds: float) -> None:
        """Wait for the time to come or for somebody to ask, and through a pause however long."""
        due_at = datetime.now(UTC) + timedelta(seconds=seconds) if math.isfinite(seconds) else None
        if not self.state.paused:
            self._show(replace(self.state, next_at=due_at))
        while True:
            try:
                async with asyncio.timeout(None if self.state.paused else _seconds_until(due_at)):
                    await self._wake.wait()
            except TimeoutError:
                return
            self._wake.clear()
            if not self.state.paused:
                break
            # Others need not wait until it ends by itself.
            await self._store.leases.release(self._lease, self._owner)
        await asyncio.sleep(max(0.0, self._started_at_seconds + self._rest_seconds - time.monotonic()))

    def _show(self, state: PollState) -> None:
        self.state = state
        self._on_state(state)


def _seconds_until(at: datetime | None) -> float | None:
    return None if at is None else max(0.0, (at - datetime.now(UTC)).total_seconds())
