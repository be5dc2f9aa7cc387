"""Hooks with real commands and a real server."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from batchtui.domain.errors import HookError, KeyringError
from batchtui.domain.watching import Hook
from batchtui.services.hooks import Hooks

BODY = b'{"event": "ended"}'
SECRET = "not a good one"


def script(directory: Path, text: str) -> tuple[str, ...]:
    """Write a command of one's own."""
    path = directory / "hook.py"
    path.write_text(f"import json, os, subprocess, sys, time\n{text}", encoding="utf-8")
    return sys.executable, str(path)


def hooks(home: Path, hook: Hook, secret: str | None = SECRET) -> Hooks:
    home.mkdir(exist_ok=True)
    return Hooks([hook], home, lambda _hook: secret)


async def run(home: Path, hook: Hook, secret: str | None = SECRET) -> None:
    await hooks(home, hook, secret).run(hook, BODY)


async def until(condition: Callable[[], bool]) -> None:
    def wait() -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline

    await asyncio.to_thread(wait)


def is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True).stdout.strip()
    return bool(state) and not state.startswith(b"Z")


async def test_a_command_gets_json_on_stdin_and_no_shell(tmp_path: Path) -> None:
    command = script(tmp_path, "json.dump([sys.stdin.read(), sys.argv[1:], os.getcwd()], open('said', 'w'))")
    await run(tmp_path / "home", Hook("tell", command=(*command, "$HOME; touch x", "`id`")))
    said = json.loads((tmp_path / "home" / "said").read_text(encoding="utf-8"))
    assert said == [BODY.decode(), ["$HOME; touch x", "`id`"], str(tmp_path / "home")]


async def test_a_command_knows_no_secret_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"], "RIVER": "Elbe"}
    secrets = {
        "ANTHROPIC_API_KEY": "sk-ant-api-secret",
        "ANTHROPIC_AUTH_TOKEN": "sk-ant-token-secret",
        "ANTHROPIC_BASE_URL": "https://secret.example",
        "MY_COPY": "x-api-key: sk-ant-api-secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "github_token": "secret",
        "DB_PASSWORD": "secret",
        "HOOK_SIGNS_WITH": "secret",
    }
    for name, value in (kept | secrets).items():
        monkeypatch.setenv(name, value)
    command = script(tmp_path, "json.dump(dict(os.environ), open('said', 'w'))")
    await run(tmp_path / "home", Hook("tell", command=command, secret_variable="HOOK_SIGNS_WITH"))
    said = json.loads((tmp_path / "home" / "said").read_text(encoding="utf-8"))
    assert not said.keys() & secrets.keys()
    assert said.items() >= kept.items()
    assert said["BATCHTUI_HOME"] == str(tmp_path / "home")


async def test_a_command_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    hook = Hook("slow", command=("sh", "-c", "sleep 600 & echo $! > pid; wait"), timeout_seconds=1)
    with pytest.raises(HookError, match="slow took longer than 1 s and was killed"):
        await run(tmp_path / "home", hook)
    pid = int((tmp_path / "home" / "pid").read_text(encoding="utf-8"))
    await until(lambda: not is_alive(pid))


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_a_command_that_says_a_gigabyte_does_no_harm(tmp_path: Path, stream: str) -> None:
    text = f"block = b'x' * (1 << 20)\nfor _ in range(1024): sys.{stream}.buffer.write(block)\nsys.exit(3)"
    with pytest.raises(HookError, match="failed with exit code 3") as raised:
        await run(tmp_path / "home", Hook("loud", command=script(tmp_path, text), timeout_seconds=120))
    assert len(str(raised.value)) < 600


async def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(HookError, match=r"The hook sad failed with exit code 1: no \n?way out\."):
        await run(tmp_path / "home", Hook("sad", command=script(tmp_path, "sys.exit('no way  out')")))


async def test_a_command_that_reads_nothing_is_fine(tmp_path: Path) -> None:
    await run(tmp_path / "home", Hook("deaf", command=script(tmp_path, "sys.stdin.close()")))


async def test_a_command_may_leave_something_behind_that_holds_its_stderr(tmp_path: Path) -> None:
    text = (
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, file=open('pid', 'w'))"
    )
    await run(tmp_path / "home", Hook("parent", command=script(tmp_path, text), timeout_seconds=60))
    os.kill(int((tmp_path / "home" / "pid").read_text(encoding="utf-8")), 9)


@pytest.mark.parametrize("command", ["/does/not/exist", "/"])
async def test_a_command_that_is_not_there_is_told(tmp_path: Path, command: str) -> None:
    with pytest.raises(HookError, match="could not be run"):
        await run(tmp_path / "home", Hook("gone", command=(command,)))


