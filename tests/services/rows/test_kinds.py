"""SQLite, Parquet, folders, stdin, and which of them a source is."""

from __future__ import annotations

import io
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from batchtui.domain.errors import DataError, InputError
from batchtui.services.rows import open_rows

from .conftest import Write, values


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "people.db")) as connection:
        connection.execute('CREATE TABLE "the people" (id INTEGER PRIMARY KEY, name, photo BLOB, big, share REAL)')
        connection.executemany(
            'INSERT INTO "the people" VALUES (?, ?, ?, ?, ?)',
            [(7, "Ada", b"\0\xff", 2**62, 0.5), (3, None, None, "007", float("inf")), (5, "[bold]", b"", 0, None)],
        )
        connection.commit()
        yield connection


PEOPLE = [
    {"id": 3, "name": None, "photo": None, "big": "007", "share": "inf"},
    {"id": 5, "name": "[bold]", "photo": "", "big": 0, "share": None},
    {"id": 7, "name": "Ada", "photo": "AP8=", "big": 2**62, "share": 0.5},
]


def test_the_one_table_of_a_file(database: sqlite3.Connection, tmp_path: Path) -> None:
    with open_rows(str(tmp_path / "people.db")) as rows:
        assert [row.values for row in rows] == PEOPLE
        assert [row.number for row in rows] == [1, 2, 3]
        assert (rows.kind, rows.columns, rows.folder) == ("sqlite", tuple(PEOPLE[0]), tmp_path)
        assert rows.at(3).values == PEOPLE[2]
        assert rows.count() == 3
        for number in (0, 4, 10**30):
            with pytest.raises(DataError, match=f"no row {number:,}"):
                rows.at(number)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("the people", PEOPLE),
        ("SELECT name, id AS name FROM 'the people' ORDER BY id DESC;", [{"name": "Ada", "name_2": 7}]),
        ("with x as (select 1 as one) select * from x -- all", [{"one": 1}]),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2) SELECT i FROM n", [{"i": 1}]),
        ("names", [{"upper": "ADA"}]),
    ],
)
def test_a_table_a_view_or_a_select(
    database: sqlite3.Connection, tmp_path: Path, query: str, expected: list[dict[str, Any]]
) -> None:
    database.execute("CREATE VIEW names AS SELECT upper(name) AS upper FROM 'the people' WHERE id = 7")
    with open_rows(str(tmp_path / "people.db"), query=query) as rows:
        assert [row.values for row in rows][: len(expected)] == expected
        assert rows.at(1).values == expected[0]
        assert rows.count() == len(list(rows))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("nobody", "there is no table 'nobody'"),
        ("DELETE FROM 'the people'", "readonly"),
        ("INSERT INTO 'the people' (id) VALUES (99)", "readonly"),
        ("ATTACH '{folder}/other.db' AS other", "not authorized"),
        ("VACUUM INTO '{folder}/other.db'", "authorization denied"),
        ("PRAGMA journal_mode = DELETE", "not authorized"),
        ("SELECT * FROM pragma_database_list", "not authorized"),
        ("SELECT load_extension('x')", "not authorized"),
        ("CREATE TABLE more (x)", "readonly"),
        ("SELECT 1; DELETE FROM 'the people'", "one statement"),
        ("BEGIN IMMEDIATE TRANSACTION", "gives no rows"),
        ("CREATE TEMP TABLE more AS SELECT 1", "gives no rows"),
        ("SELECT none FROM nowhere", "no such table"),
        ("-- nothing at all", "gives no rows"),
        (" ", "there is no table"),
        ("SELECT 1\0", "null character"),
    ],
)
def test_a_query_can_only_read(database: sqlite3.Connection, tmp_path: Path, query: str, words: str) -> None:
    before = (tmp_path / "people.db").read_bytes()
    with pytest.raises(DataError, match=words) as caught:
        values(str(tmp_path / "people.db"), query=query.replace("{folder}", str(tmp_path)))
    assert "people.db" in caught.value.what
    assert (tmp_path / "people.db").read_bytes() == before
    assert not (tmp_path / "other.db").exists()


