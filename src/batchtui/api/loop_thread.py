"""An event loop in a thread of its own, for work that would stall the loop it is awaited on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A thread with an event loop that coroutines are handed over to; it starts with the first of them.

    The thread is a daemon: a program that dies without `close` is not held up by it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop = asyncio.Event()
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Return whether `close` was called."""
        return self._closed

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the thread and return what it returns, or raise what it raises.

        Cancelling this cancels the coroutine and returns only when it has really ended, so nothing of it is left
        behind. Raises RuntimeError after `close`.
        """
        if self._closed:
            work.close()
            raise RuntimeError(f"the thread {self._name} is closed")
        loop = self._running_loop()
        done: Future[T] = Future()
        tasks: list[asyncio.Task[T]] = []

        def begin() -> None:
            task = loop.create_task(work)
            tasks.append(task)
            task.add_done_callback(finish)

        def finish(task: asyncio.Task[T]) -> None:
            if task.cancelled():
                done.cancel()
            elif error := task.exception():
                done.set_exception(error)
            else:
                done.set_result(task.result())

        def cancel() -> None:
            tasks[0].cancel()

        answer = asyncio.wrap_future(done)
        loop.call_soon_threadsafe(begin)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            if not answer.done():
                loop.call_soon_threadsafe(cancel)
                await asyncio.wait([answer])
            if not answer.cancelled():
                answer.exception()  # Marked as seen: the caller wants to hear of the cancellation instead.
            raise

    async def close(self) -> None:
        """Cancel what is running and end the thread; harmless if there is none."""
        was_closed, self._closed = self._closed, True
        if self._loop is None or self._thread is None:
            return
        if not was_closed:
            self._loop.call_soon_threadsafe(self._stop.set)
        await asyncio.to_thread(self._thread.join)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._live, args=[self._loop], name=self._name, daemon=True)
            self._thread.start()
        return self._loop

    def _live(self, loop: asyncio.AbstractEventLoop) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        await self._stop.wait()
