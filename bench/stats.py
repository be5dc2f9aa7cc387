"""What statistics take: with 10,000 batches, and with ten batches of 100,000 results that are new to it.

    python bench/stats.py [--batches 10000] [--large 10] [--rows 100000]

Prints processor time of this process, all threads together, in milliseconds, and the memory it has at the end. A
room that is opened reads the figures and shows them by day; every other key only groups or narrows what was read.
The homes are made for it and thrown away.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batchtui.domain.batch import Batch, BatchFilter, Counts
from batchtui.domain.cost import standard_rates
from batchtui.domain.durations import Durations
from batchtui.domain.filter import parse_filter
from batchtui.domain.lengths import packed
from batchtui.domain.stats import AXES, FIELDS, grouped, narrowed, spend_by_day, total
from batchtui.paths import Places
from batchtui.store import Store
from batchtui.tui.stats_source import Scope, look

URL = "http://127.0.0.1:9"
MODELS = ("claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5")
RUNS = 5

ROWS = """
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
    INSERT INTO {table} SELECT {columns} FROM n
"""
RESULTS = """?1, i, i, 'row-' || i, iif(i % 50, 'succeeded', 'errored'), NULL, NULL, 'end_turn',
    iif(i % 50, 'claude-haiku-4-5-20251001', NULL), 900 + i % 300, 0, 0, i % 7 * 100, 150 + i % 400, 0, 0, 0.0007,
    x'0102030405060708', 800, substr(hex(zeroblob(80)), 1, 150), '', i * 2000, 1999, 1"""
REQUESTS = "?1, i, 'row-' || i, 'claude-haiku-4-5', 1024, i * 900, 899, NULL, NULL"


def median_ms(work: Callable[[], object]) -> float:
    """Return the median processor time of some runs."""
    taken = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1_000)
    return statistics.median(taken)


def many(folder: Path, number: int) -> None:
    store = Store.open(Places(folder, folder / "config.toml"))
    chance, now = random.Random(8), datetime.now(UTC)
    batches = []
    for at in range(number):
        requests = chance.choice((10, 80, 500, 2_000, 40_000))
        created_at = now - timedelta(minutes=50 * at)
        ended_at = created_at + timedelta(seconds=chance.lognormvariate(6.5, 1))
        counts = Counts(succeeded=requests)
        batches.append(Batch(f"msgbatch_{at}", "ended", counts, created_at, None, ended_at))
    asyncio.run(store.batches.record(batches, profile="default", base_url=URL))
    connection = sqlite3.connect(folder / "batchtui.db")
    connection.execute("INSERT INTO templates (sha256, name, text) VALUES ('', 'a template', '')")
    connection.execute("UPDATE batches SET template_key = 1 WHERE key % 2")
    for key, requests in connection.execute("SELECT key, succeeded FROM batches").fetchall():
        lengths = packed((int(chance.lognormvariate(5.5, 0.6)), 1 + requests // 300) for _ in range(200))
        values = (key, chance.choice(MODELS), 0, "unknown", 1024, 1500, lengths, requests, requests, 3, 1, 0)
        tokens = (requests / 900, requests / 450, requests * 900, 0, 0, requests * 90, requests * 250, 0, 0)
        connection.execute(f"INSERT INTO figures VALUES (?{', ?' * 20})", values + tokens)
    connection.commit()
    connection.close()

    def opened() -> object:
        asyncio.run(store.figures.fill())
        return look(store.figures.read(), Scope())

    figures = store.figures.read()
    words = parse_filter("model:haiku !template:old", FIELDS)
    last = datetime.now().astimezone().date()
    listed = store.batches.list(BatchFilter())
    running = replace(listed[0], batch=replace(listed[0].batch, status="in_progress", ended_at=None))
    durations = Durations(listed)
    works: dict[str, Callable[[], object]] = {
        "open the room: read, and show by day": opened,
        **{f"show them by {by}": lambda by=by: look(figures, Scope(by)) for by in AXES},
        "filter": lambda: narrowed(figures, words=words),
        "add up all of it, lengths of answers too": lambda: (whole := total(figures)).sums and whole.output,
        "the plot of 90 days": lambda: spend_by_day(figures, (last - timedelta(days=90)).isoformat(), f"{last}"),
        "learn how long batches take": lambda: Durations(listed),
        "how long one like this takes": lambda: durations.like(running),
    }
    print(f"{number:,} batches")
    for name, work in works.items():
        print(f"  {name:<45} {median_ms(work):8.1f} ms")
    store.close()


async def large(folder: Path, number: int, rows: int) -> None:
    store = Store.open(Places(folder, folder / "config.toml"))
    now = datetime.now(UTC)
    counts = Counts(succeeded=rows)
    await store.batches.record(
        [Batch(f"msgbatch_{at}", "ended", counts, now, None, now) for at in range(number)],
        profile="default",
        base_url=URL,
    )
    connection = sqlite3.connect(folder / "batchtui.db")
    for key in range(1, number + 1):
        connection.execute(
            "INSERT INTO downloads (key, batch_key, owner, state, started_at) VALUES (?1, ?1, '', 'kept', '')",
            (key,),
        )
        connection.execute(ROWS.format(table="results", columns=RESULTS), (key, rows))
        connection.execute(ROWS.format(table="requests", columns=REQUESTS), (key, rows))
    connection.execute("UPDATE batches SET results = 'complete', requests = 'indexed', download_key = key")
    connection.commit()
    connection.close()
    print(f"{number} batches of {rows:,} results")
    standard_rates("claude-haiku-4-5")  # the first call imports the prices
    started, wall = time.process_time(), time.perf_counter()
    await store.figures.fill()
    processor_ms, wall_ms = (time.process_time() - started) * 1_000, (time.perf_counter() - wall) * 1_000
    print(f"  {'work out what they came to, each':<45} {processor_ms / number:8.1f} ms")
    print(f"  {'the same by the clock on the wall':<45} {wall_ms / number:8.1f} ms")
    opened_ms = median_ms(lambda: grouped(store.figures.read(), "day"))
    print(f"  {'open the room: read, and group by day':<45} {opened_ms:8.1f} ms")
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=10)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(large(Path(folder), given.large, given.rows))
    with tempfile.TemporaryDirectory() as folder:
        many(Path(folder), given.batches)
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
