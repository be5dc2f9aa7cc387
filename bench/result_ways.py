"""What `bench/results.py` measures of batchtui and the SDK, each in a process of its own: prints JSON.

python bench/result_ways.py WAY HOME DATA [URL]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from heartbeat import beat

CHUNK_BYTES = 256 * 1024
SHOWN_ROWS = 40
RARE = "quartzvermilion"

Figures = dict[str, float]


def store_of(home: Path):  # noqa: ANN201  # named only where it is imported
    from batchtui.paths import Places
    from batchtui.store import Store

    return Store.open(Places(home, home / "config.toml"))


async def add_batch(store, batch_id: str, data: Path, *, requests: bool = True):  # noqa: ANN001, ANN201
    from batchtui.domain.batch import Batch, Counts

    with (data / "results.jsonl").open("rb") as file:
        rows = sum(1 for _ in file)
    now = datetime.now(UTC)
    batch = Batch(batch_id, "ended", Counts(succeeded=rows), now, now + timedelta(hours=24), ended_at=now)
    await store.batches.record([batch], profile="default", base_url="http://127.0.0.1:9")
    if requests:
        path = store.files.requests_path(batch_id)
        path.parent.mkdir(parents=True)
        os.link(data / "requests.jsonl", path)
        await store.requests.index(batch_id)
    return store.batches.get(batch_id)


async def take(store, batch_id: str, data: Path) -> int:  # noqa: ANN001
    writer = store.results.writer(batch_id)
    with (data / "results.jsonl").open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            await writer.feed(chunk)
    return (await writer.finish(None)).lines


async def prepare(home: Path, data: Path, _url: str) -> Figures:
    """Fill a home with a batch whose requests are known and whose results are not here."""
    store = store_of(home)
    await add_batch(store, "msgbatch_bench", data)
    store.close()
    return {"database": (home / "batchtui.db").stat().st_size}


async def idle(home: Path, _data: Path, url: str) -> Figures:
    """Import and open all that the others use, and do nothing."""
    import anthropic  # noqa: F401

    from batchtui.domain.cost import batch_rates

    batch_rates("claude-haiku-4-5")
    await bench_of(home, url or "http://127.0.0.1:9").close()
    return {}


async def index(home: Path, data: Path, _url: str) -> Figures:
    """Write the rows of a results file that is here already."""
    store = store_of(home)
    start = time.perf_counter()
    rows = await take(store, "msgbatch_bench", data)
    seconds = time.perf_counter() - start
    store.close()
    return {"inner": seconds, "rows": rows, "database": (home / "batchtui.db").stat().st_size}


async def index_unpriced(home: Path, data: Path, url: str) -> Figures:
    """Write the rows without their prices."""
    from batchtui.store import result_rows

    result_rows.batch_rates = lambda _model: None
    return await index(home, data, url)


def bench_of(home: Path, url: str):  # noqa: ANN201
    from batchtui.composition import workbench
    from batchtui.config import load_config
    from batchtui.paths import places

    where = places(str(home))
    return workbench(where, load_config(where.config, base_url=url))


async def fetch(home: Path, _data: Path, url: str) -> Figures:
    """Download to a file and nothing else."""
    bench = bench_of(home, url)
    await bench.gateway.retrieve("msgbatch_bench")
    start = time.perf_counter()
    with (home / "fetched").open("wb") as file:
        async with bench.gateway.results("msgbatch_bench") as pieces:
            async for piece in pieces:
                file.write(piece)
    seconds = time.perf_counter() - start
    await bench.close()
    return {"inner": seconds}


async def download(home: Path, _data: Path, url: str, *, warm: bool = True) -> Figures:
    """Download and index at once; `first` is when the first rows could be read."""
    from batchtui.domain.selection import Selection

    bench = bench_of(home, url)
    if warm:
        await bench.gateway.retrieve("msgbatch_bench")
    stored = bench.store.batches.get("msgbatch_bench")
    first: list[float] = []
    start = time.perf_counter()

    async def look() -> None:
        while not bench.store.results.count(Selection((stored.key,)))["all"]:  # noqa: ASYNC110  # nobody tells it
            await asyncio.sleep(0.01)
        first.append(time.perf_counter() - start)

    looking = asyncio.create_task(look())
    await bench.downloads.download(stored)
    seconds = time.perf_counter() - start
    await looking
    await bench.close()
    return {"inner": seconds, "first": first[0]}


async def sdk(_home: Path, _data: Path, url: str) -> Figures:
    """Iterate over the results with the SDK."""
    import anthropic

    client = anthropic.Anthropic(api_key="any", base_url=url, max_retries=0)
    start = time.perf_counter()
    rows = sum(1 for _ in client.messages.batches.results("msgbatch_bench"))
    return {"inner": time.perf_counter() - start, "rows": rows}


async def heart(home: Path, _data: Path, url: str) -> Figures:
    """Tell how late a heartbeat of 10 ms is while results come, the import of the SDK included."""
    gc.freeze()
    late_ms: list[float] = []
    beats = asyncio.create_task(beat(late_ms))
    await download(home, _data, url, warm=False)
    beats.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beats
    late_ms.sort()
    return {"p50": late_ms[len(late_ms) // 2], "p99": late_ms[int(len(late_ms) * 0.99)], "max": late_ms[-1]}


async def read(home: Path, data: Path, _url: str) -> Figures:
    """Open what is indexed, narrow, sort and search it."""
    from dataclasses import replace

    from batchtui.domain.filter import parse_result_filter
    from batchtui.domain.search import Search
    from batchtui.domain.selection import Selection

    store = store_of(home)
    results = store.results
    everything = Selection((store.batches.get("msgbatch_bench").key,))
    keys = results.keys(everything)
    figures: Figures = {"rows": len(keys)}

    def timed(name: str, work: Callable[[], object], times: int = 5) -> None:
        seconds = []
        for _ in range(times):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        figures[name] = statistics.median(seconds)

    timed("keys", lambda: results.keys(everything))
    timed("count", lambda: results.count(everything))
    timed("40 rows", lambda: results.rows(keys[5_000 : 5_000 + SHOWN_ROWS]), 50)
    timed("failed only", lambda: results.keys(replace(everything, only="failed")))
    where = parse_result_filter("error:max_tokens tokens<10")
    timed("filter line", lambda: results.keys(replace(everything, where=where)))
    for column in ("custom_id", "output_tokens", "cost", "error"):
        timed(f"sorted by {column}", lambda column=column: results.keys(replace(everything, sort=column)), 3)
    timed("facets", lambda: results.facets(everything), 3)
    timed("numbers", lambda: results.numbers(everything), 3)
    for name, search in {
        "rare word": Search(RARE),
        "rare word, case": Search(RARE, match_case=True),
        "regex": Search("quartz.*lion", regex=True),
    }.items():
        figures |= await searched(name, lambda tell, search=search: results.search(everything, search, tell))
    store.close()
    return figures


async def searched(name: str, search: Callable[[Callable[[object], object]], Awaitable[object]]) -> Figures:
    firsts, seconds = [], []
    for _ in range(3):
        told: list[float] = []
        start = time.perf_counter()
        await search(lambda _hits, told=told: told.append(time.perf_counter()))
        seconds.append(time.perf_counter() - start)
        firsts.append(told[0] - start if told else 0.0)
    return {name: statistics.median(seconds), f"{name}, first": statistics.median(firsts)}


async def ten(home: Path, data: Path, _url: str) -> Figures:
    """Open ten such batches one after another, and tell the memory after each."""
    from batchtui.domain.selection import Selection

    store = store_of(home)
    for number in range(10):
        await add_batch(store, f"msgbatch_{number}", data, requests=False)
        await take(store, f"msgbatch_{number}", data)
    store.close()
    store = store_of(home)
    figures: Figures = {}
    for stored in store.batches.list():
        everything = Selection((stored.key,), final=True)
        store.results.count(everything)
        keys = store.results.keys(everything)
        for begin in range(0, len(keys), len(keys) // 50 + 1):
            store.results.rows(keys[begin : begin + SHOWN_ROWS])
        figures[stored.id] = memory_mib()
    store.close()
    return figures


def memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


WAYS = {way.__name__: way for way in (prepare, idle, index, index_unpriced, fetch, download, sdk, heart, read, ten)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("home", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("url", nargs="?", default="")
    given = parser.parse_args()
    figures = asyncio.run(WAYS[given.way](given.home, given.data, given.url))
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump(figures, sys.stdout)
