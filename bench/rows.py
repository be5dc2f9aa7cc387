"""Read rows of data of every kind: rows a second, memory, and how long one row takes to find again.

    python bench/rows.py [--rows 100000] [--runs 3]

Every kind is read in a process of its own. `cpu` is the processor time of one pass over all rows and `wall` how
long it took; `at` is the median of finding twenty rows all over the file after that pass; `peak` is the most memory
that the process ever had, on Linux. `csv.reader` alone, which makes neither dicts nor rows, is the yardstick.
"""

from __future__ import annotations

import argparse
import csv
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TEXT = 'It came on time, "as promised", and the box was whole; the strap broke after a week. ' * 4

COLUMNS = ("id", "name", "text", "stars", "is_verified", "price")


def made_rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield dict(
            zip(
                COLUMNS,
                (f"{number:07}", f"Zoë {number}", TEXT, number % 5, number % 2 == 0, number / 4),
                strict=True,
            )
        )


def write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in made_rows(count):
            writer.writerow([str(value).lower() if isinstance(value, bool) else value for value in row.values()])


def write_json(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, row in enumerate(made_rows(count)):
            file.write(("," if number else "") + json.dumps(row))
        file.write("]")


def write_jsonl(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in made_rows(count):
            file.write(json.dumps(row) + "\n")


def write_sqlite(path: Path, count: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE rows ({', '.join(COLUMNS)})")
        connection.executemany(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", (tuple(row.values()) for row in made_rows(count))
        )


def write_parquet(path: Path, count: int) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(list(made_rows(count))), path)


KINDS: dict[str, Callable[[Path, int], None]] = {
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
    "db": write_sqlite,
    "parquet": write_parquet,
}

WAYS = {"csv.reader": "csv", "csv, all text": "csv", **{kind: kind for kind in KINDS}}


def measured(way: str, path: Path) -> dict[str, float]:
    from batchtui.services.rows import open_rows

    wall, cpu = time.perf_counter(), time.process_time()
    if way == "csv.reader":
        with path.open(encoding="utf-8", newline="") as file:
            count = sum(1 for _ in csv.reader(file)) - 1
        at_seconds = 0.0
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    else:
        with open_rows(str(path), types=way != "csv, all text") as rows:
            count = sum(1 for _ in rows)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            found = []
            for number in range(1, 21):
                begin = time.perf_counter()
                rows.at(count * number // 20)
                found.append(time.perf_counter() - begin)
            at_seconds = statistics.median(found)
    return {"rows": count, "wall": wall, "cpu": cpu, "at": at_seconds, "peak": peak_mib()}


def peak_mib() -> float:
    # Not getrusage, which counts what the process was before it became this program.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measured(given.way, given.path)))
        return
    with tempfile.TemporaryDirectory() as directory:
        for kind, write in KINDS.items():
            write(Path(directory, f"rows.{kind}"), given.rows)
        print(f"{'':<14} {'MB':>7} {'rows/s wall':>12} {'rows/s cpu':>12} {'at ms':>7} {'peak MiB':>9}")
        for way, kind in WAYS.items():
            path = Path(directory, f"rows.{kind}")
            command = [sys.executable, __file__, "--way", way, "--path", str(path)]
            runs = [json.loads(subprocess.check_output(command)) for _ in range(given.runs)]
            middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            print(
                f"{way:<14} {path.stat().st_size / 1e6:>7.1f} {middle['rows'] / middle['wall']:>12,.0f}"
                f" {middle['rows'] / middle['cpu']:>12,.0f} {middle['at'] * 1000:>7.1f} {middle['peak']:>9.1f}"
            )


if __name__ == "__main__":
    main()
