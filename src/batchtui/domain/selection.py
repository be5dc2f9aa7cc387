"""Which results a person looks at, and a result as it is read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from batchtui.domain.result import ResultFacts

ResultKey = tuple[int, int]
"""Key of the batch, and number of the line among the results of that batch, counting from 0."""

FAILED = "failed"
"""As `Selection.only`: every result that did not succeed."""

SortBy = Literal["input", "custom_id", "type", "model", "input_tokens", "output_tokens", "cost", "length"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the results of some batches, in some order.

    `only` is a type of result, a flag, or `failed`. `text` must be part of the custom_id, the preview or the error
    message, whatever the case of its ASCII letters. `final` leaves one row a custom_id: the newest success over
    all these batches, else the newest failure; it is applied first, so that `only` and `text` narrow final
    answers. `length` sorts by the characters of the output.
    """

    batch_keys: tuple[int, ...]
    final: bool = False
    only: str | None = None
    text: str | None = None
    sort: SortBy = "input"
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class StoredResult:
    """One result from the index.

    `ordinal` is its place in the input where the requests are known, else in the results. `offset` and `length`
    are bytes of its line in the results file, without the newline. `cost_usd` is None where the price of its
    model is not known; what did not succeed is not billed and costs 0.
    """

    batch_key: int
    batch_id: str
    attempt: int
    seq: int
    ordinal: int
    facts: ResultFacts
    cost_usd: float | None
    offset: int
    length: int

    @property
    def key(self) -> ResultKey:
        """Return what the row is asked for by."""
        return self.batch_key, self.seq
