"""How much alike two texts are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from batchtui.domain.diff.words import Numbers, words

MOST_CHARS = 1 << 29
"""Up to how many characters times characters texts are compared letter by letter, which takes about 20 ms."""

MOST_WORDS = 1 << 26
"""Up to how many words times words they are compared word by word."""

LONGEST = 1 << 18
"""From how many characters on texts are only cut at white space, so that no step takes long."""

WORD_CHARS = 40
"""What has fewer spaces than one in so many letters is written without."""

LESS_THAN_EQUAL = 0.9999


def similarity(left: str, right: str) -> float:
    """Return how much alike two texts are, from 0 to 1; only equal texts are 1.

    It is the share of both that is in both in the same order: of letters, in long texts of words, and in very long
    ones of words in whatever order.
    """
    if left == right:
        return 1.0
    if not left or not right:
        return 0.0
    from rapidfuzz.distance import Indel

    if len(left) * len(right) <= MOST_CHARS:
        return min(Indel.normalized_similarity(left, right), LESS_THAN_EQUAL)
    if max(len(left), len(right)) > LONGEST:
        return _share(*(Counter(_pieces(text)) for text in (left, right)))
    numbers = Numbers()
    lefts, rights = ([word for word in words(text) if not word.isspace()] for text in (left, right))
    if len(lefts) * len(rights) <= MOST_WORDS:
        return min(Indel.normalized_similarity(numbers.of(lefts), numbers.of(rights)), LESS_THAN_EQUAL)
    return _share(Counter(lefts), Counter(rights))


def _pieces(text: str) -> Iterable[str]:
    pieces = text.split()
    return pieces if len(pieces) * WORD_CHARS > len(text) else text


def _share(left: Counter[str], right: Counter[str]) -> float:
    return min(2 * (left & right).total() / ((left + right).total() or 1), LESS_THAN_EQUAL)
