"""All services of one profile on one store, as the commands and the screens get them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from batchtui.api.gateway import Gateway
from batchtui.domain.batch import MAX_QUEUED_REQUESTS, StoredBatch
from batchtui.domain.errors import RefusedError
from batchtui.domain.policy import RetryPolicy
from batchtui.domain.verdicts import Rule, verdicts
from batchtui.domain.watching import Hook, Notify
from batchtui.services.library import Library
from batchtui.services.transfers import Transfers
from batchtui.store import Store

if TYPE_CHECKING:
    from batchtui.api.calls import ApiCall
    from batchtui.services.compare import Comparisons
    from batchtui.services.compose import Composer
    from batchtui.services.diff_export import DiffExports
    from batchtui.services.download import Downloads
    from batchtui.services.due import DueRetries
    from batchtui.services.find import Finder
    from batchtui.services.judging import Judging
    from batchtui.services.manage import Management
    from batchtui.services.models import ModelLists
    from batchtui.services.notices import Notices
    from batchtui.services.poll import Poller, PollState
    from batchtui.services.prepare import Prepared
    from batchtui.services.queue import Queue
    from batchtui.services.retry import Retries
    from batchtui.services.settle import Settlements
    from batchtui.services.submit import Submissions
    from batchtui.services.sync import Sync, SyncReport


@dataclass(frozen=True, slots=True)
class Profile:
    """Which key and which server, and what holds there; `name` is also the user of its keyring entry.

    `rules` are the user's own verdicts, which come before the shipped ones.
    """

    name: str
    base_url: str
    read_only: bool = False
    max_queued_requests: int = MAX_QUEUED_REQUESTS
    max_cost_usd: float | None = None
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    rules: tuple[Rule, ...] = ()
    notify: Notify = field(default_factory=Notify)
    hooks: tuple[Hook, ...] = ()


class Workbench(Library):
    """One store, one gateway, and every use case on them; close it when done.

    A use case is imported and made when it is first asked for: the screens paint before they need most of them.
    `hook_secret` finds what a hook signs with; it may block, and raise `KeyringError`. `calls` are the last calls
    to the API, which the maker of the gateway lets it add to; `transfers` is what is sent and brought home.
    """

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        profile: Profile,
        *,
        poll_seconds: float,
        hook_secret: Callable[[Hook], str | None] = lambda _hook: None,
        calls: Sequence[ApiCall] = (),
    ) -> None:
        super().__init__(store)
        self.calls = calls
        self.transfers = Transfers()
        self.gateway = gateway
        self.profile = profile
        self._poll_seconds = poll_seconds
        self._hook_secret = hook_secret

    @cached_property
    def models(self) -> ModelLists:
        """Which models the server has."""
        from batchtui.services.models import ModelLists

        return ModelLists(self.store, self.gateway)

    @cached_property
    def downloads(self) -> Downloads:
        """Bringing results home."""
        from batchtui.services.download import Downloads

        return Downloads(self.store, self.gateway, self.profile.name, self.transfers)

    @cached_property
    def submissions(self) -> Submissions:
        """Sending what is prepared."""
        from batchtui.services.submit import Submissions

        return Submissions(
            self.store,
            self.gateway,
            self.profile.name,
            self.transfers,
            max_queued_requests=self.profile.max_queued_requests,
        )

    @cached_property
    def sync(self) -> Sync:
        """Writing down what the list says."""
        from batchtui.services.sync import Sync

        return Sync(
            self.store,
            self.gateway,
            self.downloads,
            self.submissions,
            self.models,
            profile=self.profile.name,
            feeds=not self.profile.read_only,
            run_due=self.due_retries.run if self.profile.policy.is_automatic else None,
        )

    @cached_property
    def finder(self) -> Finder:
        """From what a user types to the batches meant."""
        from batchtui.services.find import Finder

        return Finder(self.store, self.gateway, self.profile.name)

    @cached_property
    def notices(self) -> Notices:
        """What people and hooks are told."""
        from batchtui.services.hooks import Hooks
        from batchtui.services.notices import Notices

        hooks = Hooks(self.profile.hooks, self.store.files.home, self._hook_secret)
        return Notices(
            self.store, self.profile.name, self.gateway.base_url, notify=self.profile.notify, hooks=hooks
        )

    @cached_property
    def comparisons(self) -> Comparisons:
        """Comparing results."""
        from batchtui.services.compare import Comparisons

        return Comparisons(self.store, self.finder)

    @cached_property
    def settlements(self) -> Settlements:
        """Finding out what became of submissions without an outcome."""
        from batchtui.services.settle import Settlements

        return Settlements(self.store, self.gateway, self.sync, self.submissions, self.profile.name)

    @cached_property
    def retries(self) -> Retries:
        """Sending again what failed."""
        from batchtui.services.retry import Retries

        return Retries(
            self.store,
            self.submissions,
            self.models,
            table=verdicts(self.profile.rules),
            policy=self.profile.policy,
        )

    @cached_property
    def queue(self) -> Queue:
        """What failed and waits to be sent again."""
        from batchtui.services.queue import Queue

        return Queue(
            self.store,
            self.retries,
            profile=self.profile.name,
            base_url=self.gateway.base_url,
            max_cost_usd=self.profile.max_cost_usd,
            require_writable=self.require_writable,
            count_sample=self.count_sample,
        )

    @cached_property
    def due_retries(self) -> DueRetries:
        """Sending again what needs no question."""
        from batchtui.services.due import DueRetries

        return DueRetries(
            self.store,
            self.retries,
            self.queue,
            policy=self.profile.policy,
            max_cost_usd=self.profile.max_cost_usd,
        )

    @cached_property
    def management(self) -> Management:
        """Canceling and renaming."""
        from batchtui.services.manage import Management

        return Management(self.store, self.gateway)

    @cached_property
    def composer(self) -> Composer:
        """Making submissions from templates and rows."""
        from batchtui.services.compose import Composer

        return Composer(self.store, self.gateway, self.models, self.require_writable)

    @cached_property
    def judging(self) -> Judging:
        """Which answers are better, by people and by judges."""
        from batchtui.services.judging import Judging

        return Judging(self.store, self.reader, self.comparisons, self.composer, self.templates)

    @cached_property
    def diff_exports(self) -> DiffExports:
        """Writing comparisons to files."""
        from batchtui.services.diff_export import DiffExports

        return DiffExports(self.comparisons, self.judging)

    async def prepare(
        self, lines: Iterable[bytes], source: str, *, mend: bool = False, sample: int | None = None
    ) -> Prepared:
        """Check and price request lines against the models known here and spool them; see `prepare.prepare`."""
        from batchtui.services.prepare import prepare

        return await prepare(self.store, lines, source, models=self.models.known(), mend=mend, sample=sample)

    async def count_sample(self, prepared: Prepared) -> Prepared:
        """Return a prepared submission with the API's own count in its estimate, if it can be had."""
        from batchtui.services.price import count_sample

        return await count_sample(self.store, self.gateway, prepared)

    def poller(
        self,
        *,
        on_state: Callable[[PollState], None],
        on_report: Callable[[SyncReport], None],
        on_download: Callable[[StoredBatch, int], None] | None = None,
        every_seconds: float | None = None,
    ) -> Poller:
        """Return a poller that is not running yet; the callbacks are called on the loop it runs on.

        With `every_seconds` it keeps that pace however old the running batches are.
        """
        from batchtui.services.poll import Poller

        return Poller(
            self.store,
            self.sync,
            self.profile.name,
            self.gateway.base_url,
            young_seconds=self._poll_seconds if every_seconds is None else every_seconds,
            is_steady=every_seconds is not None,
            on_state=on_state,
            on_report=on_report,
            on_download=on_download,
        )

    def require_writable(self, action: str) -> None:
        """Raise `RefusedError` if this profile is read-only; `action` is what was wanted, as in `send`."""
        if self.profile.read_only:
            raise RefusedError(
                f"This is read-only, it does not {action}.",
                unharmed="Nothing was done.",
                todo="Leave out --read-only, or change read_only in config.toml.",
            )

    async def close(self) -> None:
        """Close the connections and the store."""
        await self.gateway.close()
        self.store.close()
