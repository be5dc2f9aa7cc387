"""When the poller asks."""

from __future__ import annotations

import asyncio

from batchtui.services.poll import Poller, PollState
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served

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
