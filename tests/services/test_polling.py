"""When the poller asks."""

from __future__ import annotations

import asyncio

from batchtui.services.poll import Poller, PollState
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from tests.services.conftest import posts, request_line

LIST = "/v1/messages/batches"


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
    assert sum(seen["method"] == "GET" and seen["path"] == LIST for seen in server.simulator.log) >= 2


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
