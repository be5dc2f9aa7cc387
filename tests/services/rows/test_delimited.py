"""CSV and TSV as they come: shapes, encodings, types, and what is wrong with them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchtui.domain.errors import DataError, InputError
from batchtui.services.rows import data, open_rows

from .conftest import Write, values


def test_rows_have_numbers_and_the_lines_where_they_begin(write: Write, tmp_path: Path) -> None:
    source = write('name,text\r\na,"two\r\nlines"\r\n\r\nb,x')
    with open_rows(source) as rows:
        found = list(rows)
        assert [(row.number, row.line) for row in found] == [(1, 2), (2, 5)]
        assert [row.values for row in found] == [{"name": "a", "text": "two\r\nlines"}, {"name": "b", "text": "x"}]
        assert (rows.source, rows.kind, rows.columns, rows.folder) == (source, "csv", ("name", "text"), tmp_path)
        assert list(rows) == found
        assert rows.count() == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a,b\n1,2\n", [{"a": 1, "b": 2}], id="comma"),
        pytest.param("a;b\n1,5;2,5\n", [{"a": "1,5", "b": "2,5"}], id="semicolon and decimal comma"),
        pytest.param("a\tb\nx, y\tz\n", [{"a": "x, y", "b": "z"}], id="tab"),
        pytest.param("a|b\nx, y|z\n", [{"a": "x, y", "b": "z"}], id="bar"),
        pytest.param("sep=;\r\na;b\r\nx,y;z\r\n", [{"a": "x,y", "b": "z"}], id="told to Excel"),
        pytest.param("sep=:\na:b\n", [{"sep=:": "a:b"}], id="told Excel something else"),
        pytest.param("text\nhello\n", [{"text": "hello"}], id="one column"),
        pytest.param('text\n"a;b, c"\n', [{"text": "a;b, c"}], id="one column with delimiters in it"),
        pytest.param("a,b\rx,y\rz,w\r", [{"a": "x", "b": "y"}, {"a": "z", "b": "w"}], id="old Mac"),
        pytest.param("a,b\nx,y", [{"a": "x", "b": "y"}], id="no newline at the end"),
        pytest.param("a,b\n", [], id="only a header"),
        pytest.param("a,b", [], id="only a header without newline"),
        pytest.param("\n\na,b\n\nx,y\n\n", [{"a": "x", "b": "y"}], id="blank lines"),
        pytest.param('a,b\n"say ""hi"", please",🧊🇩🇪 ü\n', [{"a": 'say "hi", please', "b": "🧊🇩🇪 ü"}], id="quotes"),
        pytest.param('"a", "b"\nx, "y, z"\n', [{"a": "x", "b": "y, z"}], id="spaces before quotes"),
        pytest.param('a,b\n x," ""y"""\n', [{"a": " x", "b": ' "y"'}], id="spaces within quotes"),
        pytest.param('a,b\nx, y "z"\n', [{"a": "x", "b": ' y "z"'}], id="spaces that are part of a cell"),
        pytest.param("a,b\n,\n", [{"a": "", "b": ""}], id="empty cells"),
        pytest.param("\ufeffa,b\nx,y\n", [{"a": "x", "b": "y"}], id="byte order mark"),
        pytest.param("a,b\n{{ x }},[bold]\n", [{"a": "{{ x }}", "b": "[bold]"}], id="markup"),
        pytest.param("a,b\n\u2028,\x0b\x85\n", [{"a": "\u2028", "b": "\x0b\x85"}], id="not line ends"),
    ],
)
def test_shapes(write: Write, text: str, expected: list[dict[str, Any]]) -> None:
    assert values(write(text)) == expected


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("a,a,a", ("a", "a_2", "a_3")),
        ("a,a,a_2", ("a", "a_3", "a_2")),
        (",a,", ("column_1", "a", "column_3")),
        (" a , b c", ("a", "b c")),
        ("column_2,", ("column_2", "column_2_2")),
    ],
)
def test_names_of_columns_are_made_unique(write: Write, header: str, columns: tuple[str, ...]) -> None:
    with open_rows(write(f"{header}\n")) as rows:
        assert rows.columns == columns


