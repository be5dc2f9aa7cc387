"""All other calls, and what goes over the wire with each of them."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anthropic
import pytest

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.api.calls import ApiCall
from batchtui.api.client import Patience
from batchtui.api.gateway import Gateway
from batchtui.config import AWS_BASE_URL
from batchtui.domain.batch import Counts
from batchtui.domain.errors import (
    AuthError,
    ConfigError,
    KeyringError,
    MissingError,
    NoKeyError,
    UnclearError,
    UnreachableError,
)
from batchtui.domain.request import body_length
from batchtui.simulator import Settings
from batchtui.simulator import serve as serve_simulator

from .conftest import KEY, Connect, Serve
from .raw_server import Exchange

RECORDED = Path(__file__).parent.parent / "data" / "recorded"
BATCH = json.dumps({"id": "b1", "processing_status": "in_progress"}).encode()
PAGE = b'{"data": [], "has_more": false}'


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (RECORDED / name).read_text(encoding="utf-8").splitlines()]


def replay(exchanges: list[dict[str, Any]]) -> Any:
    """Answer every request with the next recorded exchange of the same method and path."""
    waiting = list(exchanges)

    def behave(exchange: Exchange) -> None:
        exchange.read_body()
        for position, known in enumerate(waiting):
            if (known["method"], urlsplit(known["uri"]).path) == (exchange.method, exchange.target):
                del waiting[position]
                skipped = {"transfer-encoding", "content-length", "content-encoding", "connection"}
                headers = {name: value for name, value in known["headers"].items() if name not in skipped}
                exchange.reply(known["status"], known["body"].encode(), headers)
                return
        exchange.reply(418)

    return behave


async def test_a_recorded_life_of_a_batch(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    exchanges = recorded("lifecycle-2026-08-19.jsonl")
    server = serve(replay(exchanges))
    gateway: Gateway = connect(server.url)
    lines = [json.dumps(each).encode() for each in json.loads(exchanges[0]["request_body"])["requests"]]
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    batch = await gateway.create(path, body_bytes=body_length(sum(map(len, lines)), len(lines)))
    assert batch.counts == Counts(processing=2)
    polls = 0
    while not batch.has_ended:
        batch = await gateway.retrieve(batch.id)
        polls += 1
    assert polls == sum(each["uri"].endswith(batch.id) for each in exchanges)
    assert batch.counts == Counts(succeeded=2)
    assert batch.ended_at is not None
    assert batch.results_url == f"https://api.anthropic.com/v1/messages/batches/{batch.id}/results"
    async with gateway.results(batch.id) as pieces:
        body = b"".join([piece async for piece in pieces])
    assert body == exchanges[-1]["body"].encode()
    assert json.loads(server.posts[0].body) == json.loads(exchanges[0]["request_body"])


async def test_a_recorded_cancellation(serve: Serve, connect: Connect) -> None:
    exchanges = recorded("cancel-2026-08-19.jsonl")
    server = serve(replay(exchanges))
    gateway = connect(server.url)
    batch_id = json.loads(exchanges[0]["body"])["id"]
    batch = await gateway.cancel(batch_id)
    assert batch.status == "canceling"
    assert batch.cancel_initiated_at is not None
    assert bytes(server.posts[0].body) == exchanges[1]["request_body"].encode()


async def test_a_whole_life_at_the_simulator(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    params = {"model": "claude-haiku-4-5", "max_tokens": 20, "messages": [{"role": "user", "content": "Hi"}]}
    lines = [json.dumps({"custom_id": f"r{i}", "params": params}).encode() for i in range(50)]
    path.write_bytes(b"\n".join(lines))
    with serve_simulator(Settings(duration_seconds=0)) as served:
        gateway = connect(served.base_url)
        await gateway.check()
        assert await gateway.count_tokens(params | {"stop_sequences": ["x"], "metadata": {}}) > 0
        batch = await gateway.create(path, body_bytes=body_length(sum(map(len, lines)), len(lines)))
        page = await gateway.list_batches()
        assert [each.id for each in page.batches] == [batch.id]
        batch = await gateway.retrieve(batch.id)
        assert batch.has_ended
        async with gateway.results(batch.id) as pieces:
            results = b"".join([piece async for piece in pieces]).splitlines()
        assert {json.loads(line)["custom_id"] for line in results} == {f"r{i}" for i in range(50)}
        await gateway.delete(batch.id)
        with pytest.raises(MissingError):
            await gateway.retrieve(batch.id)


async def test_a_wrong_key_is_told_as_such(connect: Connect) -> None:
    with serve_simulator(Settings(api_key="sk-ant-right")) as served, pytest.raises(AuthError) as caught:
        await connect(served.base_url, "sk-ant-wrong").check()
    assert caught.value.status == 401
    assert "wrong" not in str(caught.value)


async def test_a_refused_key_is_looked_up_anew() -> None:
    keys = iter(["sk-ant-wrong", "sk-ant-right"])
    with serve_simulator(Settings(api_key="sk-ant-right")) as served:
        gateway = AnthropicGateway(served.base_url, lambda: next(keys))
        with pytest.raises(AuthError):
            await gateway.check()
        await gateway.check()
        await gateway.check()
        await gateway.close()


async def test_claude_platform_on_aws_gets_what_its_own_client_sends(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(200, PAGE))
    gateway = AnthropicGateway(server.url, lambda: KEY, workspace_id="wrkspc_1")
    await gateway.check()
    await gateway.close()
    async with anthropic.AsyncAnthropicAWS(api_key=KEY, workspace_id="wrkspc_1", base_url=server.url) as client:
        await client.messages.batches.list(limit=1)
        where = anthropic.AsyncAnthropicAWS(api_key=KEY, workspace_id="wrkspc_1", aws_region="eu-west-1").base_url
    ours, theirs = server.requests
    assert ours.target == theirs.target
    for name in ("authorization", "anthropic-workspace-id", "anthropic-version"):
        assert ours.headers[name] == theirs.headers[name]
    assert where == AWS_BASE_URL.format(region="eu-west-1")


async def test_pages_carry_their_cursor(serve: Serve, connect: Connect) -> None:
    server = serve(lambda exchange: exchange.reply(200, b'{"data": [%s], "has_more": true}' % BATCH))
    page = await connect(server.url + "/gw/v1/").list_batches(limit=1, after_id="b/0&x")
    assert page.last_id == "b1"
    assert page.has_more
    assert server.requests[0].target == "/gw/v1/messages/batches?limit=1&after_id=b%2F0%26x"


@pytest.mark.parametrize("batch_id", ["a/../b", "a?b#c", "ä\n", "a b%2F"])
async def test_an_id_names_one_path_whatever_it_holds(serve: Serve, connect: Connect, batch_id: str) -> None:
    server = serve(lambda exchange: exchange.reply(200, BATCH))
    await connect(server.url).retrieve(batch_id)
    target = server.requests[0].target
    assert target.startswith("/v1/messages/batches/")
    assert target.count("/") == 4
    assert "?" not in target


@pytest.mark.parametrize("batch_id", ["", ".", ".."])
async def test_what_is_no_id_is_not_sent(serve: Serve, connect: Connect, batch_id: str) -> None:
    server = serve(lambda exchange: exchange.reply(200, BATCH))
    gateway = connect(server.url)
    for call in (gateway.retrieve, gateway.delete, gateway.cancel):
        with pytest.raises(MissingError):
            await call(batch_id)
    with pytest.raises(MissingError):
        await gateway.results(batch_id).__aenter__()
    assert server.requests == []


async def test_a_reply_that_is_no_batch_is_unclear(serve: Serve, connect: Connect) -> None:
    server = serve(lambda exchange: exchange.reply(200, b"<html>login</html>"))
    with pytest.raises(UnclearError):
        await connect(server.url).retrieve("b1")
    with pytest.raises(UnclearError):
        await connect(server.url).list_batches()


async def test_no_call_is_repeated_by_itself(serve: Serve, connect: Connect) -> None:
    server = serve(lambda exchange: exchange.reply(503, headers={"retry-after": "0", "x-should-retry": "true"}))
    gateway = connect(server.url)
    for call in (gateway.check(), gateway.retrieve("b"), gateway.cancel("b"), gateway.delete("b")):
        with pytest.raises(Exception, match="503"):
            await call
    assert len(server.requests) == 4


async def test_every_call_is_told_without_secrets(serve: Serve, connect: Connect) -> None:
    def behave(exchange: Exchange) -> None:
        exchange.reply(200 if exchange.method == "GET" else 404, PAGE, {"request-id": "req_1"})

    server = serve(behave)
    calls: list[ApiCall] = []
    threads: list[str] = []

    def on_call(call: ApiCall) -> None:
        calls.append(call)
        threads.append(threading.current_thread().name)

    gateway = connect(server.url, on_call=on_call)
    await gateway.check()
    with pytest.raises(MissingError):
        await gateway.delete("b1")
    gone = connect("http://127.0.0.1:9", on_call=on_call)
    with pytest.raises(UnreachableError):
        await gone.check()
    with pytest.raises(NoKeyError):
        await connect(server.url, None, on_call=on_call).check()
    assert [(call.method, call.path, call.status, call.request_id) for call in calls] == [
        ("GET", "/v1/messages/batches?limit=1", 200, "req_1"),
        ("DELETE", "/v1/messages/batches/b1", 404, "req_1"),
        ("GET", "/v1/messages/batches?limit=1", None, None),
    ]
    assert all(call.milliseconds >= 0 and call.started_at.tzinfo for call in calls)
    assert set(threads) == {threading.current_thread().name}
    assert KEY not in repr(calls)


async def test_a_given_key_is_the_only_one_used(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-environment")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-the-environment")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team: blue")
    server = serve(lambda exchange: exchange.reply(200, PAGE))
    await connect(server.url, workspace_id="wrkspc_1").check()
    headers = server.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["anthropic-workspace-id"] == "wrkspc_1"
    assert headers["x-team"] == "blue"
    assert "environment" not in repr(headers)


async def test_without_a_key_the_sdk_looks_in_its_own_places(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(lambda exchange: exchange.reply(200, PAGE))
    with pytest.raises(NoKeyError) as caught:
        await connect(server.url, None).check()
    assert "ANTHROPIC_API_KEY" in caught.value.todo
    assert server.requests == []
    monkeypatch.setenv("ANTHROPIC_API_KEY", "")
    with pytest.raises(NoKeyError):
        await connect(server.url, "").check()
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-7")
    await connect(server.url, None).check()
    assert server.requests[0].headers["authorization"] == "Bearer token-7"
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN")
    monkeypatch.setenv("ANTHROPIC_PROFILE", "missing")
    with pytest.raises(NoKeyError) as caught:
        await connect(server.url, None).check()
    assert "missing" in caught.value.what


async def test_a_key_can_be_found_late_and_again_after_a_failure(serve: Serve, connect: Connect) -> None:
    server = serve(lambda exchange: exchange.reply(200, PAGE))
    threads: list[str] = []

    def find() -> str:
        threads.append(threading.current_thread().name)
        if len(threads) == 1:
            raise KeyringError("The keyring is locked.")
        return KEY

    gateway = connect(server.url, find_key=find)
    assert threads == []
    with pytest.raises(KeyringError, match="locked"):
        await gateway.check()
    assert server.requests == []
    await asyncio.gather(gateway.check(), gateway.check())
    assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {KEY}"] * 2
    assert threads == ["batchtui-api"] * 2


async def test_a_key_that_changed_is_used_from_the_next_call_on(serve: Serve, connect: Connect) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def behave(exchange: Exchange) -> None:
        if exchange.target.endswith("slow"):
            arrived.set()
            go_on.wait(10)
        exchange.reply(200, BATCH)

    server = serve(behave)
    keys = iter(["sk-ant-first", "sk-ant-second"])
    gateway = connect(server.url, find_key=lambda: next(keys))
    slow = asyncio.create_task(gateway.retrieve("slow"))
    await asyncio.to_thread(arrived.wait)
    await gateway.forget_key()
    await gateway.retrieve("b1")
    go_on.set()
    assert (await slow).id == "b1"
    used = [request.headers["authorization"] for request in server.requests]
    assert used == ["Bearer sk-ant-first", "Bearer sk-ant-second"]


async def test_a_proxy_does_not_see_what_goes_to_this_machine(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda exchange: exchange.reply(502))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = serve(lambda exchange: exchange.reply(200, PAGE))
    await connect(server.url + "/gw").check()
    assert len(server.requests) == 1
    assert proxy.requests == []


async def test_a_proxy_that_says_no_proves_that_nothing_was_sent(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda exchange: exchange.reply(403))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy.url)
    with pytest.raises(UnreachableError, match="proxy"):
        await connect("https://api.nowhere.invalid").check()
    assert KEY not in repr([request.headers for request in proxy.requests])


def test_a_base_url_that_may_not_be_used_is_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        AnthropicGateway("http://api.anthropic.com", lambda: KEY)
    assert AnthropicGateway("http://127.0.0.1:9/v1/", lambda: KEY).base_url == "http://127.0.0.1:9"


async def test_any_text_can_be_counted(serve: Serve, connect: Connect) -> None:
    def count(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.reply(200, b'{"input_tokens": 3}')

    server = serve(count)
    assert await connect(server.url).count_tokens({"model": "m", "messages": "lone \ud800", "max_tokens": 5}) == 3
    (request,) = server.requests
    request_body = json.loads(request.body)
    assert request_body == {"model": "m", "messages": "lone \ud800"}


async def test_nothing_is_logged_even_when_the_sdk_is_told_to(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(lambda exchange: exchange.reply(200, b'{"input_tokens": 3}'))
    await connect(server.url).count_tokens({"model": "m", "messages": "private words"})
    noise = [record for record in caplog.records if not record.name.startswith("asyncio")]
    assert noise == []


async def test_cancelling_a_call_leaves_the_gateway_usable(serve: Serve, connect: Connect) -> None:
    arrived = threading.Event()

    def behave(exchange: Exchange) -> None:
        if exchange.target.endswith("slow"):
            arrived.set()
            server.hold()
        else:
            exchange.reply(200, BATCH)

    server = serve(behave)
    calls: list[ApiCall] = []
    gateway = connect(server.url, on_call=calls.append)
    slow = asyncio.create_task(gateway.retrieve("slow"))
    await asyncio.to_thread(arrived.wait)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert (await gateway.retrieve("b1")).id == "b1"
    assert [call.status for call in calls] == [None, 200]


async def test_calls_run_side_by_side(serve: Serve, connect: Connect) -> None:
    together = threading.Barrier(3, timeout=10)

    def behave(exchange: Exchange) -> None:
        together.wait()
        exchange.reply(200, BATCH)

    server = serve(behave)
    gateway = connect(server.url)
    batches = await asyncio.gather(*(gateway.retrieve(f"b{i}") for i in range(3)))
    assert len(batches) == 3


async def test_a_silent_server_is_left_in_time(serve: Serve, connect: Connect, impatient: Patience) -> None:
    server = serve(lambda _: server.hold())
    with pytest.raises(UnclearError, match="in time"):
        await connect(server.url, patience=impatient).list_batches()


LAZY = """
import sys
from batchtui.api.anthropic_gateway import AnthropicGateway
gateway = AnthropicGateway("https://api.anthropic.com", lambda: "sk-ant-x")
slow = {"anthropic", "httpx2", "pydantic"} & set(sys.modules)
sys.exit(f"imported too early: {slow}" if slow else 0)
"""

CLEAN_END = """
import asyncio, gc, os, sys
from batchtui.api.anthropic_gateway import AnthropicGateway

async def main(url):
    gateway = AnthropicGateway(url, lambda: "sk-ant-secret-key-of-this-test")
    task = asyncio.create_task(gateway.retrieve("b1"))
    await task
    async with gateway.results("b1") as pieces:
        await anext(pieces)
    async with gateway.results("endless") as pieces:
        await anext(pieces)
        late = asyncio.create_task(anext(pieces))
        await asyncio.sleep(0)
        await gateway.close()
        await asyncio.gather(late, return_exceptions=True)
    await gateway.close()

asyncio.run(main(sys.argv[1]))
gc.collect()
"""


def test_the_sdk_is_not_imported_before_the_first_call() -> None:
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_closing_leaves_nothing_open_and_nothing_said(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def behave(exchange: Exchange) -> None:
        if "endless" in exchange.target:
            exchange.reply(200, BATCH, length=1 << 30)
            server.hold()
        exchange.reply(200, BATCH * 10_000 if exchange.target.endswith("results") else BATCH)

    server = serve(behave)
    monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", CLEAN_END, server.url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = [line for line in done.stderr.splitlines() if " took " not in line]  # dev mode tells of slow steps
    assert (done.returncode, said, done.stdout) == (0, [], "")
    assert "secret" not in done.stderr
