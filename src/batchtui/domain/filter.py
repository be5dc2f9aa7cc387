"""The filter line: plain words, `status:failed`, `!draft`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_TERM = re.compile(r'(?P<not>!?)(?:(?P<field>[a-z_]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<word>\S*))')


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for: a text in one field, or in any if `field` is empty; `negated` asks for its absence."""

    text: str
    field: str = ""
    negated: bool = False

    def holds(self, values: Mapping[str, str]) -> bool:
        """Return whether a row with these values fits, whatever the case of letters."""
        wanted = self.text.casefold()
        looked_at = (values.get(self.field, ""),) if self.field else values.values()
        return any(wanted in value.casefold() for value in looked_at) != self.negated


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to: every term must hold."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def holds(self, values: Mapping[str, str]) -> bool:
        """Return whether a row with these values by field is kept."""
        return all(term.holds(values) for term in self.terms)


def parse_filter(text: str, fields: Collection[str]) -> Filter:
    """Return the filter a line stands for; whatever is typed is a filter.

    `field:` counts only for the fields named, so that a text with a colon can be looked for. Quotes hold words
    together. A term without text, as while it is being typed, asks for nothing.
    """
    terms = []
    for match in _TERM.finditer(text):
        field = match["field"] or ""
        wanted = match["quoted"] if match["quoted"] is not None else match["word"]
        if field and field not in fields:
            field, wanted = "", f"{field}:{wanted}"
        if wanted:
            terms.append(Term(wanted, field, negated=bool(match["not"])))
    return Filter(tuple(terms))
