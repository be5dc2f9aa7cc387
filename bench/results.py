"""A full-size batch comes, is indexed, opened and searched: batchtui beside what else people use, in one run.

    python bench/results.py [--rows 100000] [--runs 3] [--data DIR] [--large] [--peers DIR]

Every way runs in a process of its own, all of them in turn, again and again; the tables show medians, and what
batchtui takes for each second of the others. The data is made by gen_data.py unless there is some in DIR already.
sqlite-utils, duckdb and visidata are put into a virtual environment of their own, by pip; jq, ripgrep and lnav are
used where they are installed. --large also indexes four times as many rows, and opens ten batches one by one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gen_data

HERE = Path(__file__).parent
PEERS = ("duckdb", "sqlite-utils", "visidata", "toolong")

DUCKDB = """
import duckdb, sys
duckdb.connect(sys.argv[2]).execute(f'''
    CREATE TABLE results AS SELECT custom_id, result.type AS type, result.error.error.type AS error_type,
        result.error.error.message AS error_message, result.message.model AS model,
        result.message.stop_reason AS stop_reason, result.message.content[1].text AS text,
        result.message.usage.input_tokens AS input_tokens, result.message.usage.output_tokens AS output_tokens,
        result.message.usage.cache_creation_input_tokens AS cache_write,
        result.message.usage.cache_read_input_tokens AS cache_read
    FROM read_json('{sys.argv[1]}', format='newline_delimited')''')
