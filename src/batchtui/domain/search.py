"""Looking for a text in what came back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batchtui.domain.errors import InputError

_PLAIN = re.compile(r"[A-Za-z0-9 _.,:;!?()\[\]{}@#$%*|~^-]+")
"""What no JSON encoder escapes."""

_FOREIGN = re.compile(
    "[\u00ae-\u05ff\u0605-\u070e\u0710-\u17b3\u17b6-\u1fff\u2070-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\uffef"
    "\U00010000-\U0010fffd]+"
)
"""What a JSON encoder escapes always or never: no controls, no separators, nothing that stands for bad bytes."""

_REGEX_TOKEN = re.compile(
    r"""
    (?P<unclear> [|()] | \\[xuUN\d] )
    | (?P<optional> [*?] | \{[^}]*\}? )
    | (?P<letter> [A-Za-z0-9\ _,:;!@#%~-] )
    | \[\^?\]?(?:\\.|[^]\\])*\] | \\. | .
    """,
    re.VERBOSE | re.DOTALL,
)
"""The parts of a regular expression. Groups and alternatives make it unclear what must be there."""


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

    def needles(self) -> tuple[bytes, ...]:
        """Return what a line of JSON holds, any of it, if one of its strings holds the text.

        Without `match_case` they are for a line whose ASCII letters were made small. There are none where nothing
        can be said of the bytes: every line must be read then.
        """
        if self.regex:
            certain = max(self._certain(), key=len, default="")
            return ((certain if self.match_case else certain.lower()).encode(),) if certain else ()
        plain = max(_PLAIN.findall(self.text), key=len, default="")
        foreign = max(_FOREIGN.findall(self.text) if self.match_case else self._caseless(), key=len, default="")
        if len(plain) > 2 * len(foreign):
            return ((plain if self.match_case else plain.lower()).encode(),)
        if not foreign:
            return ()
        escaped = foreign.encode("utf-16-be").hex()
        digits = [escaped[at : at + 4] for at in range(0, len(escaped), 4)]
        small = "".join(f"\\u{four}" for four in digits)
        if not self.match_case:
            return foreign.encode(), small.encode()
        large = "".join(f"\\u{four.upper()}" for four in digits)
        return tuple(dict.fromkeys((foreign.encode(), small.encode(), large.encode())))

    def _caseless(self) -> list[str]:
        """Return the runs of letters beyond ASCII that have no case."""
        runs = "".join(letter if letter.upper() == letter == letter.casefold() else " " for letter in self.text)
        return _FOREIGN.findall(runs)

    def _certain(self) -> list[str]:
        """Return plain words that everything holds that the regular expression fits; few are found, but surely."""
        words = [""]
        for token in _REGEX_TOKEN.finditer(self.text):
            if token["unclear"]:
                return []
            if token["optional"]:
                words[-1] = words[-1][:-1]
            # Without regard to case these three fit letters beyond ASCII too.
            if token["letter"] and (self.match_case or token["letter"] not in "kKsSiI"):
                words[-1] += token["letter"]
            else:
                words.append("")
        return words

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
