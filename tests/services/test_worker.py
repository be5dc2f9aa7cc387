"""Work in a thread that nobody waits for any more."""

import asyncio
import threading

import pytest

from batchtui.services.worker import Stop, StoppedError, in_thread


async def test_it_returns_what_the_work_returns() -> None:
    assert await in_thread(lambda _stop: 3) == 3


async def test_cancelled_twice_it_still_returns_only_when_the_work_has_ended() -> None:
    began, go_on = threading.Event(), threading.Event()
    ended: list[str] = []

    def work(stop: Stop) -> None:
        began.set()
        go_on.wait()
        try:
            stop.check()
        except StoppedError:
            ended.append("stopped")
            raise

    waiting = asyncio.ensure_future(in_thread(work))
    await asyncio.to_thread(began.wait)
    waiting.cancel()
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["stopped"]
