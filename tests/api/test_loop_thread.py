from __future__ import annotations

import asyncio
import threading

import pytest

from batchtui.api.loop_thread import LoopThread


async def test_work_runs_in_one_other_thread_and_its_outcome_comes_back() -> None:
    thread = LoopThread("test-loop")

    async def name() -> str:
        return threading.current_thread().name

    async def fail() -> None:
        raise ValueError("no")

    assert set(await asyncio.gather(thread.run(name()), thread.run(name()))) == {"test-loop"}
    with pytest.raises(ValueError, match="no"):
        await thread.run(fail())
    await thread.close()


async def test_cancelling_returns_when_the_work_has_ended() -> None:
    thread = LoopThread("test-loop")
    events: list[str] = []
    begun = threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            events.append("ended")

    run = asyncio.create_task(thread.run(work()))
    await asyncio.to_thread(begun.wait)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert events == ["ended"]
    await thread.close()


async def test_an_error_while_being_cancelled_is_not_lost_noise(caplog: pytest.LogCaptureFixture) -> None:
    thread = LoopThread("test-loop")
    begun = threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("on the way out")

    run = asyncio.create_task(thread.run(work()))
    await asyncio.to_thread(begun.wait)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await thread.close()
    assert caplog.records == []


async def test_closing_cancels_what_runs_and_can_be_repeated() -> None:
    thread = LoopThread("test-loop")
    begun = threading.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    run = asyncio.create_task(thread.run(work()))
    await asyncio.to_thread(begun.wait)
    await thread.close()
    await thread.close()
    with pytest.raises(asyncio.CancelledError):
        await run
    with pytest.raises(RuntimeError, match="closed"):
        await thread.run(work())
    assert "test-loop" not in {thread.name for thread in threading.enumerate()}


async def test_a_thread_never_used_never_starts() -> None:
    thread = LoopThread("test-loop")
    assert "test-loop" not in {each.name for each in threading.enumerate()}
    await thread.close()
