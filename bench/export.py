"""Export one batch: batchtui beside cat, the sqlite3 command line and duckdb, in turn in one run.

    python bench/export.py [--results results.jsonl] [--requests requests.jsonl] [--rows 100000] [--runs 5]

Without files it makes some: answers of about 2 kB, in another order than the requests. Every way writes its file
and syncs it. The table shows medians of the seconds that took, without starting the program or reading the keys, of
the seconds of processor time, and of the peak memory of the process; `x peer` is the time against the peer of that
format, `x cpu` the processor time. `in file order` is a batch whose requests are not known, `in input order` one
whose results lie in another order than they are written in. sqlite3 reads a table that batchtui has written before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

WORDS = (
    "the",
    "of",
    "and",
    "to",
    "in",
    "river",
    "bridge",
    "answer",
    "question",
    "summary",
    "café",
    "東京",
    "value",
)
OURS = {
    "jsonl, in file order": ("foreign", "jsonl", "cat"),
    "jsonl, in input order": ("known", "jsonl", "cat"),
    "csv, in file order": ("foreign", "csv", "sqlite3 -csv"),
    "csv, in input order": ("known", "csv", "sqlite3 -csv"),
    "sqlite": ("known", "sqlite", ""),
    "parquet": ("known", "parquet", ""),
    "jsonl with requests": ("known", "join", ""),
}

ORDER = (
    "jsonl, in file order",
    "cat",
    "jsonl, in input order",
    "csv, in file order",
    "sqlite3 -csv",
    "csv, in input order",
    "duckdb json to csv",
    "sqlite",
    "parquet",
    "jsonl with requests",
)
"""What is compared goes one after the other, so that both find the same in the memory of the system."""


def make(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write requests, and results of them in another order."""
    rng = random.Random(7)
    requests, results = folder / "requests.jsonl", folder / "results.jsonl"
    with requests.open("w", encoding="utf-8") as file:
        for number in range(rows):
            content = " ".join(rng.choices(WORDS, k=250))
            params = {
                "model": "claude-haiku-4-5",
                "max_tokens": 1024,
                "messages": [{"role": "user", "content": content}],
            }
            file.write(json.dumps({"custom_id": f"row-{number:06}", "params": params}) + "\n")
    order = list(range(rows))
    rng.shuffle(order)
    with results.open("w", encoding="utf-8") as file:
        for number in order:
            text = " ".join(rng.choices(WORDS, k=400)) + '\n"quoted"'
            usage = {"input_tokens": 300, "output_tokens": 500}
            message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": "claude-haiku-4-5"}
            message |= {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "usage": usage}
            result = {"type": "succeeded", "message": message}
            file.write(json.dumps({"custom_id": f"row-{number:06}", "result": result}, ensure_ascii=False) + "\n")
    return requests, results


async def build(home: Path, requests: Path, results: Path) -> None:
    """Bring the results home twice: as a batch that was sent from here, and as one that was not."""
    from batchtui.domain.batch import Batch, Counts
    from batchtui.domain.request import body_length
    from batchtui.paths import Places
    from batchtui.store import Draft, Store

    store = Store.open(Places(home, home / "config.toml"))
    with requests.open("rb") as file:
        rows = sum(1 for _ in file)
    now = datetime.now(UTC)
    url = "http://127.0.0.1:1"
    spool = store.files.new_spool()
    shutil.copy(requests, spool)
    job = await store.jobs.create("known", "default")
    draft = Draft(1, 1, spool, rows, body_length(spool.stat().st_size - rows, rows), "", None)
    (intent,) = await store.intents.open([draft], job=job, base_url=url, attempt=1)
    await store.intents.mark_sending(intent.id)
    running = Batch("known", "in_progress", Counts(processing=rows), now, now + timedelta(hours=24))
    await store.intents.close(intent.id, running)
    await store.requests.index("known")
    for batch_id in ("known", "foreign"):
        ended = Batch(batch_id, "ended", Counts(succeeded=rows), now, now + timedelta(hours=24), now)
        await store.batches.record([ended], profile="default", base_url=url)
        writer = store.results.writer(batch_id)
        with results.open("rb") as file:
            while chunk := file.read(1 << 20):
                await writer.feed(chunk)
        assert (await writer.finish(rows)).complete
    store.close()


