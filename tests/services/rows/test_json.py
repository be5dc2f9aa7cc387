"""JSON and JSON Lines, from small to larger than what is read at once."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchtui.domain.errors import DataError
from batchtui.services.rows import data, open_rows

from .conftest import Write, values

NESTED = {"a": [1, {"b": None}], "c": {"d": "ü🧊"}, "n": 12345678901234567890, "f": 1.5, "t": True}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.jsonl", json.dumps(NESTED) + "\r\n\n" + json.dumps({"x": "\ud800"})),
        ("rows.ndjson", "\ufeff" + json.dumps(NESTED) + "\n  \n" + json.dumps({"x": "\ud800"}) + "\n"),
        ("rows.json", json.dumps([NESTED, {"x": "\ud800"}])),
        ("rows.json", "\ufeff\n" + json.dumps([NESTED, {"x": "\ud800"}], indent=1) + "\n\n"),
        (
            "rows.json",
            json.dumps({"n": 12, "tags": ["a"], "rows": [NESTED, {"x": "\ud800"}], "more": [[1]], "z": 1}),
        ),
        ("rows.json", json.dumps(NESTED) + "\n" + json.dumps({"x": "\ud800"}) + "\n"),
        ("rows.txt", json.dumps([NESTED, {"x": "\ud800"}])),
    ],
)
def test_rows_are_objects_and_nested_values_stay_nested(write: Write, name: str, text: str) -> None:
    with open_rows(write(text, name)) as rows:
        assert [row.values for row in rows] == [NESTED, {"x": "\ud800"}]
        assert rows.columns == (*NESTED, "x")
        assert rows.count() == 2
        assert rows.at(2).values == {"x": "\ud800"}


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_utf_16(write: Write, name: str) -> None:
    text = json.dumps([NESTED] if name == "rows.json" else NESTED, ensure_ascii=False)
    assert values(write(text.encode("utf-16"), name)) == [NESTED]


def test_lines_are_those_where_rows_begin(write: Write) -> None:
    with open_rows(write('[\n {"a": 1},\n\n {"a":\n 2}\n, {"a": 3}]', "rows.json")) as rows:
        assert [row.line for row in rows] == [2, 4, 6]
    with open_rows(write('{"a": 1}\n\n{"a": 2}', "rows.jsonl")) as rows:
        assert [row.line for row in rows] == [1, 3]


@pytest.mark.parametrize("text", ["[]", " [ ] \n"])
def test_no_rows(write: Write, text: str) -> None:
    with open_rows(write(text, "rows.json")) as rows:
        assert (list(rows), rows.columns, rows.count()) == ([], (), 0)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", '{"a": 1}\n{"a": 1,}\n', "line 2: not JSON: "),
        ("a.jsonl", '{"a": 1}\n{"a": 1\n', "line 2: not JSON: Expecting ',' delimiter at column 8"),
        ("a.jsonl", '{"a": 1}\n\n[1]\n', "line 3: a row has to be a JSON object, and this is an array"),
        ("a.jsonl", '{"a": NaN}\n', "line 1: not JSON: NaN is no JSON"),
        ("a.jsonl", b'{"a": 1}\n{"a": "\xe9"}\n', "line 2: not UTF-8: byte 0xe9 at offset 16"),
        ("a.jsonl", "[" * 100_000, "line 1: not JSON: it is nested too deeply"),
        ("a.jsonl", '{"a": ' + "9" * 5_000 + "}", "line 1: not JSON: "),
        ("a.json", "", "it is empty"),
        ("a.json", " \n", "it is empty"),
        ("a.json", "12", "line 1: not JSON: '[' expected, found '1'"),
        ("a.json", '[{"a": 1},\n{"a": 1},]', "line 2: not JSON: Expecting value at byte 21"),
        ("a.json", '[{"a": 1}\n{"a": 1}]', "line 2: not JSON: ']' expected, found '{'"),
        ("a.json", '[{"a": 1},\n{"a": 1', "line 2: not JSON: "),
        ("a.json", '[{"a": 1},\n{"a": "x', "line 2: not JSON: "),
        ("a.json", '[{"a": 1}]\n[', "line 2: not JSON: the end expected, found '['"),
        ("a.json", '[{"a": 1},\n1]', "line 2: a row has to be a JSON object, and this is a number"),
        ("a.json", '[{"a": -Infinity}]', "line 1: not JSON: -Infinity is no JSON"),
        ("a.json", b'[{"a": 1},\n{"a": "\xff"}]', "line 2: not UTF-8: byte 0xff at offset 18"),
        ("a.json", "[" * 100_000, "line 1: not JSON: it is nested too deeply"),
        ("a.json", '{"a": 1}', "there is no array of objects in it"),
        ("a.json", '{"a": [{}],\n"b": [{}]}', "line 2: there is more than one array of objects in it"),
        ("a.json", '{"a": [{"b": 1}]', "line 1: not JSON: '}' expected, and there is no more"),
        ("a.json", '{"a" [{"b": 1}]}', "line 1: not JSON: ':' expected, found '['"),
        ("a.json", '{1: [{"b": 1}]}', "line 1: not JSON: a key has to be a text"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(write: Write, name: str, content: str | bytes, words: str) -> None:
    source = write(content, name)
    with pytest.raises(DataError) as caught:
        values(source)
    assert caught.value.what.startswith(f"{source}: {words}")
    assert caught.value.todo


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_any_row_is_found_again(write: Write, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for module in ("data.CHUNK_BYTES", "json_lines.BATCH_BYTES"):
        monkeypatch.setattr(f"batchtui.services.rows.{module}", 150)
    objects = [{"n": n, "text": "é\n🧊" * (n % 7)} for n in range(500)]
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in objects)
    source = write(text if name == "rows.jsonl" else f"[{text.replace(chr(10), ',' + chr(10))}]", name)
    with open_rows(source) as rows, open_rows(source) as unread:
        found = list(rows)
        assert [row.values for row in found] == objects
        assert len(rows._marks) > 50  # type: ignore[attr-defined]  # else nothing is shown
        for number in (1, 2, 250, 499, 500):
            assert rows.at(number) == unread.at(number) == found[number - 1]
        with pytest.raises(DataError, match="there is no row 501"):
            rows.at(501)


def test_an_array_on_one_line_is_never_whole_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("w") as file:
        file.write('{"rows": [{"a": 0}')
        for number in range(1, 60_000):
            file.write(f', {{"a": {number}, "text": "{"x" * 500}"}}')
        file.write("]}")
    with open_rows(str(path)) as rows:
        tracemalloc.start()
        try:
            assert sum(row.values["a"] for row in rows) == sum(range(60_000))
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert path.stat().st_size > 30_000_000
    assert peak_bytes < 8_000_000


def test_a_large_element_is_read_and_one_without_end_is_not(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    large = {"a": "é\n" * 1_000_000}
    assert values(write(json.dumps([large]), "a.json")) == [large]
    assert values(write(json.dumps(large), "a.jsonl")) == [large]
    for module in ("data", "json_array"):
        monkeypatch.setattr(f"batchtui.services.rows.{module}.MAX_RECORD", data.CHUNK_BYTES * 2)
    for name in ("a.json", "a.jsonl"):
        with pytest.raises(DataError, match="larger than"):
            values(write('[{"a": "' + "x" * 4_000_000, name))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    objects=st.lists(st.dictionaries(st.text(max_size=5), json_values, max_size=4), max_size=8),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
    chunk_bytes=st.integers(1, 40),
)
def test_what_json_wrote_comes_back(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    *,
    objects: list[dict[str, Any]],
    indent: int | None,
    ascii_only: bool,
    chunk_bytes: int,
) -> None:
    for module in ("data.CHUNK_BYTES", "json_lines.BATCH_BYTES"):
        monkeypatch.setattr(f"batchtui.services.rows.{module}", chunk_bytes)
    array = json.dumps(objects, indent=indent, ensure_ascii=ascii_only)
    lines = "\n".join(json.dumps(each, ensure_ascii=ascii_only) for each in objects)
    for name, text in (("a.json", array), ("a.jsonl", lines)):
        with open_rows(write(text, name)) as rows:
            found = list(rows)
            assert [row.values for row in found] == objects
            assert [rows.at(number) for number in range(1, len(objects) + 1)] == found