def test_files_with_no_or_several_tables(database: sqlite3.Connection, tmp_path: Path) -> None:
    database.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    database.execute("INSERT INTO words VALUES ('river')")
    database.commit()
    assert values(str(tmp_path / "people.db")) == PEOPLE
    assert values(str(tmp_path / "people.db"), query="words") == [{"word": "river"}]
    database.execute("CREATE TABLE pets (name)")
    with pytest.raises(DataError, match="2 tables: pets, the people") as caught:
        values(str(tmp_path / "people.db"))
    assert "--query" in caught.value.todo
    (tmp_path / "empty.db").touch()
    with pytest.raises(DataError, match="no table"):
        values(str(tmp_path / "empty.db"))


@pytest.mark.parametrize("name", ["missing.db", "text.db", "folder.db"])
def test_what_is_no_database(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.db").write_text("name,text\n" * 100)
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(DataError, match=name):
        values(str(tmp_path / name), format="sqlite")
    assert not (tmp_path / "missing.db").exists()


def test_text_that_is_not_unicode_in_a_database(database: sqlite3.Connection, tmp_path: Path) -> None:
    database.execute("UPDATE 'the people' SET name = CAST(x'ff' AS TEXT)")
    database.commit()
    with pytest.raises(DataError, match="name"):
        values(str(tmp_path / "people.db"))


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    at = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    table = pyarrow.table(
        {
            "id": pyarrow.array(range(5_000)),
            "text": [f"ü{n}" for n in range(5_000)],
            "price": pyarrow.array([Decimal("1.50")] * 5_000, pyarrow.decimal128(9, 2)),
            "day": [date(2026, 1, 31)] * 5_000,
            "at": pyarrow.array([at] * 5_000, pyarrow.timestamp("us", "UTC")),
            "nano": pyarrow.array([1_700_000_000_123_456_789] * 5_000, pyarrow.timestamp("ns")),
            "took": [timedelta(seconds=90)] * 5_000,
            "bytes": [b"\0\xff"] * 5_000,
            "ratio": [float("nan"), 0.5, None, float("inf"), -1.0] * 1_000,
            "nested": [{"tags": ["a", None], "day": date(2026, 1, 31)}] * 5_000,
            "yes": [True, None, False, True, True] * 1_000,
        }
    )
    parquet.write_table(table, path, row_group_size=1_700)
    with open_rows(str(path)) as rows:
        found = list(rows)
        assert found[3].values == {
            "id": 3,
            "text": "ü3",
            "price": "1.50",
            "day": "2026-01-31",
            "at": "2026-02-03T04:05:06+00:00",
            "nano": "2023-11-14T22:13:20.123456",
            "took": "0:01:30",
            "bytes": "AP8=",
            "ratio": "inf",
            "nested": {"tags": ["a", None], "day": "2026-01-31"},
            "yes": True,
        }
        assert [row.values["ratio"] for row in found[:3]] == [None, 0.5, None]
        assert [row.number for row in found] == list(range(1, 5_001))
        assert rows.columns == tuple(table.column_names)
        assert rows.count() == 5_000
        for number in (1, 1_700, 1_701, 5_000):
            assert rows.at(number) == found[number - 1]
        for number in (0, 5_001):
            with pytest.raises(DataError, match="no row"):
                rows.at(number)
        one, other = iter(rows), iter(rows)
        assert next(one) == next(other) == rows.at(1)


def test_parquet_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "rows.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match="parquet") as caught:
        open_rows(str(tmp_path / "rows.parquet"))
    assert "pip install 'batchtui[parquet]'" in caught.value.todo


@pytest.mark.parametrize("content", [b"", b"PAR1", b"name,text\n", b"PAR1" + b"\0" * 500 + b"PAR1"])
def test_what_is_no_parquet(write: Write, content: bytes) -> None:
    source = write(content, "rows.parquet")
    with pytest.raises(DataError) as caught:
        values(source)
    assert source in caught.value.what


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    for name in ("b.txt", "a/z.tar.gz", "a/[bold]", "a/new\nline.md", ".hidden", ".git/config", "a/.env", "A.TXT"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x" * len(name))
    raw = os.fsdecode(b"caf\xe9.txt")
    (folder / raw).write_text("12345")
    (folder / "leaves.txt").symlink_to(outside)
    (folder / "leaves").symlink_to(tmp_path)
    (folder / "round").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "missing")
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "within.txt").symlink_to(folder / "b.txt")
    os.mkfifo(folder / "pipe")
    with open_rows(str(folder)) as rows:
        found = [row.values for row in rows]
        assert [value["path"] for value in found] == [
            *("A.TXT", "a/[bold]", "a/new\nline.md", "a/z.tar.gz", "b.txt", raw, "within.txt"),
        ]
        assert found[3] == {"path": "a/z.tar.gz", "name": "z.tar.gz", "stem": "z.tar", "suffix": ".gz", "size": 10}
        assert found[5] == {"path": raw, "name": "caf�.txt", "stem": "caf�", "suffix": ".txt", "size": 5}
        assert all((folder / value["path"]).is_file() for value in found)
        assert (rows.kind, rows.folder, rows.count()) == ("folder", folder, 7)
        assert [rows.at(number) for number in range(1, 8)] == list(rows)
        with pytest.raises(DataError, match="no row 8"):
            rows.at(8)
        (folder / "b.txt").unlink()
        with pytest.raises(DataError, match=r"b\.txt"):
            rows.at(5)


