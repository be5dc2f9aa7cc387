"""When the poller asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from batchtui.domain.errors import EndedError
from batchtui.services.poll import Poller, PollState
from batchtui.services.sync import SyncReport
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from tests.services.conftest import posts, request_line

LIST = "/v1/messages/batches"


@asynccontextmanager
async def running(poller: Poller) -> AsyncIterator[None]:
    polling = asyncio.create_task(poller.run())
    try:
        yield
    finally:
        polling.cancel()
        await asyncio.wait([polling])


async def test_a_poll_asked_for_during_a_poll_comes_after_it(bench: Workbench, server: Served) -> None:
    reported = asyncio.Semaphore(0)
    polls = 0

    def on_state(state: PollState) -> None:
        nonlocal polls
        if state.polling:
            polls += 1
            if polls == 1:
                poller.refresh()

    poller = Poller(
        bench.store,
        bench.sync,
        bench.profile.name,
        bench.gateway.base_url,
        young_seconds=0.05,
        on_state=on_state,
        on_report=lambda _report: reported.release(),
    )
    polling = asyncio.create_task(poller.run())
    async with asyncio.timeout(20):
        await reported.acquire()
        await reported.acquire()
    polling.cancel()
    assert lists(server) >= 2


async def test_a_part_goes_out_when_its_wait_is_over(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(
        Fault(kind="refuse", status=429, retry_after=1, method="POST", path=LIST, times=1)
    )
    sent = await bench.submissions.send(await bench.prepare([request_line("a")], "test"), name="rivers")
    assert (sent.batches, len(sent.waiting)) == ((), 1)
    is_sent = asyncio.Event()
    poller = bench.poller(
        on_state=lambda _state: None, on_report=lambda report: is_sent.set() if report.sent else None
    )
    polling = asyncio.create_task(poller.run())
    async with asyncio.timeout(20):
        await is_sent.wait()
    polling.cancel()
    assert posts(server) == 2


async def test_a_server_that_is_away_is_asked_less_and_less_and_nothing_is_told_twice(
    bench: Workbench, server: Served
) -> None:
    away = Fault(kind="drop_before", path="/v1/**", times=0)
    states: list[PollState] = []
    reported, seen, is_back = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def on_report(_report: SyncReport) -> None:
        (is_back if seen.is_set() else reported).set()

    def on_state(state: PollState) -> None:
        if state.failures and state.next_at is not None and not state.polling:
            states.append(state)
            if state.failures == 4:
                seen.set()

    poller = bench.poller(on_state=on_state, on_report=on_report)
    await bench.notices.begin("screen")
    sent = await bench.submissions.send(await bench.prepare([request_line("a")], "test"), name="rivers")
    async with running(poller), asyncio.timeout(30):
        await reported.wait()
        server.simulator.faults.pending.append(away)
        await seen.wait()
        heard_at = poller.state.last_synced_at
        server.simulator.shelf.end_now(server.simulator.shelf.get(sent.batches[0].id))
        server.simulator.faults.pending.clear()
        await is_back.wait()
        await asyncio.sleep(0)
        assert (poller.state.failures, poller.state.error) == (0, None)
    assert list(dict.fromkeys(state.failures for state in states)) == [1, 2, 3, 4]
    assert {state.last_synced_at for state in states} == {heard_at}
    assert heard_at is not None
    assert poller.state.last_synced_at is not None
    assert poller.state.last_synced_at > heard_at
    await bench.notices.look()
    assert [news.kind for news in await bench.notices.claim("screen")] == ["ended"]
    assert await bench.notices.claim("screen") == []


async def test_asking_now_again_and_again_asks_at_most_every_few_seconds(bench: Workbench, server: Served) -> None:
    reported = asyncio.Semaphore(0)
    poller = Poller(
        bench.store,
        bench.sync,
        bench.profile.name,
        bench.gateway.base_url,
        young_seconds=0.3,
        on_report=lambda _report: reported.release(),
    )
    began = asyncio.get_running_loop().time()
    async with running(poller), asyncio.timeout(20):
        for _ in range(3):
            await reported.acquire()
            for _ in range(10):
                poller.refresh()
                await asyncio.sleep(0)
    assert asyncio.get_running_loop().time() - began >= 0.6


async def test_asking_now_does_not_undercut_what_the_server_asked_for(bench: Workbench, server: Served) -> None:
    failed, reported = asyncio.Event(), asyncio.Event()
    poller = bench.poller(
        on_state=lambda state: failed.set() if state.failures else None, on_report=lambda _report: reported.set()
    )
    server.simulator.faults.pending.append(
        Fault(kind="refuse", status=429, retry_after=1, method="GET", path=LIST, times=1)
    )
    async with running(poller), asyncio.timeout(20):
        await failed.wait()
        failed_at = asyncio.get_running_loop().time()
        poller.refresh()
        await reported.wait()
        assert asyncio.get_running_loop().time() - failed_at >= 0.5


async def test_while_paused_nothing_is_asked_and_going_on_asks_at_once(bench: Workbench, server: Served) -> None:
    reported = asyncio.Semaphore(0)
    poller = bench.poller(on_state=lambda _state: None, on_report=lambda _report: reported.release())
    async with running(poller), asyncio.timeout(20):
        await reported.acquire()
        poller.toggle_pause()
        asked = lists(server)
        for _ in range(5):
            poller.refresh()
            await asyncio.sleep(0.02)
        assert poller.state.paused
        assert lists(server) == asked
        assert bench.store.leases.holder(poller._lease) is None, "another process can poll meanwhile"
        poller.toggle_pause()
        await reported.acquire()


async def test_the_poller_stays_the_poller_for_all_of_its_pause(bench: Workbench, server: Served) -> None:
    await bench.submissions.send(await bench.prepare([request_line("a")], "test"), name="rivers")
    away = Fault(kind="refuse", status=429, retry_after=200, path=LIST, method="GET", times=0)
    states: asyncio.Queue[PollState] = asyncio.Queue()
    poller = bench.poller(on_state=states.put_nowait, on_report=lambda _report: None)
    held: list[float] = []
    acquire = bench.store.leases.acquire

    async def noted(name: str, owner: str, seconds: float) -> bool:
        held.append(seconds)
        return await acquire(name, owner, seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.store.leases, "acquire", noted)
        server.simulator.faults.pending.append(away)
        async with running(poller), asyncio.timeout(20):
            while (state := await states.get()).next_at is None:
                pass
    assert held[-1] > (state.next_at - datetime.now(UTC)).total_seconds() > 100


async def test_what_the_user_ended_is_no_trouble_of_the_poll(bench: Workbench, server: Served) -> None:
    sent = await bench.submissions.send(await bench.prepare([request_line("a")], "test"), name="rivers")
    server.simulator.shelf.end_now(server.simulator.shelf.get(sent.batches[0].id))
    hang = Fault(kind="hang", path=f"{LIST}/*/results")
    server.simulator.faults.pending.append(hang)
    states: asyncio.Queue[PollState] = asyncio.Queue()
    reports: asyncio.Queue[SyncReport] = asyncio.Queue()
    poller = bench.poller(on_state=states.put_nowait, on_report=reports.put_nowait)
    async with running(poller), asyncio.timeout(20):
        while hang in server.simulator.faults.pending:  # noqa: ASYNC110 - no event tells that the request is there
            await asyncio.sleep(0)
        (transfer,) = bench.transfers.running
        assert transfer.cancel is not None
        transfer.cancel()
        assert [type(error) for error in (await reports.get()).errors] == [EndedError]
        while (state := await states.get()).next_at is None:
            pass
    assert state.error is None


async def test_a_key_that_is_refused_is_not_asked_with_again(bench: Workbench, server: Served) -> None:
    refusal = Fault(kind="refuse", status=401, error_type="authentication_error", path="/v1/**", times=0)
    server.simulator.faults.pending.append(refusal)
    refused, reported = asyncio.Semaphore(0), asyncio.Event()

    def on_state(state: PollState) -> None:
        if state.refused and not state.polling:
            refused.release()

    poller = bench.poller(on_state=on_state, on_report=lambda _report: reported.set())
    other = bench.store.leases.new_owner()
    async with running(poller), asyncio.timeout(20):
        for _ in ("it was refused", "it waits"):
            await refused.acquire()
        assert await bench.store.leases.acquire(poller._lease, other, 60), "whoever has a better key can poll"
        asked = lists(server)
        await asyncio.sleep(0.2)
        assert (lists(server), asked, poller.state.next_at) == (1, 1, None)
        server.simulator.faults.pending.clear()
        poller.refresh()
        await reported.wait()
        await asyncio.sleep(0)
        assert not poller.state.refused
        assert poller.state.error is None


def lists(server: Served) -> int:
    return sum(seen["method"] == "GET" and seen["path"] == LIST for seen in server.simulator.log)
