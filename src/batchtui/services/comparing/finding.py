"""Which pairs a person looks at: by kind, by a filter, by a text, and in which order."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable, Iterator
from math import isnan

from batchtui.domain.answer_text import answer_text
from batchtui.domain.comparison import (
    CHANGED,
    LEFT,
    OUTCOME,
    RIGHT,
    SAME,
    Comparison,
    FileLines,
    Kind,
    Side,
    Sort,
)
from batchtui.domain.filter import ResultField, ResultFilter, ResultTerm
from batchtui.domain.result_forms import result_line
from batchtui.domain.search import Search
from batchtui.domain.selection import FAILED, Selection, StoredResult
from batchtui.services.comparing.answer_file import lines_of, rows_of
from batchtui.services.comparing.pairs import PairReader
from batchtui.services.worker import Stop
from batchtui.store import Store
from batchtui.store.pattern_search import PatternSearch

ROWS_BETWEEN_STOPS = 200

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def find(
    store: Store,
    comparison: Comparison,
    stop: Stop,
    *,
    kinds: frozenset[Kind],
    where: ResultFilter,
    sort: Sort,
    reverse: bool,
) -> array[int]:
    """Return what `Comparisons.find` says. Blocks."""
    pairs = comparison.pairs
    positions = pairs.positions(kinds)
    if where:
        lefts = _fitting(store, comparison.left, comparison.left_file, where, stop)
        rights = _fitting(store, comparison.right, comparison.right_file, where, stop)
        positions = array("q", [at for at in positions if pairs.left[at] in lefts or pairs.right[at] in rights])
    if sort == "change":
        order = array("f", map(_change, pairs.kinds, comparison.similarity))
        positions = array("q", sorted(positions, key=order.__getitem__))
    elif sort == "custom_id":
        reader = PairReader(store)
        lefts_ids = reader.custom_ids(pairs.left, comparison.left_file)
        rights_ids = reader.custom_ids(pairs.right, comparison.right_file)
        positions = array("q", sorted(positions, key=lambda at: lefts_ids[at] or rights_ids[at]))
    return positions[::-1] if reverse else positions


_ORDER = {OUTCOME: -2.0, LEFT: 2.0, RIGHT: 2.0, SAME: 3.0}
"""Around what changed, which is sorted from -1 to 1: rows of one side alone may be thousands and bury nothing."""


def _change(code: int, similarity: float) -> float:
    """Return by what pairs are sorted; of changed ones those come first of which is not known how much."""
    if code != CHANGED:
        return _ORDER[code]
    return -1.0 if isnan(similarity) else similarity


def _fitting(store: Store, side: Side, file: FileLines | None, where: ResultFilter, stop: Stop) -> set[int]:
    if file is None:
        return set(store.results.keys(Selection(side.batch_keys, where=where)).packed)
    found = set()
    for number, row in enumerate(rows_of(file, range(len(file.offsets)))):
        if number % ROWS_BETWEEN_STOPS == 0:
            stop.check()
        if all(_holds(term, row) for term in where.terms):
            found.add(number)
    return found


def _holds(term: ResultTerm, row: StoredResult) -> bool:
    """Return whether a row fits a term, as the index would say it does."""
    if term.comparison != "has":
        number = _number(term.field, row)
        fits = number is not None and _COMPARE[term.comparison](number, term.number)
    elif term.field == "status" and term.text.casefold() == FAILED:
        fits = not row.facts.succeeded
    else:
        fits = any(_lower(term.text) in _lower(text) for text in _texts(term.field, row))
    return fits != term.negated


def _number(field: ResultField, row: StoredResult) -> float | None:
    facts = row.facts
    numbers: dict[str, float | None] = {
        "tokens": facts.tokens.output,
        "input": facts.tokens.total_input,
        "cost": row.cost_usd,
        "chars": facts.text_chars,
        "attempt": row.attempt,
    }
    return numbers.get(field)


def _texts(field: ResultField, row: StoredResult) -> list[str]:
    facts = row.facts
    error = facts.error_type or ("" if facts.succeeded else facts.type)
    texts: dict[str, list[str | None]] = {
        "": [facts.custom_id, facts.preview, facts.error_message],
        "status": [facts.type],
        "error": [error, facts.error_message],
        "stop": [facts.stop_reason],
        "model": [facts.model],
        "flag": [",".join(facts.flags)],
        "id": [facts.custom_id],
    }
    return [text for text in texts.get(field, []) if text]


def _lower(text: str) -> str:
    """Return a text with its ASCII letters made small, as SQLite compares."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def search_file(file: FileLines, search: Search, stop: Stop) -> array[int]:
    """Return the number of each line of a file whose output holds a text. Blocks."""
    return array("q", _by_pattern(file, search, stop) if search.regex else _by_text(file, search, stop))


def _by_text(file: FileLines, search: Search, stop: Stop) -> Iterator[int]:
    for number, line in enumerate(lines_of(file, range(len(file.offsets)))):
        if number % ROWS_BETWEEN_STOPS == 0:
            stop.check()
        if search.finds(answer_text(result_line(line))):
            yield number


def _by_pattern(file: FileLines, search: Search, stop: Stop) -> Iterator[int]:
    numbers = {offset: number for number, offset in enumerate(file.offsets)}
    with PatternSearch(search, stop.event, any_form=True) as pattern:
        for offset in pattern.offsets(file.path):
            if offset in numbers:
                yield numbers[offset]
