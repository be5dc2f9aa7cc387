import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.tui.text import clean, clean_line
from tests.tui.screen_text import HOSTILE

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(ANY_TEXT, st.integers(min_value=0, max_value=20))
def test_cleaned_text_can_be_encoded_and_a_line_is_one_line(text: str, length: int) -> None:
    clean(text).encode()
    line = clean_line(text, length)
    assert len(line) <= length
    assert len(line.splitlines()) <= 1
    assert clean_line(line, length) == line


def test_every_control_and_bidi_character_is_replaced() -> None:
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for character in map(chr, range(sys.maxunicode + 1)):
        control = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        if (control or unicodedata.bidirectional(character) in bidi) and character not in "\t\n":
            assert clean(character) == "\ufffd", hex(ord(character))


@pytest.mark.parametrize("character", ["\u200e", "\u200f", "\u061c", "\ufff9", "\U000e0041", "\u206a"])
def test_invisible_controls_are_replaced(character: str) -> None:
    assert clean(f"a{character}b") == "a\ufffdb"


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧 ❤️ 🇩🇪",
        "\u0646\u0627\u0645\u0647\u200c\u0647\u0627",
        "é e\u0301",
        "漢\u3000字",
        "a\tb\nc",
        "१",
        "葛\U000e0100",
    ],
)
def test_honest_text_passes(text: str) -> None:
    assert clean(text) == text


def test_line_ends_are_told_from_lone_carriage_returns() -> None:
    assert clean("a\r\nb\rc") == "a\nb\ufffdc"
    assert clean_line("a\r\n\tb\n\nc") == "a b c"


def test_a_long_line_is_cut_with_an_ellipsis() -> None:
    assert clean_line("abcdef", 4) == "abc…"
    assert clean_line("abcd", 4) == "abcd"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_hostile_passes(text: str) -> None:
    for character in set(clean_line(text)):
        assert character.isprintable() or character == "\u200d"