"""
DUCKDB_QUERY = """
import duckdb, sys
lines = f"read_json('{sys.argv[1]}', format='newline_delimited')"
print(duckdb.sql(f"SELECT count(*) FROM {lines} WHERE {sys.argv[2]}"))
"""


Command = Sequence[object]
"""Words, and functions that give a new path each time; what is there afterwards is removed."""


JQ_RARE = f"""
select((.result.message.content[0].text // "") | test("{gen_data.RARE}"; "i")) | .custom_id
"""


@dataclass
class Way:
    """A command, how it did each time, and what it is compared with."""

    name: str
    command: Command | None
    goal: str = ""
    inner: bool = False
    seconds: list[float] = field(default_factory=list)
    peaks_mib: list[float] = field(default_factory=list)
    figures: list[dict[str, float]] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


class Bench:
    """The data, the places, and the running of commands."""

    def __init__(self, folder: Path, data: Path, peers: Path) -> None:
        self.folder = folder
        self.data = data
        self.results = data / "results.jsonl"
        self.peers = peers
        self._homes = 0

    def ours(self, way: str, home: Path | Callable[[], Path], url: str = "", data: Path | None = None) -> Command:
        """Return the command of a way of result_ways.py; a home can be one that is made anew each time."""
        return [sys.executable, HERE / "result_ways.py", way, home, data or self.data, url]

    def new_home(self) -> Path:
        """Return a home like the prepared one; the files of requests are the same."""
        self._homes += 1
        home = self.folder / f"home{self._homes}"
        shutil.copytree(self.folder / "prepared", home, copy_function=_copied)
        return home

    def peer(self, name: str) -> Path | None:
        path = self.peers / "bin" / name
        found = shutil.which(name)
        return path if path.exists() else Path(found) if found else None

    def run(self, way: Way) -> None:
        if way.command is None:
            return
        made = {position: part() for position, part in enumerate(way.command) if callable(part)}
        command = [str(made.get(position, part)) for position, part in enumerate(way.command)]
        environ = {"ANTHROPIC_API_KEY": "any", "PATH": os.environ["PATH"], "HOME": str(self.folder)}
        start = time.perf_counter()
        with (self.folder / "output").open("w+b") as output, (self.folder / "errors").open("w+b") as errors:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environ)
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            if process.returncode:
                sys.exit(f"{way.name} failed: {' '.join(command)}\n{errors.read().decode()[-2000:]}")
            figures = json.loads(output.read()) if "result_ways.py" in command[1] else {}
        for path in made.values():
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        way.figures.append(figures)
        way.seconds.append(figures["inner"] if way.inner else seconds)
        way.peaks_mib.append(figures.get("peak_mib", used.ru_maxrss / 1024))

    def compare(self, title: str, ways: list[Way], runs: int) -> None:
        """Run all ways in turn and print them beside the first."""
        for _ in range(runs):
            for way in ways:
                self.run(way)
        first = ways[0]
        print(f"\n{title:<46}{'median s':>10}{'min':>8}{'max':>8}{'peak MiB':>10}{'ours/it':>9}  goal")
        for way in ways:
            if way.command is None:
                print(f"{way.name:<46}{'not installed':>18}")
                continue
            ratio = "" if way is first else f"{first.median / way.median:.2f}"
            print(
                f"{way.name:<46}{way.median:>10.2f}{min(way.seconds):>8.2f}{max(way.seconds):>8.2f}"
                f"{statistics.median(way.peaks_mib):>10.0f}{ratio:>9}  {way.goal}",
                flush=True,
            )


def _copied(source: str, target: str) -> None:
    if source.endswith(".jsonl"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@contextlib.contextmanager
def served(results: Path) -> Iterator[str]:
    command = [sys.executable, str(HERE / "serve.py"), str(results)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def install_peers(folder: Path) -> None:
    if not (folder / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    missing = [name for name in PEERS if not list(folder.glob(f"lib/*/site-packages/{name.replace('-', '_')}"))]
    pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    for name in missing:
        if subprocess.run([*pip, name], check=False).returncode:
            print(f"{name} cannot be installed")


def arriving(bench: Bench, url: str, runs: int) -> None:
    out = bench.folder / "curl.out"
    curl = bench.peer("curl")
    bench.compare(
        "download to disk (inner: without imports)",
        [
            Way("batchtui, bytes to a file", bench.ours("fetch", bench.new_home(), url), inner=True),
            Way("curl", [curl, "-sS", "-o", out, f"{url}/v1/messages/batches/x/results"] if curl else None, "1.5"),
            Way("SDK, results() one by one", bench.ours("sdk", bench.folder, url), "0.2", inner=True),
        ],
        runs,
    )
    download = Way("batchtui, download and index", bench.ours("download", bench.new_home, url), inner=True)
    sdk = Way("SDK, results() alone", bench.ours("sdk", bench.folder, url), "0.4", inner=True)
    bench.compare("download and index at once (inner)", [download, sdk], runs)
    show("first rows can be read, s", statistics.median(run["first"] for run in download.figures), "")
    idle = Way("idle", bench.ours("idle", bench.new_home(), url))
    bench.run(idle)
    show("peak memory over idle, MiB", statistics.median(download.peaks_mib) - idle.peaks_mib[0], "60")
    beats = Way("heart", bench.ours("heart", bench.new_home, url))
    for _ in range(runs):
        bench.run(beats)
    for name, goal in {"p50": "", "p99": "20", "max": "60"}.items():
        late = statistics.median(run[name] for run in beats.figures)
        show(f"heartbeat late while it comes, {name}, ms", late, goal)


def indexing(bench: Bench, runs: int) -> None:
    python, sqlite_utils, visidata = bench.peers / "bin" / "python", bench.peer("sqlite-utils"), bench.peer("vd")
    duckdb = python if bench.peer("duckdb") or list(bench.peers.glob("lib/*/site-packages/duckdb")) else None
    names = iter(range(10**6))

    def new_file() -> Path:
        return bench.folder / f"peer{next(names)}.db"

    ours = Way("batchtui, rows usable", bench.ours("index", bench.new_home))
    unpriced = Way("batchtui without prices", bench.ours("index_unpriced", bench.new_home), "1.3 at most")
    ways = [
        ours,
        unpriced,
        Way("duckdb, same columns to a file", [duckdb, "-c", DUCKDB, bench.results, new_file], "1.0")
        if duckdb
        else Way("duckdb", None),
        Way(
            "sqlite-utils insert --nl --pk",
            [sqlite_utils, "insert", new_file, "r", bench.results, "--nl", "--pk", "custom_id"],
            "0.35",
        )
        if sqlite_utils
        else Way("sqlite-utils", None),
        Way("visidata, loaded and saved", [visidata, "-b", bench.results, "-o", bench.folder / "vd.jsonl"])
        if visidata
        else Way("visidata", None),
    ]
    bench.compare("from a file to rows (whole process)", ways, runs)
    before = bench.folder / "prepared" / "batchtui.db"
    grown = ours.figures[0]["database"] - before.stat().st_size
    show("index, % of the bodies", 100 * grown / bench.results.stat().st_size, "20")


def reading(bench: Bench, runs: int) -> None:
    home = bench.new_home()
    bench.run(Way("index", bench.ours("index", home)))
    ours = Way("read", bench.ours("read", home))
    jq, rg, lnav = (bench.peer(name) for name in ("jq", "rg", "lnav"))
    python = bench.peers / "bin" / "python"
    succeeded = "result.type <> 'succeeded'"
    rare = f"result.message.content[1].text LIKE '%{gen_data.RARE}%'"
    path = bench.results
    failed = {
        "jq": [jq, "-c", 'select(.result.type != "succeeded") | .custom_id', path] if jq else None,
        "ripgrep": [rg, "-cv", '"type":"succeeded"', path] if rg else None,
        "duckdb": [python, "-c", DUCKDB_QUERY, path, succeeded],
        "lnav": [lnav, "-n", "-c", ':filter-out "type":"succeeded"', path] if lnav else None,
    }
    word = {
        "jq": [jq, "-c", JQ_RARE, path] if jq else None,
        "ripgrep -i": [rg, "-ic", gen_data.RARE, path] if rg else None,
        "duckdb": [python, "-c", DUCKDB_QUERY, path, rare],
        "lnav": [lnav, "-n", "-c", f":filter-in {gen_data.RARE}", path] if lnav else None,
    }
    peers = [Way(f"failed only: {name}", command) for name, command in failed.items()]
    peers += [Way(f"rare word: {name}", command) for name, command in word.items()]
    for _ in range(runs):
        for way in (ours, *peers):
            bench.run(way)
    print(f"\n{'reading what is indexed':<46}{'median s':>10}  goal")
    goals = {"keys": "0.05", "count": "0.05", "failed only": "0.1", "rare word": "0.4", "rare word, first": "0.15"}
    goals |= {name: "0.3" for name in ours.figures[0] if name.startswith("sorted")}
    for name in ours.figures[0]:
        if name not in {"rows", "peak_mib"}:
            show(f"batchtui: {name}", statistics.median(run[name] for run in ours.figures), goals.get(name, ""), 4)
    for way in peers:
        if way.command is None:
            print(f"{way.name:<46}{'not installed':>18}")
        else:
            show(way.name, way.median, "", 4)
    print(f"{'toolong':<46}{'has a screen only: bench/screens.py':>40}")


def large(bench: Bench) -> None:
    data = bench.folder / "large"
    rows = 4 * sum(1 for _ in bench.results.open("rb"))
    gen_data.make(data, rows)
    print(f"\n{rows:,} rows, {(data / 'results.jsonl').stat().st_size / 1e6:.0f} MB")
    home = bench.folder / "home-large"
    way = Way("index", bench.ours("prepare", home, data=data))
    bench.run(way)
    way = Way("index", bench.ours("index", home, data=data))
    bench.run(way)
    show("rows usable, s", way.median, "")
    show("peak memory, MiB", way.peaks_mib[0], "as above")
    way = Way("ten", bench.ours("ten", bench.folder / "home-ten"))
    bench.run(way)
    sizes = [size for name, size in way.figures[0].items() if name != "peak_mib"]
    print("memory after each of ten batches opened, MiB: " + " ".join(f"{size:.0f}" for size in sizes))


def show(name: str, value: float, goal: str, digits: int = 2) -> None:
    print(f"{name:<46}{value:>10.{digits}f}  {goal}", flush=True)


def facts_of(data: Path) -> Mapping[str, object]:
    facts: Mapping[str, object] = json.loads((data / "facts.json").read_text())
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, help="where data of gen_data.py is, or is put")
    parser.add_argument("--large", action="store_true", help="also four times as many rows, and ten batches")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "batchtui-bench-peers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.data and options.data.parent) as folder:
        bench = Bench(Path(folder), options.data or Path(folder) / "data", options.peers)
        if not bench.results.exists():
            gen_data.make(bench.data, options.rows)
        install_peers(options.peers)
        size = bench.results.stat().st_size / 1e6
        print(f"{facts_of(bench.data)['rows']:,} rows, {size:.0f} MB, {options.runs} runs, medians")
        bench.run(Way("prepare", bench.ours("prepare", bench.folder / "prepared")))
        indexing(bench, options.runs)
        with served(bench.results) as url:
            arriving(bench, url, options.runs)
        reading(bench, options.runs)
        if options.large:
            large(bench)


if __name__ == "__main__":
    main()
