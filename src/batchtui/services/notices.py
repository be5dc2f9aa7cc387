"""What is to be told, and whom: once a home, however many processes look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from batchtui.domain.batch import ENDED, Batch, Counts, StoredBatch
from batchtui.domain.errors import HookError
from batchtui.domain.human import midnight
from batchtui.domain.news import News, Occasion, Spend, body
from batchtui.domain.pacing import LONGEST_RUN
from batchtui.domain.watching import Hook, Notify
from batchtui.services.hooks import Hooks
from batchtui.store import Store

Channel = Literal["screen", "desktop"]
"""People are told by the screens, or by a notice of the desktop; both are claimed apart, and by every hook."""

MAX_AGE = timedelta(days=1)
"""How old news is not told any more."""

DESKTOP_MAX_AGE = timedelta(minutes=30)
"""The same for the desktop: who has been away sees it in the list."""

FAILURES_IN_A_ROW = 3
"""After so many a hook is left alone until the next look."""


class Notices:
    """Writes down what is to be told of one profile, and hands out what is told by this process.

    Each piece of news is claimed before it is told, by one process for each channel: killed in between, a process
    leaves it untold rather than told twice. Ends come from the store, which notes them whoever polls.
    """

    def __init__(
        self,
        store: Store,
        profile: str,
        base_url: str,
        *,
        notify: Notify,
        hooks: Hooks,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._profile = profile
        self._base_url = base_url
        self._notify = notify
        self._hooks = hooks
        self._now = now

    @property
    def has_hooks(self) -> bool:
        """Return whether there is any hook."""
        return bool(self._hooks.all)

    async def begin(self, *channels: Channel) -> None:
        """Say before the first poll who is told by this process; for those who are new, nothing before is news."""
        await self._store.told.begin([*channels, *(hook.channel for hook in self._hooks.all)])

    def recent(self, limit: int) -> list[News]:
        """Return what was noticed last on this home, of all profiles, newest first."""
        return self._store.told.recent(limit)

    async def look(self) -> None:
        """Write down what has become news by its time or its size; to be called after a poll."""
        now = self._now()
        running = self._store.batches.running(self._profile, self._base_url)
        awaited = self._store.batches.awaiting_results(self._profile, self._base_url, now)
        ended = self._store.told.ended_since(self._profile, self._base_url, now - MAX_AGE, now)
        late = [one.id for one in running if self._notify.late <= now - one.batch.created_at < LONGEST_RUN]
        vanishing = [one.id for one in awaited if one.batch.results_until - now <= self._notify.vanishing]
        failing = [one.id for one in ended if self._notify.is_failing(one)]
        occasions = [
            *(Occasion("late", batch_id, self._profile, self._base_url) for batch_id in late),
            *(Occasion("vanishing", batch_id, self._profile, self._base_url) for batch_id in vanishing),
            *(Occasion("failed", batch_id, self._profile, self._base_url) for batch_id in failing),
            *self._overspent(now),
        ]
        await self._store.told.add(occasions, now)

    async def claim(self, channel: Channel) -> list[News]:
        """Return what this process is to tell through a channel now; nobody gets it a second time."""
        if channel == "desktop" and not self._notify.desktop:
            return []
        now = self._now()
        max_age = DESKTOP_MAX_AGE if channel == "desktop" else MAX_AGE
        return await self._store.told.claim(self._store.told.untold(channel, now, max_age), channel, now)

    async def run_hooks(self) -> list[HookError]:
        """Tell all hooks what they were not told yet, one thing after another, and return what went wrong."""
        errors = await asyncio.gather(*(self._run_hook(hook) for hook in self._hooks.all))
        return [error for some in errors for error in some]

    async def try_hook(self, hook: Hook) -> None:
        """Tell a hook of a batch that does not exist; raises `HookError` if it fails."""
        now = self._now()
        batch = Batch("msgbatch_test", ENDED, Counts(succeeded=963, errored=30, expired=7), now, ended_at=now)
        stored = StoredBatch(
            key=0,
            batch=batch,
            job_id="job_test",
            job_name="test",
            profile=self._profile,
            base_url=self._base_url,
            attempt=1,
            part=1,
            parts=1,
            results="none",
            requests_known=False,
            models=(),
            cost_usd=None,
            cost_is="unknown",
        )
        news = News(0, Occasion("ended", batch.id, self._profile, self._base_url), now, stored)
        await self._hooks.run(hook, msgspec.json.encode({**body(news, now), "event": "test"}))

    async def _run_hook(self, hook: Hook) -> list[HookError]:
        errors: list[HookError] = []
        in_a_row = 0
        for news in self._store.told.untold(hook.channel, self._now(), MAX_AGE):
            if news.kind not in hook.events or not await self._store.told.claim([news], hook.channel, self._now()):
                continue
            try:
                await self._hooks.run(hook, msgspec.json.encode(body(news, self._now())))
                in_a_row = 0
            except HookError as error:
                errors.append(error)
                in_a_row += 1
            if in_a_row == FAILURES_IN_A_ROW:
                break
        return errors

    def _overspent(self, now: datetime) -> Iterator[Occasion]:
        today = now.astimezone().date()
        budgets = (
            (midnight(today), "%Y-%m-%d", self._notify.spend_day_usd),
            (midnight(today.replace(day=1)), "%Y-%m", self._notify.spend_month_usd),
        )
        for since, pattern, budget_usd in budgets:
            if budget_usd is None:
                continue
            spent_usd = self._store.told.spent_usd(self._profile, self._base_url, since)
            if spent_usd > budget_usd:
                period = since.strftime(pattern)
                # A budget that is raised is another one to go above.
                subject = f"{self._profile} {self._base_url} {period} {budget_usd:g}"
                spend = Spend(period, spent_usd, budget_usd)
                yield Occasion("spend", subject, self._profile, self._base_url, spend)
