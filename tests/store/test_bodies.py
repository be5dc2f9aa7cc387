"""Archived bodies: everything reads them, and nothing that can happen in between loses one."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from batchtui.domain.errors import StoreError
from batchtui.domain.search import Search
from batchtui.domain.selection import Selection
from batchtui.store import Store, bodies
from batchtui.store.bodies import archive_of, pack, read_line, unpack
from tests.store.making import (
    PROFILE,
    TEMPLATE,
    bring,
    errored,
    places,
    record,
    request_line,
    row_line,
    running,
    send,
    succeeded,
)

IDS = ["a", "b", "c"]
ID = "msgbatch_1"
LINES = [succeeded("a", "a needle"), errored("b"), succeeded("c", "größer")]
BODY = b"".join(b'{"line": %d}\n' % number for number in range(20_000))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def archived(store: Store) -> int:
    """Make a batch with requests, data rows and results, archive it, and return its key."""
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, IDS, ID, template=TEMPLATE)
    await bring(store, ID, LINES)
    before, after = store.bodies.archive(ID)
    directory = store.files.batch_directory(ID)
    assert before > 0
    assert after == sum(path.stat().st_size for path in directory.glob("*.gz"))
    assert names(directory) == [
        "requests.jsonl.gz",
        "results.jsonl.gz",
        "rows.jsonl.gz",
        "template.yaml",
    ]
    return store.batches.get(ID).key


async def test_every_reader_gets_what_was_there(store: Store) -> None:
    key = await archived(store)
    keys = store.results.keys(Selection((key,)))
    rows = store.results.rows(keys)
    readers = [
        lambda: [store.results.line(row) for row in rows] == LINES,
        lambda: store.requests.line(key, "b") == request_line("b"),
        lambda: store.requests.row_line(key, "b") == row_line("b"),
        lambda: b"".join(data for _, data in store.bulk.raw(keys)) == b"".join(line + b"\n" for line in LINES),
        lambda: [block.requests for block in store.bulk.blocks(keys, joined=True)] == [[*map(request_line, IDS)]],
        lambda: (
            list(store.queue.lines(store.results.failed([key]), with_data=True))
            == [(request_line("b"), row_line("b"))]
        ),
    ]
    for reads in readers:
        store.bodies.archive(ID)
        assert store.bodies.is_archived(ID)
        assert reads()
        assert store.check() == []


async def test_a_search_leaves_archives_as_they_are(store: Store) -> None:
    key = await archived(store)
    for search in (Search("needle"), Search("nee+dle", regex=True)):
        ((found, hits),) = await store.results.search_everywhere(search)
        assert (found, list(hits)) == (key, [(key, 0)])
    assert store.bodies.is_archived(ID)
    assert len(list(store.files.batch_directory(ID).iterdir())) == 4


async def test_what_is_brought_back_is_what_it_was(store: Store) -> None:
    await archived(store)
    store.bodies.bring_back(ID)
    assert not store.bodies.is_archived(ID)
    assert store.files.results_path(ID).read_bytes() == b"\n".join(LINES) + b"\n"
    assert store.check() == []


async def test_the_index_is_built_anew_from_an_archive(store: Store) -> None:
    key = await archived(store)
    assert await store.requests.index(ID) == 3
    store.bodies.archive(ID)
    await store.results.index(ID)
    assert [store.results.line(row) for row in store.results.rows(store.results.keys(Selection((key,))))] == LINES
    store.bodies.archive(ID)
    for name in ("requests", "rows", "results"):
        packed = archive_of(store.files.batch_directory(ID) / f"{name}.jsonl")
        packed.write_bytes(gzip.compress(gzip.decompress(packed.read_bytes()) + b"\n"))
    assert {finding.kind for finding in store.check()} == {"requests", "results"}
    assert all(finding.can_repair for finding in store.check())
    await store.repair()
    assert store.check() == []
    assert store.requests.row_line(key, "c") == row_line("c")


async def test_an_archive_beside_what_it_was_made_from_is_left_over(store: Store) -> None:
    await archived(store)
    path = store.files.results_path(ID)
    path.write_bytes(gzip.decompress(archive_of(path).read_bytes()))
    (finding,) = store.check()
    assert (finding.kind, finding.can_repair) == ("leftover", True)
    await store.repair()
    assert store.check() == []
    assert path.exists()
    assert not archive_of(path).exists()


async def test_results_that_come_anew_take_the_place_of_an_archive(store: Store) -> None:
    key = await archived(store)
    lines = [succeeded("a", "another"), *LINES[1:]]
    await bring(store, ID, lines)
    assert store.check() == []
    assert [store.results.line(row) for row in store.results.rows(store.results.keys(Selection((key,))))] == lines


@pytest.mark.parametrize("way", ["forget", "drop_bodies"])
async def test_archives_go_with_their_batch(store: Store, way: str) -> None:
    await archived(store)
    await getattr(store.batches, way)(ID)
    assert not store.files.batch_directory(ID).exists()
    assert store.check() == []


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:40] + b"x" + data[41:]]
)
async def test_a_damaged_archive_is_told_and_left(store: Store, damage: object) -> None:
    key = await archived(store)
    packed = archive_of(store.files.results_path(ID))
    packed.write_bytes(damage(packed.read_bytes()))  # type: ignore[operator]
    before = packed.read_bytes()
    row, *_ = store.results.rows(store.results.keys(Selection((key,))))
    with pytest.raises(StoreError, match="damaged"):
        store.results.line(row)
    assert packed.read_bytes() == before
    assert not list(packed.parent.glob("*.part"))


async def test_what_is_not_there_is_still_told(store: Store) -> None:
    await record(store, running("msgbatch_2", 1))
    with pytest.raises(StoreError, match="no such file"):
        read_line(store.files.results_path("msgbatch_2"), 0, 1)
    assert store.bodies.archive("msgbatch_2") == (0, 0)
    store.files.results_path("msgbatch_2").parent.mkdir()
    with pytest.raises(StoreError, match="no such file"):
        read_line(store.files.results_path("msgbatch_2"), 0, 1)
    assert store.bodies.archive("msgbatch_2") == (0, 0)


def test_a_copy_that_reads_back_wrong_replaces_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(BODY)
    monkeypatch.setattr(bodies, "_digest", lambda chunks: b"".join(chunks)[:32])
    with pytest.raises(StoreError, match="something else"):
        pack(path)
    assert names(tmp_path) == ["results.jsonl"]
    assert path.read_bytes() == BODY


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a size, as if the disk were full then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_without_room_everything_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(BODY)
    with room_for(1_000), pytest.raises(StoreError, match=r"results\.jsonl.*: file too large"):
        pack(path)
    assert names(tmp_path) == ["results.jsonl"]
    _, packed_bytes = pack(path)
    with room_for(packed_bytes), pytest.raises(StoreError, match=r"results\.jsonl.*: file too large"):
        read_line(path, 0, 1)
    assert names(tmp_path) == ["results.jsonl.gz"]
    assert read_line(path, 0, len(BODY)) == BODY


def test_killed_at_any_step_nothing_is_lost(tmp_path: Path) -> None:
    """Kill both ways before each step that changes what is on the disk; whatever is left can be read and mended."""
    steps = 0
    for way in (pack, unpack):
        for step in range(20):
            path = tmp_path / f"{way.__name__}-{step}" / "results.jsonl"
            path.parent.mkdir()
            path.write_bytes(BODY)
            if way is unpack:
                pack(path)
            child = os.fork()
            if child == 0:
                _kill_before(step)
                with suppress(BaseException):
                    way(path)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            assert read_line(path, 0, len(BODY)) == BODY
            pack(path)
            assert gzip.decompress(archive_of(path).read_bytes()) == BODY
            assert names(path.parent) == ["results.jsonl.gz"], "what was left of the killed one is gone too"
            if os.WIFEXITED(status):
                break
            steps += 1
        assert os.WIFEXITED(status)
    assert steps >= 10


def _kill_before(step: int) -> None:
    """End this process without warning before a step, counted from 0."""
    left = [step]

    def count(name: str) -> None:
        real = getattr(os, name)

        def stepped(*args: object, **kwargs: object) -> object:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return real(*args, **kwargs)

        setattr(os, name, stepped)

    for name in ("open", "fsync", "rename", "replace", "unlink"):
        count(name)


BUSY = """
import sys
from pathlib import Path
from batchtui.store.bodies import pack, read_line
path, size, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for _ in range(times):
    before = read_line(path, 0, size)
    pack(path)
    assert read_line(path, 0, size) == before
