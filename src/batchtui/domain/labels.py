"""Short answers as labels: what can be counted of them against each other."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from batchtui.domain.comparison import Matrix
from batchtui.domain.diff import parsed_json

LABEL_CHARS = 64
"""How long a label is at most."""

MOST_LABELS = 50
"""How many different ones a side may have."""

MOST_OTHERS = 0.1
"""Which share of the answers may be no labels: a model that explains itself now and then."""

OTHER = "(other)"
EMPTY = "(empty)"

MOST_PRECISE = 2**53
"""Below it a whole number is the same as 1 and as 1.0."""

FIELD_LEVELS = 3
"""How deep within a JSON answer labels are looked for."""


def failed_label(type_: str) -> str:
    """Return the label of a row that did not succeed."""
    return f"({type_})"


def label_of(text: str) -> str:
    """Return the label that an answer is, `OTHER` if it is too long for one or is JSON, which has labels within."""
    if parsed_json(text) is not None:
        return OTHER
    label = " ".join(text.split())
    return (label or EMPTY) if len(label) <= LABEL_CHARS else OTHER


def field_label(text: str, field: str) -> str:
    """Return the label in a field of a JSON answer, dotted for one within another; `OTHER` if there is none."""
    value = parsed_json(text)
    for name in field.split("."):
        if not isinstance(value, dict) or name not in value:
            return OTHER
        value = value[name]
    return _scalar_label(value) or OTHER


def _scalar_label(value: object) -> str | None:
    if isinstance(value, str):
        return label_of(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_PRECISE:
        return str(int(value))
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return None


def matrix(
    positions: Sequence[int], lefts: Sequence[str], rights: Sequence[str], field: str | None
) -> Matrix | None:
    """Return labels of rows against each other, None if they are too many or most answers are no labels."""
    counts = Counter(lefts), Counter(rights)
    for counted in counts:
        if len(counted) > MOST_LABELS or counted[OTHER] > MOST_OTHERS * len(positions):
            return None
    cells: dict[tuple[str, str], array[int]] = {}
    for position, left, right in zip(positions, lefts, rights, strict=True):
        cells.setdefault((left, right), array("q")).append(position)
    if not cells:
        return None
    lefts, rights = (tuple(label for label, _ in counted.most_common()) for counted in counts)
    return Matrix(lefts, rights, cells, field)


def fields_of(texts: Iterable[str]) -> list[str]:
    """Return which fields of JSON answers hold labels, as some of the answers show.

    Those with the fewest different ones come first, and those that are always the same last.
    """
    found: dict[str, Counter[str]] = {}
    documents = [value for value in map(parsed_json, texts) if isinstance(value, dict)]
    for document in documents:
        for field, label in _scalars("", document, FIELD_LEVELS):
            found.setdefault(field, Counter())[label] += 1
    enough = (1 - MOST_OTHERS) * len(documents)
    fields = [
        field
        for field, labels in found.items()
        if labels.total() - labels[OTHER] >= enough and len(labels) <= max(2, min(MOST_LABELS, len(documents) // 2))
    ]
    return sorted(fields, key=lambda field: (len(found[field]) == 1, len(found[field])))


def _scalars(path: str, document: dict[str, object], levels: int) -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if "." in key:
            continue
        if isinstance(value, dict) and levels > 1:
            yield from _scalars(f"{path}{key}.", value, levels - 1)
        elif (label := _scalar_label(value)) is not None:
            yield f"{path}{key}", label
