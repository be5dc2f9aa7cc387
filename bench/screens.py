"""How fast the results screen answers, with a full-size batch, in a terminal of its own.

    python bench/screens.py [--rows 100000] [--presses 80] [--results FILE] [--home DIR]

Opens `batchtui` in a pty of 120x40 on a home with one batch of that many results, presses keys as a reader would,
and prints for each kind of key the time from the key to the last byte of the answer, in milliseconds, and the
memory of the process. The results come from `gen_data.py`, unless a file of them is given; a home once filled can
be given again. The floor in the same run is a bare Textual app that shows one screen of plain lines after the
other; where they are installed, visidata and less page through the file itself.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import batchtui

COLUMNS, ROWS = 120, 40
PATIENCE_SECONDS = 30.0
BASE_URL = "http://127.0.0.1:9"
QUIET_SECONDS = 0.035
"""After how long without a byte an answer is over."""

RARE = b"quartzvermilion"
"""A word that `gen_data.py` plants in 7 outputs of 100,000."""

DOWN, PAGE_DOWN, PAGE_UP, HOME, END, ENTER, ESCAPE, FIND = (
    *(b"j", b"\x1b[6~", b"\x1b[5~", b"g", b"G", b"\r", b"\x1b", b"\x06"),
)

FLOOR = """
from rich.segment import Segment
from textual.app import App
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
class Lines(ScrollView, can_focus=True):
    def on_mount(self):
        self.virtual_size = Size(100, 100_000)
    def render_line(self, y):
        return Strip([Segment(f"{y + self.scroll_offset.y:>8} a line of plain text " * 3)])
    def key_x(self):
        self.scroll_to(y=self.scroll_offset.y + 40, animate=False)
class Floor(App):
    def compose(self):
        yield Lines()
Floor().run()
"""
"""The least a Textual program can do for a page down."""


class Terminal:
    """A program in a pty; what it wrote since the last key is in `seen`."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.started = time.perf_counter()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environ)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.seen = b""

    def press(self, keys: bytes) -> float:
        """Press keys, and return the seconds until the last byte of what they caused."""
        self.seen = b""
        started = time.perf_counter()
        os.write(self._terminal, keys)
        last = started
        while self._read(PATIENCE_SECONDS if last == started else QUIET_SECONDS):
            last = time.perf_counter()
        return last - started

    def until(self, *wanted: bytes, keys: bytes = b"", since: float | None = None) -> float:
        """Press keys, and return the seconds until all these patterns are written, or since a moment given."""
        self.seen = b"" if keys else self.seen
        started = time.perf_counter() if since is None else since
        if keys:
            os.write(self._terminal, keys)
        end = time.perf_counter() + PATIENCE_SECONDS
        while not all(re.search(one, self.seen) for one in wanted):
            if not self._read(max(0.0, end - time.perf_counter())):
                raise TimeoutError(f"{wanted} did not come after {keys!r}; the end was {self.seen[-3000:]!r}")
        return time.perf_counter() - started

    def rest(self, seconds: float = 0.3) -> None:
        """Let the program come to rest: wait so long, whatever it writes."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)

    def memory_mib(self) -> float:
        """Return the resident memory of the program."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        self.seen += os.read(self._terminal, 1 << 16)
        return True


async def fill(home: Path, results: Path) -> None:
    """Put one ended batch with these results into a home, as a download would."""
    from batchtui.domain.batch import Batch, Counts
    from batchtui.domain.result import parse_result
    from batchtui.paths import Places
    from batchtui.store import Store

    counts: Counter[str] = Counter()
    with results.open("rb") as file:
        for line in file:
            counts[parse_result(line.rstrip(b"\n")).type] += 1
    now = datetime.now(UTC)
    store = Store.open(Places(home, home / "config.toml"))
    batch = Batch(
        "msgbatch_bench",
        "ended",
        Counts(**counts),
        now - timedelta(hours=1),
        now + timedelta(hours=23),
        ended_at=now,
    )
    await store.batches.record([batch], profile="default", base_url=BASE_URL)
    writer = store.results.writer(batch.id)
    with results.open("rb") as file:
        while chunk := file.read(1 << 20):
            await writer.feed(chunk)
    await writer.finish(expected=counts.total())
    store.close()


@contextmanager
def polled_elsewhere(home: Path) -> Iterator[None]:
    """Hold the lease of the poller meanwhile, as another process on this home would.

    A poll imports the SDK, which takes a second and 50 MiB, and is not what is measured here.
    """
    from batchtui.paths import Places
    from batchtui.store import Store

    store = Store.open(Places(home, home / "config.toml"))
    asyncio.run(store.leases.acquire(f"poll default {BASE_URL}", store.leases.new_owner(), 3600))
    try:
        yield
    finally:
        store.close()


