"""What `bench/diff.py` measures of batchtui, each in a process of its own: prints JSON.

python bench/diff_ways.py WAY HOME DATA
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from heartbeat import beat

CHUNK_BYTES = 256 * 1024
SHOWN_ROWS = 40
SIDES = {"msgbatch_left": "results.jsonl", "msgbatch_right": "results2.jsonl"}

Figures = dict[str, float]


def store_of(home: Path):  # noqa: ANN201  # named only where it is imported
    from batchtui.paths import Places
    from batchtui.store import Store

    return Store.open(Places(home, home / "config.toml"))


def comparisons_of(store):  # noqa: ANN001, ANN201
    from batchtui.api.anthropic_gateway import AnthropicGateway
    from batchtui.services.compare import Comparisons
    from batchtui.services.find import Finder

    gateway = AnthropicGateway("http://127.0.0.1:9", lambda: "any")
    return Comparisons(store, Finder(store, gateway, "default"))


async def prepare(home: Path, data: Path) -> Figures:
    """Fill a home with both batches, their requests and their results."""
    from batchtui.domain.batch import Batch, Counts

    store = store_of(home)
    for batch_id, name in SIDES.items():
        now = datetime.now(UTC)
        batch = Batch(batch_id, "ended", Counts(succeeded=1), now, now + timedelta(hours=24), ended_at=now)
        await store.batches.record([batch], profile="default", base_url="http://127.0.0.1:9")
        path = store.files.requests_path(batch_id)
        path.parent.mkdir(parents=True)
        os.link(data / "requests.jsonl", path)
        await store.requests.index(batch_id)
        writer = store.results.writer(batch_id)
        with (data / name).open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                await writer.feed(chunk)
        await writer.finish(None)
    store.close()
    return {}


async def idle(home: Path, _data: Path) -> Figures:
    """Open all that the others use, and do nothing."""
    store = store_of(home)
    comparisons_of(store)
    store.close()
    return {}


async def summary(home: Path, _data: Path) -> Figures:
    """Open the store, join both sides, and read the first changed rows with their texts."""
    import batchtui.services.compare  # noqa: F401  # is loaded before anybody compares

    start = time.perf_counter()
    store = store_of(home)
    comparisons = comparisons_of(store)
    comparison = await comparisons.compare(*map(comparisons.side, SIDES))
    joined = time.perf_counter()
    positions = await comparisons.find(comparison, kinds=frozenset({"changed"}))
    pairs = comparisons.pairs(comparison, positions[:SHOWN_ROWS])
    comparisons.texts(comparison, pairs[0])
    shown = time.perf_counter()
    store.close()
    return {"inner": joined - start, "changed": comparison.summary.changed, "first_rows": shown - joined}


async def file_side(home: Path, data: Path) -> Figures:
    """Join a batch and a file that is in no list."""
    store = store_of(home)
    comparisons = comparisons_of(store)
    start = time.perf_counter()
    left, right = comparisons.side("msgbatch_left"), comparisons.side(str(data / "results2.jsonl"))
    comparison = await comparisons.compare(left, right)
    seconds = time.perf_counter() - start
    store.close()
    return {"inner": seconds, "changed": comparison.summary.changed}


async def rank(home: Path, _data: Path) -> Figures:
    """Rank all changed pairs, and tell how late a heartbeat of 10 ms is meanwhile."""
    store = store_of(home)
    comparisons = comparisons_of(store)
    comparison = await comparisons.compare(*map(comparisons.side, SIDES))
    gc.collect()
    gc.freeze()
    late_ms: list[float] = []
    beats = asyncio.create_task(beat(late_ms))
    start = time.perf_counter()
    await comparisons.rank(comparison)
    seconds = time.perf_counter() - start
    beats.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beats
    store.close()
    late_ms.sort()
    return {"inner": seconds, "p99": late_ms[int(len(late_ms) * 0.99)], "max": late_ms[-1]}


async def requests(home: Path, _data: Path) -> Figures:
    """Compare the requests of all pairs."""
    store = store_of(home)
    comparisons = comparisons_of(store)
    comparison = await comparisons.compare(*map(comparisons.side, SIDES))
    start = time.perf_counter()
    changes = await comparisons.request_changes(comparison)
    seconds = time.perf_counter() - start
    store.close()
    return {"inner": seconds, "compared": changes.compared}


async def pairs(_home: Path, _data: Path) -> Figures:
    """Compare two texts, in paragraphs and as one line; milliseconds, the median of several pairs."""
    from batchtui.domain.diff import diff_lines, unified

    chance = random.Random(7)
    vocabulary = [f"word{number}" for number in range(20_000)]
    diff_lines("a b", "a c")
    figures: Figures = {}
    for name, size, times in (("2 KB", 2_000, 41), ("64 KB", 64_000, 11), ("1 MB", 1_000_000, 3)):
        for shape, newline_every in (("paragraphs", 60), ("one line", 0)):
            both = [_pair(chance, vocabulary, size, newline_every) for _ in range(times)]
            figures[f"{name}, {shape}"] = _median_ms(lambda pair: diff_lines(*pair), both)
        figures[f"{name}, unified"] = _median_ms(lambda pair: unified(*pair, "a", "b"), both)
    return figures


def _pair(chance: random.Random, vocabulary: list[str], size: int, newline_every: int) -> tuple[str, str]:
    """Return a text and the same with one word of twenty changed, gone or new."""
    words = [chance.choice(vocabulary) for _ in range(size // 10)]
    if newline_every:
        words[newline_every::newline_every] = [f"\n{word}" for word in words[newline_every::newline_every]]
    changed = list(words)
    for at in range(0, len(changed), 20):
        changed[at] = chance.choice(["", chance.choice(vocabulary), f"{changed[at]} {chance.choice(vocabulary)}"])
    return " ".join(words), " ".join(changed)


def _median_ms(work: Callable[[tuple[str, str]], object], both: list[tuple[str, str]]) -> float:
    took: list[float] = []
    for pair in both:
        start = time.perf_counter()
        work(pair)
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


WAYS = {way.__name__: way for way in (prepare, idle, summary, file_side, rank, requests, pairs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("home", type=Path)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    figures = asyncio.run(WAYS[options.way](options.home, options.data))
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