async def test_what_is_cancelled_does_not_go_on(tmp_path: Path) -> None:
    text = "open('pid.new', 'w').write(str(os.getpid())); os.rename('pid.new', 'pid'); time.sleep(600)"
    hook = Hook("slow", command=script(tmp_path, text), timeout_seconds=600)
    running = asyncio.create_task(run(tmp_path / "home", hook))
    pid_path = tmp_path / "home" / "pid"
    await until(pid_path.exists)
    running.cancel()
    pid = int(pid_path.read_text(encoding="utf-8"))
    await until(lambda: not is_alive(pid))
    assert running.cancelled()


class Receiver(http.server.BaseHTTPRequestHandler):
    """Writes down what is posted, and answers as told."""

    got: list[tuple[dict[str, str], bytes]]
    status = 204
    location = ""

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        self.got.append(({name.lower(): value for name, value in self.headers.items()}, self.rfile.read(size)))
        if self.status:
            self.send_response(self.status)
            if self.location:
                self.send_header("Location", self.location)
            self.send_header("Content-Length", "1000000000")
            self.end_headers()
        else:
            time.sleep(30)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving(
    status: int = 204, location: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    got: list[tuple[dict[str, str], bytes]] = []
    handler = type("Here", (Receiver,), {"got": got, "status": status, "location": location})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/hook?token=in-the-url", got
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_post_is_signed(tmp_path: Path) -> None:
    with receiving() as (url, got):
        await run(tmp_path, Hook("post", url=url))
    ((headers, body),) = got
    assert body == BODY
    assert headers["content-type"] == "application/json"
    assert abs(int(headers["batchtui-timestamp"]) - time.time()) < 60
    signed = headers["batchtui-timestamp"].encode() + b"." + body
    assert (
        headers["batchtui-signature"] == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    )
    assert "authorization" not in headers


async def test_a_post_is_signed_with_a_secret_that_is_not_text(tmp_path: Path) -> None:
    secret = b"\xff\xfe\x01 raw"
    with receiving() as (url, got):
        await run(tmp_path, Hook("post", url=url), os.fsdecode(secret))
    ((headers, body),) = got
    signed = headers["batchtui-timestamp"].encode() + b"." + body
    assert headers["batchtui-signature"] == "sha256=" + hmac.new(secret, signed, hashlib.sha256).hexdigest()


async def test_a_certificate_that_is_not_trusted_is_told(tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"
    making = (
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        pem,
        "-out",
        pem,
    )
    await asyncio.to_thread(subprocess.run, ("openssl", *making), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with receiving(tls=context) as (url, got), pytest.raises(HookError, match="not trusted: self-signed") as raised:
        await run(tmp_path, Hook("post", url=url))
    assert got == []
    assert "in-the-url" not in str(raised.value)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500])
async def test_a_post_is_sent_once_and_follows_nobody(tmp_path: Path, status: int) -> None:
    with receiving() as (elsewhere, stolen), receiving(status, elsewhere) as (url, got):
        hook = Hook("post", url=url)
        with pytest.raises(HookError, match=f"post was answered with status {status}") as raised:
            await run(tmp_path, hook)
    assert (len(got), stolen) == (1, [])
    assert "in-the-url" not in str(raised.value)


async def test_a_post_without_an_answer_is_given_up(tmp_path: Path) -> None:
    with receiving(0) as (url, got), pytest.raises(HookError, match=r"no answer for 0\.5 s"):
        await run(tmp_path, Hook("post", url=url, timeout_seconds=0.5))
    assert len(got) == 1


async def test_a_post_to_nobody_is_told_without_the_url(tmp_path: Path) -> None:
    with pytest.raises(HookError, match=r"could not be posted to \(ConnectError\)") as raised:
        await run(tmp_path, Hook("post", url="http://127.0.0.1:1/in-the-url"))
    assert "in-the-url" not in str(raised.value)


async def test_nothing_is_posted_unsigned(tmp_path: Path) -> None:
    def locked(_hook: Hook) -> str:
        raise KeyringError("Could not read the key: the keyring is locked.")

    with receiving() as (url, got):
        for variable, place in (("", "in the keyring"), ("HOOK", "in HOOK")):
            with pytest.raises(HookError, match=f"no secret {place} to sign with"):
                await run(tmp_path, Hook("post", url=url, secret_variable=variable), None)
        hook = Hook("post", url=url)
        with pytest.raises(HookError, match="the keyring is locked"):
            await Hooks([hook], tmp_path, locked).run(hook, BODY)
    assert got == []
