"""Send one batch at the size limits: batchtui, the SDK's `batches.create` and curl, on the same server in one run.

    python bench/submit.py [--requests 100000] [--runs 3]

Every way runs in a process of its own, in turn; the table shows medians of the wall time and of the peak memory
of that process. `post` is the create alone, from the first byte to the answer; `all` is the whole process, with
imports, reading the file and, for batchtui, checking, pricing, spooling and indexing. The server, sink.py, only
takes the body, in another process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

TEXT = "Summarise the following review in one sentence, naming what was praised and what was not. " * 21


def write_requests(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            params = {
                "model": "claude-haiku-5-5",
                "max_tokens": 256,
                "messages": [{"role": "user", "content": f"{number}: {TEXT}"}],
            }
            file.write(json.dumps({"custom_id": f"row-{number:06d}", "params": params}) + "\n")


def write_body(lines: Path, body: Path) -> None:
    with lines.open("rb") as source, body.open("wb") as target:
        target.write(b'{"requests":[')
        for number, line in enumerate(source):
            target.write(b"," * bool(number) + line.rstrip(b"\n"))
        target.write(b"]}")


def send_with_batchtui(base_url: str, lines: Path) -> float:
    from batchtui.composition import workbench
    from batchtui.config import load_config
    from batchtui.paths import places
    from batchtui.services.prepare import prepare

    async def send(home: str) -> float:
        where = places(home)
        bench = workbench(where, load_config(where.config, base_url=base_url))
        with lines.open("rb") as file:
            prepared = await prepare(bench.store, file, lines.name)
        seconds = 0.0
        create = bench.gateway.create

        async def timed(*args: object, **options: object) -> object:
            nonlocal seconds
            begin = time.perf_counter()
            batch = await create(*args, **options)  # type: ignore[arg-type]
            seconds = time.perf_counter() - begin
            return batch

        bench.gateway.create = timed  # type: ignore[method-assign, assignment]
        await bench.submissions.send(prepared, name="bench")
        await bench.close()
        return seconds

    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(send(home))


def send_with_sdk(base_url: str, lines: Path) -> float:
    import anthropic

    client = anthropic.Anthropic(api_key="any", base_url=base_url, max_retries=0)
    with lines.open("rb") as file:
        requests = [json.loads(line) for line in file]
    start = time.perf_counter()
    client.messages.batches.create(requests=requests)
    return time.perf_counter() - start


def send_with_curl(base_url: str, body: Path) -> float:
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{time_total}", "--data-binary", f"@{body}"]
    headers = ["Authorization: Bearer any", "anthropic-version: 2026-10-21", "Content-Type: application/json"]
    for header in headers:
        command += ["-H", header]
    done = subprocess.run([*command, f"{base_url}/v1/messages/batches"], check=True, capture_output=True)
    return float(done.stdout)


WAYS = {"batchtui": send_with_batchtui, "sdk": send_with_sdk, "curl": send_with_curl}


@contextlib.contextmanager
def served() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("sink.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def run_alone(way: str, base_url: str, file: Path) -> dict[str, float]:
    environ = {"ANTHROPIC_API_KEY": "any", "PATH": "/usr/bin:/bin"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--base-url", base_url, "--file", str(file)],
        check=True,
        capture_output=True,
        text=True,
        env=environ,
    )
    return json.loads(done.stdout) | {"all": time.perf_counter() - start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--base-url")
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.way:
        seconds = WAYS[options.way](options.base_url, options.file)
        who = resource.RUSAGE_CHILDREN if options.way == "curl" else resource.RUSAGE_SELF
        print(json.dumps({"post": seconds, "peak_mib": resource.getrusage(who).ru_maxrss / 1024}))
        return
    folder = Path(tempfile.mkdtemp())
    try:
        lines, body = folder / "requests.jsonl", folder / "body.json"
        write_requests(lines, options.requests)
        write_body(lines, body)
        figures: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(options.runs):
            for way in WAYS:
                with served() as base_url:
                    figures[way].append(run_alone(way, base_url, body if way == "curl" else lines))
        print(f"{options.requests:,} requests, {body.stat().st_size / 1e6:.0f} MB, {options.runs} runs, medians")
        print(f"{'':10}{'post s':>10}{'all s':>10}{'peak MiB':>10}{'post/sdk':>10}{'post/curl':>10}")
        medians = {
            way: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            for way, runs in figures.items()
        }
        for way, row in medians.items():
            ratios = [row["post"] / medians[other]["post"] for other in ("sdk", "curl")]
            print(
                f"{way:10}{row['post']:10.2f}{row['all']:10.2f}{row['peak_mib']:10.0f}"
                f"{ratios[0]:10.2f}{ratios[1]:10.2f}"
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
