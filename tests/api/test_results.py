"""Downloads over real sockets: whole or an error, from our own origin, and no faster than they are taken."""

from __future__ import annotations

import gzip
import io
import json
import random
import socket
import threading

import pytest

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.api.client import Patience
from batchtui.domain.errors import ApiError, MissingError, ServerError, UnclearError

from .conftest import Connect, Serve
from .raw_server import Behaviour, Exchange

DEFAULT_PATH = "/v1/messages/batches/b1/results"
LINES = b"".join(
    json.dumps({"custom_id": f"r{i}", "result": {"type": "expired"}}).encode() + b"\n" for i in range(20_000)
)


async def download(gateway: AnthropicGateway, batch_id: str = "b1") -> bytes:
    async with gateway.results(batch_id) as pieces:
        return b"".join([piece async for piece in pieces])


def send_chunked(exchange: Exchange, body: bytes, *, end: bool = True, encoding: str | None = None) -> None:
    """Send the body as the API does: in chunks of uneven size, without a Content-Length."""
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ntransfer-encoding: chunked\r\n"
    if encoding:
        head += f"content-encoding: {encoding}\r\n"
    exchange.send(head.encode() + b"\r\n")
    cuts = random.Random(1)
    while body:
        chunk, body = body[: (size := cuts.randint(1, 100_000))], body[size:]
        exchange.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    if end:
        exchange.send(b"0\r\n\r\n")


@pytest.mark.parametrize("body", [LINES, LINES.rstrip(b"\n"), b""], ids=["newline", "no-newline", "empty"])
@pytest.mark.parametrize("encoding", ["gzip", None])
async def test_results_arrive_as_they_are(
    serve: Serve, connect: Connect, body: bytes, encoding: str | None
) -> None:
    sent = gzip.compress(body) if encoding else body
    server = serve(lambda exchange: send_chunked(exchange, sent, encoding=encoding))
    assert await download(connect(server.url)) == body
    (request,) = server.requests
    assert request.target == DEFAULT_PATH
    assert "gzip" in request.headers["accept-encoding"]


def reply_cut(exchange: Exchange) -> None:
    exchange.reply(200, LINES[:1_000], length=len(LINES))
    exchange.drop()


def chunks_cut(exchange: Exchange) -> None:
    send_chunked(exchange, LINES[:200_000], end=False)
    exchange.drop()


def chunks_reset(exchange: Exchange) -> None:
    send_chunked(exchange, LINES[:200_000], end=False)
    exchange.reset()


def gzip_spoiled(exchange: Exchange) -> None:
    compressed = gzip.compress(LINES)
    send_chunked(exchange, compressed[:500] + b"\0" * 500 + compressed[1_000:], encoding="gzip")


async def test_what_has_come_is_given_out_while_the_server_is_slow(serve: Serve, connect: Connect) -> None:
    go_on = threading.Event()

    def slow(exchange: Exchange) -> None:
        exchange.send(f"HTTP/1.1 200 OK\r\ncontent-length: {len(LINES)}\r\n\r\n".encode() + LINES[:100])
        go_on.wait(30)
        exchange.send(LINES[100:])

    server = serve(slow)
    async with connect(server.url).results("b1") as pieces:
        assert await anext(pieces) == LINES[:100]
        go_on.set()
        assert b"".join([piece async for piece in pieces]) == LINES[100:]


async def test_what_came_before_a_failure_is_given_out_first(serve: Serve, connect: Connect) -> None:
    server = serve(chunks_cut)
    got = io.BytesIO()

    async def take_all() -> None:
        async with connect(server.url).results("b1") as pieces:
            async for piece in pieces:
                got.write(piece)

    with pytest.raises(UnclearError):
        await take_all()
    assert got.getvalue() == LINES[:200_000]


@pytest.mark.parametrize("behaviour", [reply_cut, chunks_cut, chunks_reset, gzip_spoiled])
async def test_a_stream_that_breaks_off_is_an_error(serve: Serve, connect: Connect, behaviour: Behaviour) -> None:
    server = serve(behaviour)
    with pytest.raises(UnclearError) as caught:
        await download(connect(server.url))
    assert caught.value.unharmed
    assert len(server.requests) == 1


async def test_a_stream_that_stalls_is_an_error(serve: Serve, connect: Connect, impatient: Patience) -> None:
    def stall(exchange: Exchange) -> None:
        send_chunked(exchange, LINES[:1_000], end=False)
        server.hold()

    server = serve(stall)
    with pytest.raises(UnclearError, match="in time"):
        await download(connect(server.url, patience=impatient))


