"""Markdown made easy to read: what it looks like, and that it neither loses words nor takes for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from batchtui.tui.text import clean
from batchtui.tui.widgets.prose import prose
from batchtui.tui.widgets.prose_inline import Piece
from tests.tui.screen_text import HOSTILE


def shown(source: str, width: int = 40) -> list[Piece]:
    return prose(clean(source).expandtabs(4).split("\n"), width)


def texts(source: str, width: int = 40) -> list[str]:
    return [piece.text for piece in shown(source, width)]


def looks(source: str) -> list[tuple[str, str]]:
    (piece,) = shown(source)
    return [(piece.text[span.start : span.end], span.look) for span in piece.spans]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("# A **b** c", [("A ", "heading"), ("b", "strong"), (" c", "heading")]),
        ("a *b* __c__ `d*e*`", [("b", "emphasis"), ("c", "strong"), ("d*e*", "code")]),
        ("**a *b* c**", [("a ", "strong"), ("b", "emphasis"), (" c", "strong")]),
        ("***both***", [("both", "strong")]),
        ("snake_case_word 2 * 3 * 4", []),
        ("[a](https://x.y/z)", [("a", "link")]),
        ("~~gone~~", [("gone", "faint")]),
        ("``a`b``", [("a`b", "code")]),
    ],
)
def test_marks_become_looks(source: str, wanted: list[tuple[str, str]]) -> None:
    assert looks(source) == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("[a](https://x.y)", ["a (https://x.y)"]),
        ("![alt](file.png)", ["alt (file.png)"]),
        (r"\*not\* `un closed **un closed", ["*not* `un closed **un closed"]),
        ("- a\n  - [x] b\n1. c", ["• a", "  • ☑ b", "1. c"]),
        ("- one two three four", ["• one two", "  three four"]),
        ("> one two three", ["│ one two", "│ three"]),
        ("```py\na  b\n```\nend", ["  py", "  a  b", "end"]),
        ("~~~\n```\n~~~", ["  ```"]),
        ("Title\n---\n\n---", ["Title", "", "─" * 12]),
        ("a|b\n-|-:\n1|22", ["a │  b", "──┼───", "1 │ 22"]),
        ("a|b\nno table", ["a|b", "no table"]),
        ("one\ntwo  \n\nthree", ["one", "two", "", "three"]),
    ],
)
def test_blocks_are_laid_out(source: str, wanted: list[str]) -> None:
    assert texts(source, 12) == wanted


def test_a_table_fits_the_width() -> None:
    lines = texts("|name|what it does|\n|:-|:-:|\n|" + "word " * 9 + "|" + "long " * 20 + "|", 30)
    assert max(map(cell_len, lines)) <= 30
    assert " ".join(lines).count("long") == 20


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_unsafe_comes_of_it(name: str) -> None:
    text = HOSTILE[name][:20_000]
    for source in (
        text,
        f"# {text}",
        f"- **{text}**\n> {text}",
        f"|{text}|a|\n|-|-|\n|{text}|b|",
        f"[{text}]({text})",
    ):
        for piece in shown(source):
            assert clean(piece.text) == piece.text
            assert "\n" not in piece.text
            assert all(0 <= span.start <= span.end <= len(piece.text) for span in piece.spans)


@given(st.text(st.sampled_from("ab *_`~[]()!<>#|-:\\\n1.)x"), max_size=80), st.integers(1, 30))
def test_any_text_is_laid_out_and_keeps_its_words(source: str, width: int) -> None:
    pieces = prose(source.split("\n"), width)
    letters = [char for piece in pieces for char in piece.text if char in "ab"]
    assert sorted(letters) == sorted(char for char in source if char in "ab")
    for piece in pieces:
        assert all(one.end <= after.start for one, after in zip(piece.spans, piece.spans[1:], strict=False))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("before", "after"), [("a | b\n-", "x"), ("# a", "x"), ("```", "`"), ("- - -", "x"), ("==", "x"), ("> ", "x")]
)
def test_a_flood_of_white_space_does_not_hold_the_screen_up(before: str, after: str) -> None:
    flood = " " * 60_000
    shown = prose(f"{before}{flood}{after}".split("\n"), 80)
    assert "".join(piece.text for piece in shown).strip()


@pytest.mark.parametrize(
    ("source", "wanted"),
    [("# a #", "a"), ("# a ## ", "a"), ("# a#", "a#"), ("## ##", ""), ("# #a", "#a"), ("#", ""), ("#a", "#a")],
)
def test_the_marks_at_the_end_of_a_heading_are_left_out(source: str, wanted: str) -> None:
    (piece,) = prose([source], 80)
    assert piece.text == wanted
