"""The command as the shell starts it: what it imports, how it is interrupted, what a pipe does to it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from .conftest import Server, Shell, in_process, request, start_process, write_lines

SLOW_MODULES = (
    *("anthropic", "textual", "rich", "keyring", "sqlite_utils", "starlette", "uvicorn", "genai_prices"),
    *("pydantic", "httpx2"),
)

IMPORTS = """
import sys
from batchtui.cli.app import run
code = run(sys.argv[1:])
print([name for name in {modules!r} if name in sys.modules], code, file=sys.stderr)
"""

IN_TERMINAL = """
import os, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
for number in range(3):
    os.dup2(terminal, number)
os.execv(sys.executable, [sys.executable, "-m", "batchtui", *sys.argv[2:]])
"""


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self._process = process
        self._master = master
        self.shown = ""

    def wait_for(self, text: str) -> None:
        """Read until the command has shown a text."""
        while text not in self.shown:
            assert select.select([self._master], [], [], 30)[0], f"{text!r} was not shown: {self.shown!r}"
            self.shown += os.read(self._master, 4096).decode()

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def interrupt(self) -> int:
        """Press Ctrl-C until it ends: one that comes between the question and the read for its answer is lost."""
        for _ in range(10):
            self.type("\x03")
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(3)
        return self.end()

    def end(self) -> int:
        return self._process.wait(30)


@contextmanager
def terminal(*arguments: str | Path) -> Iterator[Terminal]:
    master, slave = os.openpty()
    command = [sys.executable, "-c", IN_TERMINAL, os.ttyname(slave), *map(str, arguments)]
    try:
        with subprocess.Popen(command, start_new_session=True) as process:
            try:
                yield Terminal(process, master)
            finally:
                process.kill()
    finally:
        os.close(slave)
        os.close(master)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list", "--offline"], ["list", "--offline", "--json"], ["paths"]]
)
def test_what_needs_no_network_starts_without_the_slow_modules(shell: Shell, arguments: list[str]) -> None:
    assert shell("list", "--offline").code == 0  # an empty home is migrated first, which needs some
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS.format(modules=SLOW_MODULES), *arguments], capture_output=True, check=True
    )
    assert done.stderr.decode().splitlines()[-1] == "[] 0"


def test_a_reader_that_goes_away_is_not_talked_about(server: Server, shell: Shell, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "many.jsonl", *(request(f"row-{number}") for number in range(2_000)))
    shell("submit", file, "--yes")
    server.control(end="all")
    assert shell("sync").code == 0
    for arguments in (["--format", "jsonl"], ["--json"], []):
        with start_process("results", "many", "--offline", *arguments) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.read(10)
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait() == 1


def test_a_disk_that_is_full(shell: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "batchtui", "paths"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert b"could not be written" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_terminal_that_cannot_show_a_character(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--name", "żółw", "--yes")
    done = in_process("list", "--offline", environ={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.code == 0
    assert b"???w" in done.stdout


def test_ctrl_c_ends_a_watch(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    with start_process("watch", "rivers") as process:
        assert process.stderr is not None
        assert b"Watching" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err


def test_ctrl_c_ends_a_wait_for_lines(server: Server, shell: Shell) -> None:
    with start_process("submit", "-", "--yes", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request("row-1")).encode() + b"\n")
        process.stdin.flush()
        while not shell.files():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert shell.files() == {}
    assert server.asked("POST") == 0


def test_ctrl_c_at_a_question_sends_nothing(server: Server, shell: Shell, requests_file: Path) -> None:
    with terminal("submit", requests_file) as typed:
        typed.wait_for("[y/N]")
        assert typed.interrupt() == 130
    assert server.asked("POST") == 0
    assert shell.files() == {}


def test_a_question_at_a_terminal_is_answered(server: Server, requests_file: Path) -> None:
    with terminal("submit", requests_file) as typed:
        typed.wait_for("[y/N]")
        typed.type("y\n")
        assert typed.end() == 0
        typed.wait_for("batchtui watch rivers")
    assert server.asked("POST") == 1


def test_an_interrupted_create_is_unclear(server: Server, shell: Shell, requests_file: Path) -> None:
    server.control(faults=[{"kind": "hang", "method": "POST", "path": "/v1/messages/batches"}])
    with start_process("submit", requests_file, "--yes") as process:
        while not server.asked("POST"):
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"batchtui settle" in err
    assert shell("settle", "--json").json[0]["state"] == "unclear"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_simulator_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    with start_process("simulate", "--seed", "3", "--history") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        base_url = process.stdout.readline().decode().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base_url)
        assert base_url in process.stderr.readline().decode()
        headers = {"x-api-key": "any", "anthropic-version": "2026-10-21"}
        call = urllib.request.Request(f"{base_url}/v1/messages/batches?limit=100", headers=headers)
        with urllib.request.urlopen(call) as reply:
            assert len(json.load(reply)["data"]) > 20
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_the_simulator_takes_its_knobs(tmp_path: Path) -> None:
    with start_process("simulate", "--error-rate", "0.5", "--set", "poll_hint=false") as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().decode().strip()
        with urllib.request.urlopen(f"{base_url}/_control") as reply:
            state = reply.read()
        process.terminate()
        process.communicate(timeout=30)
    assert b'"error_rate":0.5' in state
    assert b'"poll_hint":false' in state


def test_two_simulators_do_not_give_the_same_ids() -> None:
    seeds = set()
    for _ in range(2):
        with start_process("simulate") as process:
            assert process.stderr is not None
            seeds.add(process.stderr.readline().split()[1])
            process.terminate()
            process.communicate(timeout=30)
    assert len(seeds) == 2


def test_a_port_that_is_taken(server: Server) -> None:
    done = in_process("simulate", "--port", server.base_url.rpartition(":")[2])
    assert done.code == 2
    assert "another port" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_terminal_there_are_no_screens(shell: Shell) -> None:
    for command in ([], ["demo"]):
        done = shell(*command)
        assert done.code == 2
        assert "terminal" in done.stderr


def test_a_closed_stdin_is_an_empty_one(server: Server, requests_file: Path) -> None:
    for file, code in ((requests_file, 0), ("-", 1)):
        # Only a shell starts a process without a stdin.
        command = f"'{sys.executable}' -m batchtui submit '{file}' --yes <&-"
        done = subprocess.run(command, shell=True, capture_output=True, check=False)
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
