"""The words around what a search has found."""

from __future__ import annotations

from batchtui.domain.result import searched_text
from batchtui.domain.search import Search

EXCERPT_LINE_BYTES = 64 * 1024
"""Up to which size of a line it is looked for the words: a table has many rows."""

BEFORE_CHARACTERS = 12
EXCERPT_CHARACTERS = 240


def excerpt(line: bytes, search: Search) -> str:
    """Return the text of a result line from a little before the first hit on, marked as one."""
    text = searched_text(line)
    start = next((start for start, _ in search.spans(text)), 0)
    first = max(0, start - BEFORE_CHARACTERS)
    if first:
        # At a word, if there is one that begins between here and the hit.
        first = max(first, text.find(" ", first, start) + 1)
    words = " ".join(text[first : first + EXCERPT_CHARACTERS].split())
    return f"» {'…' if first else ''}{words}"