def test_a_tsv_file_has_tabs_whatever_it_looks_like(write: Write) -> None:
    assert values(write("a,b\tc\nx,y\tz\n", "rows.tsv")) == [{"a,b": "x,y", "c": "z"}]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(["1", "-20", "0"], [1, -20, 0], id="integers"),
        pytest.param(["1", "2.5", "-0.25"], [1, 2.5, -0.25], id="numbers"),
        pytest.param(["1", "", "3"], [1, "", 3], id="holes stay empty texts"),
        pytest.param(["true", "false"], [True, False], id="truth"),
        pytest.param(["TRUE", "False"], [True, False], id="truth of other programs"),
        *(
            pytest.param([cell, "1"], [cell, "1"], id=f"one {cell} makes a column of text")
            for cell in (
                *("007", "1e5", "1.50", "+1", "-0", "1_000", " 1", "1,5", "2026-01-31", "0x1f", ".5", "5."),
                *("٣", "²", "nan", "inf", "4915112345678", "2025550123", "12345678901234567890", "true", "yes"),
                *("0.1000000000000000055", "1e+16", "1e-05", "-2025550123", "-007", "--1", "-", "\u0661.\u0665"),
            )
        ),
        pytest.param(["0.1", "-0.30000000000000004"], [0.1, -0.30000000000000004], id="all digits a number has"),
    ],
)
def test_types_never_cost_a_character(write: Write, cells: list[str], expected: list[object]) -> None:
    lines = "".join(f'x,"{cell}"\n' for cell in cells)
    found = [row["n"] for row in values(write(f"t,n\n{lines}"))]
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_types_can_be_left_alone(write: Write) -> None:
    assert values(write("a,b\n1,true\n"), types=False) == [{"a": "1", "b": "true"}]


def test_what_does_not_fit_a_column_later_stays_text(write: Write) -> None:
    source = write("n\n" + "1\n" * 1_500 + "n/a\n007\n2\n")
    assert [row["n"] for row in values(source)][-4:] == [1, "n/a", "007", 2]


@pytest.mark.parametrize(
    ("encoding", "is_marked"),
    [
        *((name, True) for name in ("utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-be")),
        *((name, False) for name in ("utf-8", "utf-16-le", "utf-32-be", "latin-1", "cp1252", "shift_jis")),
    ],
)
def test_encodings(write: Write, encoding: str, *, is_marked: bool) -> None:
    city = "東京" if encoding == "shift_jis" else "Zürich"
    text = "name,city\r\n" + "".join(f"row {number},{city}\r\n" for number in range(3_000))
    if is_marked and encoding.endswith("e"):
        text = f"\ufeff{text}"
    expected = [{"name": f"row {number}", "city": city} for number in range(3_000)]
    source = write(text.encode(encoding))
    assert values(source, encoding=encoding) == expected
    if is_marked:
        assert values(source) == expected


def test_an_encoding_that_is_not_utf_8_is_named_and_not_guessed(write: Write) -> None:
    good = "".join(f"{number},ok\n" for number in range(20_000)).encode()
    source = write(b"a,b\n" + good + b"x,caf\xe9\n")
    with pytest.raises(DataError, match=r"line 20,002: not UTF-8: byte 0xe9 at offset 168,899") as caught:
        values(source)
    assert source in str(caught.value)
    assert "--encoding" in caught.value.todo
    assert caught.value.line == 20_002
    assert values(source, encoding="latin-1")[-1] == {"a": "x", "b": "café"}


def test_bytes_that_are_cut_off_are_told(write: Write) -> None:
    with pytest.raises(DataError, match="line 2: not UTF-8"):
        values(write(b"a,b\nx,caf\xc3"))
    with pytest.raises(DataError, match="line 2: not UTF-8: byte 0xe9 at offset 7"):
        values(write(b"\xef\xbb\xbfab\nc\xe9"))
    with pytest.raises(DataError, match="line 1: not UTF-16-LE"):
        values(write("\ufeffa,b".encode("utf-16-le")[:-1]))


@pytest.mark.parametrize("encoding", ["klingon", "base64", "hex", "idna", "UTF7", "unicode_escape", "", "\0"])
def test_what_is_no_encoding(write: Write, encoding: str) -> None:
    with pytest.raises(InputError, match="no encoding"):
        values(write("a,b\n"), encoding=encoding)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param("\n\r\n", "it is empty", id="only blank lines"),
        pytest.param("a,b\nx,y\nx,y,z\n", "line 3: 2 cells expected, as in the first line, found 3", id="too many"),
        pytest.param("a,b\nx,y\n\nx\n", "line 4: 2 cells expected, as in the first line, found 1", id="too few"),
        pytest.param("a\nx,y\n", "line 2: 1 cell expected, as in the first line, found 2", id="one column"),
        pytest.param('a,b\n"1\n2",y\nx\n', "line 4: 2 cells expected", id="after lines in quotes"),
        pytest.param('a,b\nx,"y\nz,w\n', "line 2: a quote is opened and never closed", id="unclosed"),
        pytest.param('a,b\n"x"y,z\n', "line 2: there is text after a closing quote", id="text after a quote"),
        pytest.param('a,b\n"x\n"y,z\n', "line 2: there is text after a closing quote on line 3", id="later"),
        pytest.param('"a,b\nx,y\n', "line 1: a quote is opened and never closed", id="in the header"),
        pytest.param("a,b\nx,y\nx,\0\n", "line 3: there is a zero byte", id="zero byte"),
        pytest.param("a,b\nx,y\n".encode("utf-16-le"), "line 1: there is a zero byte", id="UTF-16 without a mark"),
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF", "line 1: not UTF-8", id="a picture"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(write: Write, content: str | bytes, words: str) -> None:
    source = write(content)
    with pytest.raises(DataError) as caught:
        values(source)
    assert caught.value.what.startswith(f"{source}: {words}")
    assert "Nothing was sent." in str(caught.value)
    assert caught.value.todo


