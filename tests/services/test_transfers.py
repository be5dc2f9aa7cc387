"""What is sent and brought home is counted, and a download can be ended."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from batchtui.domain.errors import BatchtuiError, EndedError, UnclearSubmissionError
from batchtui.services.transfers import KEPT, Transfer, Transfers
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from tests.tui.conftest import end_all, submit

RESULTS = "/v1/messages/batches/*/results"


async def test_an_upload_counts_the_bytes_of_its_body(bench: Workbench) -> None:
    await submit(bench, "rivers", 20)
    (transfer,) = bench.transfers.recent
    assert (transfer.direction, transfer.name) == ("up", "rivers")
    assert transfer.done == transfer.total == transfer.moved_bytes > 0
    assert transfer.ended_at is not None
    assert not transfer.problem


async def test_a_download_counts_the_results(bench: Workbench, server: Served) -> None:
    sent = await submit(bench, "rivers", 20)
    end_all(server)
    await bench.sync.run()
    transfer = bench.transfers.recent[-1]
    assert (transfer.direction, transfer.batch_id) == ("down", sent.batches[0].id)
    assert transfer.done == transfer.total == 20
    path = bench.store.files.results_path(sent.batches[0].id)
    assert transfer.moved_bytes == path.stat().st_size


async def test_what_goes_wrong_is_kept(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(Fault(kind="drop_after", method="POST", path="/v1/messages/batches"))
    with pytest.raises(UnclearSubmissionError):
        await submit(bench, "rivers")
    (transfer,) = bench.transfers.recent
    assert transfer.problem
    assert not bench.transfers.running


async def test_a_download_that_is_ended_leaves_nothing_and_is_not_begun_again(
    bench: Workbench, server: Served
) -> None:
    sent = await submit(bench, "rivers", 20)
    end_all(server)
    await bench.sync.update()
    server.simulator.faults.pending.append(Fault(kind="hang", path=RESULTS))
    syncing = asyncio.create_task(bench.sync.run())
    async with asyncio.timeout(10):
        while server.simulator.faults.pending:  # noqa: ASYNC110 - no event tells that the request is there
            await asyncio.sleep(0)
        (transfer,) = bench.transfers.running
        assert transfer.cancel is not None
        transfer.cancel()
        report = await syncing
    assert [type(error) for error in report.errors] == [EndedError]
    assert bench.store.batches.get(sent.batches[0].id).results == "none"
    assert not (await bench.sync.run()).downloaded

    done = await bench.downloads.download(bench.store.batches.get(sent.batches[0].id))
    assert done.lines == 20
    assert bench.store.batches.get(sent.batches[0].id).results == "complete"


async def test_whoever_waits_can_be_cancelled_too(bench: Workbench, server: Served) -> None:
    await submit(bench, "rivers", 20)
    end_all(server)
    await bench.sync.update()
    server.simulator.faults.pending.append(Fault(kind="hang", path=RESULTS))
    syncing = asyncio.create_task(bench.sync.run())
    async with asyncio.timeout(10):
        while server.simulator.faults.pending:  # noqa: ASYNC110 - no event tells that the request is there
            await asyncio.sleep(0)
        syncing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await syncing
    assert not bench.transfers.running
    assert len((await bench.sync.run()).downloaded) == 1


@pytest.mark.parametrize(
    ("done", "total", "share", "left"),
    [
        (0, 100, 0.0, None),
        (25, 100, 0.25, timedelta(seconds=30)),
        (100, 100, 1.0, timedelta()),
        (120, 100, 1.0, timedelta()),
        (25, 0, None, None),
    ],
)
def test_how_far_it_is(done: int, total: int, share: float | None, left: timedelta | None) -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    transfer = Transfer("down", "rivers", "msgbatch_1", total, began, done=done)
    assert transfer.share == share
    assert transfer.time_left(began + timedelta(seconds=10)) == left


def test_only_the_newest_are_kept() -> None:
    transfers = Transfers()
    for number in range(KEPT + 5):
        with transfers.moving("up", str(number), "", 1):
            pass
    assert [transfers.recent[0].name, transfers.recent[-1].name] == ["5", str(KEPT + 4)]


def test_an_error_of_ours_is_told_in_its_words() -> None:
    transfers = Transfers()
    with pytest.raises(BatchtuiError), transfers.moving("down", "rivers", "", 1):
        raise BatchtuiError("The disk is full.")
    assert transfers.recent[0].problem == "The disk is full."