print("done")
"""


def test_processes_that_archive_and_read_the_same_do_each_other_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(BODY)
    command = [sys.executable, "-c", BUSY, str(path), str(len(BODY)), "25"]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    for child in children:
        out, err = child.communicate(timeout=60)
        assert out == b"done\n", err.decode()
    assert read_line(path, 0, len(BODY)) == BODY
    assert len(names(tmp_path)) == 1


async def test_threads_that_want_the_same_unpack_it_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await archived(store)
    unpacked: list[Path] = []
    real = bodies._write_unpacked

    def counted(packed: Path, part: Path) -> bool:
        unpacked.append(packed)
        return real(packed, part)

    monkeypatch.setattr(bodies, "_write_unpacked", counted)
    row = store.results.rows(store.results.keys(Selection((key,))))[2]
    lines = await asyncio.gather(*(asyncio.to_thread(store.results.line, row) for _ in range(6)))
    assert lines == [LINES[2]] * 6
    assert len(unpacked) == 1


def test_store_opens_beside_archives(tmp_path: Path) -> None:
    """What a process that died while it archived has left is found by `check` and mended."""
    with_part = places(tmp_path / "home")
    store = Store.open(with_part)
    asyncio.run(archived(store))
    part = archive_of(store.files.results_path(ID)).with_suffix(".gz.part")
    part.write_bytes(b"half")
    assert [finding.kind for finding in store.check()] == ["leftover"]
    asyncio.run(store.repair())
    assert not part.exists()
    assert store.check() == []
    store.close()
