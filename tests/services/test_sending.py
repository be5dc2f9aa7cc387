"""Whatever happens to a create: one POST, nothing lost, and the user is told the truth."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from batchtui.domain.errors import ApiError, BatchtuiError, RefusedError, UnclearSubmissionError
from batchtui.services.prepare import prepare
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served, Settings, serve
from tests.services.conftest import Open, posts, request_line

CREATE = "/v1/messages/batches"
LINES = [request_line(f"row-{number}", "x" * 2_000) for number in range(40)]

UNCLEAR = {
    "closed unread": Fault(kind="drop_before", method="POST", path=CREATE),
    "closed in the body": Fault(kind="drop_during", method="POST", path=CREATE),
    "closed after the body": Fault(kind="drop_after", method="POST", path=CREATE),
    "reply cut": Fault(kind="truncated_reply", method="POST", path=CREATE),
    "garbage, done": Fault(kind="garbage", method="POST", path=CREATE, carried_out=True),
    "garbage, not done": Fault(kind="garbage", method="POST", path=CREATE),
    "500": Fault(kind="refuse", status=500, method="POST", path=CREATE),
    "500, done": Fault(kind="refuse", status=500, method="POST", path=CREATE, carried_out=True),
    "503": Fault(kind="refuse", status=503, method="POST", path=CREATE),
    "529": Fault(kind="refuse", status=529, error_type="overloaded_error", method="POST", path=CREATE),
    "408": Fault(kind="refuse", status=408, method="POST", path=CREATE),
    "redirect": Fault(kind="refuse", status=307, method="POST", path=CREATE),
}

REFUSED = {
    "409": Fault(kind="refuse", status=409, method="POST", path=CREATE),
    "413": Fault(kind="refuse", status=413, method="POST", path=CREATE, body="<html>too large</html>"),
    "403": Fault(kind="refuse", status=403, error_type="permission_error", method="POST", path=CREATE),
    "402": Fault(kind="refuse", status=402, error_type="billing_error", method="POST", path=CREATE),
}


async def send(bench: Workbench) -> None:
    await bench.submissions.send(await prepare(bench.store, LINES, "test"), name="rivers")


@pytest.mark.parametrize("name", UNCLEAR)
async def test_an_unclear_create_is_settled_by_looking(bench: Workbench, server: Served, name: str) -> None:
    server.simulator.faults.pending.append(UNCLEAR[name])
    with pytest.raises(UnclearSubmissionError) as caught:
        await send(bench)
    assert caught.value.exit_code == 4
    assert posts(server) == 1
    (found,) = await bench.settlements.look()
    assert found.intent.state == "unclear"
    spool = bench.store.files.spool_path(found.intent.id)
    assert spool.read_bytes() == b"\n".join(LINES) + b"\n"
    created = server.simulator.shelf.all()
    assert [candidate.id for candidate in found.candidates] == [batch.id for batch in created]
    if created:
        stored = await bench.settlements.adopt(found.intent, found.candidates[0].batch)
        assert (stored.job_name, stored.requests_known) == ("rivers", True)
    else:
        stored = await bench.settlements.resend(found.intent)
        assert posts(server) == 2
    assert bench.store.files.requests_path(stored.id).read_bytes() == b"\n".join(LINES) + b"\n"
    assert len(server.simulator.shelf.all()) == 1
    assert bench.settlements.open_submissions() == []
    assert len(bench.store.batches.list()) == 1


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refused_create_stays_a_draft(bench: Workbench, server: Served, name: str) -> None:
    server.simulator.faults.pending.append(REFUSED[name])
    with pytest.raises(ApiError) as caught:
        await send(bench)
    assert caught.value.nothing_was_created
    assert "draft" in caught.value.todo
    assert posts(server) == 1
    (found,) = await bench.settlements.look()
    assert (found.intent.state, found.candidates) == ("draft", ())
    await bench.settlements.resend(found.intent)
    assert (posts(server), bench.settlements.open_submissions()) == (2, [])


async def test_requests_the_api_calls_invalid_stay_a_draft(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(Fault(kind="refuse", status=400, method="POST", path=CREATE))
    with pytest.raises(ApiError, match="400") as refused:
        await send(bench)
    assert "batchtui settle" in refused.value.todo
    (intent,) = bench.settlements.open_submissions()
    assert intent.state == "draft"
    assert "400" in (intent.error or "")
    assert len(list(bench.settlements.lines(intent))) == intent.request_count
    await bench.sync.run()
    assert posts(server) == 1
    await bench.settlements.discard(intent)
    assert (bench.settlements.open_submissions(), bench.store.files.spools()) == ([], [])
    assert bench.store.jobs.find("rivers") == []


async def test_a_part_that_fails_leaves_the_ones_before_running_and_the_rest_drafts(
    bench: Workbench, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batchtui.domain import split

    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 10, "max_body_bytes": 10**9})
    server.simulator.faults.pending.append(Fault(kind="refuse", status=413, method="POST", path=CREATE, skip=1))
    with pytest.raises(ApiError):
        await send(bench)
    assert [stored.part for stored in bench.store.batches.list()] == [1]
    assert [(i.part, i.state) for i in bench.settlements.open_submissions()] == [
        (2, "draft"),
        (3, "draft"),
        (4, "draft"),
    ]
    assert posts(server) == 2


async def test_an_interrupted_create_is_unclear(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(Fault(kind="hang", method="POST", path=CREATE, carried_out=True))
    sending = asyncio.create_task(send(bench))
    async with asyncio.timeout(30):
        while not (await bench.gateway.list_batches()).batches:
            pass
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    (found,) = await bench.settlements.look()
    assert (found.intent.state, len(found.candidates)) == ("unclear", 1)
    assert posts(server) == 1


async def test_a_batch_of_another_size_or_time_is_no_candidate(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(UNCLEAR["500"])
    with pytest.raises(UnclearSubmissionError):
        await send(bench)
    elsewhere = await prepare(bench.store, LINES[:39], "test")
    other = await bench.submissions.send(elsewhere, name="other")
    await bench.store.batches.forget(other.batches[0].id)
    server.simulator.clock.advance(timedelta(hours=1).total_seconds())
    late = await prepare(bench.store, LINES, "test")
    sent_late = await bench.submissions.send(late, name="late")
    await bench.store.batches.forget(sent_late.batches[0].id)
    (found,) = await bench.settlements.look()
    assert found.candidates == ()
    with pytest.raises(RefusedError, match="39"):
        await bench.settlements.adopt(found.intent, bench.store.batches.get(other.batches[0].id).batch)


async def test_rows_of_an_open_submission_are_not_sent_by_a_retry(bench: Workbench, server: Served) -> None:
    await send(bench)
    server.simulator.shelf.expire_now(server.simulator.shelf.all()[0], 0.0)
    await bench.sync.run()
    plan = bench.retries.plan(bench.finder.known("rivers"))
    server.simulator.faults.pending.append(UNCLEAR["500"])
    with pytest.raises(UnclearSubmissionError):
        await bench.retries.send(plan, await bench.retries.prepare(plan))
    with pytest.raises(RefusedError, match="still open"):
        bench.retries.plan(bench.finder.known("rivers"))
    (found,) = await bench.settlements.look()
    await bench.settlements.discard(found.intent)
    assert bench.retries.plan(bench.finder.known("rivers")).resend == 40


async def test_one_draft_is_sent_once_by_two(open_workbench: Open, server: Served) -> None:
    first, second = open_workbench(), open_workbench()
    server.simulator.faults.pending.append(REFUSED["409"])
    with pytest.raises(ApiError):
        await send(first)
    (intent,) = first.settlements.open_submissions()
    outcomes = await asyncio.gather(
        first.settlements.resend(intent), second.settlements.resend(intent), return_exceptions=True
    )
    assert sorted(isinstance(outcome, BatchtuiError) for outcome in outcomes) == [False, True]
    assert posts(server) == 2


async def test_a_submission_to_another_server_is_settled_only_there(
    bench: Workbench, open_workbench: Open, server: Served
) -> None:
    server.simulator.faults.pending.append(UNCLEAR["closed after the body"])
    with pytest.raises(UnclearSubmissionError):
        await send(bench)
    with serve(Settings(seed=4)) as other:
        elsewhere = open_workbench(other.base_url)
        (found,) = await elsewhere.settlements.look()
        assert (found.is_here, found.candidates) == (False, ())
        with pytest.raises(RefusedError, match="is for") as caught:
            await elsewhere.settlements.resend(found.intent)
        assert server.base_url in caught.value.todo
        with pytest.raises(RefusedError, match="is for"):
            await elsewhere.settlements.adopt(found.intent, (await bench.settlements.look())[0].candidates[0].batch)
        assert posts(other) == 0
    (found,) = await bench.settlements.look()
    assert (found.is_here, len(found.candidates), posts(server)) == (True, 1, 1)
