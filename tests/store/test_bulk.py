from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from batchtui.domain.errors import StoreError
from batchtui.domain.selection import ResultKey, Selection
from batchtui.store import Store, bulk, bulk_reading, ingest
from batchtui.store.bulk import BulkRow
from tests.store.making import (
    TEMPLATE,
    bring,
    ended,
    errored,
    expired,
    finish,
    foreign,
    record,
    request_line,
    row_line,
    send,
    succeeded,
)

LINES = [
    succeeded("a", "größer"),
    errored("b") + b"\r",
    b" " + succeeded("c", "x" * 5_000),
    b'{"not": "a result"}',
    expired("d"),
    succeeded("e", ""),
]


@pytest.fixture(params=[bulk.INDEX_ROWS, 4])
def index_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """With few rows at once, everything happens in several steps."""
    rows: int = request.param
    if rows < bulk.INDEX_ROWS:
        monkeypatch.setattr(bulk, "INDEX_ROWS", rows)
        monkeypatch.setattr(bulk, "BLOCK_BYTES", 600)
        monkeypatch.setattr(bulk_reading, "COPY_BYTES", 64)
        monkeypatch.setattr(bulk_reading, "MANY_ROWS", 3)
    return rows


def files_open() -> int:
    """Return how many files this process has open, 0 where that cannot be known."""
    own = Path("/proc/self/fd")
    return len(list(own.iterdir())) if own.is_dir() else 0


def exact(store: Store, keys: list[ResultKey]) -> bytes:
    """Return the exact lines of some rows, and see that they are counted."""
    pieces = list(store.bulk.raw(keys))
    assert sum(lines for lines, _ in pieces) == len(keys)
    return b"".join(data for _, data in pieces)


async def test_lines_are_exact_in_any_order(store: Store, index_rows: int) -> None:
    first, second = await foreign(store, "first", len(LINES)), await foreign(store, "second", len(LINES))
    await bring(store, first.id, LINES)
    others = [line.replace(b'"custom_id": "', b'"custom_id": "other ') for line in LINES]
    await bring(store, second.id, others, end=b"")
    at_home = {(first.key, seq): line for seq, line in enumerate(LINES)}
    at_home |= {(second.key, seq): line for seq, line in enumerate(others)}
    in_file_order = list(at_home)
    assert exact(store, in_file_order[:6]) == store.files.results_path(first.id).read_bytes()
    assert exact(store, in_file_order[6:]) == store.files.results_path(second.id).read_bytes() + b"\n"
    for seed in range(8):
        keys = random.Random(seed).sample(in_file_order, k=seed + 4)
        assert exact(store, keys) == b"".join(at_home[key] + b"\n" for key in keys)
        rows = [BulkRow._make(row) for block in store.bulk.blocks(keys) for row in block.rows]
        assert [(row.batch_key, row.seq) for row in rows] == keys
        assert [line for block in store.bulk.blocks(keys) for line in block.lines] == [at_home[key] for key in keys]
    assert exact(store, []) == b""


async def test_rows_are_what_the_index_says(store: Store, index_rows: int) -> None:
    stored = await foreign(store, "batch", len(LINES))
    await bring(store, stored.id, LINES)
    keys = list(store.results.keys(Selection((stored.key,))))
    wanted = store.results.rows(keys)
    rows = [BulkRow._make(row) for block in store.bulk.blocks(keys) for row in block.rows]
    for row, one in zip(rows, wanted, strict=True):
        facts, tokens = one.facts, one.facts.tokens
        assert row[:8] == (
            *one.key,
            one.offset,
            one.length,
            one.ordinal,
            facts.custom_id,
            one.batch_id,
            one.attempt,
        )
        assert row[8:13] == (facts.type, facts.error_type, facts.error_message, facts.stop_reason, facts.model)
        assert row[13:17] == (tokens.input, tokens.cache_write_5m, tokens.cache_write_1h, tokens.cache_read)
        assert row[17:] == (
            tokens.output,
            tokens.thinking,
            tokens.web_searches,
            one.cost_usd,
            ",".join(facts.flags),
            one.note or None,
        )


