"""What really reaches a terminal: the bytes of a pty, while results that would harm it are walked through."""

import base64
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.store import Store
from batchtui.tui.present.bodies import VIEWS
from batchtui.tui.text import clean
from tests.store.making import bring, send
from tests.tui.conftest import PATIENCE_SECONDS
from tests.tui.screen_text import HOSTILE

TEXTS = [text[:2_000].encode("utf-8", "replace").decode() for text in HOSTILE.values()]
"""As they can stand in a store, which holds no lone surrogates; the lines of results do."""

QUIET_SECONDS = 0.1
"""After how long without a byte a screen is taken to be painted; what comes later is read with the next key."""

ESCAPE_SECONDS = 0.3

SEQUENCE = re.compile(
    r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|[P_^X][^\x1b]*\x1b\\|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])", re.DOTALL
)
CLIPBOARD = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
MADE_BY_TEXTUAL = re.compile(
    r"\x1b\[(?:\d+(?:;\d+)*)?m"  # colours
    r"|\x1b\[\d*;?\d*H"  # where to write
    r"|\x1b\[\?(?:7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048)(?:[hl]|\$p)"  # modes
    r"|\x1b\[(?:>\d+u|<u|\?u|c|>c|>q|0?K|16t|14t|18t|\?996n)"  # questions to the terminal, its keys
    r"|\x1b\]22;[a-z-]*\x07"  # the shape of the pointer
)


class Pty:
    """The real command on a pseudo-terminal; everything it writes is kept."""

    def __init__(self, environ: dict[str, str], width: int, height: int) -> None:
        self._controller, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "batchtui"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environ,
            start_new_session=True,
        )
        os.close(terminal)
        self.written = b""

    def press(self, keys: str, *texts: str) -> None:
        """Send keys, and read until each text has been written since and nothing more comes."""
        before = len(self.written)
        os.write(self._controller, keys.encode())
        self.until(before, *texts)
        # A lone escape is told from the beginning of a sequence by the time it stands alone.
        while self._read(ESCAPE_SECONDS if keys == "\x1b" else QUIET_SECONDS):
            pass

    def until(self, before: int, *texts: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(text in SEQUENCE.sub("", self.since(before)) for text in texts):
            if time.monotonic() > deadline:
                pytest.fail(f"{texts} was not written, but {SEQUENCE.sub('', self.since(before))[-3000:]!r}")
            self._read(0.1)

    def since(self, before: int) -> str:
        return self.written[before:].decode("utf-8", "surrogateescape")

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read(PATIENCE_SECONDS):
            pass
        return self._process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._controller)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._controller], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._controller, 1 << 16)
        except OSError:
            # Linux says so when the other side has been closed.
            return False
        self.written += data
        return bool(data)


def result_line(number: int, custom_id: str, text: str) -> bytes:
    """Return a result with a text wherever a server could put one; every third fails."""
    if number % 3 == 2:
        result = {"type": "errored", "error": {"type": "error", "error": {"type": text[:300], "message": text}}}
        return json.dumps({"custom_id": custom_id, "result": result}).encode()
    content = [
        {"type": "thinking", "thinking": text, "signature": text[:100]},
        {
            "type": "text",
            "text": f"# {text[:100]}\n\n- **{text[:50]}** `{text[:50]}` [{text[:20]}]({text[:20]})\n{text}",
        },
        {"type": "tool_use", "id": text[:50], "name": text[:100], "input": {text[:50]: text}},
        {"type": text[:50], "text": text},
    ]
    usage = {"input_tokens": 1, "output_tokens": 2}
    message = {"id": "m", "model": text[:300], "stop_reason": text[:300], "content": content, "usage": usage}
    return json.dumps({"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}).encode()


async def hostile_home(store: Store) -> None:
    """Keep a job of two attempts whose every text would harm a terminal, flags and notes of a person too."""
    job = await store.jobs.create("evil \x1b]0;owned\x07 job", "default")
    custom_ids = [f"{number:02} {text[:100]}" for number, text in enumerate(TEXTS)]
    raw = [*HOSTILE.values()]
    for attempt in (1, 2):
        stored = await send(store, job, custom_ids, f"msgbatch_{attempt}", attempt=attempt)
        lines = [
            result_line(number + attempt, custom_id, raw[number][:2_000])
            for number, custom_id in enumerate(custom_ids)
        ]
        await bring(store, stored.id, lines)
        for number, text in enumerate(TEXTS):
            await store.remarks.note([(stored.key, number)], f"note {text}")
        await store.remarks.flag([(stored.key, 0), (stored.key, 6)], on=True)
    await store.jobs.set_note(job.id, TEXTS[6])


@pytest.fixture
async def terminal(bench: Workbench, server: Served, tmp_path: Path) -> AsyncIterator[Pty]:
    await hostile_home(bench.store)
    environ = {
        "BATCHTUI_HOME": str(bench.store.files.templates.parent),
        "ANTHROPIC_BASE_URL": server.base_url,
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
        "PATH": "",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    terminal = Pty(environ, 120, 40)
    yield terminal
    terminal.close()


def test_no_sequence_but_those_of_textual(terminal: Pty) -> None:
    terminal.until(0, "owned", "Batches")
    terminal.press("2", "[all ")
    for number in range(len(TEXTS)):
        for _ in VIEWS if number % 6 == 0 else ():
            terminal.press("t")
            terminal.press("p")
        terminal.press("j")
    terminal.press("b", "Only these")
    terminal.press("G", "by:person")
    terminal.press("b")
    terminal.press("i", "cache")
    terminal.press("i")
    terminal.press("\x06", "^t case")
    terminal.press("gone\r", "hit")
    terminal.press("n")
    terminal.press("\x1b")
    terminal.press("x", "Export")
    terminal.press("\x1b")
    terminal.press("y", "Copy")
    terminal.press("t", "clipboard")
    terminal.press("M", "nothing is sent")
    terminal.press("\x1b")
    terminal.press("m")
    terminal.press("f", "[succeeded")
    terminal.press("/")
    terminal.press("note:note\r", "note:note")
    terminal.press("z")
    terminal.press("q")
    assert terminal.end() == 0
    written = terminal.written.decode("utf-8")
    copied = [base64.b64decode(match).decode() for match in CLIPBOARD.findall(written)]
    assert all(text == clean(text) for text in copied)
    strange = {one for one in SEQUENCE.findall(written) if not MADE_BY_TEXTUAL.fullmatch(one)}
    assert {one for one in strange if not CLIPBOARD.fullmatch(one)} == set()
    shown = SEQUENCE.sub("", written)
    assert {word for word in ("attempt 2", "attempt 1", "tool_use", "✎ note") if word not in shown} == set()
    left = SEQUENCE.sub("", written).replace("\r\n", "\n").replace("\r", "")
    assert left == clean(left)
