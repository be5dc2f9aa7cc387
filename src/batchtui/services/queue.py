"""The retry queue: what failed and waits, what a person decides about it, and what goes out again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from batchtui.domain.edits import with_changes
from batchtui.domain.errors import (
    LintError,
    RefusedError,
    UnknownIdError,
)
from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import counted
from batchtui.domain.job import KeptTemplate
from batchtui.domain.queue import Attempted, Choice, QueueGroup, QueueRow, groups
from batchtui.domain.request import encode_request
from batchtui.domain.result import SUCCEEDED
from batchtui.domain.retry import GONE, MISSING
from batchtui.services import editing
from batchtui.services.editing import UNCHANGED
from batchtui.services.find import Target
from batchtui.services.prepare import Prepared, discard
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
        *,
        profile: str,
        base_url: str,
        max_cost_usd: float | None,
        require_writable: Callable[[str], None],
        count_sample: Callable[[Prepared], Awaitable[Prepared]],
    ) -> None:
        self._store = store
        self._retries = retries
        self._profile = profile
        self._base_url = base_url
        self._max_cost_usd = max_cost_usd
        self._require_writable = require_writable
        self._count_sample = count_sample

    def jobs(self) -> list[Target]:
        """Return the jobs that have rows in the queue, in whatever state, newest first."""
        return [target for target in self.candidates() if self._retries.queue(target)]

    def groups(self, target: Target | None = None) -> list[QueueGroup]:
        """Return the rows of a batch, a job or all jobs as groups of equal causes, biggest first within a job."""
        targets = self.candidates() if target is None else [target]
        return [group for one in targets for group in groups(one.job.id, one.job.name, self._retries.queue(one))]

    def rows(self, target: Target, custom_ids: Collection[str] | None = None) -> list[QueueRow]:
        """Return the rows of a batch or job that are in the queue, in input order; only some if they are named."""
        rows = self._retries.queue(target)
        wanted = None if custom_ids is None else frozenset(custom_ids)
        return [row for row in rows if wanted is None or row.custom_id in wanted]

    def plan(self, target: Target, custom_ids: Collection[str] | None = None) -> RetryPlan:
        """Return what `run` would send, and its price from the index; raises as `Retries.plan` does."""
        return self._retries.plan(target, custom_ids=custom_ids)

    async def edit(self, target: Target, custom_ids: Collection[str], changes: Mapping[str, Any]) -> int:
        """Set params of rows by dotted path, where None takes one away, and return how many rows that are.

        Raises `LintError` if one of the requests could not be sent then, `InputError` for a path that leads
        nowhere, and `RefusedError` if none of the rows is one that can be sent again; then nothing is changed.
        """
        rows = await asyncio.to_thread(self._open_to_change, target, custom_ids)

        def changed() -> Iterator[bytes]:
            return (with_changes(line, changes) for line in self._retries.request_lines(rows))

        await asyncio.to_thread(self._check, target, changed)
        await self._decide(target, rows, edits=changes)
        return len(rows)

    async def replace_request(self, target: Target, custom_id: str, text: str) -> None:
        """Take a text, JSON or YAML, as the request of a row: the whole of it, or its params.

        Raises `InputError` where it is none or has another custom_id, and as `edit` does.
        """
        rows = await asyncio.to_thread(self._open_to_change, target, [custom_id])
        params = editing.parse_request(text, custom_id)
        await asyncio.to_thread(self._check, target, lambda: [encode_request(custom_id, params)])
        await self._decide(target, rows, params={custom_id: params})

    def params_in_common(self, target: Target, custom_ids: Collection[str]) -> dict[str, Any]:
        """Return the params that the requests of rows have in common, for people to edit; see `edit_params`."""
        rows = self._open_to_change(target, custom_ids)
        return editing.params_in_common(self._retries.request_lines(rows))

    async def edit_params(
        self, target: Target, custom_ids: Collection[str], before: Mapping[str, Any], text: str
    ) -> int:
        """Change in all rows what a text, JSON or YAML, has otherwise than the params they had in common.

        Returns how many rows that are, and raises as `edit` does.
        """
        changes = editing.changes_between(before, text)
        return await self.edit(target, custom_ids, changes)

    async def rerender(
        self,
        target: Target,
        custom_ids: Collection[str],
        template: Template,
        values: Mapping[str, Any] | None = None,
    ) -> int:
        """Make the requests of rows anew from their kept data rows, and return how many that are.

        `values` go before those of the data. Raises `RefusedError` for rows whose data row is not known,
        `InputError` where the template gives a row another custom_id, `RenderError`, and as `edit` does.
        """
        from batchtui.domain.template.render import Renderer

        rows = await asyncio.to_thread(self._open_to_change, target, custom_ids)

        def render() -> dict[str, dict[str, Any]]:
            lines = self._store.queue.lines((row.failure for row in rows), with_data=True)
            data = [(row.custom_id, line) for row, (_, line) in zip(rows, lines, strict=True)]
            numbers = self._store.queue.row_numbers(target.job.id, [custom_id for custom_id, _ in data])
            made = editing.rerendered(Renderer(template, values=values), data, numbers)
            return {rendered.custom_id: rendered.params for rendered in made}

        params = await asyncio.to_thread(render)
        await asyncio.to_thread(
            self._check, target, lambda: (encode_request(custom_id, one) for custom_id, one in params.items())
        )
        await self._decide(target, rows, params=params, template=KeptTemplate(template.name, template.text))
        return len(rows)

    async def hold(self, target: Target, custom_ids: Collection[str]) -> int:
        """Keep rows from being sent until they are released; return how many."""
        return await self._set_aside(target, custom_ids, "held")

    async def drop(self, target: Target, custom_ids: Collection[str]) -> int:
        """Let rows stay as they failed, until they are restored; return how many."""
        return await self._set_aside(target, custom_ids, "dropped")

    async def release(self, target: Target, custom_ids: Collection[str]) -> int:
        """Let rows go that are held, or given up; return how many."""
        return await self._let_go(target, custom_ids, {"held", "given_up"})

    async def restore(self, target: Target, custom_ids: Collection[str]) -> int:
        """Take dropped rows into the queue again; return how many."""
        return await self._let_go(target, custom_ids, {"dropped"})

    async def choose(self, target: Target, custom_ids: Collection[str]) -> int:
        """Let rows go out as they are that would not: flagged answers, invalid requests, rows given up."""
        rows = await asyncio.to_thread(self._open_to_change, target, custom_ids)
        await self._decide(target, rows, choice="chosen")
        return len(rows)

    async def run(
        self, target: Target, custom_ids: Collection[str] | None = None, on_sent: OnSent | None = None
    ) -> Submission:
        """Send what `plan` says as a new attempt, once the user has agreed to it.

        Raises `RefusedError` if it costs more than the cap or nothing is to be sent, and as `Submissions.send`.
        """
        self._require_writable("send")
        plan = await asyncio.to_thread(self.plan, target, custom_ids)
        return await self.send(plan, self._max_cost_usd, on_sent)

    async def send(self, plan: RetryPlan, cap_usd: float | None, on_sent: OnSent | None = None) -> Submission:
        """Spool and send what the user has agreed to, unless it costs more than a cap in USD.

        The cap is held to the estimate of the plan, and, before anything goes out, to the price of what is spooled,
        which the API is asked to count a sample of. Raises as `Retries.prepare` and `Submissions.send` do.
        """
        require_affordable(plan.estimate, cap_usd)
        prepared = await self._retries.prepare(plan)
        try:
            if cap_usd is not None:
                prepared = await self._count_sample(prepared)
                require_affordable(prepared.estimate, cap_usd)
            return await self._retries.send(plan, prepared, on_sent)
        finally:
            await discard(prepared)

    def history(self, target: Target, custom_id: str) -> list[Attempted]:
        """Return what became of a row in each attempt, oldest first; raises `UnknownIdError` if it was in none."""
        found: list[Attempted] = []
        before: bytes | None = None
        for stored in self._store.jobs.summary(target.job.id).batches:
            try:
                line = self._store.requests.line(stored.key, custom_id)
            except UnknownIdError:
                line = None
            outcomes = self._store.queue.outcomes(stored.key, custom_id)
            if line is None and not outcomes:
                continue
            if not outcomes:
                state = {"complete": MISSING, "gone": GONE}.get(stored.results, "running")
                outcomes = [(state, None, None, None)]
            is_edited = before is not None and line is not None and line != before
            found += (Attempted(stored.attempt, stored.id, *outcome, is_edited) for outcome in outcomes)
            before = line or before
        if not found:
            raise UnknownIdError(
                f"{target.name} has no row {custom_id!r}.", todo=f"`batchtui results {target.name}` shows its rows."
            )
        return found

    def request_text(self, target: Target, custom_id: str) -> str:
        """Return the request of a row as it would go out, as JSON for people to edit."""
        (line,) = self._retries.request_lines(self._open_to_change(target, [custom_id]))
        return editing.request_text(line)

    def candidates(self) -> list[Target]:
        """Return the jobs that may have rows in the queue."""
        summaries = map(self._store.jobs.summary, self._store.queue.jobs(self._profile, self._base_url))
        return [Target(summary.job, summary.batches, is_job=True) for summary in summaries]

    def _open_to_change(self, target: Target, custom_ids: Collection[str]) -> list[QueueRow]:
        rows = [row for row in self._retries.open_to_change(target, custom_ids) if row.failure.length]
        if not rows:
            named = next(iter(custom_ids)) if len(custom_ids) == 1 else counted(len(custom_ids), "row")
            raise RefusedError(
                f"{target.name}: nothing to send again of {named}.",
                unharmed=UNCHANGED,
                todo="Rows that failed can be changed, once their batch has ended and if their request is known.",
            )
        return rows

    def _check(self, target: Target, lines: Callable[[], Iterable[bytes]]) -> None:
        """Raise `LintError` if one of these requests could not be sent."""
        linter = self._retries.linter(target.job)
        for number, line in enumerate(lines(), 1):
            linter.check(number, line)
        if linter.error_count:
            raise LintError(
                target.name, linter.problems, linter.counts, todo="They stay as they were; change them otherwise."
            )

    async def _set_aside(self, target: Target, custom_ids: Collection[str], choice: Choice) -> int:
        rows = await asyncio.to_thread(self.rows, target, custom_ids)
        await self._decide(target, rows, choice=choice)
        return len(rows)

    async def _let_go(self, target: Target, custom_ids: Collection[str], states: Collection[str]) -> int:
        rows = [row for row in await asyncio.to_thread(self.rows, target, custom_ids) if row.state in states]
        await self._decide(target, [row for row in rows if _must_be_chosen(row)], choice="chosen")
        await self._decide(target, [row for row in rows if not _must_be_chosen(row)], choice="waiting")
        return len(rows)

    async def _decide(
        self,
        target: Target,
        rows: Iterable[QueueRow],
        *,
        choice: Choice | None = None,
        edits: Mapping[str, Any] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        template: KeptTemplate | None = None,
    ) -> None:
        places = [(row.custom_id, row.failure.attempt) for row in rows]
        await self._store.queue.decide(
            target.job.id, places, choice=choice, edits=edits, params=params, template=template
        )


def _must_be_chosen(row: QueueRow) -> bool:
    """Return whether a row that is let go would stay where it is without a word of its own."""
    return row.state == "given_up" or row.failure.type == SUCCEEDED
