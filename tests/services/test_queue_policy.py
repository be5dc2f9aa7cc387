"""The queue over real HTTP, SQLite and files: what it may cost, and what goes out by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batchtui.domain.errors import RefusedError, RejectedError
from batchtui.domain.policy import RetryPolicy, parse_quiet_hours
from batchtui.domain.queue import QueueGroup
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Fault, Served
from tests.services.conftest import posts, request_line
from tests.services.queueing import CREATE, end, expire, expired, submit


def facts(groups: list[QueueGroup]) -> list[tuple[str, str, int, str]]:
    return [(group.cause, group.verdict, group.count, group.state) for group in groups]


async def test_what_may_cost_more_than_the_cap_is_not_sent(
    open_policy: Callable[..., Workbench], server: Served
) -> None:
    bench = open_policy(max_cost_usd=0.000_001)
    target = await expired(bench, server)
    with pytest.raises(RefusedError, match="more than"):
        await bench.queue.run(target)
    plan = bench.queue.plan(target)
    with pytest.raises(RefusedError, match="more than"):
        await bench.queue.send(plan, (plan.estimate.cost_usd_high or 0) * 0.999)
    assert posts(server) == 1
    assert bench.store.files.spools() == []
    await bench.queue.send(plan, (plan.estimate.cost_usd_high or 0) * 2)
    assert posts(server) == 2


async def test_an_unknown_price_is_no_price_under_a_cap(
    open_policy: Callable[..., Workbench], server: Served
) -> None:
    bench = open_policy(max_cost_usd=100.0)
    target = await submit(bench, [request_line("a", model="claude-no-such-model")])
    end(server)
    await bench.sync.run()
    await bench.queue.choose(target, ["a"])
    with pytest.raises(RefusedError, match="not known"):
        await bench.queue.run(target)


@pytest.fixture
async def open_policy(open_workbench: Callable[..., Workbench], tmp_path: Path) -> Callable[..., Workbench]:
    """Open the services with a policy on the home of the test."""

    def make(*, max_cost_usd: float | None = None, **policy: object) -> Workbench:
        bench = open_workbench()
        bench.profile = Profile(
            "default",
            bench.gateway.base_url,
            max_cost_usd=max_cost_usd,
            policy=RetryPolicy(**policy),  # type: ignore[arg-type]
        )
        return bench

    return make


async def test_rows_that_only_have_to_be_sent_again_are(
    open_policy: Callable[..., Workbench], server: Served
) -> None:
    bench = open_policy(is_automatic=True, backoff=timedelta(0))
    server.simulator.change({"expire_rate": 1.0})
    await submit(bench, [request_line("a"), request_line("bad", model="claude-no-such-model")])
    server.simulator.change({"expire_rate": 0.0})
    end(server)
    report = await bench.sync.run()
    (again,) = report.retried
    assert (again.batches[0].attempt, again.batches[0].batch.counts.total) == (2, 1)
    assert (await bench.sync.run()).retried == ()
    end(server)
    assert (await bench.sync.run()).retried == ()
    assert [row.custom_id for row in bench.queue.rows(bench.finder.known("rivers"))] == ["bad"]


@pytest.mark.parametrize(
    ("policy", "after", "sent"),
    [
        ({}, timedelta(minutes=4), 0),
        ({}, timedelta(minutes=6), 1),
        ({}, timedelta(days=4), 0),
        ({"attempts": 1}, timedelta(minutes=6), 0),
        ({"quiet": parse_quiet_hours("0:00-23:59")}, timedelta(minutes=6), 0),
        ({"max_cost_usd": 0.0}, timedelta(minutes=6), 0),
        ({"max_cost_usd": 1.0}, timedelta(minutes=6), 1),
    ],
)
async def test_the_policy_waits_and_stops(
    open_policy: Callable[..., Workbench],
    server: Served,
    policy: dict[str, object],
    after: timedelta,
    sent: int,
) -> None:
    bench = open_policy(is_automatic=True, **policy)
    await expired(bench, server)
    noon = datetime.now(UTC)
    found = await bench.due_retries.run(noon + after)
    assert (len(found.sent), found.errors) == (sent, ())
    assert len(found.left) == (policy.get("max_cost_usd") == 0.0)
    assert posts(server) == 1 + sent


async def test_the_pause_of_the_policy_grows(open_policy: Callable[..., Workbench], server: Served) -> None:
    bench = open_policy(is_automatic=True)
    await expired(bench, server)
    assert (await bench.due_retries.run(datetime.now(UTC) + timedelta(minutes=6))).sent
    expire(server)
    await bench.sync.update()
    await bench.downloads.download_due()
    assert not (await bench.due_retries.run(datetime.now(UTC) + timedelta(minutes=6))).sent
    assert (await bench.due_retries.run(datetime.now(UTC) + timedelta(minutes=11))).sent


async def test_what_was_answered_in_a_batch_that_was_deleted_here_is_not_paid_for_again(
    open_policy: Callable[..., Workbench], server: Served
) -> None:
    bench = open_policy(is_automatic=True, backoff=timedelta(0))
    server.simulator.change({"expire_rate": 1.0})
    await submit(bench, [request_line("a")])
    server.simulator.change({"expire_rate": 0.0})
    end(server)
    (again,) = (await bench.sync.run()).retried
    end(server)
    await bench.sync.run()
    await bench.management.delete(bench.store.batches.get(again.batches[0].id), here=True, remote=False)
    assert (await bench.sync.run()).retried == ()
    assert [row.custom_id for row in bench.queue.rows(bench.finder.known("rivers"))] == ["a"]


async def test_what_was_canceled_stays_so(open_policy: Callable[..., Workbench], server: Served) -> None:
    bench = open_policy(is_automatic=True, backoff=timedelta(0))
    target = await submit(bench, [request_line("a"), request_line("b")])
    await bench.management.cancel(target.batches[0])
    server.simulator.clock.advance(60)
    report = await bench.sync.run()
    assert (len(report.ended), report.retried, report.left) == (1, (), ())
    assert bench.queue.plan(bench.finder.known("rivers")).resend == 2, "by hand it goes"


async def test_an_answer_that_may_be_paid_for_is_not_asked_for_again_by_itself(
    open_policy: Callable[..., Workbench], server: Served
) -> None:
    bench = open_policy(is_automatic=True, backoff=timedelta(0))
    await submit(bench, [request_line(f"r{number}") for number in range(3)])
    end(server)
    fault = Fault(kind="corrupt_line", path="/v1/messages/batches/*/results", line=1)
    server.simulator.faults.pending.append(fault)
    assert (await bench.sync.run()).retried == ()
    assert [group.cause for group in bench.queue.groups()] == ["missing"]


async def test_what_the_api_refuses_is_held_and_not_tried_again_and_again(
    open_policy: Callable[..., Workbench], server: Served
) -> None:
    bench = open_policy(is_automatic=True)
    await expired(bench, server)
    refusal = Fault(kind="refuse", method="POST", path=CREATE, status=400, error_type="invalid_request_error")
    server.simulator.faults.pending.append(refusal)
    found = await bench.due_retries.run(datetime.now(UTC) + timedelta(hours=1))
    assert [type(error) for error in found.errors] == [RejectedError]
    assert facts(bench.queue.groups()) == [("expired", "resend", 3, "held")]
    again = await bench.due_retries.run(datetime.now(UTC) + timedelta(hours=1))
    assert (again.sent, again.errors) == ((), ())


async def test_a_foreign_batch_is_listed_and_never_sent(
    open_policy: Callable[..., Workbench], server: Served
) -> None:
    bench = open_policy(is_automatic=True, backoff=timedelta(0))
    await submit(bench, [request_line("a")])
    await bench.store.batches.forget(bench.store.batches.list()[0].id)
    expire(server)
    report = await bench.sync.run()
    assert (report.retried, report.left, report.errors) == ((), (), ())
    (row,) = bench.queue.rows(bench.queue.jobs()[0])
    assert (row.is_sendable, row.failure.length) == (False, 0)
    assert "attach" in row.ruling.why


async def test_nothing_is_sent_by_itself_unless_it_is_asked_for(bench: Workbench, server: Served) -> None:
    await expired(bench, server)
    assert (await bench.due_retries.run(datetime.now(UTC) + timedelta(hours=1))).sent == ()
    assert posts(server) == 1
