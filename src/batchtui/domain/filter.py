"""The filter lines: plain words, `status:failed`, `!draft`, and for results also `tokens>500`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

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


ResultField = Literal[
    "", "status", "error", "stop", "model", "flag", "id", "note", "tokens", "input", "cost", "chars", "attempt"
]
Comparison = Literal["has", "=", "<", "<=", ">", ">="]

TEXT_FIELDS: tuple[ResultField, ...] = ("status", "error", "stop", "model", "flag", "id", "note")
NUMBER_FIELDS: tuple[ResultField, ...] = ("tokens", "input", "cost", "chars", "attempt")

_RESULT_TERM = re.compile(
    r'(?P<not>!?)(?:(?P<field>[a-z]+)(?P<sign>:|=|[<>]=?))?(?:"(?P<quoted>[^"]*)"?|(?P<word>\S*))'
)
_NUMBER = re.compile(r"\$?(\d[\d,_]*(?:\.\d+)?|\.\d+)([kK]?)")
_COMPARISONS: dict[str, Comparison] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", ":": "="}


@dataclass(frozen=True, slots=True)
class ResultTerm:
    """One thing asked of a result; `negated` asks for the opposite.

    With the comparison `has` the `text` must be part of the field, whatever the case of its ASCII letters; without
    a field, of the custom_id, the preview or the error message. `error` is the message or the type, or the outcome
    of what failed without one; `status` also knows `failed`. Any other comparison is with `number`: output tokens,
    all input tokens, USD, characters, attempt.
    """

    field: ResultField
    text: str = ""
    comparison: Comparison = "has"
    number: float = 0.0
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """What results are narrowed to: every term must hold."""

    terms: tuple[ResultTerm, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)


NO_FILTER = ResultFilter()


def parse_result_filter(text: str) -> ResultFilter:
    """Return the filter a line stands for; whatever is typed is a filter, and what is not understood is a word.

    `status: error: stop: model: flag: id: note:` look into one field; `tokens input cost chars attempt` take a
    number after `< <= > >= = :`, as in `tokens>1,500`, `cost>=$0.01` or `input>20k`. `!` turns a term round, quotes
    hold words together. A term without text or number, as while it is being typed, asks for nothing.
    """
    terms = (_result_term(match) for match in _RESULT_TERM.finditer(text))
    return ResultFilter(tuple(term for term in terms if term is not None))


def _result_term(match: re.Match[str]) -> ResultTerm | None:
    wanted = match["quoted"] if match["quoted"] is not None else match["word"]
    negated = bool(match["not"])
    for field in TEXT_FIELDS:
        if field == match["field"] and match["sign"] == ":":
            return ResultTerm(field, wanted, negated=negated) if wanted else None
    for field in NUMBER_FIELDS:
        if field == match["field"]:
            if not wanted:
                return None
            if number := _NUMBER.fullmatch(wanted):
                value = float(re.sub("[,_]", "", number[1])) * (1_000 if number[2] else 1)
                return ResultTerm(field, "", _COMPARISONS[match["sign"]], value, negated=negated)
    if match["field"]:
        wanted = f"{match['field']}{match['sign']}{wanted}"
    return ResultTerm("", wanted, negated=negated) if wanted else None
