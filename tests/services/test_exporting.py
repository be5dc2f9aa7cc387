"""Exports from a store on disk, read back with what people read such files with."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import random
import resource
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.errors import BatchtuiError, InputError, StoreError
from batchtui.domain.selection import ResultKey, Selection
from batchtui.services.export import FORMATS, Exports, Format
from batchtui.services.exporting import parquet, table
from batchtui.services.exporting.csv_lines import _line_maker
from batchtui.services.exporting.markdown import code, fenced
from batchtui.services.exporting.place import FileNames, new_file, new_folder, safe_name
from batchtui.services.exporting.table import RESULT_COLUMNS, Cell
from batchtui.services.read import Reader
from batchtui.store import Store, bulk
from batchtui.store.bulk_reading import Row
from tests.store.making import (
    TEMPLATE,
    bring,
    draft,
    errored,
    expired,
    foreign,
    places,
    result_line,
    running,
    succeeded,
)
from tests.tui.screen_text import HOSTILE

TEXTS = {name: text[:30_000] for name, text in HOSTILE.items()}

ROWS: list[dict[str, Any]] = [
    {"name": "plain", "stars": 5},
    {"name": "=1+1", "stars": -5, "more": ["a", {"b": None}]},
    {"name": 'größer\n"quoted"', "stars": 2.5, "is_open": True},
    {"name": "-7", "stars": 2**70, "Name": "in capitals"},
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(places(tmp_path / "home"))
    yield opened
    opened.close()


async def job_with_rows(store: Store) -> list[ResultKey]:
    """Bring home a batch whose requests and data rows are known, in another order than they were sent."""
    job = await store.jobs.create("rivers", "default")
    ids = [f"row-{number}" for number in range(len(ROWS))]
    intent = await draft(store, job, ids, template=TEMPLATE)
    lines = [json.dumps(row, ensure_ascii=False).encode() for row in ROWS]
    store.files.spool_path(intent.id).with_name("rows.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    await store.intents.mark_sending(intent.id)
    await store.intents.close(intent.id, running("rivers", len(ids)))
    await store.requests.index("rivers")
    answers = [
        succeeded("row-0", "-5"),
        succeeded("row-1", '=cmd|"/c calc"!A1', stop_reason="max_tokens"),
        errored("row-2", message="@SUM(1), overloaded"),
        expired("row-3"),
    ]
    await bring(store, "rivers", answers[::-1])
    return keys_of(store, "rivers")


async def hostile(store: Store) -> list[ResultKey]:
    """Bring home answers, ids and errors that would harm whoever trusts them."""
    lines = [
        succeeded(text[:200], text).replace(b"\xed\xa0\x80", rb"\ud800")
        for text in map(well_formed, TEXTS.values())
    ]
    lines += [succeeded("surrogate", "TEXT").replace(b"TEXT", rb"a\ud800b")]
    lines += [
        errored(f"{number}", text[:100], text) for number, text in enumerate(map(well_formed, TEXTS.values()))
    ]
    lines += [
        succeeded("invalid utf-8", "TEXT").replace(b"TEXT", b"a\xff\xfeb"),
        result_line("two blocks", type="succeeded", message={"content": [{"type": "text", "text": "a"}] * 2}),
        result_line("no blocks", type="succeeded", message={"content": "as it is", "usage": None}),
        result_line("no text", type="succeeded", message={"content": [{"type": "thinking", "text": 5}]}),
        result_line("no message", type="succeeded"),
        b"no result at all",
        succeeded("/../../etc/passwd"),
    ]
    await foreign(store, "hostile", len(lines))
    await bring(store, "hostile", lines)
    keys = keys_of(store, "hostile")
    for key, text in zip(keys, map(well_formed, TEXTS.values()), strict=False):
        await store.remarks.note([key], text)
    await store.remarks.flag(keys[:3], on=True)
    return keys


def well_formed(text: str) -> str:
    return text.replace("\ud800", "\ufffd")


def keys_of(store: Store, batch_id: str) -> list[ResultKey]:
    return list(store.results.keys(Selection((store.batches.get(batch_id).key,))))


def csv_rows(data: bytes) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 30)
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def sqlite_rows(path: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM results")]
    finally:
        connection.close()


async def test_jsonl_is_byte_exact_in_the_order_of_the_keys(store: Store, tmp_path: Path) -> None:
    keys = await hostile(store)
    path = tmp_path / "out.jsonl"
    exported = await Exports(store).write(keys, path, "jsonl")
    assert path.read_bytes() == store.files.results_path("hostile").read_bytes()
    assert (exported.rows, exported.file_bytes) == (len(keys), path.stat().st_size)
    lines = path.read_bytes().splitlines(keepends=True)
    await Exports(store).write(keys[::-2], path, "jsonl", overwrite=True)
    assert path.read_bytes() == b"".join(lines[::-2])


@pytest.mark.parametrize("join", [True, False])
async def test_objects_are_those_of_the_reader(store: Store, tmp_path: Path, join: bool) -> None:
    keys = [*await hostile(store), *await job_with_rows(store)]
    reader = Reader(store)
    wanted = [well_formed_object(reader.as_object(row, join=join)) for row in reader.rows(keys)]
    assert json.loads(b"".join(Exports(store).stream(keys, "json", join=join))) == wanted
    if join:
        await Exports(store).write(keys, tmp_path / "out.jsonl", "jsonl", join=True)
        lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
        assert [json.loads(line) for line in lines] == wanted
        assert [one["row"] for one in wanted[-4:]] == ROWS
    assert json.loads(b"".join(Exports(store).stream([], "json"))) == []


def well_formed_object(value: dict[str, Any]) -> dict[str, Any]:
    return {key: well_formed(item) if isinstance(item, str) else item for key, item in value.items()}


async def test_csv_is_read_back_exactly(store: Store) -> None:
    keys = await hostile(store)
    reader = Reader(store)
    data = b"".join(Exports(store).stream(keys, "csv", guard_formulas=False))
    rows = csv_rows(data)
    assert list(rows[0]) == [column.name for column in RESULT_COLUMNS]
    for row, stored in zip(rows, reader.rows(keys), strict=True):
        facts, tokens = stored.facts, stored.facts.tokens
        assert row["text"] == well_formed(reader.text(stored))
        assert row["custom_id"] == facts.custom_id
        assert row["error_message"] == (facts.error_message or "")
        assert row["flags"] == ",".join(facts.flags)
        assert row["note"] == stored.note
        assert (row["batch_id"], row["type"], row["attempt"]) == ("hostile", facts.type, "1")
        assert int(row["input_tokens"]) == tokens.input
        assert int(row["output_tokens"]) == tokens.output
        assert (float(row["cost_usd"]) if row["cost_usd"] else None) == stored.cost_usd
    assert {name for name, text in TEXTS.items() if well_formed(text) not in {row["text"] for row in rows}} == set()


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))), min_size=10, max_size=10))
def test_any_text_is_read_back_from_csv(texts: list[str | None]) -> None:
    (read,) = csv_line(*cells(texts), guard_formulas=False)
    assert [read[number] for number in (0, 1, 3, 4, 5, 6, 7, 8, 17, 18)] == [text or "" for text in texts]
    (guarded,) = csv_line(*cells(texts), guard_formulas=True)
    for before, after in zip(read, guarded, strict=True):
        assert after in {before, f"'{before}"}
        assert after == before or before[0] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


def csv_line(row: Row, text: str | None, more: Sequence[Cell], *, guard_formulas: bool) -> list[list[str]]:
    """Return what `csv.reader` reads of a line."""
    line = b"".join(_line_maker(guard_formulas=guard_formulas)(row, text, more))
    return list(csv.reader(io.StringIO(line.decode(), newline="")))


def cells(texts: Sequence[str | None]) -> tuple[Row, str | None, Sequence[Cell]]:
    """Return a row with these texts and any numbers, its output, and no further cells."""
    left = iter(texts)
    row = [
        next(left) if column.kind == "text" else 0.25 if column.kind == "float" else 7 for column in RESULT_COLUMNS
    ]
    text = row.pop(8)
    return (1, 2, 3, 4, 5, *row), text if isinstance(text, str) else None, ()


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-5", "-5"),
        ("+3.5e-7", "+3.5e-7"),
        ("-5 apples", "'-5 apples"),
        ("-5\n", "'-5\n"),
        ("plain = text", "plain = text"),
        ('="a"', '\'="a"'),
        ("", ""),
        (None, ""),
        (-5, "-5"),
        (-2.5, "-2.5"),
    ],
)
def test_formulas_are_guarded_and_numbers_left_alone(cell: Cell, read: str) -> None:
    row, _, _ = cells(["a"] * 10)
    ((*_, last),) = csv_line(row, None, [cell], guard_formulas=True)
    assert last == read
    if cell is None or isinstance(cell, str):
        (everything,) = csv_line(row, cell, [], guard_formulas=True)
        assert everything[8] == read


async def test_tables_have_what_was_asked_beside_what_came(store: Store, tmp_path: Path) -> None:
    keys = await job_with_rows(store)
    exports = Exports(store)
    rows = csv_rows(b"".join(exports.stream(keys, "csv", join=True, guard_formulas=False)))
    more = ["request", "row.name", "row.stars", "row.more", "row.is_open", "row.Name"]
    assert list(rows[0]) == [*(column.name for column in RESULT_COLUMNS), *more]
    assert [row["row.name"] for row in rows] == [row["name"] for row in ROWS]
    assert [row["row.stars"] for row in rows] == ["5", "-5", "2.5", str(2**70)]
    assert rows[1]["row.more"] == '["a",{"b":null}]'
    assert [row["row.is_open"] for row in rows] == ["", "", "true", ""]
    assert json.loads(rows[2]["request"])["messages"][0]["content"] == "About row-2?"
    guarded = csv_rows(b"".join(exports.stream(keys, "csv", join=True)))
    assert [row["row.name"] for row in guarded] == ["plain", "'=1+1", ROWS[2]["name"], "-7"]
    assert [row["text"] for row in guarded] == ["-5", '\'=cmd|"/c calc"!A1', "", ""]
    assert guarded[2]["error_message"] == "'@SUM(1), overloaded"
    await exports.write(keys, tmp_path / "out.sqlite", "sqlite", join=True)
    in_sqlite = sqlite_rows(tmp_path / "out.sqlite")
    assert list(in_sqlite[0])[-2:] == ["row.is_open", "row.Name_2"]
    assert [row["row.stars"] for row in in_sqlite] == [5, -5, 2.5, str(2**70)]
    await exports.write(keys, tmp_path / "out.parquet", "parquet", join=True)
    in_parquet = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert list(in_parquet[0]) == list(rows[0])
    assert [row["row.stars"] for row in in_parquet] == ["5", "-5", "2.5", str(2**70)]


async def test_too_many_columns_of_data_are_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROW_COLUMNS_MAX", 2)
    keys = await job_with_rows(store)
    rows = csv_rows(b"".join(Exports(store).stream(keys, "csv", join=True)))
    assert list(rows[0])[-2:] == ["request", "row"]
    assert [json.loads(row["row"]) for row in rows] == ROWS


async def test_sqlite_and_parquet_hold_what_csv_does(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BLOCK_BYTES", 50_000)
    monkeypatch.setattr(parquet, "GROUP_BYTES", 60_000)
    keys = await hostile(store)
    exports = Exports(store)
    wanted = csv_rows(b"".join(exports.stream(keys, "csv", guard_formulas=False)))
    await exports.write(keys, tmp_path / "out.sqlite", "sqlite")
    await exports.write(keys, tmp_path / "out.parquet", "parquet")
    file = pyarrow.parquet.ParquetFile(tmp_path / "out.parquet")
    assert file.num_row_groups > 1
    for rows in (sqlite_rows(tmp_path / "out.sqlite"), file.read().to_pylist()):
        assert len(rows) == len(wanted)
        for row, as_csv in zip(rows, wanted, strict=True):
            assert {name: "" if cell is None else str(cell) for name, cell in row.items()} == as_csv
    file.close()


async def test_nothing_in_markdown_leaves_its_fence(store: Store, tmp_path: Path) -> None:
    answer = "````\n# not a heading\n```\r`````` </details>\n"
    await foreign(store, "batch", 2)
    await bring(store, "batch", [succeeded("a`b\n# c", answer), errored("e", "kind", "```\n# no")])
    keys = keys_of(store, "batch")
    data = b"".join(Exports(store).stream(keys, "md")).decode()
    assert data.startswith("## `` a`b # c ``\n")
    assert f"```````text\n{answer}```````\n" in data
    assert "````text\nkind: ```\n# no\n````\n" in data
    await Exports(store).write(keys, tmp_path / "out.md", "md")
    assert (tmp_path / "out.md").read_bytes().decode() == data


@given(st.text())
def test_fences_hold_any_text(text: str) -> None:
    first, *_, last = fenced(text).split("\n")
    fence = first.removesuffix("text")
    assert last == fence
    assert fence not in text
    assert "\n" not in code(text)
    assert "\r" not in code(text)


async def test_a_file_for_each_row(store: Store, tmp_path: Path) -> None:
    keys = await hostile(store)
    folder = tmp_path / "rows"
    exported = await Exports(store).write(keys, folder, "md", one_file_a_row=True, join=True)
    files = sorted(folder.iterdir())
    assert len(files) == len(keys) == exported.rows
    assert sum(file.stat().st_size for file in files) == exported.file_bytes
    assert all(file.is_file() and safe_name(file.stem) == file.stem for file in files)
    assert (folder / "etc-passwd.md").exists()
    assert names_in(tmp_path) == ["home", "rows"]
    with pytest.raises(InputError, match="exists"):
        await Exports(store).write(keys, folder, "md", one_file_a_row=True, overwrite=True)
    with pytest.raises(InputError, match="Markdown"):
        await Exports(store).write(keys, tmp_path / "x", "csv", one_file_a_row=True)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("row-1", "row-1"),
        ("../../etc/passwd", "etc-passwd"),
        ("/", "row"),
        ("", "row"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        ("größe 漢字\x00\n", "gr-e"),
        ("x" * 300, "x" * 100),
        ("a:b|c?", "a-b-c"),
    ],
)
def test_names_of_files_are_safe(wanted: str, name: str) -> None:
    assert safe_name(wanted) == name


def test_no_name_of_a_file_comes_twice(tmp_path: Path) -> None:
    names = FileNames(".md")
    made = [names.create(tmp_path, wanted).name for wanted in ("a", "a-2", "a", "a", "b", "a/", "?")]
    assert made == ["a.md", "a-2.md", "a-3.md", "a-4.md", "b.md", "a-5.md", "row.md"]


def fail_after(_written: int) -> None:
    raise RuntimeError


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestPlaces:
    """How a file gets into its place."""

    def test_it_appears_only_whole_and_is_private_until_then(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        with new_file(path, overwrite=False) as part:
            part.write_bytes(b"data")
            assert not path.exists()
            assert part.parent == tmp_path
            assert part.stat().st_mode & 0o777 == 0o600
        assert path.read_bytes() == b"data"
        other = tmp_path / "other"
        other.touch()
        assert path.stat().st_mode == other.stat().st_mode
        assert sorted(tmp_path.iterdir()) == [other, path]

    def test_what_is_there_is_overwritten_only_when_asked_and_keeps_its_mode(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        path.write_text("mine")
        path.chmod(0o640)
        with pytest.raises(InputError, match="exists"), new_file(path, overwrite=False):
            pass
        with pytest.raises(RuntimeError), new_file(path, overwrite=True) as part:
            fail_after(part.write_text("half"))
        assert path.read_text() == "mine"
        with new_file(path, overwrite=True) as part:
            part.write_text("ours")
        assert path.read_text() == "ours"
        assert path.stat().st_mode & 0o777 == 0o640
        assert list(tmp_path.iterdir()) == [path]

    def test_what_comes_meanwhile_is_not_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        with pytest.raises(InputError, match="exists"), new_file(path, overwrite=False):
            path.write_text("somebody else's")
        assert path.read_text() == "somebody else's"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("overwrite", [True, False])
    def test_links_are_not_followed(self, tmp_path: Path, overwrite: bool) -> None:
        target = tmp_path / "target"
        target.write_text("mine")
        for link in (tmp_path / "link", tmp_path / "dangling"):
            link.symlink_to(target if link.name == "link" else tmp_path / "nothing")
            with pytest.raises(InputError, match="a link"), new_file(link, overwrite=overwrite):
                pass
            with pytest.raises(InputError), new_folder(link):
                pass
        assert target.read_text() == "mine"
        assert not (tmp_path / "nothing").exists()

    def test_what_is_no_place_for_a_file(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        for path in (tmp_path, pipe, tmp_path / "no" / "folder", tmp_path / ("x" * 300), tmp_path / "a\x00b"):
            with pytest.raises(BatchtuiError), new_file(path, overwrite=True):
                pass
        assert list(tmp_path.iterdir()) == [pipe]

    def test_an_empty_folder_may_be_filled(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        with new_folder(folder) as part:
            (part / "a").touch()
            assert part.stat().st_mode & 0o777 == 0o700
        assert list(folder.iterdir()) == [folder / "a"]
        with pytest.raises(RuntimeError), new_folder(tmp_path / "other") as part:
            fail_after((part / "b").write_text("half"))
        assert list(tmp_path.iterdir()) == [folder]


async def big(store: Store, rows: int = 60) -> list[ResultKey]:
    await foreign(store, "big", rows)
    await bring(store, "big", [succeeded(f"row-{number}", "text " * 2_000) for number in range(rows)])
    return keys_of(store, "big")


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_full_disk_leaves_nothing(store: Store, tmp_path: Path, format_: Format) -> None:
    keys = await big(store)
    out = tmp_path / "out"
    out.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    lines = [succeeded(f"r-{number}", random.Random(number).randbytes(8_000).hex()) for number in range(40)]
    await foreign(store, "random", len(lines))
    await bring(store, "random", lines)
    keys += keys_of(store, "random")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StoreError) as error:
            await Exports(store).write(keys, out / "file", format_)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "half written" in str(error.value)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("format_", FORMATS)
async def test_an_export_that_is_cancelled_leaves_nothing(
    store: Store, tmp_path: Path, format_: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "INDEX_ROWS", 5)
    keys = await big(store)
    out = tmp_path / "out"
    out.mkdir()
    cancelled = threading.Event()

    def held_up(pieces: Iterator[Any]) -> Iterator[Any]:
        yield next(pieces)
        assert cancelled.wait(20)
        yield from pieces

    blocks, raw = store.bulk.blocks, store.bulk.raw
    monkeypatch.setattr(store.bulk, "blocks", lambda keys, *, joined: held_up(blocks(keys, joined=joined)))
    monkeypatch.setattr(store.bulk, "raw", lambda keys: held_up(raw(keys)))
    seen: list[int] = []
    begun = asyncio.Event()

    def progress(done: int) -> None:
        seen.append(done)
        begun.set()

    work = asyncio.ensure_future(Exports(store).write(keys, out / "file", format_, on_progress=progress))
    await begun.wait()
    assert [path.suffix for path in out.iterdir()] == [".part"]
    work.cancel()
    await asyncio.sleep(0)
    cancelled.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert seen == [5]
    assert list(out.iterdir()) == []


async def test_progress_counts_rows_to_the_end(store: Store, tmp_path: Path) -> None:
    keys = await big(store)
    for format_ in FORMATS:
        seen: list[int] = []
        await Exports(store).write(keys, tmp_path / format_, format_, on_progress=seen.append)
        await asyncio.sleep(0)
        assert seen == sorted(seen)
        assert seen[-1] == len(keys)


async def test_results_that_cannot_be_read_leave_nothing(store: Store, tmp_path: Path) -> None:
    keys = await big(store)
    store.files.results_path("big").write_bytes(b"")
    for format_ in FORMATS:
        with pytest.raises(StoreError, match="not as the index says"):
            await Exports(store).write(keys, tmp_path / "file", format_)
    assert names_in(tmp_path) == ["home"]


async def test_lines_that_are_not_those_of_the_index_are_no_csv(store: Store, tmp_path: Path) -> None:
    await foreign(store, "batch", 2)
    await bring(store, "batch", [succeeded("a"), succeeded("b")])
    path = store.files.results_path("batch")
    path.write_bytes(path.read_bytes().replace(b'"a"', b'"c"'))
    with pytest.raises(StoreError, match="'a' is not what was there"):
        await Exports(store).write(keys_of(store, "batch"), tmp_path / "file", "csv")


@pytest.mark.parametrize("name", ["requests.jsonl", "rows.jsonl", "results.jsonl"])
async def test_lines_that_are_no_json_any_more_are_told(store: Store, tmp_path: Path, name: str) -> None:
    keys = await job_with_rows(store)
    path = store.files.results_path("rivers").with_name(name)
    path.write_bytes(path.read_bytes().replace(b"{", b"["))
    for format_ in ("csv", "md", "jsonl"):
        with pytest.raises(StoreError, match="not as the index says"):
            await Exports(store).write(keys, tmp_path / "file", format_, join=True)


async def test_parquet_without_its_library_is_told(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"needs pyarrow") as error:
        await Exports(store).write([], tmp_path / "file", "parquet")
    assert "batchtui[parquet]" in error.value.todo


async def test_no_rows_are_a_file_too(store: Store, tmp_path: Path) -> None:
    for format_ in FORMATS:
        assert (await Exports(store).write([], tmp_path / format_, format_)).rows == 0
    assert (tmp_path / "jsonl").read_bytes() == b""
    assert csv_rows((tmp_path / "csv").read_bytes()) == []
    assert pyarrow.parquet.read_table(tmp_path / "parquet").num_rows == 0
    assert sqlite_rows(tmp_path / "sqlite") == []
    assert msgspec.json.decode(b"".join(Exports(store).stream([], "json"))) == []
