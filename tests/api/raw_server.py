"""An HTTP server that does to a connection exactly what a test says, down to the byte and the reset."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType


@dataclass
class Exchange:
    """One request as it came, and the connection to answer it on; `body` grows as it is read."""

    method: str
    target: str
    headers: dict[str, str]
    connection: socket.socket
    body: bytearray = field(default_factory=bytearray)

    @property
    def body_bytes(self) -> int:
        return int(self.headers.get("content-length", "0"))

    def read_body(self, up_to: int | None = None) -> None:
        """Read the body, or only until that many bytes of it are here."""
        wanted = self.body_bytes if up_to is None else min(up_to, self.body_bytes)
        while len(self.body) < wanted:
            block = self.connection.recv(1 << 18)
            if not block:
                return
            self.body += block

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reply(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, length: int | None = None
    ) -> None:
        """Send a whole answer; `length` is what its Content-Length claims, if not the truth."""
        lines = [f"HTTP/1.1 {status} Because", f"content-length: {len(body) if length is None else length}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def drop(self) -> None:
        """End the connection in order."""
        self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection at once, which the other side sees as an error."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


Behaviour = Callable[[Exchange], None]


class RawServer:
    """A server on loopback that hands every request to one behaviour and remembers them all."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[Exchange] = []
        self._released = threading.Event()
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def posts(self) -> list[Exchange]:
        return [request for request in self.requests if request.method == "POST"]

    def hold(self) -> None:
        """Do nothing until the test is over."""
        self._released.wait()

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        for sock in (self._listener, *self._connections):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # Already ended by the other side or by the behaviour.
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while exchange := _read_head(connection):
                    self.requests.append(exchange)
                    self.behaviour(exchange)
                    if connection.fileno() < 0:
                        return
                    exchange.read_body()
            except OSError:
                return


def _read_head(connection: socket.socket) -> Exchange | None:
    data = b""
    while b"\r\n\r\n" not in data:
        block = connection.recv(1 << 16)
        if not block:
            return None
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Exchange(method, target, headers, connection, bytearray(body))
