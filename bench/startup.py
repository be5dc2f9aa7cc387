"""First paint with 1,000 stored batches, against a bare Textual app with an empty DataTable, in the same terminal.

`python bench/startup.py [--runs 11] [--batches 1000]` prints a table. Each run starts a fresh process in a pty of
120x40 and stops the clock when what it is waiting for is on the screen; the programs take turns, so that whatever
else the machine does hits all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import batchtui

COLUMNS, ROWS = 120, 40
PATIENCE_SECONDS = 30.0

BARE = """
from textual.app import App
from textual.widgets import DataTable
class Bare(App):
    def compose(self):
        yield DataTable()
    def on_mount(self):
        self.query_one(DataTable).add_columns("Status", "Name", "Requests")
Bare().run()
"""


def store_batches(home: Path, number: int) -> None:
    """Fill a home with ended batches, as if they had been listed by the API."""
    from batchtui.domain.batch import Batch, Counts
    from batchtui.paths import Places
    from batchtui.store import Store

    now = datetime.now(UTC)
    batches = [
        Batch(
            f"msgbatch_{index:024}",
            "ended",
            Counts(succeeded=100 - index % 7, errored=index % 7),
            now - timedelta(minutes=7 * index),
            ended_at=now - timedelta(minutes=7 * index - 5),
        )
        for index in range(number)
    ]
    store = Store.open(Places(home, home / "config.toml"))
    asyncio.run(store.batches.record(batches, profile="default", base_url="http://127.0.0.1:9"))
    store.close()


def seconds_until(command: list[str], environ: dict[str, str], wanted: bytes) -> float:
    """Run a command in a pty and return how long it took until it wrote something; then end it."""
    started = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, environ)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    seen = b""
    try:
        while wanted not in seen:
            if not select.select([terminal], [], [], PATIENCE_SECONDS)[0]:
                raise TimeoutError(f"{command}: {wanted!r} did not come; it wrote {seen[-500:]!r}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - started
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--batches", type=int, default=1000)
    given = parser.parse_args()
    # As an installation does; reading sources instead would measure the compiler.
    compileall.compile_dir(Path(batchtui.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        store_batches(home, given.batches)
        environ = os.environ | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "BATCHTUI_HOME": str(home),
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
            "ANTHROPIC_API_KEY": "any",
        }
        environ.pop("COLUMNS", None)
        environ.pop("LINES", None)
        programs = {
            "Textual, empty DataTable": ([sys.executable, "-c", BARE], b"Requests"),
            f"batchtui, {given.batches:,} batches": ([sys.executable, "-m", "batchtui"], b"failed"),
        }
        seconds: dict[str, list[float]] = {name: [] for name in programs}
        for run in range(given.runs + 1):
            for name, (command, wanted) in programs.items():
                took = seconds_until(command, environ, wanted)
                if run:  # the first of each only warms the caches
                    seconds[name].append(took)
    base = statistics.median(next(iter(seconds.values())))
    print(f"{'program':<32}{'median ms':>10}{'fastest':>9}{'slowest':>9}{'ratio':>7}")
    for name, times in seconds.items():
        median = statistics.median(times)
        fastest, slowest = min(times) * 1000, max(times) * 1000
        print(f"{name:<32}{median * 1000:>10.0f}{fastest:>9.0f}{slowest:>9.0f}{median / base:>7.2f}")


if __name__ == "__main__":
    main()