def test_an_empty_folder(tmp_path: Path) -> None:
    with open_rows(str(tmp_path)) as rows:
        assert (list(rows), rows.count()) == ([], 0)


class Stdin:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"a,b\nx,y\n", {}),
        (b"a;b\nx;y\n", {}),
        (b"a\tb\nx\ty\n", {"format": "tsv"}),
        (b'[{"a": "x", "b": "y"}]', {}),
        (b'{"a": "x", "b": "y"}\n{"a": "x", "b": "y"}', {}),
        (b'{"a": "x", "b": "y"}', {"format": "jsonl"}),
        ('[{"a": "x", "b": "y"}]'.encode("utf-16"), {}),
    ],
)
def test_stdin_is_read_once_and_can_be_iterated_again(
    monkeypatch: pytest.MonkeyPatch, content: bytes, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(content))
    with open_rows("-", **options) as rows:
        assert next(iter(rows)).values == {"a": "x", "b": "y"}
        assert list(rows) == list(rows)
        assert rows.at(1) == next(iter(rows))
        assert (rows.source, rows.folder) == ("stdin", None)


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(b"n\n" + b"1\n" * 100_000,))
    writer.start()
    with open_rows(str(pipe)) as rows:
        assert rows.count() == len(list(rows)) == 100_000
    writer.join()


def test_the_copy_of_stdin_is_nowhere_to_be_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", Stdin(b"a\nx\n"))
    with open_rows("-") as rows:
        assert list(tmp_path.iterdir()) == []
        assert rows.count() == 1


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("rows.csv", {"format": "xml"}, "'xml' is no kind of data"),
        ("rows.csv", {"query": "people"}, "A query is for SQLite"),
        (".", {"encoding": "utf-8"}, "An encoding is for files of text"),
        ("people.db", {"encoding": "utf-8"}, "An encoding is for files of text"),
        ("missing.csv", {}, "missing.csv: no such file or directory"),
        ("x" * 5_000, {}, "file name too long"),
        ("\0", {}, "no name"),
        ("missing", {}, "missing: no such file or directory"),
        ("rows.xlsx", {}, "rows.xlsx: this is no data that can be read here"),
        ("rows.csv.gz", {}, "rows.csv.gz: this is no data that can be read here"),
        (".", {"format": "csv"}, "is a directory"),
        ("rows.csv", {"format": "folder"}, "not a directory"),
        ("rows.csv", {"format": "sqlite"}, "file is not a database"),
    ],
)
def test_what_cannot_be_opened(
    database: sqlite3.Connection, write: Write, *, name: str, options: dict[str, Any], words: str
) -> None:
    folder = Path(write("a,b\n" * 200)).parent
    with pytest.raises(InputError, match=words):
        open_rows(str(folder / name), **options)


def test_a_name_that_is_empty_is_not_the_folder_one_is_in() -> None:
    with pytest.raises(InputError, match="no name"):
        open_rows("")


@pytest.mark.parametrize("kind", ["sqlite", "folder"])
def test_what_cannot_come_from_stdin(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"SQLite format 3\0"))
    for options in ({}, {"format": kind}):
        with pytest.raises(InputError, match="cannot be read from a pipe"):
            open_rows("-", **options)


def test_a_database_is_known_by_its_first_bytes(database: sqlite3.Connection, tmp_path: Path) -> None:
    (tmp_path / "people.db").rename(tmp_path / "people")
    assert values(str(tmp_path / "people")) == PEOPLE
