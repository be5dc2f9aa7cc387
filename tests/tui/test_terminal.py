"""One pass over the screens as a user sees them: the real command in a real terminal."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from tests.keyring_session import REQUIRE_ALL
from tests.tui.conftest import PATIENCE_SECONDS, failed_job, submit

NAME = "rivers \x1b]2;owned\x07[/foo]"


class Terminal:
    """A tmux server of its own with one window, in which one command runs."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "tmux"

    def start(self, command: str, environ: dict[str, str], width: int, height: int) -> None:
        exports = [f"{name}={value}" for name, value in environ.items()]
        shell = f"{command}; echo EXIT $?; cat"
        size = ["-x", str(width), "-y", str(height)]
        self._tmux("-f", os.devnull, "new-session", "-d", *size, "env", *exports, "sh", "-c", shell)

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def title(self) -> str:
        return self._tmux("display-message", "-p", "#{pane_title}").strip()

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, *texts: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(text in (screen := self.screen()) for text in texts):
            if time.monotonic() > deadline:
                pytest.fail(f"{texts} not on the screen:\n{screen}")
            time.sleep(0.05)
        return screen

    def until_gone(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text in (screen := self.screen()):
            if time.monotonic() > deadline:
                pytest.fail(f"{text} still on the screen:\n{screen}")
            time.sleep(0.05)

    def stop(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True)

    def _tmux(self, *arguments: str) -> str:
        # COLUMNS and LINES, which readline sets behind Python's back, would fix the size of what runs inside.
        environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        return subprocess.run(
            ["tmux", "-S", self._socket, *arguments], check=True, capture_output=True, text=True, env=environ
        ).stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        if os.environ.get(REQUIRE_ALL):
            pytest.fail(f"tmux is not installed, and {REQUIRE_ALL} is set")
        pytest.skip("tmux is not installed")
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.stop()


async def test_all_screens_in_a_terminal(
    terminal: Terminal, bench: Workbench, server: Served, tmp_path: Path
) -> None:
    await failed_job(bench, server, "made")
    (stored,) = bench.store.batches.list()
    await bench.store.jobs.rename(stored.job_id, NAME)
    await submit(bench, "lakes", 3)
    environ = {
        "BATCHTUI_HOME": str(tmp_path / "home"),
        "ANTHROPIC_BASE_URL": server.base_url,
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "TERM": "tmux-256color",
        "LANG": "C.UTF-8",
        "PAGER": "less",
        "HOME": str(tmp_path),
    }
    terminal.start(f"{sys.executable} -m batchtui", environ, 80, 24)
    title = terminal.title()
    terminal.until("1 Batches", "lakes", "● running", "q Quit")
    terminal.until("synced")
    terminal.press("j")
    terminal.until("▌  ✗", "[/foo]", "━━━")
    terminal.press("Enter")
    terminal.until("[all 40]", "row-0001", "f Outcome")
    terminal.press("e")
    terminal.press("t")
    terminal.until('"type": "errored"')
    terminal.press("o")
    terminal.until('"type": "errored"', "END")
    terminal.press("q")
    terminal.until("f Outcome")
    terminal.press("f")
    terminal.until("[succeeded")
    terminal.press("1")
    terminal.until("n Compose")
    terminal.resize(160, 50)
    terminal.until("│ rivers")
    terminal.press("r")
    terminal.until("Retry ", "Send again (y)")
    terminal.press("n")
    terminal.until_gone("Send again (y)")
    terminal.press("N")
    terminal.until("Submit a file of requests")
    terminal.press("Escape")
    terminal.until_gone("Submit a file of requests")
    terminal.press("?")
    terminal.until("Keys here", "esc closes")
    terminal.press("q")
    terminal.until_gone("Keys here")
    terminal.press("C-p")
    terminal.until("Search for commands")
    terminal.press("Escape")
    terminal.until_gone("Search for commands")
    assert terminal.title() == title
    terminal.press("q")
    screen = terminal.until("EXIT 0")
    assert "Traceback" not in screen