def table(name: str, seconds: Sequence[float], goal: str = "") -> None:
    """Print median, 99th percentile and worst of some latencies."""
    ordered = sorted(value * 1000 for value in seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(f"{name:<34}{len(ordered):>5}{statistics.median(ordered):>9.1f}{p99:>9.1f}{ordered[-1]:>9.1f}  {goal}")


def several(press: Callable[[], float], times: int) -> list[float]:
    """Press again and again, at no fixed beat."""
    seconds = []
    for _ in range(times):
        seconds.append(press())
        time.sleep(random.uniform(0.0, 0.03))
    return seconds


def measure(home: Path, presses: int) -> None:
    """Open the screens, read, and print what it took."""
    environ = os.environ | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "BATCHTUI_HOME": str(home),
        "ANTHROPIC_BASE_URL": BASE_URL,
        "ANTHROPIC_API_KEY": "any",
    }
    for name in ("COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):
        environ.pop(name, None)
    screens = Terminal([sys.executable, "-m", "batchtui"], environ)
    try:
        screens.until(b"another batchtui polls")
        screens.rest(2.0)
        print(f"{'memory of the list of batches':<34}{'':>5}{screens.memory_mib():>9.1f} MiB")
        table("open: first rows", [screens.until(b"\xe2\x9c\x93 succeeded", keys=ENTER)], "100")
        screens.rest(1.0)
        again = []
        for _ in range(5):
            screens.press(b"1")
            screens.rest()
            again.append(screens.until(b"\xe2\x9c\x93 succeeded", keys=ENTER))
            screens.rest()
        table("open again", again, "100")
        print(f"{'memory with the rows open':<34}{'':>5}{screens.memory_mib():>9.1f} MiB  60")
        table("page down", several(lambda: screens.press(PAGE_DOWN), presses), "12 / 25")
        table("page up", several(lambda: screens.press(PAGE_UP), presses))
        table("down", several(lambda: screens.press(DOWN), presses))
        ends = [screens.press(key) for _ in range(presses // 8) for key in (END, HOME)]
        table("jump to the end and back", ends, "12 / 25")
        failed, everything = [], []
        for _ in range(5):
            screens.press(b"f")
            screens.rest()
            failed.append(screens.until(rb"\[failed", b"error", keys=b"f"))
            screens.rest()
            everything.append(screens.until(rb"\[all", keys=ESCAPE))
            screens.rest()
        table("failed only", failed, "100")
        table("all again", everything)
        search(screens)
        print(f"{'memory at the end':<34}{'':>5}{screens.memory_mib():>9.1f} MiB  60")
    finally:
        screens.stop()


def peers(results: Path, presses: int) -> None:
    """Page through the same file, or through plain lines, in other programs."""
    programs = {"floor: page down in bare Textual": [sys.executable, "-c", FLOOR]}
    for name, arguments in (("vd", ["-f", "jsonl"]), ("less", ["-S"])):
        if found := shutil.which(name):
            programs[f"{name}: page down"] = [found, *arguments, str(results)]
    for name, command in programs.items():
        program = Terminal(command, os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"})
        program.rest(8.0 if "vd" in name else 2.0)
        table(name, several(partial(program.press, b"x" if "floor" in name else PAGE_DOWN), presses))
        program.stop()


def search(screens: Terminal) -> None:
    """Search for the planted words."""
    first, last = [], []
    for _ in range(3):
        screens.until(b"regex", keys=FIND)
        screens.press(RARE)
        screens.rest()
        started = time.perf_counter()
        first.append(screens.until(rb"[1-9]\d* hits?", keys=ENTER))
        last.append(screens.until(rb"(?s)hits.*n N walk", since=started))
        screens.rest()
        screens.press(b"n")
        screens.press(ESCAPE)
        screens.rest()
    table("search: first hit", first, "150")
    table("search: all hits", last, "400")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--presses", type=int, default=80)
    parser.add_argument("--results", type=Path, help="a results file to use instead of a generated one")
    parser.add_argument("--home", type=Path, help="a home to fill, or one that was filled before")
    given = parser.parse_args()
    # As an installation does; reading sources instead would measure the compiler.
    compileall.compile_dir(Path(batchtui.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as directory:
        home = given.home or Path(directory) / "home"
        if not (home / "batchtui.db").exists():
            results = given.results
            if results is None:
                generator = Path(__file__).parent / "gen_data.py"
                options = ["--rows", str(given.rows), "--out", directory, "--only", "results"]
                subprocess.run([sys.executable, generator, *options], check=True, stdout=subprocess.DEVNULL)
                results = Path(directory) / "results.jsonl"
            asyncio.run(fill(home, results))
        print(f"{'key to last byte, ms':<34}{'n':>5}{'median':>9}{'p99':>9}{'worst':>9}  goal")
        peers(next(home.glob("batches/*/results.jsonl")), given.presses)
        with polled_elsewhere(home):
            measure(home, given.presses)


if __name__ == "__main__":
    main()
