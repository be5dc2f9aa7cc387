from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, split_graphemes

from batchtui.tui.text import clean
from batchtui.tui.widgets.highlight import code_paragraphs, spans
from batchtui.tui.widgets.wrap import wrap, wrap_offsets


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("a \n漢")), st.integers(1, 40))
def test_wrapped_lines_fit_and_lose_nothing(raw: str, width: int) -> None:
    text = clean(raw).expandtabs(4)
    lines = wrap(text, width)
    joined = "".join(text[line.start : line.end] for line in lines)
    assert joined == text.replace("\n", "")
    for line in lines:
        shown = text[line.start : line.end].rstrip()
        widest_grapheme = max((span[2] for span in split_graphemes(shown)[0]), default=0)
        assert cell_len(shown) <= max(width, widest_grapheme)


@given(st.text(st.sampled_from("aaaa  ")), st.integers(1, 12))
def test_letters_of_any_alphabet_are_broken_alike(text: str, width: int) -> None:
    assert wrap_offsets(text, width) == wrap_offsets(text.replace("a", "ä"), width)


def test_words_stay_whole_where_they_fit() -> None:
    text = "hello brave new world\n\nincomprehensibilities"
    assert [text[line.start : line.end] for line in wrap(text, 11)] == [
        "hello brave ",
        "new world",
        "",
        "incomprehen",
        "sibilities",
    ]


def test_markdown_source_is_coloured_outside_code() -> None:
    paragraphs = ["# Title", "a **b** `c`", "```", "# no title", "```", "- item"]
    assert code_paragraphs(paragraphs) == {2, 3, 4}
    assert [span.look for span in spans(paragraphs[0], "markdown")] == ["heading"]
    assert [(span.start, span.end, span.look) for span in spans(paragraphs[1], "markdown")] == [
        (2, 7, "strong"),
        (8, 11, "code"),
    ]
    assert spans(paragraphs[1], "text") == []


def test_json_source_tells_keys_from_strings() -> None:
    line = '  "a\\"b": ["x", -1.5e3, null],'
    assert [(line[span.start : span.end], span.look) for span in spans(line, "json")] == [
        ('"a\\"b"', "key"),
        ('"x"', "string"),
        ("-1.5e3", "literal"),
        ("null", "literal"),
    ]
