"""YAML as templates use it."""

from __future__ import annotations

import itertools

import pytest

from batchtui.domain.errors import TemplateError
from batchtui.domain.template.source import MAX_BYTES, read_source
from tests.domain.template.making import brief, problem, problems


def values(text: str) -> object:
    return read_source(text, "t").values


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31 10:00:00", "2026-01-31 10:00:00"),
        ("1:30", "1:30"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-3", -3),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        (".", "."),
        ("=", "="),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("claude-haiku-5-5", "claude-haiku-5-5"),
        ("[1, a, {b: no}]", [1, "a", {"b": "no"}]),
        ("&x [1]", [1]),
        ('"\\u00e9\\U0001F600"', "é😀"),
    ],
    ids=brief,
)
def test_plain_scalars_are_what_they_look_like(written: str, value: object) -> None:
    assert values(f"a: {written}") == {"a": value}
    assert type(values(f"a: {written}")["a"]) is type(value)  # type: ignore[index]


def test_a_byte_order_mark_and_windows_line_ends_make_no_difference() -> None:
    text = "a: |\n  one\n  two\nb:\n  - x\n"
    assert values("\ufeff" + text.replace("\n", "\r\n")) == values(text) == {"a": "one\ntwo\n", "b": ["x"]}


def test_an_alias_stands_for_a_whole_value() -> None:
    assert values("a: &it {x: 1}\nb: [*it, *it]") == {"a": {"x": 1}, "b": [{"x": 1}, {"x": 1}]}


def test_lines_of_keys_items_and_strings_are_known() -> None:
    source = read_source("a:\n  - |\n    one\n    two\n  - 'x'\nb: >\n  folded\n", "t")
    assert source.lines["b",] == 6
    assert source.lines["a", 1] == 5
    assert source.places["a", 0].line_of(2) == 4
    assert source.places["a", 1].line_of(1) == 5
    assert source.places["b",].line_of(3) == 6


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "a template is a mapping"),
        ("# nothing\n", 1, "a template is a mapping"),
        ("- 1", 1, "a template is a mapping"),
        ("just text", 1, "a template is a mapping"),
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' stands in line 1 already"),
        ("a: {b: 1,\n b: 2}", 2, "the key 'b' stands in line 1 already"),
        ("a:\n\tb: 1", 2, "indent with spaces, not with tabs"),
        ("a: {{ row.x }}", 1, "needs quotes"),
        ("a: [{{ x }}]", 1, "needs quotes"),
        ("a: b: c", 1, 'a text with ": " in it needs quotes'),
        ("a: 'x", 1, "unexpected end of stream"),
        ("a: [1, 2", 1, "not valid YAML"),
        ('a: 1\nb: "x\nc: 2\n', 2, "unexpected end of stream"),
        ("a: 1\nb: [1, 2\nc\n", 2, "stream end"),
        ("a: 1\n---\nb: 2", 2, "a template is one document"),
        ("x: 1\na: !!python/object/apply:os.system [ls]", 2, "the tag '!!python/object/apply:os.system'"),
        ("a: !mine {b: 1}", 1, "the tag '!mine'"),
        ("a: !!binary aGk=", 1, "the tag '!!binary'"),
        ("a: !!int x", 1, "no number"),
        ("1: a", 1, "the key 1 must be text"),
        ("a: {true: 1}", 1, "the key true must be text"),
        ("? [1]\n: 2", 1, "a key must be text"),
        ("a: &x {b: 1}\nc:\n  <<: *x", 3, "merge keys"),
        ("a: *x", 1, "undefined alias"),
        ("a: &x [*x]", 1, "nested deeper"),
        ("a: 1e999", 1, "no number that JSON can hold"),
        ("a: 18446744073709551616", 1, "no number that JSON can hold"),
        ("a: " + "9" * 5000, 1, "no number that JSON can hold"),
        ('a: "\\ud800"', 1, "half of a character"),
        ('"\\udfff": 1', 1, "half of a character"),
        ('a: "\\UFFFFFFFF"', None, "not valid YAML"),
        ("a: \x00", 1, "U+0000"),
        ("b: 1\na: \x1b[31m", 2, "U+001B"),
        ("%PDF-1.4\n\x93\x8c\x8b", 2, "U+0093"),
        ("a: \ud800", 1, "U+D800"),
        ("a: " + "[" * 10_000, 1, "nested deeper than 64"),
        ("- " * 10_000, 1, "nested deeper than 64"),
        ("a: " + "{b: " * 10_000, 1, "nested deeper than 64"),
        ("a: [" + "x, " * 50_000 + "]", 1, "more than 20,000 values"),
        ("a: " + "x" * MAX_BYTES, None, "a template has at most 250,000 bytes"),
    ],
    ids=brief,
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, line: int | None, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read_source(text, "t")
    [first, *_] = caught.value.problems
    assert first.line == line
    assert said in first.message
    assert caught.value.what.startswith("t: ")


def test_what_aliases_stand_for_is_counted() -> None:
    names = "abcdefghi"
    pairs = itertools.pairwise(names)
    bomb = "a: &a [x]\n" + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairs)
    assert problem(bomb) == "more than 20,000 values, aliases counted with what they stand for"


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems("params:\n  a: !x 1\n  1: 2\n  b: 1e999\n")
    assert [line for line, _ in found] == [2, 3, 4]