def export(home: Path, batch_id: str, form: str, path: Path) -> dict[str, float]:
    """Export a batch once, and tell what it took."""
    from batchtui.domain.selection import Selection
    from batchtui.paths import Places
    from batchtui.services.export import Exports
    from batchtui.store import Store

    store = Store.open(Places(home, home / "config.toml"))
    keys = store.results.keys(Selection((store.batches.get(batch_id).key,)))
    exports = Exports(store)
    format_ = "jsonl" if form == "join" else form
    begin, cpu = time.perf_counter(), time.process_time()
    asyncio.run(exports.write(keys, path, format_, join=form == "join", overwrite=True))  # type: ignore[arg-type]
    figures = {"seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
    store.close()
    return figures


def peak_mib() -> float:
    """Return the peak memory of this process; `ru_maxrss` would begin with that of the process it came from."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def run_ours(home: Path, batch_id: str, form: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(home), batch_id, form, str(path)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def run_peer(command: str, path: Path) -> dict[str, float]:
    """Run a shell command that writes to `path`, then sync the file."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    subprocess.run(["/bin/sh", "-c", command], check=True)
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    seconds = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "peak_mib": float("nan")}


def peers(home: Path, out: Path) -> dict[str, tuple[str, Path]]:
    results, table = home / "batches" / "foreign" / "results.jsonl", out / "table.sqlite"
    found = {"cat": (f"cat '{results}' > '{out}/cat'", out / "cat")}
    if shutil.which("sqlite3"):
        command = f"sqlite3 -csv '{table}' 'SELECT * FROM results' > '{out}/peer.csv'"
        found["sqlite3 -csv"] = (command, out / "peer.csv")
    if shutil.which("duckdb"):
        query = f"COPY (SELECT * FROM read_json_auto('{results}')) TO '{out}/duck.csv'"
        found["duckdb json to csv"] = (f'duckdb -c "{query}"', out / "duck.csv")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--requests", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        home, batch_id, form, path = options.one
        figures = export(Path(home), batch_id, form, Path(path))
        print(json.dumps(figures | {"peak_mib": peak_mib()}))
        return
    folder = Path(tempfile.mkdtemp())
    try:
        made = (options.requests, options.results) if options.results else make(folder, options.rows)
        home, out = folder / "home", folder / "out"
        out.mkdir()
        asyncio.run(build(home, *made))
        run_ours(home, "known", "sqlite", out / "table.sqlite")
        figures: dict[str, list[dict[str, float]]] = {}
        theirs = peers(home, out)
        for _ in range(options.runs):
            for name in ORDER:
                if name in OURS:
                    batch_id, form, _ = OURS[name]
                    path = out / f"ours.{form}"
                    took = run_ours(home, batch_id, form, path)
                elif name in theirs:
                    command, path = theirs[name]
                    took = run_peer(command, path)
                else:
                    continue
                figures.setdefault(name, []).append(took)
                path.unlink()
        size = (home / "batches" / "known" / "results.jsonl").stat().st_size
        print(f"results of {size / 1e6:,.0f} MB, {options.runs} runs, medians")
        print(f"{'':24}{'seconds':>10}{'cpu':>10}{'peak MiB':>10}{'x peer':>10}{'x cpu':>10}")
        medians = {
            name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            for name, runs in figures.items()
        }
        for name, row in medians.items():
            peer = medians.get(OURS[name][2] if name in OURS else "")
            ratios = "".join(f"{row[key] / peer[key]:10.2f}" for key in ("seconds", "cpu")) if peer else ""
            print(f"{name:24}{row['seconds']:10.2f}{row['cpu']:10.2f}{row['peak_mib']:10.0f}{ratios}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
