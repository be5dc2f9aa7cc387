"""Looking for a text in what came back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batchtui.domain.errors import InputError


@dataclass(frozen=True, slots=True)
class Search:
    """A text to look for, or a regular expression.

    Without `match_case` letters fit in both cases; one of ASCII fits only letters of ASCII. Raises `InputError`
    for a regular expression that is none, and for nothing to look for.
    """

    text: str
    regex: bool = False
    match_case: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.text:
            raise InputError("There is nothing to look for.", todo="Give a text.")
        try:
            pattern = self._compiled()
        except (re.error, RecursionError, OverflowError) as error:
            raise InputError(
                f"{self.text!r} is no regular expression: {error}.",
                todo="Mend it, or look for the text as it stands.",
            ) from error
        object.__setattr__(self, "pattern", pattern)

    def finds(self, text: str) -> bool:
        """Return whether a text holds it."""
        if not self.regex:
            if self.match_case:
                return self.text in text
            if text.isascii():
                return self.text.lower() in text.lower() if self.text.isascii() else False
        return self.pattern.search(text) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a text: first character and the one after the last; empty ones are left out."""
        for match in self.pattern.finditer(text):
            if match.end() > match.start():
                yield match.span()

    def _compiled(self) -> re.Pattern[str]:
        if self.regex:
            return re.compile(self.text, 0 if self.match_case else re.IGNORECASE)
        if self.match_case:
            return re.compile(re.escape(self.text))
        return re.compile("".join(_both_cases(letter) for letter in self.text))


def _both_cases(letter: str) -> str:
    """Return a pattern for a letter whatever its case.

    The flag of `re` alone would let `k` fit the Kelvin sign and `s` the long s, which no look at the bytes of
    a file can know.
    """
    if not letter.isascii():
        return f"(?![a-zA-Z])(?i:{re.escape(letter)})"
    return f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else re.escape(letter)
