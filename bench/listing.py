"""A list of 10,000 batches: what reading, showing, filtering and sorting it costs in processor time.

    python bench/listing.py [--batches 10000] [--runs 9]

Prints medians in milliseconds of processor time: of the thread that does it, and for whole steps in the app, which
has no terminal here, of the thread of the event loop. One in five batches is part of a job of several.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from batchtui.composition import workbench
from batchtui.config import load_config
from batchtui.domain.batch import BatchFilter
from batchtui.domain.filter import parse_filter
from batchtui.paths import Places
from batchtui.services.workbench import Workbench
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.present import listing
from batchtui.tui.session import FIRST_BATCHES
from startup import store_batches

SIZE = (160, 50)


def show(name: str, took_ms: list[float]) -> None:
    print(f"{name:<44}{statistics.median(took_ms):>10.1f}{max(took_ms):>10.1f}")


def timed(name: str, work: Callable[[], object], runs: int) -> None:
    took_ms = []
    for _ in range(runs):
        began = time.thread_time()
        work()
        took_ms.append((time.thread_time() - began) * 1000)
    show(name, took_ms)


def join_some(home: Path) -> None:
    """Make a job of every five batches of a fifth of them."""
    with closing(sqlite3.connect(home / "batchtui.db", isolation_level=None)) as database:
        database.execute(
            "UPDATE batches SET job_id = (SELECT b.job_id FROM batches b WHERE b.key = batches.key / 5 * 5),"
            " part = 1 + key % 5, parts = 5 WHERE key / 5 % 5 = 1"
        )
        database.execute("DELETE FROM jobs WHERE id NOT IN (SELECT job_id FROM batches)")


def calls(bench: Workbench, runs: int) -> None:
    batches = bench.store.batches.list()
    timed(
        f"read the first {FIRST_BATCHES}", lambda: bench.store.batches.list(BatchFilter(limit=FIRST_BATCHES)), runs
    )
    timed(f"read all {len(batches):,}", bench.store.batches.list, runs)
    timed("rows, as they come", lambda: listing.rows(batches, []), runs)
    for text in ("status:failed", "99", "!77 model:haiku"):
        words = parse_filter(text, listing.FIELDS)
        timed(f"rows, filtered by {text}", lambda words=words: listing.rows(batches, [], words=words), runs)
    for sort in listing.SORTS[1:]:
        timed(f"rows, sorted by {sort}", lambda sort=sort: listing.rows(batches, [], sort=sort), runs)


async def screens(bench: Workbench, config: object, runs: int) -> None:
    async def check(_key: object) -> None: ...

    steps = {"sort": ["s"], "reverse": ["S"], "a character of a filter": ["9"], "the filter away": ["escape"]}
    took_ms: dict[str, list[float]] = {name: [] for name in steps}
    app = BatchtuiApp(bench, config, check)  # type: ignore[arg-type]
    began = time.thread_time()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        first = (time.thread_time() - began) * 1000
        app.session.poller.toggle_pause()
        while len(app.session.batches) <= FIRST_BATCHES:
            await pilot.pause(0.1)
        await pilot.pause(1.5)
        gc.freeze()
        looked = []
        for _ in range(runs):
            app.session._version = 0  # as if another process had written
            began = time.thread_time()
            await app.session.look()
            await pilot.pause()
            looked.append((time.thread_time() - began) * 1000)
            for name, keys in steps.items():
                if name == "a character of a filter":
                    await pilot.press("slash")
                    await pilot.pause()
                began = time.thread_time()
                await pilot.press(*keys)
                await pilot.pause()
                took_ms[name].append((time.thread_time() - began) * 1000)
    show("first screen, all of Textual with it", [first])
    show("a new list is shown", looked)
    for name, took in took_ms.items():
        show(f"key: {name}", took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        store_batches(home, given.batches)
        join_some(home)
        places = Places(home, home / "config.toml")
        config = load_config(places.config, base_url="http://127.0.0.1:9", environ={})
        bench = workbench(places, config)
        print(f"{'':<44}{'median ms':>10}{'slowest':>10}")
        calls(bench, given.runs)
        asyncio.run(screens(bench, config, given.runs))
        asyncio.run(bench.close())


if __name__ == "__main__":
    main()