async def test_the_server_waits_for_a_slow_reader(serve: Serve, connect: Connect) -> None:
    """The body is far larger than all socket buffers, so it can only be sent if it is taken or held in memory."""
    block = b"x" * (1 << 20)
    blocks = 64
    stalled = threading.Event()

    def pour(exchange: Exchange) -> None:
        exchange.send(f"HTTP/1.1 200 OK\r\ncontent-length: {len(block) * blocks}\r\n\r\n".encode())
        exchange.connection.settimeout(0.3)
        for _ in range(blocks):
            rest = memoryview(block)
            while rest:
                try:
                    rest = rest[exchange.connection.send(rest) :]
                except TimeoutError:
                    stalled.set()

    server = serve(pour)
    async with connect(server.url).results("b1") as pieces:
        size = len(await anext(pieces))
        while not stalled.is_set():
            assert server.requests
            stalled.wait(1)
        async for piece in pieces:
            assert len(piece) < 8 << 20
            size += len(piece)
    assert size == len(block) * blocks


async def test_leaving_early_ends_the_connection(serve: Serve, connect: Connect) -> None:
    broken = threading.Event()

    def pour_until_broken(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                exchange.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        except OSError:
            broken.set()
            raise

    server = serve(pour_until_broken)
    async with connect(server.url).results("b1") as pieces:
        assert await anext(pieces)
    assert broken.wait(10)


@pytest.mark.parametrize(
    ("status", "kind"), [(404, MissingError), (500, ServerError), (302, UnclearError)], ids=["404", "500", "302"]
)
async def test_an_error_instead_of_results_is_told_on_opening(
    serve: Serve, connect: Connect, status: int, kind: type[ApiError]
) -> None:
    server = serve(lambda exchange: exchange.reply(status))
    with pytest.raises(kind):
        await download(connect(server.url))


def batch_json(results_url: str | None) -> bytes:
    return json.dumps({"id": "b1", "processing_status": "ended", "results_url": results_url}).encode()


@pytest.mark.parametrize("prefix", ["", "/gw"])
@pytest.mark.parametrize(
    ("results_url", "path"),
    [
        ("/files/b1.jsonl?part=1", "/files/b1.jsonl?part=1"),
        ("{origin}/files/b1", "/files/b1"),
        ("files/b1", "/files/b1"),
    ],
)
async def test_a_server_with_results_elsewhere_on_its_origin_is_followed(
    serve: Serve, connect: Connect, results_url: str, path: str, prefix: str
) -> None:
    def behave(exchange: Exchange) -> None:
        if exchange.target == path:
            exchange.reply(200, LINES)
        elif exchange.target == f"{prefix}/v1/messages/batches/b1":
            exchange.reply(200, batch_json(results_url.replace("{origin}", server.url)))
        else:
            exchange.reply(404)

    server = serve(behave)
    assert await download(connect(server.url + prefix)) == LINES
    assert [request.target for request in server.requests] == [
        f"{prefix}{DEFAULT_PATH}",
        f"{prefix}/v1/messages/batches/b1",
        path,
    ]


async def test_results_are_never_fetched_from_another_host(serve: Serve, connect: Connect) -> None:
    stranger = serve(lambda exchange: exchange.reply(200, LINES))
    home_paths: list[str] = []

    def behave(exchange: Exchange) -> None:
        home_paths.append(exchange.target)
        if exchange.target.endswith("/b1"):
            exchange.reply(200, batch_json(f"{stranger.url}{DEFAULT_PATH}"))
        else:
            exchange.reply(404)

    server = serve(behave)
    with pytest.raises(MissingError):
        await download(connect(server.url))
    assert home_paths == [DEFAULT_PATH, "/v1/messages/batches/b1"]
    assert stranger.requests == []


async def test_a_redirect_to_another_host_is_not_followed(serve: Serve, connect: Connect) -> None:
    stranger = serve(lambda exchange: exchange.reply(200, LINES))
    server = serve(lambda exchange: exchange.reply(302, headers={"location": f"{stranger.url}{DEFAULT_PATH}"}))
    with pytest.raises(UnclearError):
        await download(connect(server.url))
    assert stranger.requests == []


async def test_a_server_without_a_better_path_is_not_asked_twice(serve: Serve, connect: Connect) -> None:
    def behave(exchange: Exchange) -> None:
        if exchange.target.endswith("/b1"):
            exchange.reply(200, batch_json(f"{server.url}{DEFAULT_PATH}"))
        else:
            exchange.reply(404)

    server = serve(behave)
    with pytest.raises(MissingError):
        await download(connect(server.url))
    assert [request.target for request in server.requests] == [DEFAULT_PATH, "/v1/messages/batches/b1"]


async def test_a_loopback_server_that_is_gone_is_told_so(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ApiError) as caught:
        await download(connect(f"http://127.0.0.1:{port}"))
    assert caught.value.nothing_was_created
