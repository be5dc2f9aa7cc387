from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.errors import InputError
from batchtui.domain.search import Search


@pytest.mark.parametrize(
    ("text", "match_case", "where", "spans"),
    [
        ("needle", False, "A Needle, a NEEDLE", [(2, 8), (12, 18)]),
        ("needle", True, "A Needle, a needle", [(12, 18)]),
        ("STRAßE", False, "Große Straße", [(6, 12)]),
        ("a.b", False, "aXb a.b", [(4, 7)]),
        ("k", False, "the \u212a sign", []),
        ("\u212a", False, "kelvin", []),
        ("привет", False, "ПРИВЕТ", [(0, 6)]),
    ],
)
def test_a_text_is_found_where_it_stands(
    text: str, match_case: bool, where: str, spans: list[tuple[int, int]]
) -> None:
    search = Search(text, match_case=match_case)
    assert list(search.spans(where)) == spans
    assert search.finds(where) == bool(spans)


def test_a_regular_expression_is_found_as_python_does() -> None:
    assert list(Search(r"\d+x?", regex=True).spans("a 12 3X")) == [(2, 4), (5, 7)]
    assert not Search("x", regex=True, match_case=True).finds("X")
    assert list(Search("x*", regex=True).spans("axa")) == [(1, 2)]


@pytest.mark.parametrize("text", ["(", "a{2,1}", "*", "[z-a]", "(?P<a>x)(?P<a>y)"])
def test_a_bad_regular_expression_is_bad_input(text: str) -> None:
    with pytest.raises(InputError, match="no regular expression"):
        Search(text, regex=True)
    assert Search(text).finds(f"so {text} it is")


def test_nothing_cannot_be_looked_for() -> None:
    with pytest.raises(InputError):
        Search("")


@given(
    st.text(min_size=1, max_size=12) | st.text("aZß东é🙂 \n\"\\/<&'i", min_size=1, max_size=6),
    st.text(max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_a_line_that_holds_a_text_holds_a_needle(text: str, before: str, escaped: bool, match_case: bool) -> None:
    search = Search(text, match_case=match_case)
    for written in (text,) if match_case else (text, text.upper(), text.lower()):
        held = f"{before}{written} after"
        if not search.finds(held):
            continue
        line = json.dumps({"text": held}, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
        small = line if match_case else line.lower()
        assert not search.needles() or any(needle in small for needle in search.needles())


@pytest.mark.parametrize(
    ("regex", "needles"),
    [
        ("quartz.*lion", (b"quartz",)),
        ("colou?rfully", (b"rfully",)),
        ("ab{0}cde", (b"cde",)),
        (r"\x41bc", ()),
        ("one|two", ()),
        ("(one)?two", ()),
        ("[abc]deed+x", (b"deed",)),
        (r"a\.bee", (b"bee",)),
        ("[]xyz]ab", (b"ab",)),
        ("skis", ()),
    ],
)
def test_certain_words_of_a_regular_expression(regex: str, needles: tuple[bytes, ...]) -> None:
    assert Search(regex, regex=True).needles() == needles


@given(st.data(), st.text(r"abk.*+?[]{}\d^-2", min_size=1, max_size=8))
def test_what_a_regular_expression_fits_holds_its_needle(data: st.DataObject, regex: str) -> None:
    try:
        search = Search(regex, regex=True)
    except (InputError, FutureWarning):
        return
    held = data.draw(st.from_regex(re.compile(regex, re.IGNORECASE | re.ASCII), fullmatch=True))
    assert all(needle in held.lower().encode("utf-8", "surrogatepass") for needle in search.needles())
