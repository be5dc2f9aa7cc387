"""Colours for the source of Markdown and JSON: the text stays as it is, letter by letter, and links stay text."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Language = Literal["text", "markdown", "json", "prose"]
"""How a body is shown: `markdown` is its coloured source, `prose` is Markdown made easy to read."""

Look = Literal["heading", "code", "quote", "strong", "emphasis", "faint", "key", "string", "literal", "link"]
"""What a piece of a body is; the reading pane has a component class for each."""

LONGEST_PARAGRAPH = 4096
"""Characters up to which a paragraph is looked into: longer ones are shown plain."""

_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_HEADING = re.compile(r"#{1,6}\s")
_QUOTE = re.compile(r"\s{0,3}>")
_MARKDOWN = re.compile(
    r"(?P<code>`[^`]+`)"
    r"|(?P<strong>\*\*[^*]+\*\*|__[^_]+__)"
    r"|(?P<link>https?://[^\s)>\]]+)"
    r"|(?P<key>^\s*(?:[-*+]|\d{1,9}[.)])\s)"
)
_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<literal>\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*)"
)


class Span(NamedTuple):
    """A coloured piece: the characters from `start` to `end` of a paragraph."""

    start: int
    end: int
    look: str


def code_paragraphs(paragraphs: Sequence[str]) -> set[int]:
    """Return the numbers of the paragraphs that stand in fenced code, fences included."""
    inside: set[int] = set()
    fence = ""
    for number, paragraph in enumerate(paragraphs):
        match = _FENCE.match(paragraph)
        if fence or match:
            inside.add(number)
        if match and not fence:
            fence = match.group(1)
        elif match and match.group(1) == fence:
            fence = ""
    return inside


def spans(paragraph: str, language: Language) -> list[Span]:
    """Return the coloured pieces of a paragraph outside fenced code, in order, without overlap."""
    if language == "text" or len(paragraph) > LONGEST_PARAGRAPH:
        return []
    if language == "markdown":
        for pattern, look in ((_HEADING, "heading"), (_QUOTE, "quote")):
            if pattern.match(paragraph):
                return [Span(0, len(paragraph), look)]
    pattern = _MARKDOWN if language == "markdown" else _JSON
    return [Span(*match.span(), match.lastgroup or "") for match in pattern.finditer(paragraph)]
