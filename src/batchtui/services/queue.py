"""The retry queue: what failed and waits, what a person decides about it, and what goes out again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batchtui.domain.policy import RetryPolicy
from batchtui.domain.queue import Attempted, QueueGroup, QueueRow
from batchtui.services.find import Target
from batchtui.services.models import ModelLists
from batchtui.services.retry import Retries, RetryPlan
from batchtui.services.submit import OnSent, Submission
from batchtui.store import Store

if TYPE_CHECKING:
    from batchtui.domain.template.model import Template


class Queue:
    """The failed rows of all jobs of a profile on a server; every call reads what the store says by then."""

    def __init__(
        self,
        store: Store,
        retries: Retries,
        models: ModelLists,
        *,
        profile: str,
        base_url: str,
        policy: RetryPolicy,
        max_cost_usd: float | None,
        require_writable: Callable[[str], None],
    ) -> None:
        self._store = store
        self._retries = retries
        self._models = models
        self._profile = profile
        self._base_url = base_url
        self._policy = policy
        self._max_cost_usd = max_cost_usd
        self._require_writable = require_writable

    def jobs(self) -> list[Target]:
        """Return the jobs that have rows in the queue, in whatever state, newest first."""
        raise NotImplementedError

    def groups(self, target: Target | None = None) -> list[QueueGroup]:
        """Return the rows of a batch, a job or all jobs as groups of equal causes, biggest first within a job."""
        raise NotImplementedError

    def rows(self, target: Target, custom_ids: Collection[str] | None = None) -> list[QueueRow]:
        """Return the rows of a batch or job that are in the queue, in input order."""
        raise NotImplementedError

    def plan(self, target: Target, custom_ids: Collection[str] | None = None) -> RetryPlan:
        """Return what `run` would send, and its price from the index; raises as `Retries.plan` does."""
        raise NotImplementedError

    async def edit(self, target: Target, custom_ids: Collection[str], changes: Mapping[str, Any]) -> int:
        """Set params of rows by dotted path, where None takes one away, and return how many rows that are.

        Raises `LintError` if one of the requests could not be sent then, `InputError` for a path that leads
        nowhere, and `RefusedError` for rows that are not in the queue; then nothing is changed.
        """
        raise NotImplementedError

    async def replace_request(self, target: Target, custom_id: str, text: str) -> None:
        """Take a text, JSON or YAML, as the request of a row: the whole of it, or its params.

        Raises `InputError` where it is none or has another custom_id, and as `edit` does.
        """
        raise NotImplementedError

    async def rerender(
        self,
        target: Target,
        custom_ids: Collection[str],
        template: Template,
        values: Mapping[str, Any] = {},
    ) -> int:
        """Make the requests of rows anew from their kept data rows, and return how many that are.

        Raises `RefusedError` for rows whose data row is not known, `RenderError`, and as `edit` does.
        """
        raise NotImplementedError

    async def hold(self, target: Target, custom_ids: Collection[str]) -> int:
        """Keep rows from being sent until they are released; return how many."""
        raise NotImplementedError

    async def release(self, target: Target, custom_ids: Collection[str]) -> int:
        """Let rows go that are held or given up; return how many."""
        raise NotImplementedError

    async def drop(self, target: Target, custom_ids: Collection[str]) -> int:
        """Let rows stay failed; return how many."""
        raise NotImplementedError

    async def restore(self, target: Target, custom_ids: Collection[str]) -> int:
        """Take dropped rows into the queue again; return how many."""
        raise NotImplementedError

    async def choose(self, target: Target, custom_ids: Collection[str]) -> int:
        """Let rows go out as they are that would not: flagged answers, invalid requests, rows given up."""
        raise NotImplementedError

    async def run(
        self, target: Target, custom_ids: Collection[str] | None = None, on_sent: OnSent | None = None
    ) -> Submission:
        """Send what `plan` says as a new attempt, once the user has agreed to it.

        Raises `RefusedError` if it costs more than the cap or nothing is to be sent, and as `Submissions.send`.
        """
        raise NotImplementedError

    async def run_due(self, now: datetime) -> list[Submission]:
        """Send what the policy lets go by itself at this moment."""
        raise NotImplementedError

    def history(self, target: Target, custom_id: str) -> list[Attempted]:
        """Return what became of a row in each attempt, oldest first."""
        raise NotImplementedError

    def request_text(self, target: Target, custom_id: str) -> str:
        """Return the request of a row as it would go out, as JSON for people to edit."""
        raise NotImplementedError
