"""Faults on order, and a log of every request: the layer between the socket and the API."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from batchtui.simulator.clock import Clock, stamp
from batchtui.simulator.errors import envelope
from batchtui.simulator.settings import SimulatorError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FaultKind = Literal[
    "refuse",
    "drop_before",
    "drop_during",
    "drop_after",
    "truncated_reply",
    "garbage",
    "hang",
    "slow",
    "corrupt_line",
    "unknown_result",
    "missing_line",
    "blank_line",
]
#: These change lines of a results file; the others happen to any request.
LINE_FAULTS = frozenset({"corrupt_line", "unknown_result", "missing_line", "blank_line"})

_SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})
_GARBAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One thing to go wrong, for the requests it matches.

    refuse: answer `status` with `message` (or the raw `body`), `retry_after`, `should_retry`.
    drop_before: close the socket unread.
    drop_during: close it after `after_bytes` of the request body (None: after its first piece).
    drop_after: do the work, then close without a reply.
    truncated_reply: do the work, close after `after_bytes` of the reply's body (None: half of its first piece).
    garbage: 200 with `body` or an HTML page. hang: never answer. slow: wait `seconds`, then go on.
    corrupt_line, unknown_result, missing_line, blank_line: spoil line `line` of the results (0 is the first).
    With `carried_out`, refuse, garbage and hang do the work behind the client's back.
    """

    kind: FaultKind
    method: str = "*"
    #: `*` is any one segment, `**` at the end is everything below: `/v1/messages/batches/*/results`.
    path: str = "/v1/**"
    #: How many matching requests to spoil; 0: all of them.
    times: int = 1
    #: How many matching requests to let through first.
    skip: int = 0
    status: int = 529
    error_type: str = "overloaded_error"
    message: str = "Overloaded"
    body: str | None = None
    retry_after: float | None = None
    should_retry: bool | None = None
    carried_out: bool = False
    after_bytes: int | None = None
    seconds: float = 1.0
    line: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise SimulatorError(f"fault kind {self.kind!r}: use one of {', '.join(get_args(FaultKind))}")

    def matches(self, method: str, path: str) -> bool:
        """Whether this request is meant; does not count it."""
        pattern = re.escape(self.path).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
        return self.method.upper() in {"*", method} and re.fullmatch(pattern, path) is not None


class FaultPlan:
    """The faults still to come, in order; the first that matches a request is used."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, counted down; None when it shall go through."""
        for fault in self.pending:
            if not fault.matches(method, path):
                continue
            if fault.skip:
                fault.skip -= 1
                return None
            if fault.times == 1:
                self.pending.remove(fault)
            elif fault.times > 1:
                fault.times -= 1
            return fault
        return None


class Gate:
    """ASGI layer that writes the log and carries out the faults.

    Needs the connection's transport in `scope["state"]["transport"]` to close a socket; see server.py.
    """

    def __init__(self, app: ASGIApp, plan: FaultPlan, clock: Clock, log: deque[dict[str, Any]]) -> None:
        self._app = app
        self._plan = plan
        self._clock = clock
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log the request, then let it through or spoil it."""
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        fault = self._plan.take(scope["method"], scope["path"])
        entry = {**self._entry(scope), "fault": None if fault is None else fault.kind}
        self._log.append(entry)

        async def counted_receive() -> Message:
            message = await receive()
            entry["body_bytes"] += len(message.get("body", b""))
            return message

        async def noted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        if fault is None:
            await self._app(scope, counted_receive, noted_send)
        else:
            scope.setdefault("state", {})["fault"] = fault
            await _Spoiled(self._app, fault, scope, counted_receive, noted_send).run()

    def _entry(self, scope: Scope) -> dict[str, Any]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        auth = "none"
        if headers.get("x-api-key"):
            auth = "x-api-key"
        if headers.get("authorization"):
            auth = "bearer"
        return {
            "at": stamp(self._clock.now()),
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "auth": auth,
            "headers": {name: value for name, value in headers.items() if name not in _SECRET_HEADERS},
            "body_bytes": 0,
            "status": None,
        }


class _Spoiled:
    """One request that goes wrong."""

    def __init__(self, app: ASGIApp, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        self._app = app
        self._fault = fault
        self._scope = scope
        self._receive = receive
        self._send = send
        self._sent_bytes = 0
        self._closed = False

    async def run(self) -> None:
        match self._fault.kind:
            case "drop_before":
                await self._close()
            case "drop_during":
                await self._read(self._fault.after_bytes or 1)
                await self._close()
            case "drop_after":
                await self._app(self._scope, self._receive, _nowhere)
                await self._close()
            case "truncated_reply":
                await self._app(self._scope, self._receive, self._send_part)
            case "slow":
                await asyncio.sleep(self._fault.seconds)
                await self._app(self._scope, self._receive, self._send)
            case "refuse" | "garbage" | "hang":
                await self._answer_otherwise()
            case _:
                await self._app(self._scope, self._receive, self._send)

    async def _answer_otherwise(self) -> None:
        if self._fault.carried_out:
            await self._app(self._scope, self._receive, _nowhere)
        else:
            await self._read(None)
        if self._fault.kind == "hang":
            await self._wait_for_disconnect()
            return
        status, kind, body = 200, b"text/html", _GARBAGE
        if self._fault.kind == "refuse":
            status, kind = self._fault.status, b"application/json"
            body = msgspec.json.encode(envelope(self._fault.error_type, self._fault.message, "req_011fault"))
        if self._fault.body is not None:
            body = self._fault.body.encode()
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *self._hints()]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _hints(self) -> Iterator[tuple[bytes, bytes]]:
        if self._fault.retry_after is not None:
            yield b"retry-after", f"{self._fault.retry_after:g}".encode()
        if self._fault.should_retry is not None:
            yield b"x-should-retry", str(self._fault.should_retry).lower().encode()

    async def _read(self, limit: int | None) -> None:
        """Read the request body up to a number of bytes, or whole."""
        count = 0
        while limit is None or count < limit:
            message = await self._receive()
            count += len(message.get("body", b""))
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return

    async def _send_part(self, message: Message) -> None:
        if self._closed:
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body = message.get("body", b"")
        limit = self._fault.after_bytes if self._fault.after_bytes is not None else len(body) // 2
        part = body[: max(0, limit - self._sent_bytes)]
        self._sent_bytes += len(part)
        await self._send({"type": "http.response.body", "body": part, "more_body": True})
        if self._sent_bytes >= limit or not message.get("more_body"):
            await self._close()

    async def _close(self) -> None:
        self._closed = True
        self._scope["state"]["transport"].close()
        await self._wait_for_disconnect()

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _nowhere(message: Message) -> None:
    """Swallow a reply."""


def spoil_lines(all_lines: Iterator[bytes], fault: Fault) -> Iterator[bytes]:
    """Return the lines of a results file with one of them spoiled."""
    for number, line in enumerate(all_lines):
        if number != fault.line:
            yield line
        elif fault.kind == "corrupt_line":
            yield line[: len(line) // 2] + b"\n"
        elif fault.kind == "unknown_result":
            custom_id = msgspec.json.decode(line)["custom_id"]
            yield (
                msgspec.json.encode({"custom_id": custom_id, "result": {"type": "postponed", "until": None}})
                + b"\n"
            )
        elif fault.kind == "blank_line":
            yield b"\n" + line
