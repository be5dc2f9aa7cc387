"""A streamed answer that is read in one thread and taken in another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from batchtui.api.errors import Action, transport_error
from batchtui.api.loop_thread import LoopThread

if TYPE_CHECKING:
    import httpx2

_PIECE_BYTES = 1024 * 1024
"""So large because each is handed from thread to thread, and waits until the other lets go of the interpreter."""

_PIECE_SECONDS = 0.05
_AHEAD_BYTES = 4 * 1024 * 1024


class AnswerStream:
    """The decoded bytes of an answer, in pieces of a MiB or of what has come within 50 ms.

    The thread reads ahead of whoever takes the pieces, by 4 MiB and no more: then the server has to wait. What came
    before a failure is given out before the failure is raised, as an ApiError.
    """

    def __init__(self, thread: LoopThread, response: httpx2.Response, action: Action) -> None:
        self._thread = thread
        self._response = response
        self._chunks = response.aiter_bytes()
        self._action = action
        # What follows is touched in the thread only.
        self._reading: asyncio.Task[None] | None = None
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._ended = False
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if piece := await self._thread.run(self._take()):
            return piece
        raise StopAsyncIteration

    async def close(self) -> None:
        """Let go of the connection; a thread that was closed in the meantime has done so."""
        if not self._thread.is_closed:
            await self._thread.run(self._close())

    async def _take(self) -> bytes:
        """Return what is held as soon as it is a piece, or nothing at the end."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        await self._ready.wait()
        if not self._held:
            await self._reading
        piece = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
        if not self._ended:
            self._ready.clear()
        self._room.set()
        return piece

    async def _read(self) -> None:
        import httpx2

        try:
            async for chunk in self._chunks:
                self._hold(chunk)
                if self._held_bytes >= _AHEAD_BYTES:
                    self._room.clear()
                    await self._room.wait()
        except httpx2.HTTPError as error:
            raise transport_error(self._action, error) from None
        finally:
            self._ended = True
            self._ready.set()

    def _hold(self, chunk: bytes) -> None:
        if not self._held:
            self._timer = asyncio.get_running_loop().call_later(_PIECE_SECONDS, self._ready.set)
        self._held.append(chunk)
        self._held_bytes += len(chunk)
        if self._held_bytes >= _PIECE_BYTES:
            self._ready.set()

    async def _close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            if not self._reading.cancelled():
                self._reading.exception()  # Marked as seen: whoever closes does not want the rest.
        await self._chunks.aclose()
        await self._response.aclose()
