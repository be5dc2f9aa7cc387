"""The socket under the simulator: uvicorn on loopback, in a thread or in the foreground."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from batchtui.simulator.app import Simulator
from batchtui.simulator.settings import Settings, SimulatorError

_TICK_SECONDS = 0.02
_START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Served:
    """A simulator that listens: `base_url` is what a client is pointed at."""

    base_url: str
    simulator: Simulator


@contextmanager
def serve(
    settings: Settings | None = None, host: str = "127.0.0.1", port: int = 0, *, simulator: Simulator | None = None
) -> Iterator[Served]:
    """Serve in a background thread for as long as the context is open; port 0 takes a free one.

    Give `simulator` instead of settings to prepare one first. Open connections are cut at the end, and the
    simulator is closed. Raises SimulatorError for a host that is not loopback or a port that is taken.
    """
    listener = _listen(host, port)
    with listener, simulator or Simulator(settings) as served:
        server = _Server(_config(served))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="batchtui-simulator", daemon=True
        )
        thread.start()
        try:
            if not server.listening.wait(_START_SECONDS):
                raise SimulatorError(f"the simulator did not start within {_START_SECONDS} seconds")
            yield Served(_base_url(listener), served)
        finally:
            server.should_exit = True
            thread.join()


def run(
    settings: Settings | None = None,
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    on_listening: Callable[[str, Simulator], None] | None = None,
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM, then return; prints nothing.

    `on_listening(base_url, simulator)` is called once, before the first request is answered. Raises SimulatorError
    for a host that is not loopback or a port that is taken.
    """
    listener = _listen(host, port)
    with listener, Simulator(settings) as served:
        server = _Server(_config(served))
        if on_listening is not None:
            # The socket already listens: a client that connects now is answered as soon as the loop runs.
            on_listening(_base_url(listener), served)
        server.run(sockets=[listener])


class _Protocol(H11Protocol):
    """Shows each request its own socket, so that a fault can close it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Starts and stops at once: a hanging request must not keep a test or a demo from leaving."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The parent raises the signal again on the way out, which would skip the removal of the request lines.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def main_loop(self) -> None:
        self.listening.set()
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 100_000
            await asyncio.sleep(_TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()


def _config(simulator: Simulator) -> uvicorn.Config:
    return uvicorn.Config(
        simulator.app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise SimulatorError(f"host {host!r} is not an address: use 127.0.0.1 or ::1") from None
    if not address.is_loopback:
        raise SimulatorError(f"host {host} is not loopback: the simulator serves this machine only, use 127.0.0.1")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # asyncio turns off Nagle's delay (40 ms a reply) only for sockets that name their protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((str(address), port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SimulatorError(f"cannot listen on {host}:{port}: {error.strerror}; choose another port") from error
    return listener


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
