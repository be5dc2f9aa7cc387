"""Random lives of a job: whatever fails, is sent again, killed or settled, every row is accounted for once."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.domain import split
from batchtui.domain.batch import Batch
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.policy import RetryPolicy
from batchtui.paths import Places
from batchtui.services.find import Target
from batchtui.services.prepare import prepare
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Fault, Served, Settings, serve
from batchtui.store import Store

CREATE = "/v1/messages/batches"
ATTEMPTS = 4

Step = tuple[str, int]


class KilledError(BaseException):
    """The process is gone, as if by SIGKILL: nothing is written down any more."""


class Mortal(AnthropicGateway):
    """A gateway whose process can end right before or right after a create."""

    fate = ""
    die: Callable[[], None] = staticmethod(lambda: None)

    async def create(self, *arguments: Any, **options: Any) -> Batch:
        fate, self.fate = self.fate, ""
        if fate == "before":
            self.die()
            raise KilledError
        batch = await super().create(*arguments, **options)
        if fate == "after":
            self.die()
            raise KilledError
        return batch


class Life:
    """A job of some rows at a server, and a person who does things to it."""

    def __init__(self, home: Path, served: Served, gateway: Mortal, rows: int) -> None:
        self.served = served
        self.gateway = gateway
        self.places = Places(home, home / "config.toml")
        self.ids = [f"row-{number}" for number in range(rows)]
        self.wanted_anew: set[str] = set()
        self.refusals: list[BatchtuiError] = []
        self.bench = self.open()

    def open(self) -> Workbench:
        policy = RetryPolicy(is_automatic=True, attempts=ATTEMPTS, backoff=timedelta(0))
        profile = Profile("default", self.gateway.base_url, policy=policy)
        store = Store.open(self.places)
        self.gateway.die = store.close
        return Workbench(store, self.gateway, profile, poll_seconds=60)

    def reopen(self) -> None:
        self.bench.store.close()
        self.bench = self.open()

    @property
    def target(self) -> Target:
        return self.bench.finder.known("rivers")

    async def submit(self) -> None:
        lines = [
            json.dumps(
                {
                    "custom_id": custom_id,
                    "params": {
                        "model": "claude-haiku-4-5",
                        "max_tokens": 64,
                        "messages": [{"role": "user", "content": f"Name a river of {custom_id}."}],
                    },
                }
            ).encode()
            for custom_id in self.ids
        ]
        prepared = await prepare(self.bench.store, lines, "rivers")
        await self.bench.submissions.send(prepared, name="rivers")

    async def take(self, step: Step) -> None:
        """Do one thing; what is refused is refused, and must have changed nothing."""
        name, number = step
        try:
            await getattr(self, f"do_{name}")(number)
        except BatchtuiError as error:
            self.refusals.append(error)
        except KilledError:
            self.bench = self.open()
        finally:
            self.gateway.fate = ""
            self.served.simulator.faults.pending.clear()

    def some(self, number: int) -> list[str]:
        """Return rows by the bits of a number."""
        return [custom_id for place, custom_id in enumerate(self.ids) if number >> place % 8 & 1] or self.ids[:1]

    async def do_luck(self, number: int) -> None:
        rates = {"error_rate": number % 4 / 3, "expire_rate": number // 4 % 3 / 3}
        self.served.simulator.change({**rates, "truncate_rate": number % 2 * 0.5})

    async def do_end(self, number: int) -> None:
        for batch in self.batches():
            if batch.status != "ended" and (number % 3 or batch.id.encode()[-1] % 2):
                self.served.simulator.shelf.end_now(batch)
        if number % 5:
            await self.bench.sync.update()
            await self.bench.downloads.download_due()
            await self.bench.submissions.feed()

    async def do_retry(self, number: int) -> None:
        self.spoil(number)
        ids = self.some(number) if number % 2 else None
        if ids:
            self.wanted_anew.update(ids)
        await self.bench.queue.run(self.target, ids)

    async def do_policy(self, number: int) -> None:
        self.spoil(number)
        found = await self.bench.due_retries.run(datetime.now(UTC) + timedelta(hours=number % 3))
        self.refusals += [*found.errors, *found.left]

    async def do_race(self, number: int) -> None:
        there = Workbench(Store.open(self.places), self.gateway, self.bench.profile, poll_seconds=60)
        try:
            plans = [bench.retries.plan(self.target) for bench in (self.bench, there)]
            ready = [await b.retries.prepare(p) for b, p in zip((self.bench, there), plans, strict=True)]
            sending = [b.retries.send(p, r) for b, p, r in zip((self.bench, there), plans, ready, strict=True)]
            outcomes = await asyncio.gather(*sending, return_exceptions=True)
            assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) <= 1
        finally:
            there.store.close()

    async def do_edit(self, number: int) -> None:
        ids = self.some(number)
        changed = await self.bench.queue.edit(self.target, ids, {"max_tokens": 32 + number})
        assert 0 < changed <= len(ids)
        self.wanted_anew.update(ids)

    async def do_hold(self, number: int) -> None:
        await self.bench.queue.hold(self.target, self.some(number))

    async def do_drop(self, number: int) -> None:
        await self.bench.queue.drop(self.target, self.some(number))

    async def do_let_go(self, number: int) -> None:
        self.wanted_anew.update(self.some(number))
        await self.bench.queue.release(self.target, self.some(number))
        await self.bench.queue.restore(self.target, self.some(number))

    async def do_choose(self, number: int) -> None:
        self.wanted_anew.update(self.some(number))
        await self.bench.queue.choose(self.target, self.some(number))

    async def do_reopen(self, number: int) -> None:
        self.reopen()

    async def do_settle(self, number: int) -> None:
        """Adopt what is there; send or give up what is not."""
        for found in await self.bench.settlements.look():
            intent = found.intent
            if found.candidates:
                await self.bench.settlements.adopt(intent, found.candidates[0].batch)
            elif number % 2 or intent.attempt == 1:
                await self.bench.settlements.resend(intent)
            else:
                await self.bench.settlements.discard(intent)

    def spoil(self, number: int) -> None:
        """Let the next create fail in one way or another, or go well."""
        kind = number // 2 % 8
        if kind in {1, 2}:
            self.gateway.fate = "before" if kind == 1 else "after"
        faults = {
            3: Fault(kind="refuse", method="POST", path=CREATE, status=400, error_type="invalid_request_error"),
            4: Fault(kind="refuse", method="POST", path=CREATE, status=429, error_type="rate_limit_error"),
            5: Fault(kind="drop_after", method="POST", path=CREATE),
            6: Fault(kind="refuse", method="POST", path=CREATE, status=500, error_type="api_error"),
        }
        if kind in faults:
            self.served.simulator.faults.pending.append(faults[kind])

    def batches(self) -> list[Any]:
        return self.served.simulator.shelf.all()

    def at_server(self, *, running: bool = False) -> Counter[str]:
        """Return in how many batches at the server each row is."""
        return Counter(
            json.loads(line)["custom_id"]
            for batch in self.batches()
            if not (running and batch.status == "ended")
            for line in _cut(batch.rows.path.read_bytes(), batch.rows.offsets)
        )

    def check(self) -> None:
        """See that every row is in exactly one place, and was paid for once unless somebody wanted it anew."""
        assert max(self.at_server(running=True).values(), default=0) <= 1, "in two batches that run"
        store, target = self.bench.store, self.target
        keys = tuple(stored.key for stored in target.batches)
        reader = self.bench.reader
        final = list(reader.rows(reader.keys(reader.selection(target, final=True))))
        names = [row.facts.custom_id for row in final]
        assert len(names) == len(set(names)), "two final answers"
        answered = {row.facts.custom_id for row in final if row.facts.succeeded}
        waiting = [row.custom_id for row in self.bench.queue.rows(target)]
        assert len(waiting) == len(set(waiting)), "twice in the queue"
        under_way = {
            json.loads(line)["custom_id"]
            for intent in store.jobs.summary(target.job.id).open_intents
            for line in store.files.spool_path(intent.id).read_bytes().splitlines()
        }
        for stored in target.batches:
            if stored.results != "complete":
                under_way |= store.requests.custom_ids(stored.key)
        assert not under_way & set(waiting), "in the queue and under way"
        assert answered | set(waiting) | under_way == set(self.ids), "nowhere"
        assert not (answered & (set(waiting) | under_way)) - self.wanted_anew, "has its answer"
        paid = Counter(
            row.facts.custom_id for row in reader.rows(reader.keys(reader.selection(target))) if row.facts.succeeded
        )
        assert {row for row, times in paid.items() if times > 1} <= self.wanted_anew, "paid for twice"
        groups = self.bench.queue.groups(target)
        assert sorted(row for group in groups for row in group.custom_ids) == sorted(waiting)
        assert len(keys) == len(set(keys))
        self.check_plan(answered)

    def check_plan(self, answered: set[str]) -> None:
        if self.bench.store.jobs.summary(self.target.job.id).open_intents:
            return
        plan = self.bench.retries.plan(self.target)
        rows = self.bench.queue.rows(self.target)
        assert len(plan.rows) + plan.skipped == len(rows) == plan.resend + plan.edit_first + plan.never
        assert sum(cause.count for cause in plan.by_error) == len(rows)
        states = Counter(row.state for row in rows)
        assert plan.given_up == states["given_up"]
        assert plan.set_aside == states["held"] + states["dropped"]
        sent = [row.custom_id for row in plan.rows]
        assert not set(sent) & answered - self.wanted_anew
        due = [row for row in rows if row.failure.tries >= ATTEMPTS]
        assert not {row.custom_id for row in due} & set(self.bench.due_retries.due(self.target, datetime.now(UTC)))

    async def to_the_end(self) -> None:
        """Settle all, let all end, and see that nothing was lost or doubled on the way."""
        self.served.simulator.change({"error_rate": 0.0, "expire_rate": 0.0, "truncate_rate": 0.0})
        for _ in range(6):
            await self.take(("settle", 1))
            await self.take(("end", 1))
        self.check()
        stored = {one.id for one in self.target.batches}
        assert stored == {batch.id for batch in self.batches()}, "a batch at the server is not in the job"
        here = Counter(
            custom_id for one in self.target.batches for custom_id in self.bench.store.requests.custom_ids(one.key)
        )
        assert here == self.at_server()


def _cut(data: bytes, offsets: Any) -> list[bytes]:
    return [data[start:end] for start, end in pairwise(offsets)]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


STEPS = (
    *["retry"] * 6,
    *["end"] * 5,
    *["settle"] * 3,
    *["policy"] * 3,
    *("luck", "luck", "race", "edit", "hold", "drop", "let_go", "choose", "reopen"),
)


def unlucky(seed: int) -> Settings:
    return Settings(seed=seed, duration_seconds=36_000, error_rate=0.4, expire_rate=0.3, truncate_rate=0.3)


def history(seed: int) -> tuple[int, list[Step]]:
    """Return how many rows there are, and what happens to them; lists that are drawn one by one stay too short."""
    chance = Random(seed)
    return chance.randint(1, 9), [(chance.choice(STEPS), chance.randrange(256)) for _ in range(20)]


@settings(
    max_examples=20,
    deadline=None,
    # A history that fails is short enough to be read, and looking for a shorter one takes minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_every_row_is_accounted_for_once(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rows, steps = history(seed)
    limits = {"max_requests": 4, "max_body_bytes": 10**9}
    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", limits)

    async def live() -> None:
        with tempfile.TemporaryDirectory() as home, serve(unlucky(seed)) as served:
            life = Life(Path(home), served, Mortal(served.base_url, lambda: "sk-ant-test"), rows)
            try:
                await life.submit()
                await life.take(("end", 1))
                for step in steps:
                    await life.take(step)
                    life.check()
                await life.to_the_end()
            finally:
                with suppress(BatchtuiError):
                    await life.bench.close()

    runner.run(live())
