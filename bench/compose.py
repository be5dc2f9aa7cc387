"""How fast rows become requests, and how late a 10 ms heartbeat on the event loop is meanwhile.

    python bench/compose.py [--rows 100000]

A survey reads, renders, checks and prices all rows, as the compose screen does while somebody types; a preparation
also writes requests and data rows to disk. Prints requests a second, and a second of processor time, the lateness
of the heartbeat in milliseconds, and the peak memory of the process; then how soon a survey that nobody waits for
any more has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import resource
import tempfile
import time
from pathlib import Path

from heartbeat import beat

TEMPLATE = """\
custom_id: "row-{{ id }}"
params:
  model: claude-haiku-5-5
  max_tokens: 300
  system: You sort tickets of customers.
  messages:
    - role: user
      content: "{{ subject }}: {{ body }}"
"""
HEAD_START_SECONDS = 0.3


def write_rows(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "subject", "body", "price"))
        for number in range(count):
            rows.writerow((number, f"Parcel {number}", "It has not arrived, and I need it by Monday. " * 9, 9.5))


async def measured(name: str, work: object, rows: int) -> None:
    late_ms: list[float] = []
    beats = asyncio.create_task(beat(late_ms))
    began, worked = time.perf_counter(), time.process_time()
    await work  # type: ignore[misc]
    seconds, processor_seconds = time.perf_counter() - began, time.process_time() - worked
    beats.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beats
    late_ms.sort()
    p50, p99 = (late_ms[int(len(late_ms) * share)] for share in (0.5, 0.99))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rates = f"{rows / seconds:12,.0f}{rows / processor_seconds:12,.0f}"
    print(f"{name:12}{rates}{p50:10.1f}{p99:10.1f}{late_ms[-1]:10.1f}{peak_mib:10.0f}")


async def main() -> None:
    from batchtui.composition import workbench
    from batchtui.config import load_config
    from batchtui.domain.template.parse import parse_template
    from batchtui.paths import places
    from batchtui.services.rows import open_rows

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    template = parse_template(TEMPLATE, "tickets")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "tickets.csv")
        write_rows(data, options.rows)
        where = places(Path(folder, "home"))
        bench = workbench(where, load_config(where.config, base_url="http://127.0.0.1:9"))
        with open_rows(str(data)) as rows:
            print(f"{'':12}{'a second':>12}{'processor':>12}{'p50':>10}{'p99':>10}{'max':>10}{'MiB':>10}")
            await measured("survey", bench.composer.survey(template, rows), options.rows)
            await measured("prepare", bench.composer.prepare(template, rows), options.rows)
            surveying = asyncio.create_task(bench.composer.survey(template, rows))
            await asyncio.sleep(HEAD_START_SECONDS)
            began = time.perf_counter()
            surveying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await surveying
            print(f"cancelled after {(time.perf_counter() - began) * 1000:.1f} ms")
        await bench.close()


if __name__ == "__main__":
    asyncio.run(main())
