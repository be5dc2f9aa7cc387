"""How late a 10 ms heartbeat on the event loop is while a full-size submission is checked, spooled and sent.

    python bench/heartbeat.py [--requests 100000]

Prints the lateness of the heartbeat at rest and during the submission, in milliseconds. The loop is the one the
screens would run on; the first import of the SDK is part of the submission.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import tempfile
import time
from pathlib import Path

from submit import served, write_requests

BEAT_SECONDS = 0.01


async def beat(late_ms: list[float]) -> None:
    while True:
        due = time.perf_counter() + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)
        late_ms.append((time.perf_counter() - due) * 1000)


async def submission(base_url: str, lines: Path, home: str) -> None:
    from batchtui.composition import workbench
    from batchtui.config import load_config
    from batchtui.paths import places

    where = places(home)
    bench = workbench(where, load_config(where.config, base_url=base_url))
    with lines.open("rb") as file:
        prepared = await bench.prepare(file, lines.name)
    await bench.submissions.send(prepared, name="bench")
    await bench.close()


async def measured(name: str, work: object) -> None:
    late_ms: list[float] = []
    beats = asyncio.create_task(beat(late_ms))
    await work  # type: ignore[misc]
    beats.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beats
    late_ms.sort()
    p50, p99 = (late_ms[int(len(late_ms) * share)] for share in (0.5, 0.99))
    print(f"{name:12}{len(late_ms):8}{p50:10.1f}{p99:10.1f}{late_ms[-1]:10.1f}")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served() as base_url:
        lines = Path(folder) / "requests.jsonl"
        write_requests(lines, options.requests)
        gc.freeze()
        print(f"{'':12}{'beats':>8}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}")
        await measured("at rest", asyncio.sleep(3))
        await measured("submission", submission(base_url, lines, f"{folder}/home"))


if __name__ == "__main__":
    asyncio.run(main())