def test_what_is_wrong_far_down_is_told_where_it_is(write: Write) -> None:
    text = "a,b\n" + 'x,"1\n2"\n' * 100_000 + "x\n"
    with open_rows(write(text)) as rows, pytest.raises(DataError, match="line 200,002: 2 cells"):
        rows.count()


def test_a_large_cell_is_read_and_one_without_end_is_not(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    large = "é\n" * 700_000
    assert values(write(f'a,b\nx,"{large}"\n'))[0]["b"] == large
    monkeypatch.setattr(data, "MAX_RECORD", 1_000_000)
    with pytest.raises(DataError, match="larger than"):
        values(write(b"a,b\nx," + b"y" * 4_000_000))
    before = csv.field_size_limit(100_000)
    try:
        with pytest.raises(DataError, match="a cell of line 2 is larger than"):
            values(write('a,b\nx,"' + "y\n" * 200_000))
    finally:
        csv.field_size_limit(before)


def test_any_row_is_found_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batchtui.services.rows.delimited.BATCH_BYTES", 100)
    text = "\ufeffn,text\r\n" + "".join(f'{n},"é\r\n\r\n{n}"\r\n\r\n' for n in range(500))
    source = write(text)
    with open_rows(source) as rows, open_rows(source) as unread:
        found = list(rows)
        assert [row.values["n"] for row in found] == list(range(500))
        assert len(rows._marks) > 50  # type: ignore[attr-defined]  # else nothing is shown
        for number in (1, 2, 250, 499, 500):
            assert rows.at(number) == unread.at(number) == found[number - 1]
        for number in (0, -1, 501, 10**30):
            with pytest.raises(DataError, match=f"there is no row {number:,}") as caught:
                rows.at(number)
            assert "500" in caught.value.todo
        with pytest.raises(DataError, match="there is no row 501"):
            unread.at(501)


def test_a_file_that_changes_meanwhile_is_told(write: Write, tmp_path: Path) -> None:
    with open_rows(write("a,b\nx,y\n")) as rows:
        with (tmp_path / "rows.csv").open("a") as file:
            file.write("z,w\n")
        with pytest.raises(DataError, match="has changed"):
            list(rows)


def test_iterations_do_not_disturb_each_other(write: Write) -> None:
    with open_rows(write("a\n" + "x\ny\n" * 50_000)) as rows:
        one, other = iter(rows), iter(rows)
        assert next(one) == next(other)
        assert rows.at(100_000).values == {"a": "y"}
        assert next(one) == next(other) == rows.at(2)


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=12)
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    batch_bytes=st.integers(1, 40),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_csv_wrote_comes_back(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    *,
    table: list[list[str]],
    end: str,
    delimiter: str,
    encoding: str,
    batch_bytes: int,
    quoting: Literal[0, 1],
) -> None:
    monkeypatch.setattr("batchtui.services.rows.delimited.BATCH_BYTES", batch_bytes)
    if quoting == csv.QUOTE_MINIMAL:
        # A lone \r is then written without quotes, and nobody could tell it from a line end.
        table = [[cell.replace("\r", " ") for cell in cells] for cells in table]
    header = [f"c{position}" for position in range(len(table[0]))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(header)
    writer.writerows(table)
    content = f"sep={delimiter}\n{text.getvalue()}".encode(encoding)
    source = write(content)
    assert [list(row.values()) for row in values(source, types=False)] == table
    with open_rows(source) as rows:
        found = list(rows)
        as_text = [[str(value).lower() for value in row.values.values()] for row in found]
        assert as_text == [[cell.lower() for cell in cells] for cells in table]
        assert [rows.at(number) for number in range(1, len(table) + 1)] == found
        assert rows.count() == len(table)


def test_rows_before_what_is_wrong_can_be_read(write: Write) -> None:
    with open_rows(write("a,b\n1,x\n2,y\n3\n")) as rows:
        assert rows.columns == ("a", "b")
        assert rows.at(2).values == {"a": 2, "b": "y"}
        with pytest.raises(DataError, match="line 4"):
            rows.at(3)
        with pytest.raises(DataError, match="line 4"):
            rows.count()
