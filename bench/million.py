"""Send a million rows that come out of a pipe, and see what that takes of time, memory and disk.

    python bench/million.py [--requests 1000000] [--text-bytes 800]

Runs `batchtui submit -` as a process of its own, in a home of its own, on rows that are made while it reads them;
the server, sink.py, only takes the bodies. All parts go out one after another. Prints the time until the command is
done, its peak memory, the same of `batchtui list` for comparison, and the bytes it wrote to disk as the system
counts them (/proc/PID/io), also as a multiple of the bytes sent. Needs twice the bytes sent on the disk of TMPDIR.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from submit import served

ROWS_AT_ONCE = 1_000


def make_rows(count: int, text_bytes: int) -> Callable[[IO[bytes]], None]:
    text = ("Summarise this review in one sentence. " * (text_bytes // 39 + 1))[:text_bytes]
    params = {
        "model": "claude-haiku-5-5",
        "max_tokens": 256,
        "messages": [{"role": "user", "content": f"0000000: {text}"}],
    }
    template = json.dumps({"custom_id": "row-0000000", "params": params}).encode() + b"\n"

    def write(pipe: IO[bytes]) -> None:
        for first in range(0, count, ROWS_AT_ONCE):
            numbers = range(first, min(first + ROWS_AT_ONCE, count))
            pipe.write(b"".join(template.replace(b"0000000", b"%07d" % number) for number in numbers))

    return write


def measured(
    arguments: list[str], environ: dict[str, str], feed: Callable[[IO[bytes]], None] | None = None
) -> dict[str, float]:
    start = time.perf_counter()
    command = [sys.executable, "-m", "batchtui", *arguments]
    process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    with process.stdin as pipe:
        if feed is not None:
            feed(pipe)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    io = dict(line.split(": ") for line in Path(f"/proc/{process.pid}/io").read_text().splitlines())
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(arguments)} ended with {status}")
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
        "written_mb": int(io["write_bytes"]) / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--text-bytes", type=int, default=800)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp())
    try:
        (home / "config.toml").write_text(f"max_queued_requests = {options.requests}\n")
        with served() as base_url:
            environ = {
                "ANTHROPIC_API_KEY": "any",
                "ANTHROPIC_BASE_URL": base_url,
                "BATCHTUI_HOME": str(home),
                "PATH": "/usr/bin:/bin",
            }
            idle = measured(["list", "--offline"], environ)
            rows = make_rows(options.requests, options.text_bytes)
            submit = measured(["submit", "-", "--name", "million", "--yes"], environ, rows)
        sent_mb = sum(path.stat().st_size for path in home.glob("batches/*/requests.jsonl")) / 1e6
        parts = len(list(home.glob("batches/*/requests.jsonl")))
        print(f"{options.requests:,} requests, {sent_mb:,.0f} MB, {parts} parts")
        print(f"{'':8}{'seconds':>10}{'cpu s':>10}{'peak MiB':>10}{'written MB':>12}{'written/sent':>14}")
        for name, row in (("list", idle), ("submit", submit)):
            print(
                f"{name:8}{row['seconds']:10.1f}{row['cpu_seconds']:10.1f}{row['peak_mib']:10.0f}"
                f"{row['written_mb']:12,.0f}{row['written_mb'] / sent_mb:14.2f}"
            )
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
