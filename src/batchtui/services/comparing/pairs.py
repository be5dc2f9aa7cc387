"""The pairs of a comparison as people read them: rows from the index, texts from the files."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from batchtui.domain.answer_text import answer_text
from batchtui.domain.comparison import NOWHERE, Comparison, FileLines, Pair
from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.domain.result import read_object
from batchtui.domain.result_forms import result_line
from batchtui.domain.selection import ResultKeys, StoredResult, unpack
from batchtui.services.comparing.answer_file import lines_of, rows_of
from batchtui.store import Store


class PairReader:
    """Reads what the sides of pairs have; everything here blocks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pairs(self, comparison: Comparison, positions: Sequence[int]) -> list[Pair]:
        """Return pairs at these positions."""
        both = comparison.pairs
        lefts = self._rows([both.left[position] for position in positions], comparison.left_file)
        rights = self._rows([both.right[position] for position in positions], comparison.right_file)
        found = [
            Pair(_custom_id(left, right), both.kind(position), left, right, position)
            for position, left, right in zip(positions, lefts, rights, strict=True)
        ]
        if comparison.on is None:
            _check_belonging(found)
        return found

    def texts(self, comparison: Comparison, pair: Pair) -> tuple[str | None, str | None]:
        """Return what `Comparisons.texts` says."""
        left, right = self.lines(comparison, pair)
        return (
            None if left is None else answer_text(_as_result(left, comparison.left_file)),
            None if right is None else answer_text(_as_result(right, comparison.right_file)),
        )

    def lines(self, comparison: Comparison, pair: Pair) -> tuple[bytes | None, bytes | None]:
        """Return what `Comparisons.lines` says."""
        return self._line(pair.left, comparison.left_file), self._line(pair.right, comparison.right_file)

    def requests(self, pair: Pair) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Return what `Comparisons.requests` says."""
        return self._request(pair.left), self._request(pair.right)

    def all_texts(self, packed: array[int], file: FileLines | None) -> Iterator[str]:
        """Yield the whole output of answers by their packed keys, in this order, a few megabytes at a time."""
        if file is None:
            yield from map(answer_text, self._store.bulk.lines(ResultKeys(packed)))
            return
        for line in lines_of(file, packed):
            yield answer_text(result_line(line))

    def custom_ids(self, packed: array[int], file: FileLines | None) -> list[str]:
        """Return the custom_id of each answer, empty where there is none."""
        if file is None:
            return self._store.comparing.custom_ids(packed)
        there = [number for number in packed if number != NOWHERE]
        ids = (row.facts.custom_id for row in rows_of(file, there))
        return ["" if number == NOWHERE else next(ids) for number in packed]

    def _rows(self, packed: list[int], file: FileLines | None) -> list[StoredResult | None]:
        there = [key for key in packed if key != NOWHERE]
        if file is not None:
            found = list(rows_of(file, there))
        else:
            found = self._store.results.rows([unpack(key) for key in there])
        rows = iter(found)
        return [None if key == NOWHERE else next(rows) for key in packed]

    def _line(self, row: StoredResult | None, file: FileLines | None) -> bytes | None:
        if row is None:
            return None
        return self._store.results.line(row) if file is None else next(lines_of(file, [row.seq]))

    def _request(self, row: StoredResult | None) -> dict[str, Any] | None:
        if row is None or not row.batch_key:
            return None
        try:
            line = self._store.requests.line(row.batch_key, row.facts.custom_id)
        except UnknownIdError:
            return None
        params = read_object(line).get("params")
        return params if isinstance(params, dict) else None


def _check_belonging(pairs: Sequence[Pair]) -> None:
    """Raise `StoreError` if results were downloaded again since, in another order."""
    for pair in pairs:
        both = {row.facts.custom_id for row in (pair.left, pair.right) if row is not None}
        if len(both) > 1:
            raise StoreError(
                f"{' and '.join(sorted(both))}: the results have changed since they were compared.",
                unharmed="Nothing was changed.",
                todo="Compare again.",
            )


def _custom_id(left: StoredResult | None, right: StoredResult | None) -> str:
    row = left or right
    return row.facts.custom_id if row is not None else ""


def _as_result(line: bytes, file: FileLines | None) -> bytes:
    return line if file is None else result_line(line)
