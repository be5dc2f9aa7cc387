"""Pairs of answers as rows of data for the template of a judge."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Generator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from batchtui.domain.comparison import CHANGED, Comparison, Pair
from batchtui.domain.request import CUSTOM_ID
from batchtui.domain.unicode import well_formed
from batchtui.services.compare import Comparisons
from batchtui.services.read import Reader
from batchtui.services.rows.model import Kind, Row, Rows, no_such_row

COLUMNS = ("id", "prompt", "answer_a", "answer_b", "data", "pair", "side_a")
"""What a row has for the template of a judge.

`id` can be a custom_id, `data` is the data row that the request was made from, empty if it was made from none.
`pair` is the custom_id of the pair and `side_a` the ident of the side that has answer A: they are how a verdict
comes home, and nothing for a judge to see.
"""

PAIRS_AT_ONCE = 200

_NAMED_CHARS = 47


class JudgedPair(msgspec.Struct):
    """What is read again of a row."""

    pair: str
    side_a: str


class PairRows(Rows):
    """The pairs whose answers differ, in the order of their positions; A is the left and the right by turns.

    Pairs that are not of the kind `changed`, or whose answers turn out to be the same, are passed over.
    """

    kind: Kind = "jsonl"
    columns = COLUMNS
    folder: Path | None = None

    def __init__(
        self, comparisons: Comparisons, reader: Reader, comparison: Comparison, positions: Sequence[int]
    ) -> None:
        self.source = f"{comparison.left.name} vs {comparison.right.name}"
        self._comparisons = comparisons
        self._reader = reader
        self._comparison = comparison
        self._positions = array("q", [at for at in positions if comparison.pairs.kinds[at] == CHANGED])

    def __iter__(self) -> Generator[Row]:
        number = 0
        for start in range(0, len(self._positions), PAIRS_AT_ONCE):
            some = self._positions[start : start + PAIRS_AT_ONCE]
            for pair in self._comparisons.pairs(self._comparison, some):
                left, right = self._comparisons.texts(self._comparison, pair)
                if left is None or right is None or left == right:
                    continue
                number += 1
                yield Row(number, self._values(pair, left, right, left_is_a=number % 2 == 1))

    def at(self, number: int) -> Row:
        """Return one row, counting from 1."""
        row = next(islice(self, number - 1, None), None)
        if row is None:
            raise no_such_row(self, number)
        return row

    def count(self) -> int:
        """Return how many rows there can be."""
        return len(self._positions)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _values(self, pair: Pair, left: str, right: str, *, left_is_a: bool) -> dict[str, Any]:
        comparison = self._comparison
        answer_a, answer_b = (left, right) if left_is_a else (right, left)
        return {
            "id": request_id(pair.custom_id),
            "prompt": well_formed(prompt(*self._comparisons.requests(comparison, pair))),
            "answer_a": well_formed(answer_a),
            "answer_b": well_formed(answer_b),
            "data": self._data(pair),
            "pair": pair.custom_id,
            "side_a": (comparison.left if left_is_a else comparison.right).ident,
        }

    def _data(self, pair: Pair) -> dict[str, Any]:
        for answer in (pair.left, pair.right):
            # An answer of a file is in no batch.
            if answer is not None and answer.batch_key:
                values = self._reader.data_row(answer)
                if values is not None:
                    return values
        return {}


def request_id(custom_id: str) -> str:
    """Return a custom_id that a request can have: this one, or what can be kept of it and a hash of it."""
    if CUSTOM_ID.match(custom_id):
        return custom_id
    kept = "".join(char if CUSTOM_ID.match(char) else "-" for char in custom_id[:_NAMED_CHARS])
    digest = hashlib.sha256(custom_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kept}-{digest[:16]}"


def prompt(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> str:
    """Return what was asked, as text: the messages of the left, else of the right, and the system prompt of both.

    A system prompt that only one side has says how to answer and not what was asked, so it is left out.
    """
    asked = left if left is not None else right
    if asked is None:
        return ""
    other = right if left is not None else None
    system = _text(asked.get("system"))
    parts = [("system", system)] if other is None or _text(other.get("system")) == system else []
    messages = asked.get("messages")
    parts += [
        (str(message.get("role")), _text(message.get("content")))
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict)
    ]
    said = [(role, text) for role, text in parts if text]
    if len(said) == 1:
        return said[0][1]
    return "\n\n".join(f"[{role}]\n{text}" for role, text in said)


def _text(content: object) -> str:
    """Return the text of a system prompt or a message; what is no text is named in brackets."""
    if isinstance(content, str):
        return content
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    return "\n".join(
        str(block.get("text", "")) if block.get("type") == "text" else f"[{block.get('type')}]" for block in blocks
    )
