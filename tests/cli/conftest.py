"""The command line against a served simulator: in this process, and as a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from batchtui.cli.app import run
from batchtui.simulator import Served, Settings, serve

BATCHES = "/v1/messages/batches"


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.stdout)

    @property
    def text(self) -> str:
        return self.stdout.decode()


class Stdin(io.TextIOWrapper):
    def __init__(self, data: bytes, *, tty: bool) -> None:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with this one
        file.write(data)
        file.seek(0)
        super().__init__(file, encoding="utf-8")
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


class Shell:
    """Runs commands in this process; the SDK then needs to be imported only once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self._monkeypatch = monkeypatch
        self.home = home

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", tty: bool = False) -> Done:
        out, err = io.BytesIO(), io.BytesIO()
        with self._monkeypatch.context() as patch, Stdin(stdin, tty=tty) as given:
            patch.setattr(sys, "stdin", given)
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8", write_through=True))
            patch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding="utf-8", write_through=True))
            code = run([str(argument) for argument in arguments])
            return Done(code, out.getvalue(), err.getvalue().decode())

    def files(self) -> dict[str, bytes]:
        """Everything under the home that bodies are kept in, and the index as far as it is committed."""
        return {
            str(path.relative_to(self.home)): path.read_bytes()
            for path in sorted(self.home.rglob("*"))
            if path.is_file() and path.suffix in {".jsonl", ".part"}
        }


@dataclass(frozen=True)
class Server:
    """A served simulator and its strings."""

    served: Served

    @property
    def base_url(self) -> str:
        return self.served.base_url

    def control(self, **order: Any) -> dict[str, Any]:
        return dict(json.loads(self._open("/_control", json.dumps(order).encode())))

    def asked(self, method: str, path: str = BATCHES) -> int:
        """Return how many requests of this kind have come."""
        log = json.loads(self._open("/_control/log"))
        return sum(entry["method"] == method and entry["path"] == path for entry in log)

    def _open(self, path: str, data: bytes | None = None) -> bytes:
        with urllib.request.urlopen(self.base_url + path, data) as reply:
            return bytes(reply.read())


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("BATCHTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-0123456789abcdef")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Serve a simulator with these settings and point the commands at it."""
    with ExitStack() as stack:

        def begin(**settings: Any) -> Server:
            chosen = Settings(**{"duration_seconds": 3_600.0, **settings})
            served = stack.enter_context(serve(chosen))
            monkeypatch.setenv("ANTHROPIC_BASE_URL", served.base_url)
            return Server(served)

        yield begin


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    return start()


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    return Shell(monkeypatch, tmp_path / "home")


def request(custom_id: str, prompt: str = "Name a river.", **params: Any) -> dict[str, Any]:
    """A request line that is valid unless told otherwise."""
    message = {"role": "user", "content": prompt}
    return {
        "custom_id": custom_id,
        "params": {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": [message], **params},
    }


def write_lines(path: Path, *lines: object) -> Path:
    """Write one JSON value a line, or bytes as they are."""
    path.write_bytes(
        b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    )
    return path


@pytest.fixture
def requests_file(tmp_path: Path) -> Path:
    """Ten requests that succeed."""
    return write_lines(tmp_path / "rivers.jsonl", *(request(f"row-{number}") for number in range(10)))


@contextmanager
def start_process(
    *arguments: str | Path, environ: Mapping[str, str] | None = None, stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command as a process of its own, for as long as the context is open at most."""
    with subprocess.Popen(
        [sys.executable, "-m", "batchtui", *map(str, arguments)],
        env={**os.environ, **(environ or {})},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def in_process(*arguments: str | Path, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Done:
    """Run the command as a process of its own."""
    with start_process(*arguments, environ=environ, stdin=subprocess.PIPE) as process:
        out, err = process.communicate(stdin)
        return Done(process.returncode, out, err.decode())
