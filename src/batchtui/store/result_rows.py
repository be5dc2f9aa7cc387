"""The rows of results: from a line to a row, and from a row to what is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.cost import Rates, batch_rates
from batchtui.domain.result import (
    CANCELED,
    ERRORED,
    EXPIRED,
    SUCCEEDED,
    UNREADABLE,
    ResultFacts,
    Tokens,
    parse_result,
)
from batchtui.domain.selection import StoredResult
from batchtui.store.fingerprints import FingerprintMaker
from batchtui.store.ordinals import Ordinals
from batchtui.store.overviews import OverviewMaker

if TYPE_CHECKING:
    from batchtui.domain.checks import Checks

ERROR_MESSAGE_CHARS = 2_000
"""How much of an error message is kept; the whole of it stays in the file."""

COLUMNS = """r.seq, r.ordinal, r.cost_usd, r.offset, r.length, r.custom_id, r.type, r.error_type, r.error_message,
    r.stop_reason, r.model, r.text_chars, r.text_hash, r.preview, r.flags, r.input_tokens, r.cache_write_5m,
    r.cache_write_1h, r.cache_read, r.output_tokens, r.thinking_tokens, r.web_searches, r.text_blocks,
    (SELECT m.note FROM remarks m WHERE m.batch_key = ? AND m.custom_id = r.custom_id)"""

_INSERTED = """download_key, seq, ordinal, offset, length, custom_id, type, error_type, error_message, stop_reason,
    model, input_tokens, cache_write_5m, cache_write_1h, cache_read, output_tokens, thinking_tokens, web_searches,
    cost_usd, text_hash, text_chars, preview, flags, text_blocks"""

INSERT = f"INSERT INTO results ({_INSERTED}) VALUES ({', '.join('?' * len(_INSERTED.split(',')))})"
"""Adds a `Row`."""

_UNANSWERED = frozenset({CANCELED, EXPIRED})

_NOT_BILLED = _UNANSWERED | {ERRORED}
"""What the API does not charge for (API docs, batch processing)."""

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of a download or of indexing a file.

    `complete` says whether all lines that carry an answer are there and the last one is whole; a download that is
    not complete has been dropped. `missing` are the lines that were expected and did not come. `unreadable` lines
    are kept and count as failed.
    """

    lines: int
    unreadable: int
    missing: int
    complete: bool
    file_bytes: int


class RowMaker:
    """Makes the rows of one results file, line after line, and adds up what it sees.

    A result without a request comes after all that have one. An answer that a check does not hold for is flagged.
    """

    def __init__(self, download_key: int, batch_key: int, ordinals: Ordinals, checks: Checks | None) -> None:
        self.download_key = download_key
        self.batch_key = batch_key
        self.overview = OverviewMaker()
        self.fingerprints = FingerprintMaker()
        self.request_count = ordinals.count
        self._ordinals = ordinals
        self._checks = checks
        self.lines = 0
        self.cost_usd = 0.0
        self.priced = 0
        self.unpriced = 0
        self.rates: dict[str, Rates | None] = {}

    @property
    def unreadable(self) -> int:
        """Return how many lines could not be read."""
        return self.overview.count(UNREADABLE)

    def row(self, line: bytes, offset: int) -> Row:
        """Return the row of a line that begins at an offset of its file."""
        facts = parse_result(line, self._checks)
        cost_usd = self._cost_usd(facts)
        seq = self.lines
        self.lines += 1
        ordinal = self._ordinals.find(facts.custom_id)
        if ordinal is None:
            ordinal = self.request_count + seq
        flags = ",".join(facts.flags)
        self.overview.add(ordinal, (facts.type, flags, facts.stop_reason, facts.model))
        message = facts.error_message
        tokens = facts.tokens
        return (
            self.download_key,
            seq,
            ordinal,
            offset,
            len(line),
            facts.custom_id,
            facts.type,
            facts.error_type,
            message[:ERROR_MESSAGE_CHARS] if message else message,
            facts.stop_reason,
            facts.model,
            tokens.input,
            tokens.cache_write_5m,
            tokens.cache_write_1h,
            tokens.cache_read,
            tokens.output,
            tokens.thinking,
            tokens.web_searches,
            cost_usd,
            facts.text_hash,
            facts.text_chars,
            facts.preview,
            flags,
            facts.text_blocks,
        )

    def ingested(self, expected: int | None, unanswered: int, file_bytes: int, *, torn: bool = False) -> Ingested:
        """Return what was seen, measured against the number of lines expected, `unanswered` ones among them."""
        wanted = expected or 0
        answers = self.lines - sum(self.overview.count(type_) for type_ in _UNANSWERED)
        return Ingested(
            lines=self.lines,
            unreadable=self.unreadable,
            missing=max(0, wanted - self.lines),
            complete=not torn and (self.lines >= wanted or answers >= wanted - unanswered),
            file_bytes=file_bytes,
        )

    def _cost_usd(self, facts: ResultFacts) -> float | None:
        if facts.type == SUCCEEDED and facts.model is not None:
            rates = self._rates_of(facts.model)
            if rates is not None:
                cost_usd = rates.cost_usd(facts.tokens)
                self.priced += 1
                self.cost_usd += cost_usd
                return cost_usd
        if facts.type in _NOT_BILLED:
            return 0.0
        self.unpriced += 1
        return None

    def _rates_of(self, model: str) -> Rates | None:
        try:
            return self.rates[model]
        except KeyError:
            return self.rates.setdefault(model, batch_rates(model))


def stored_result(batch_key: int, batch_id: str, attempt: int, row: tuple[Any, ...]) -> StoredResult:
    """Return the result of a row of `COLUMNS`."""
    (seq, ordinal, cost_usd, offset, length, custom_id, type_, error_type, error_message) = row[:9]
    (stop_reason, model, text_chars, text_hash, preview, flags) = row[9:15]
    facts = ResultFacts(
        custom_id,
        type_,
        error_type,
        error_message,
        stop_reason,
        model,
        Tokens(*row[15:22]),
        text_chars,
        text_hash,
        preview,
        tuple(flags.split(",")) if flags else (),
        row[22],
    )
    return StoredResult(batch_key, batch_id, attempt, seq, ordinal, facts, cost_usd, offset, length, row[23] or "")
