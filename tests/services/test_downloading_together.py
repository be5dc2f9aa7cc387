"""Of all that want the results of a batch on one home, one downloads them."""

import asyncio
import os
import signal
import sys
import textwrap

import pytest

from batchtui.domain.errors import BatchtuiError, EndedError
from batchtui.services import download
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from tests.services.conftest import Open
from tests.tui.conftest import end_all, submit

RESULTS = "/v1/messages/batches/*/results"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LOOK_SECONDS", 0.01)


async def ended(bench: Workbench, server: Served) -> str:
    sent = await submit(bench, "rivers", 20)
    end_all(server)
    await bench.sync.update()
    return sent.batches[0].id


async def until_hanging(server: Served) -> None:
    async with asyncio.timeout(10):
        while server.simulator.faults.pending:  # noqa: ASYNC110 - no event tells that the request is there
            await asyncio.sleep(0.01)


async def test_two_at_once_ask_once(open_workbench: Open, server: Served) -> None:
    mine, other = open_workbench(), open_workbench()
    batch_id = await ended(mine, server)
    stored = mine.store.batches.get(batch_id)
    both = await asyncio.gather(*(bench.downloads.download(stored) for bench in (mine, other, mine)))
    assert {(one.lines, one.unreadable, one.batch.results) for one in both} == {(20, 0, "complete")}
    assert len({one.received_bytes for one in both}) == 1
    assert (
        len([each for bench in (mine, other) for each in bench.transfers.recent if each.direction == "down"]) == 1
    )


async def test_the_next_one_tries_where_the_first_has_failed(open_workbench: Open, server: Served) -> None:
    mine, other = open_workbench(), open_workbench()
    batch_id = await ended(mine, server)
    stored = mine.store.batches.get(batch_id)
    server.simulator.faults.pending.append(Fault(kind="drop_after", path=RESULTS))
    first, second = await asyncio.gather(
        mine.downloads.download(stored), other.downloads.download(stored), return_exceptions=True
    )
    failed, done = (first, second) if isinstance(first, BaseException) else (second, first)
    assert isinstance(failed, BatchtuiError)
    assert isinstance(done, download.Downloaded)
    assert mine.store.batches.get(batch_id).results == "complete"


async def test_who_waits_in_the_same_process_does_not_begin_what_the_user_ended(
    bench: Workbench, server: Served
) -> None:
    batch_id = await ended(bench, server)
    stored = bench.store.batches.get(batch_id)
    server.simulator.faults.pending.append(Fault(kind="hang", path=RESULTS))
    both = [asyncio.create_task(bench.downloads.download(stored)) for _ in range(2)]
    await until_hanging(server)
    (transfer,) = bench.transfers.running
    assert transfer.cancel is not None
    transfer.cancel()
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [EndedError, EndedError]


KILLED = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from batchtui.api.anthropic_gateway import AnthropicGateway
    from batchtui.paths import Places
    from batchtui.services.workbench import Profile, Workbench
    from batchtui.store import Store

    async def main(home, url, batch_id):
        gateway = AnthropicGateway(url, lambda: "sk-ant-test")
        store = Store.open(Places(Path(home), Path(home) / "config.toml"))
        bench = Workbench(store, gateway, Profile("default", gateway.base_url), poll_seconds=1)
        await bench.downloads.download(store.batches.get(batch_id))

    asyncio.run(main(*sys.argv[1:]))
""")


async def test_one_that_is_killed_is_followed_at_once(bench: Workbench, server: Served) -> None:
    batch_id = await ended(bench, server)
    server.simulator.faults.pending.append(Fault(kind="hang", path=RESULTS))
    arguments = ("-c", KILLED, str(bench.store.files.home), server.base_url, batch_id)
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    await until_hanging(server)
    waiting = asyncio.create_task(bench.downloads.download(bench.store.batches.get(batch_id)))
    await asyncio.sleep(0)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    async with asyncio.timeout(20):
        done = await waiting
    assert (done.lines, done.batch.results) == (20, "complete")


async def test_one_that_does_not_move_is_followed_in_the_end(
    open_workbench: Open, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = open_workbench(), open_workbench()
    batch_id = await ended(mine, server)
    stored = mine.store.batches.get(batch_id)
    monkeypatch.setattr(download, "CLAIM_SECONDS", 0.1)
    server.simulator.faults.pending.append(Fault(kind="hang", path=RESULTS))
    stuck = asyncio.create_task(mine.downloads.download(stored))
    await until_hanging(server)
    async with asyncio.timeout(20):
        assert (await other.downloads.download(stored)).batch.results == "complete"
    stuck.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stuck
