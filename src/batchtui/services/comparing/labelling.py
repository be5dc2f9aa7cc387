"""The labels of pairs, from the index where answers are short, else from a field of their JSON."""

from __future__ import annotations

from array import array
from itertools import chain, islice

from batchtui.domain.comparison import CHANGED, OUTCOME, SAME, Comparison, FileLines, Matrix
from batchtui.domain.labels import OTHER, failed_label, field_label, fields_of, label_of, matrix
from batchtui.domain.result import PREVIEW_CHARS, SUCCEEDED
from batchtui.services.comparing.answer_file import rows_of
from batchtui.services.comparing.pairs import PairReader
from batchtui.services.worker import Stop
from batchtui.store import Store

SAMPLED_PAIRS = 200
"""From how many pairs it is taken which fields hold labels."""

ROWS_BETWEEN_STOPS = 200


def labels(store: Store, comparison: Comparison, field: str | None, stop: Stop) -> Matrix | None:
    """Return what `Comparisons.labels` says. Blocks."""
    pairs = comparison.pairs
    positions = [at for at, code in enumerate(pairs.kinds) if code in {SAME, CHANGED, OUTCOME}]
    positions.sort(key=pairs.left.__getitem__)
    sides: list[list[str]] = []
    for keys, file in ((pairs.left, comparison.left_file), (pairs.right, comparison.right_file)):
        some = array("q", [keys[at] for at in positions])
        found = _by_index(store, some, file, stop) if field is None else _by_field(store, some, file, field, stop)
        if found is None:
            return None
        sides.append(found)
    return matrix(positions, sides[0], sides[1], field)


def label_fields(store: Store, comparison: Comparison) -> list[str]:
    """Return what `Comparisons.label_fields` says. Blocks."""
    pairs, reader = comparison.pairs, PairReader(store)
    both = (at for at, code in enumerate(pairs.kinds) if code in {SAME, CHANGED})
    some = list(islice(both, SAMPLED_PAIRS))
    lefts = reader.all_texts(array("q", [pairs.left[at] for at in some]), comparison.left_file)
    rights = reader.all_texts(array("q", [pairs.right[at] for at in some]), comparison.right_file)
    return fields_of(chain(lefts, rights))


def _by_index(store: Store, keys: array[int], file: FileLines | None, stop: Stop) -> list[str] | None:
    """Return a label for each of these answers, None as soon as it is known that most are too long."""
    if file is None:
        found = store.comparing.short_answers(keys)
        return found if found is None else [_label(*answer) for answer in found]
    found_labels: list[str] = []
    for row in rows_of(file, keys):
        if len(found_labels) % ROWS_BETWEEN_STOPS == 0:
            stop.check()
        facts = row.facts
        found_labels.append(_label(facts.type, facts.text_chars, facts.preview))
    return found_labels


def _label(type_: str, text_chars: int, preview: str) -> str:
    if type_ != SUCCEEDED:
        return failed_label(type_)
    # The preview holds all of a short answer.
    return label_of(preview) if text_chars <= PREVIEW_CHARS else OTHER


def _by_field(store: Store, keys: array[int], file: FileLines | None, field: str, stop: Stop) -> list[str]:
    types = store.comparing.types(keys) if file is None else [row.facts.type for row in rows_of(file, keys)]
    texts = PairReader(store).all_texts(keys, file)
    found: list[str] = []
    for type_, text in zip(types, texts, strict=True):
        if len(found) % ROWS_BETWEEN_STOPS == 0:
            stop.check()
        found.append(field_label(text, field) if type_ == SUCCEEDED else failed_label(type_))
    return found
