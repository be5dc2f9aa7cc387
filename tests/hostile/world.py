"""One home, one input file, one served simulator, and what must hold between them whatever was killed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.domain.job import KeptTemplate
from batchtui.paths import Places
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Served
from batchtui.store import Store

from .child import Child, Done, Order, Stop, started

CREATE = "/v1/messages/batches"
JOB = "rivers"
KEY = "sk-ant-test-0123456789abcdef"
TEMPLATE = """\
custom_id: "{{ row.id }}"
params:
  model: claude-haiku-4-5
  max_tokens: 64
  messages:
    - role: user
      content: "{{ row.prompt }}"
"""


def request_line(number: int, chars: int = 2_000) -> bytes:
    """Return a request whose length is that of no other, so that no two parts have the same Content-Length."""
    prompt = f"Name river {number}. " + "x" * (chars + 7 * number)
    message = {"role": "user", "content": prompt}
    params = {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": [message]}
    return json.dumps({"custom_id": f"row-{number:03}", "params": params}).encode() + b"\n"


@dataclass
class World:
    """What a test has: `path` is its directory, `served` the simulator."""

    path: Path
    served: Served
    requests_a_part: int | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.path.mkdir(exist_ok=True)
        self.home = self.path / "home"
        self.places = Places(self.home, self.home / "config.toml")
        self.input = self.path / f"{JOB}.jsonl"
        self.source: tuple[str | Path, ...] = (self.input,)
        self.lines: list[bytes] = []
        self.rows: list[bytes] = []

    def write_input(self, requests: int, chars: int = 2_000) -> None:
        self.lines = [request_line(number, chars) for number in range(requests)]
        self.input.write_bytes(b"".join(self.lines))

    def write_rows(self, requests: int) -> None:
        """Let what is submitted be a template and rows of data; each row has a length of its own."""
        template, data = self.path / f"{JOB}.yaml", self.path / "numbers.jsonl"
        template.write_text(TEMPLATE, encoding="utf-8")
        self.source = ("-t", template, "-d", data)
        self.lines = [request_line(number) for number in range(requests)]
        prompts = [json.loads(line)["params"]["messages"][0]["content"] for line in self.lines]
        rows = [{"id": f"row-{number:03}", "prompt": prompt} for number, prompt in enumerate(prompts)]
        self.rows = [json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows]
        data.write_bytes(b"".join(self.rows))
        self.lines = [json.dumps(json.loads(line), separators=(",", ":")).encode() + b"\n" for line in self.lines]

    def require_origin(self, requests: Path) -> None:
        """See that beside request lines is what they were made from, and nothing if they were given."""
        rows, template = requests.with_name("rows.jsonl"), requests.with_name("template.yaml")
        if not self.rows:
            assert not rows.exists()
            assert not template.exists()
            return
        assert template.read_text(encoding="utf-8") == TEMPLATE
        row_of = dict(zip(self.lines, self.rows, strict=True))
        lines = requests.read_bytes().splitlines(keepends=True)
        assert rows.read_bytes().splitlines(keepends=True) == [row_of[line] for line in lines]

    def configure(self, **settings: Any) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.places.config.write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()), encoding="utf-8"
        )

    def surroundings(self) -> dict[str, str]:
        """Return the environment of a command on this home."""
        return {
            "HOME": str(self.path),
            "BATCHTUI_HOME": str(self.home),
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": self.served.base_url,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    @contextmanager
    def running(self, *arguments: str | Path, stop: Stop | None = None, **special: Any) -> Iterator[Child]:
        """Start a command on this home."""
        order = Order(
            tuple(map(str, arguments)),
            self.surroundings(),
            self.path / f"command-{next(self._numbers)}",
            stop=stop,
            **{"requests_a_part": self.requests_a_part, **special},
        )
        with started(order) as child:
            yield child

    def command(self, *arguments: str | Path, stop: Stop | None = None, **special: Any) -> Done:
        """Run a command to its end."""
        with self.running(*arguments, stop=stop, **special) as child:
            return child.end()

    def submit(self, stop: Stop | None = None) -> Done:
        return self.command("submit", *self.source, "--yes", stop=stop)

    def posts(self) -> Counter[str]:
        """Return how many creates the server has seen, by Content-Length: each part has its own."""
        return Counter(
            entry["headers"]["content-length"]
            for entry in list(self.served.simulator.log)
            if entry["method"] == "POST" and entry["path"] == CREATE
        )

    def created(self) -> dict[str, list[bytes]]:
        """Return the lines of every batch at the server by its id."""
        return {
            batch.id: _cut(batch.rows.path.read_bytes(), batch.rows.offsets)
            for batch in self.served.simulator.shelf.all()
        }


def _cut(data: bytes, offsets: Any) -> list[bytes]:
    return [data[start:end] + b"\n" for start, end in pairwise(offsets)]


@dataclass(frozen=True)
class Part:
    """One place that holds request lines: the batch or submission, its state, and the lines.

    `state` is `known` for a batch and that of the intent for a submission, with a `+` where it is unclear and the
    server has such a batch.
    """

    id: str
    state: str
    lines: tuple[bytes, ...]


def account(world: World) -> list[Part]:
    """Return where the request lines are, in order, after seeing that none is lost, doubled or stray.

    Opens the home as the next command would, which finishes or undoes what is half done.
    """
    with closing(Store.open(world.places)) as store:
        assert [f for f in store.check() if not f.can_repair] == []
        assert store.check() == []
        parts = [*_batches(world, store), *_submissions(world, store)]
        jobs = store.jobs.find("")
    assert _integrity(world) == "ok"
    held = Counter(line for part in parts for line in part.lines)
    if parts:
        assert held == Counter(world.lines), "a request line is lost or in two places"
        assert {job.name for job in jobs} - set(world.created()) == {JOB}
    else:
        assert jobs == []
        assert list(world.places.spool.iterdir()) == []
        assert list(world.places.batches.iterdir()) == []
        assert world.created() == {}
    assert all(number == 1 for number in world.posts().values()), "a part was sent twice"
    return sorted(parts, key=lambda part: part.lines)


def _batches(world: World, store: Store) -> Iterator[Part]:
    created = world.created()
    for stored in store.batches.list():
        if not stored.requests_known:
            continue
        lines = store.files.requests_path(stored.id).read_bytes().splitlines(keepends=True)
        assert lines == created[stored.id], "what was kept is not what was sent"
        world.require_origin(store.files.requests_path(stored.id))
        if world.rows:
            assert store.templates.of_batch(stored.key) == KeptTemplate(JOB, TEMPLATE)
            custom_id = json.loads(lines[-1])["custom_id"]
            row = store.requests.row_line(stored.key, custom_id)
            assert row is not None
            assert json.loads(row)["id"] == custom_id
        assert store.requests.custom_ids(stored.key) == {json.loads(line)["custom_id"] for line in lines}
        assert stored.batch.counts.total == len(lines)
        yield Part(stored.id, "known", tuple(lines))


def _submissions(world: World, store: Store) -> Iterator[Part]:
    created = list(world.created().values())
    for intent in store.intents.open_ones():
        spool = store.files.spool_path(intent.id)
        lines = spool.read_bytes().splitlines(keepends=True)
        assert len(lines) == intent.request_count
        world.require_origin(spool)
        arrived = lines in created
        assert intent.state == "unclear" or not arrived, "what the server has is taken for unsent"
        yield Part(intent.id, intent.state + "+" * arrived, tuple(lines))


def _integrity(world: World) -> str:
    with closing(sqlite3.connect(world.places.database)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def assert_mendable(world: World) -> None:
    """See that `doctor`, as the first to open the home, finds nothing that it could not mend."""
    done = world.command("doctor", "--json", "--offline")
    for check in done.json:
        assert (
            check["state"] != "problem"
            or check["check"] == "submissions"
            or check["message"].endswith("--repair mends it")
        ), check


def settle_all(world: World, parts: list[Part]) -> None:
    """Bring everything to its batch as a user would, and see that each part became exactly one."""
    if parts:
        asyncio.run(_settle(world, parts))
    else:
        done = world.submit()
        assert done.code == 0, done.err
    assert_settled(world)


async def _settle(world: World, parts: list[Part]) -> None:
    gateway = AnthropicGateway(world.served.base_url, lambda: KEY)
    profile = Profile("default", world.served.base_url)
    bench = Workbench(Store.open(world.places), gateway, profile, poll_seconds=1)
    try:
        found = {one.intent.id: one for one in await bench.settlements.look()}
        for part in parts:
            if part.state == "unclear+":
                created = world.created()
                (batch,) = [
                    candidate.batch
                    for candidate in found[part.id].candidates
                    if created[candidate.id] == list(part.lines)
                ]
                await bench.settlements.adopt(found[part.id].intent, batch)
            elif part.state in {"unclear", "draft"}:
                assert found[part.id].candidates == ()
                await bench.settlements.resend(found[part.id].intent)
        await bench.submissions.feed()
    finally:
        await bench.close()


def assert_settled(world: World) -> None:
    """See that every line is in one batch known here, that there are no more batches, and that all is well."""
    with closing(Store.open(world.places)) as store:
        known = list(_batches(world, store))
        assert store.intents.open_ones() == []
        assert [job.name for job in store.jobs.find("")] == [JOB]
        assert store.check() == []
    assert Counter(line for part in known for line in part.lines) == Counter(world.lines)
    assert sorted(part.id for part in known) == sorted(world.created())
    assert _integrity(world) == "ok"
    assert world.command("doctor", "--json", "--offline").code == 0
