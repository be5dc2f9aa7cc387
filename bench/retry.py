"""How fast a retry is asked about and spooled: 100,000 rows of which 40,000 failed, unless told otherwise.

    python bench/retry.py [--rows 100000] [--failed 40000] [--row-bytes 1000] [--rounds 5] [--template]

Prints the best time of some rounds to plan (what the question needs) and to group the queue, the rows a second that
are spooled, the same with an edit that every row gets, and how much the process grows by it; then the time from the
key `r` to the painted question in a terminal of its own, the first time and after. With `--template` data rows go
along.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.domain.batch import Batch, Counts
from batchtui.domain.job import KeptTemplate
from batchtui.domain.request import body_length
from batchtui.paths import Places
from batchtui.services.prepare import discard
from batchtui.services.retry import RetryPlan
from batchtui.services.workbench import Profile, Workbench
from batchtui.store import Draft, NewJob, Store
from batchtui.store.files import rows_beside, template_beside
from screens import Terminal

URL = "http://127.0.0.1:9"
BATCH_ID = "msgbatch_01bench"
MODEL = "claude-haiku-4-5"
ANSWER = {"role": "assistant", "content": [{"type": "text", "text": "The Elbe. " * 20}]}

T = TypeVar("T")


def request_line(number: int, row_bytes: int) -> bytes:
    content = f"About river {number}: " + "where it rises and what it passes. " * (row_bytes // 35 - 4)
    params = {"model": MODEL, "max_tokens": 512, "messages": [{"role": "user", "content": content}]}
    return json.dumps({"custom_id": f"row-{number:06}", "params": params}).encode() + b"\n"


def result_line(number: int, *, has_failed: bool) -> bytes:
    result: dict[str, object]
    if not has_failed:
        message = ANSWER | {"model": MODEL, "stop_reason": "end_turn", "usage": {"output_tokens": 60}}
        result = {"type": "succeeded", "message": message}
    elif number % 3:
        result = {"type": "expired"}
    else:
        varying = {"type": "api_error", "message": f"Internal server error, see err_{number:08x}"}
        error = varying if number % 30 == 0 else {"type": "overloaded_error", "message": "Overloaded"}
        result = {"type": "errored", "error": {"type": "error", "error": error}}
    return json.dumps({"custom_id": f"row-{number:06}", "result": result}).encode() + b"\n"


async def fill(store: Store, rows: int, failed: int, row_bytes: int, template: KeptTemplate | None) -> None:
    """Take one batch of that many rows through its whole life, in a random-looking order of results."""
    spool = store.files.new_spool()
    spool.write_bytes(b"".join(request_line(number, row_bytes) for number in range(rows)))
    if template is not None:
        data = (json.dumps({"river": number}).encode() + b"\n" for number in range(rows))
        rows_beside(spool).write_bytes(b"".join(data))
        template_beside(spool).write_bytes(template.text.encode())
    draft = Draft(1, 1, spool, rows, body_length(spool.stat().st_size - rows, rows), "", 1.0, template=template)
    job = NewJob("rivers", "default")
    (intent,) = await store.intents.open([draft], job=job, base_url=URL)
    await store.intents.mark_sending(intent.id)
    created_at = datetime.now(UTC) - timedelta(hours=1)
    expires_at = created_at + timedelta(days=1)
    await store.intents.close(
        intent.id, Batch(BATCH_ID, "in_progress", Counts(processing=rows), created_at, expires_at)
    )
    await store.requests.index(BATCH_ID)
    counts = Counts(succeeded=rows - failed, expired=failed)
    ended = Batch(BATCH_ID, "ended", counts, created_at, expires_at, datetime.now(UTC))
    await store.batches.record([ended], profile="default", base_url=URL)
    writer = store.results.writer(BATCH_ID)
    for number in scattered(rows):
        await writer.feed(result_line(number, has_failed=number * failed % rows < failed))
    await writer.finish(rows)


def scattered(rows: int) -> Iterator[int]:
    step = next(step for step in range(rows // 2 + 1, rows + 2) if rows % step and step % 2 and step % 5)
    return (number * step % rows for number in range(rows))


def timed(work: Callable[[], T]) -> tuple[float, float, T]:
    """Return the seconds some work took by the clock, the seconds of CPU, and what it returned."""
    began, began_cpu = time.perf_counter(), time.process_time()
    done = work()
    return time.perf_counter() - began, time.process_time() - began_cpu, done


def peak_mb() -> float:
    """Return the most memory this process has had."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def best(work: Callable[[], T], rounds: int) -> tuple[float, float, T]:
    """Return the shortest times of several rounds, which other processes disturbed least."""
    clock, cpu, done = zip(*(timed(work) for _ in range(rounds)), strict=True)
    return min(clock), min(cpu), done[-1]


def cpu_ms(pid: int) -> float:
    """Return the milliseconds of CPU a process has had; Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def ask(home: Path, failed: int, rounds: int) -> None:
    """Press `r` on the batch, and see how long the question takes to be there."""
    environ = os.environ | {
        "TERM": "xterm-256color",
        "BATCHTUI_HOME": str(home),
        "ANTHROPIC_BASE_URL": URL,
        "ANTHROPIC_API_KEY": "any",
    }
    terminal = Terminal([sys.executable, "-m", "batchtui"], environ)
    try:
        terminal.until(b"rivers")
        terminal.rest(6.0)
        for number in range(rounds):
            before = cpu_ms(terminal.pid)
            seconds = terminal.until(re.escape(f"{failed:,}".encode()), b"Send again", keys=b"r")
            cpu = cpu_ms(terminal.pid) - before
            print(f"question, {'again' if number else 'first'}: {seconds * 1000:.0f} ms, CPU {cpu:.0f} ms")
            terminal.rest(1.5)
            terminal.until(b"rivers", keys=b"\x1b")
            terminal.rest(0.5)
    finally:
        terminal.stop()


def measure(bench: Workbench, rounds: int) -> None:
    target = bench.finder.known("rivers")
    bench.retries.plan(target)
    seconds, cpu, plan = best(lambda: bench.retries.plan(target), rounds)
    print(f"plan of {len(plan.rows):,} rows: {seconds * 1000:.0f} ms, CPU {cpu * 1000:.0f} ms")
    seconds, cpu, _ = best(lambda: bench.queue.groups(target), rounds)
    print(f"groups of the queue: {seconds * 1000:.0f} ms, CPU {cpu * 1000:.0f} ms")
    edited = bench.retries.plan(target, changes={"max_tokens": 1024})
    for name, chosen in (("spool", plan), ("spool with an edit", edited)):

        async def prepare(chosen: RetryPlan = chosen) -> None:
            await discard(await bench.retries.prepare(chosen))

        before = peak_mb()
        seconds, cpu, _ = best(lambda prepare=prepare: asyncio.run(prepare()), rounds)
        speed, cpu_speed = len(chosen.rows) / seconds, len(chosen.rows) / cpu
        print(f"{name}: {speed:,.0f} rows/s, {cpu_speed:,.0f} by CPU, {peak_mb() - before:+.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--failed", type=int, default=40_000)
    parser.add_argument("--row-bytes", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--template", action="store_true")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="batchtui-bench-"))
    store = Store.open(Places(home, home / "config.toml"))
    try:
        template = KeptTemplate("rivers", "params: {}\n") if given.template else None
        asyncio.run(fill(store, given.rows, given.failed, given.row_bytes, template))
        gateway = AnthropicGateway(URL, lambda: None)
        measure(Workbench(store, gateway, Profile("default", URL), poll_seconds=60), given.rounds)
        ask(home, given.failed, given.rounds)
    finally:
        store.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
