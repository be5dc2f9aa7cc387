"""Two full-size batches are compared: batchtui beside duckdb and git, in one run.

    python bench/diff.py [--rows 100000] [--runs 5] [--data DIR] [--peers DIR] [--git]

Every way runs in a process of its own, all of them in turn, again and again; the tables show medians. The data is
made by gen_data.py unless there is some in DIR already; in results2.jsonl about a fifth of the answers differ. Both
files are indexed before, as they are when a batch has come home. duckdb, which joins the two files, is put into a
virtual environment of its own, by pip; --git also runs `git diff --no-index --word-diff` on the files, sorted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gen_data
import screens

HERE = Path(__file__).parent

GIT_SECONDS = 900

CHANGED = "≠ changed  ".encode()

DUCKDB = """
import duckdb, sys
side = '''SELECT custom_id, result.type AS type, result.error.error.type AS error,
    result.message.content[1].text AS text FROM read_json('{}', format='newline_delimited')'''
print(duckdb.sql(f'''SELECT count(*) FILTER (l.text IS DISTINCT FROM r.text) AS changed, count(*) AS rows,
    count(*) FILTER (l.type <> r.type OR l.error <> r.error) AS outcome FROM ({side.format(sys.argv[1])}) l
    FULL JOIN ({side.format(sys.argv[2])}) r USING (custom_id)''').fetchall())
"""


def run(command: list[object], environ: dict[str, str]) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(list(map(str, command)), env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return time.perf_counter() - start, done.stdout


def ours(way: str, home: Path, data: Path) -> dict[str, float]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(home.parent)}
    figures: dict[str, float] = json.loads(
        run([sys.executable, HERE / "diff_ways.py", way, home, data], environ)[1]
    )
    return figures


def duckdb_of(peers: Path) -> Path:
    if not (peers / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", peers], check=True)
    if not list(peers.glob("lib/*/site-packages/duckdb")):
        pip = [peers / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "duckdb"]
        subprocess.run(pip, check=True)
    return peers / "bin" / "python"


def show(name: str, value: float, goal: str = "", digits: int = 3) -> None:
    print(f"{name:<58}{value:>10.{digits}f}  {goal}", flush=True)


def median(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(figures[name] for figures in runs)


def joining(home: Path, data: Path, duckdb: Path, runs: int) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(home.parent)}
    files = data / "results.jsonl", data / "results2.jsonl"
    joined: list[dict[str, float]] = []
    theirs: list[float] = []
    for _ in range(runs):
        joined.append(ours("summary", home, data))
        theirs.append(run([duckdb, "-c", DUCKDB, *files], environ)[0])
    print(f"\n{joined[0]['changed']:,.0f} answers changed; s, medians of {runs}; goals in the last column")
    show("duckdb, joining the two files (whole process)", statistics.median(theirs))
    show("batchtui, summary of both (without imports)", median(joined, "inner"))
    show("ours / duckdb", median(joined, "inner") / statistics.median(theirs), "0.2")
    show("first changed rows with the first text, after that", median(joined, "first_rows"), "0.2")
    show("peak memory, MiB", median(joined, "peak_mib"), "", 0)
    show("peak memory of a process that compares nothing, MiB", ours("idle", home, data)["peak_mib"], "", 0)
    of_file = ours("file_side", home, data)
    show("a batch and a file that is in no list", of_file["inner"])
    show("peak memory, MiB", of_file["peak_mib"], "", 0)


def reading(home: Path, data: Path, runs: int) -> None:
    ranked = [ours("rank", home, data) for _ in range(runs)]
    show("ranking all changed pairs", median(ranked, "inner"), "3")
    show("heartbeat late meanwhile, p99, ms", median(ranked, "p99"), "", 1)
    show("heartbeat late meanwhile, max, ms", median(ranked, "max"), "60", 1)
    show("peak memory, MiB", median(ranked, "peak_mib"), "", 0)
    asked = ours("requests", home, data)
    show(f"comparing {asked['compared']:,.0f} requests", asked["inner"])
    show("peak memory, MiB", asked["peak_mib"], "", 0)
    print("\nms, one pair of texts, one word of twenty changed")
    goals = {"2 KB": "5", "64 KB": "50"}
    for name, took_ms in ours("pairs", home, data).items():
        if name != "peak_mib":
            show(name, took_ms, goals.get(name.partition(",")[0], ""), 2)


def in_the_room(home: Path, runs: int) -> None:
    """Mark both batches and compare them, in a terminal of 120x40."""
    environ = os.environ | {"BATCHTUI_HOME": str(home), "ANTHROPIC_BASE_URL": screens.BASE_URL}
    environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "ANTHROPIC_API_KEY": "any"}
    shown: list[dict[str, float]] = []
    with screens.polled_elsewhere(home):
        for _ in range(runs):
            program = screens.Terminal([sys.executable, "-m", "batchtui"], environ)
            program.until(b"another batchtui polls")
            program.rest(2.5)
            for key in (b" ", b"j", b" "):
                program.press(key)
            program.rest(1.0)
            first = program.until(CHANGED, keys=b"d")
            program.rest(4.0)
            program.press(b"1")
            program.rest(0.5)
            again = program.until(CHANGED, keys=b"d")
            shown.append({"first": first, "again": again, "memory_mib": program.memory_mib()})
            program.stop()
    print()
    show("in the screens: first changed rows after `d`", median(shown, "first"), "0.2")
    show("again", median(shown, "again"), "0.2")
    show("memory, MiB", median(shown, "memory_mib"), "", 0)


def git(folder: Path, data: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    for name in ("results.jsonl", "results2.jsonl"):
        run(["sort", "-o", folder / name, data / name], environ)
    command = ["git", "diff", "--no-index", "--word-diff", folder / "results.jsonl", folder / "results2.jsonl"]
    start = time.perf_counter()
    try:
        with (folder / "diff").open("wb") as output:
            subprocess.run(command, stdout=output, env=environ, check=False, timeout=GIT_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"git diff --word-diff of the sorted files was not done after {GIT_SECONDS} s")
    else:
        show("git diff --word-diff of the sorted files", time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data", type=Path, help="where data of gen_data.py is, or is put")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "batchtui-bench-peers")
    parser.add_argument("--git", action="store_true", help="also `git diff --word-diff`, which takes minutes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.data and options.data.parent) as name:
        folder = Path(name)
        data = options.data or folder / "data"
        if not (data / "results2.jsonl").exists():
            gen_data.make(data, options.rows)
        duckdb = duckdb_of(options.peers)
        home = folder / "home"
        ours("prepare", home, data)
        joining(home, data, duckdb, options.runs)
        reading(home, data, options.runs)
        in_the_room(home, options.runs)
        if options.git:
            git(folder, data)


if __name__ == "__main__":
    main()