async def test_what_was_asked_stands_beside_what_came(store: Store, index_rows: int) -> None:
    job = await store.jobs.create("rivers", "default")
    ids = [f"row-{number}" for number in range(9)]
    await send(store, job, ids, "known", template=TEMPLATE)
    await send(store, job, ids[:3], "plain", attempt=2)
    shuffled = ids[::-1]
    await bring(store, "known", [*map(succeeded, shuffled), succeeded("stranger")])
    await bring(store, "plain", [*map(succeeded, ids[:3])])
    elsewhere = await foreign(store, "elsewhere", 1)
    await bring(store, "elsewhere", [succeeded("row-0")])
    batches = [store.batches.get("known").key, store.batches.get("plain").key, elsewhere.key]
    keys = list(store.results.keys(Selection(tuple(batches))))
    random.Random(1).shuffle(keys)
    blocks = list(store.bulk.blocks(keys, joined=True))
    seen = 0
    for block in blocks:
        for row, request, data_row in zip(
            map(BulkRow._make, block.rows), block.requests, block.data_rows, strict=True
        ):
            known = row.batch_id != "elsewhere" and row.custom_id != "stranger"
            assert request == (request_line(row.custom_id) if known else None)
            with_row = known and row.batch_id == "known"
            assert data_row == (row_line(row.custom_id) if with_row else None)
            seen += 1
    assert seen == len(keys) == 14
    assert sorted(store.bulk.data_rows(keys)) == sorted(row_line(custom_id) for custom_id in ids)
    assert all(not block.requests and not block.data_rows for block in store.bulk.blocks(keys))


async def test_rows_are_read_while_they_arrive(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    monkeypatch.setattr(ingest, "ROWS_AT_ONCE", 1)
    await record(store, ended("batch", 4))
    writer = store.results.writer("batch")
    await writer.feed(LINES[0] + b"\n" + LINES[1] + b"\n")
    await writer._flushed()
    key = store.batches.get("batch").key
    assert exact(store, [(key, 0), (key, 1)]) == LINES[0] + b"\n" + LINES[1] + b"\n"
    reading = store.bulk.blocks([(key, 1), (key, 0)])
    await writer.feed(LINES[4] + b"\n" + LINES[5] + b"\n")
    assert (await finish(writer, 4)).complete
    assert next(reading).lines == [LINES[1], LINES[0]]


async def test_rows_of_a_download_that_was_replaced_are_not_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "INDEX_ROWS", 1)
    stored = await foreign(store, "batch", 2)
    await bring(store, stored.id, LINES[:2])
    reading = store.bulk.raw([(stored.key, 1), (stored.key, 0)])
    assert next(reading) == (1, LINES[1] + b"\n")
    await bring(store, stored.id, [LINES[4], LINES[5]])
    with pytest.raises(StoreError, match="not there any more"):
        next(reading)
    with pytest.raises(StoreError, match="not there any more"):
        list(store.bulk.blocks([(stored.key, 2)]))
    with pytest.raises(StoreError, match="not there any more"):
        list(store.bulk.blocks([(77, 0)]))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("damage", ["shorter", "shifted", "cut in two", "gone"])
async def test_a_file_that_is_not_as_the_index_says_is_told(store: Store, damage: str, order: int) -> None:
    stored = await foreign(store, "batch", len(LINES))
    await bring(store, stored.id, LINES)
    path = store.files.results_path(stored.id)
    data = path.read_bytes()
    changed = {
        "shorter": data[:-10],
        "shifted": b"." + data[:-1],
        "cut in two": data.replace(b"xxxx", b"xx\nx", 1),
        "gone": None,
    }[damage]
    path.unlink()
    if changed is not None:
        path.write_bytes(changed)
    keys = [(stored.key, seq) for seq in range(len(LINES))][::order]
    if (damage, order) == ("cut in two", 1):
        assert exact(store, keys) == changed
    else:
        with pytest.raises(StoreError, match=str(path)):
            list(store.bulk.raw(keys))
    if (damage, order) != ("cut in two", -1):
        with pytest.raises(StoreError, match=str(path)):
            list(store.bulk.blocks(keys))


async def test_few_files_are_open_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_reading, "FILES_OPEN", 3)
    keys = []
    for number in range(8):
        stored = await foreign(store, f"batch-{number}", 2)
        await bring(store, stored.id, [succeeded(f"{number} a"), succeeded(f"{number} b")])
        keys += [(stored.key, 0), (stored.key, 1)]
    random.Random(3).shuffle(keys)
    before = files_open()
    reading = store.bulk.blocks(keys)
    lines = next(reading).lines
    assert files_open() <= before + 3
    assert len({json.loads(line)["custom_id"] for line in lines}) == 16
    assert list(reading) == []
    assert files_open() == before
