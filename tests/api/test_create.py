"""The one POST that must never be repeated, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchtui.api.body import body_blocks, check_body
from batchtui.api.client import Patience
from batchtui.domain.errors import (
    ApiError,
    AuthError,
    MissingError,
    RateLimitError,
    RejectedError,
    ServerError,
    SpendLimitError,
    StoreError,
    UnclearError,
    UnreachableError,
)
from batchtui.domain.request import body_length, encode_request

from .conftest import KEY, Connect, Serve
from .raw_server import Exchange

BATCH = {
    "id": "msgbatch_01",
    "type": "message_batch",
    "processing_status": "in_progress",
    "request_counts": {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-11-01T10:00:00Z",
    "expires_at": "2026-11-02T10:00:00Z",
}
BATCH_JSON = json.dumps(BATCH).encode()


def request_lines(tmp_path: Path, count: int = 2, chars: int = 10) -> tuple[Path, int]:
    lines = [encode_request(f"row-{i}", {"model": "m", "text": "é" * chars}) for i in range(count)]
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path, body_length(sum(map(len, lines)), count)


def accept(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.reply(200, BATCH_JSON)


json_lines = st.lists(
    st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=3).map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(json_lines, st.booleans(), st.integers(1, 200))
def test_the_body_is_the_lines_joined_whatever_the_cut(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ends_with_newline: bool, block_bytes: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.jsonl"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ends_with_newline else b""))
    body = b"".join(body_blocks(path, block_bytes))
    assert body == b'{"requests":[' + b",".join(lines) + b"]}"
    assert len(body) == body_length(sum(map(len, lines)), len(lines))
    check_body(path, len(body))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(json_lines, st.booleans())
async def test_the_server_gets_exactly_the_announced_bytes(
    serve: Serve, connect: Connect, tmp_path: Path, lines: list[bytes], ends_with_newline: bool
) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ends_with_newline else b""))
    size = body_length(sum(map(len, lines)), len(lines))
    server = serve(accept)
    await connect(server.url).create(path, body_bytes=size)
    (post,) = server.posts
    assert post.headers["content-length"] == str(size)
    assert "transfer-encoding" not in post.headers
    assert bytes(post.body) == b'{"requests":[' + b",".join(lines) + b"]}"


async def test_a_large_body_arrives_whole_and_its_progress_is_told(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    path, size = request_lines(tmp_path, count=3_000, chars=500)
    server = serve(accept)
    sent: list[int] = []
    threads: set[int] = set()

    def on_sent(total: int) -> None:
        sent.append(total)
        threads.add(threading.get_ident())

    batch = await connect(server.url).create(path, body_bytes=size, on_sent=on_sent)
    assert batch.id == "msgbatch_01"
    assert batch.counts.processing == 2
    (post,) = server.posts
    assert post.method == "POST"
    assert post.target == "/v1/messages/batches"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["authorization"] == f"Bearer {KEY}"
    assert len(json.loads(post.body)["requests"]) == 3_000
    assert len(sent) > 2
    assert sent == sorted(sent)
    assert sent[-1] == size
    assert threads == {threading.get_ident()}


def error_body(kind: str, message: str = "no", code: str | None = None) -> bytes:
    error = {"type": kind, "message": message} | ({"details": {"error_code": code}} if code else {})
    return json.dumps({"type": "error", "error": error, "request_id": "req_1"}).encode()


def answers(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Callable[[Exchange], None]:
    def behave(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.reply(status, body, headers)

    return behave


def drops_at_once(exchange: Exchange) -> None:
    exchange.drop()


def drops_inside_the_body(exchange: Exchange) -> None:
    exchange.read_body(up_to=10)
    exchange.drop()


def resets_inside_the_body(exchange: Exchange) -> None:
    exchange.read_body(up_to=10)
    exchange.reset()


def drops_after_the_body(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.drop()


def resets_after_the_body(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.reset()


def cuts_the_reply(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.reply(200, BATCH_JSON[:40], length=len(BATCH_JSON))
    exchange.drop()


def cuts_the_head(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-le")
    exchange.drop()


def speaks_no_http(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.send(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    exchange.drop()


def breaks_the_compression(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.reply(200, b"this is not gzip", {"content-encoding": "gzip"})


LIMIT_MESSAGE = (
    "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
)

FAULTS: dict[str, tuple[Callable[[Exchange], None], type[ApiError], bool]] = {
    "drop-at-once": (drops_at_once, UnclearError, False),
    "drop-inside-body": (drops_inside_the_body, UnclearError, False),
    "reset-inside-body": (resets_inside_the_body, UnclearError, False),
    "drop-after-body": (drops_after_the_body, UnclearError, False),
    "reset-after-body": (resets_after_the_body, UnclearError, False),
    "cut-reply": (cuts_the_reply, UnclearError, False),
    "cut-head": (cuts_the_head, UnclearError, False),
    "no-http": (speaks_no_http, UnclearError, False),
    "bad-gzip": (breaks_the_compression, UnclearError, False),
    "garbage": (answers(200, b"<html>hello</html>"), UnclearError, False),
    "empty-200": (answers(200), UnclearError, False),
    "no-id": (answers(200, b'{"type": "message_batch"}'), UnclearError, False),
    "list-not-object": (answers(200, b"[]"), UnclearError, False),
    "202-no-body": (answers(202), UnclearError, False),
    "301": (answers(301, headers={"location": "/elsewhere"}), UnclearError, False),
    "304": (answers(304), UnclearError, False),
    "400": (answers(400, error_body("invalid_request_error")), RejectedError, True),
    "400-spend": (answers(400, error_body("invalid_request_error", LIMIT_MESSAGE)), SpendLimitError, True),
    "401": (answers(401, error_body("authentication_error")), AuthError, True),
    "402": (answers(402, error_body("billing_error")), SpendLimitError, True),
    "403": (answers(403, error_body("permission_error")), AuthError, True),
    "404": (answers(404, error_body("not_found_error")), MissingError, True),
    "408": (answers(408), UnclearError, False),
    "409": (answers(409, error_body("conflict_error")), RejectedError, True),
    "409-retry": (answers(409, headers={"x-should-retry": "true"}), RejectedError, True),
    "413": (answers(413, b"<html><h1>413 Payload Too Large</h1></html>"), RejectedError, True),
    "429": (answers(429, error_body("rate_limit_error"), {"retry-after": "0"}), RateLimitError, True),
    "429-spend": (
        answers(429, error_body("rate_limit_error", code="enforced_spend_limit_reached")),
        SpendLimitError,
        True,
    ),
    "500": (answers(500, error_body("api_error")), ServerError, False),
    "503": (answers(503, b"upstream connect error", {"retry-after": "0"}), ServerError, False),
    "503-retry": (answers(503, headers={"x-should-retry": "true"}), ServerError, False),
    "529": (answers(529, error_body("overloaded_error")), ServerError, False),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_fault_is_told_for_what_it_is_and_nothing_is_sent_again(
    serve: Serve,
    connect: Connect,
    tmp_path: Path,
    fault: tuple[Callable[[Exchange], None], type[ApiError], bool],
) -> None:
    path, size = request_lines(tmp_path, count=400, chars=2_000)
    behaviour, kind, nothing = fault
    server = serve(behaviour)
    gateway = connect(server.url)
    with pytest.raises(ApiError) as caught:
        await gateway.create(path, body_bytes=size)
    await gateway.close()
    assert type(caught.value) is kind
    assert caught.value.nothing_was_created is nothing
    assert caught.value.todo
    assert bool(caught.value.unharmed) is nothing
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1
    assert len(server.posts) == 1


async def test_a_refused_connection_proves_that_nothing_was_created(connect: Connect, tmp_path: Path) -> None:
    path, size = request_lines(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    sent: list[int] = []
    with pytest.raises(UnreachableError, match="refused") as caught:
        await connect(f"http://127.0.0.1:{port}").create(path, body_bytes=size, on_sent=sent.append)
    assert caught.value.nothing_was_created
    assert caught.value.status is None
    assert sent == []


async def test_an_unknown_host_proves_that_nothing_was_created(connect: Connect, tmp_path: Path) -> None:
    path, size = request_lines(tmp_path)
    with pytest.raises(UnreachableError):
        await connect("https://nowhere.invalid").create(path, body_bytes=size)


async def test_a_server_without_tls_proves_that_nothing_was_created(
    serve: Serve, connect: Connect, tmp_path: Path, impatient: Patience
) -> None:
    path, size = request_lines(tmp_path)
    server = serve(accept)
    with pytest.raises(UnreachableError):
        await connect(server.url.replace("http:", "https:"), patience=impatient).create(path, body_bytes=size)


async def test_a_connection_that_is_never_taken_proves_that_nothing_was_created(
    connect: Connect, tmp_path: Path, impatient: Patience
) -> None:
    path, size = request_lines(tmp_path)
    # A server with a full queue answers no further connection.
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        with socket.create_connection(server.getsockname()):
            gateway = connect(f"http://127.0.0.1:{server.getsockname()[1]}", patience=impatient)
            with pytest.raises(UnreachableError):
                await gateway.create(path, body_bytes=size)


async def test_a_server_that_never_answers_leaves_it_open(
    serve: Serve, connect: Connect, tmp_path: Path, impatient: Patience
) -> None:
    path, size = request_lines(tmp_path)

    def hang(exchange: Exchange) -> None:
        exchange.read_body()
        server.hold()

    server = serve(hang)
    with pytest.raises(UnclearError) as caught:
        await connect(server.url, patience=impatient).create(path, body_bytes=size)
    assert not caught.value.nothing_was_created
    assert len(server.posts) == 1


async def test_a_server_that_stops_reading_leaves_it_open(
    serve: Serve, connect: Connect, tmp_path: Path, impatient: Patience
) -> None:
    path, size = request_lines(tmp_path, count=10_000, chars=1_000)
    server = serve(lambda _: server.hold())
    with pytest.raises(UnclearError):
        await connect(server.url, patience=impatient).create(path, body_bytes=size)
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthError), (413, RejectedError), (429, RateLimitError)], ids=["401", "413", "429"]
)
async def test_an_answer_that_comes_before_the_body_is_over_is_read(
    serve: Serve, connect: Connect, tmp_path: Path, status: int, kind: type[ApiError]
) -> None:
    path, size = request_lines(tmp_path, count=5_000, chars=1_000)

    def refuse_early(exchange: Exchange) -> None:
        exchange.read_body(up_to=1_000)
        exchange.reply(status)
        exchange.read_body()

    server = serve(refuse_early)
    with pytest.raises(kind) as caught:
        await connect(server.url).create(path, body_bytes=size)
    assert caught.value.status == status
    assert len(server.posts) == 1


async def test_a_redirect_is_not_followed_and_the_key_stays_here(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    path, size = request_lines(tmp_path)
    stranger = serve(accept)
    for status in (301, 302, 303, 307, 308):
        server = serve(answers(status, headers={"location": f"{stranger.url}/v1/messages/batches"}))
        with pytest.raises(UnclearError) as caught:
            await connect(server.url).create(path, body_bytes=size)
        assert caught.value.status == status
        assert len(server.posts) == 1
    assert stranger.requests == []


async def test_a_file_that_is_not_what_was_prepared_is_not_sent(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    path, size = request_lines(tmp_path)
    server = serve(accept)
    gateway = connect(server.url)
    for wrong in (size - 1, size + 1):
        with pytest.raises(StoreError):
            await gateway.create(path, body_bytes=wrong)
    with pytest.raises(StoreError, match="cannot be read"):
        await gateway.create(tmp_path / "gone.jsonl", body_bytes=size)
    assert server.requests == []


async def test_a_canceled_create_is_over_when_it_says_so(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    path, size = request_lines(tmp_path)
    arrived = threading.Event()

    def hang(exchange: Exchange) -> None:
        exchange.read_body()
        arrived.set()
        server.hold()

    server = serve(hang)
    gateway = connect(server.url)
    create = asyncio.create_task(gateway.create(path, body_bytes=size))
    await asyncio.to_thread(arrived.wait)
    create.cancel()
    with pytest.raises(asyncio.CancelledError):
        await create
    await gateway.close()
    assert len(server.posts) == 1
