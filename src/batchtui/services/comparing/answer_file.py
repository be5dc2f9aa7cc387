"""A JSONL file of results: what its lines say, and where each is."""

from __future__ import annotations

import hashlib
import os
from array import array
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import msgspec

from batchtui.domain.comparison import FileLines, SideTotals
from batchtui.domain.cost import batch_rates
from batchtui.domain.errors import DataError
from batchtui.domain.joining import NO_NAME, Answers, Outcome
from batchtui.domain.result import (
    REFUSED,
    SUCCEEDED,
    TRUNCATED,
    UNREADABLE,
    ResultFacts,
    Tokens,
    parse_result,
    read_object,
)
from batchtui.domain.result_forms import encoded, result_line
from batchtui.domain.selection import StoredResult
from batchtui.services.worker import Stop

MAX_LINE_BYTES = 64_000_000

LINES_BETWEEN_STOPS = 500

UNHARMED = "Nothing was compared."


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """A file that was read: its answers, one a custom_id, with their lines' numbers as keys.

    `unreadable` lines are no results; `repeated` ones have the custom_id of another. `sha256` is of the whole file.
    """

    answers: Answers
    totals: SideTotals
    lines: FileLines
    unreadable: int
    repeated: int
    sha256: str


def read_answers(path: Path, stop: Stop, on: str | None = None) -> AnswerFile:
    """Read a file of results as the API gives them, or of objects as `results --json` and `--join` give them.

    Memory grows by about 100 bytes a line. With `on` answers are named by that column of their data row, where a
    line has one. Raises `DataError` if the file cannot be read or no line is a result.
    """
    with _errors(path), path.open("rb") as file:
        before = os.fstat(file.fileno())
        reader = _Reader(file, on)
        digest = hashlib.sha256()
        for number, raw in enumerate(_lines(path, file)):
            if number % LINES_BETWEEN_STOPS == 0:
                stop.check()
            digest.update(raw)
            reader.take(raw)
    if not reader.offsets:
        what = f"none of its {reader.unreadable:,} lines is a result" if reader.unreadable else "it is empty"
        raise DataError(
            f"{path}: {what}.",
            unharmed=UNHARMED,
            todo="Give a JSONL file of results, as `batchtui results --out` writes.",
        )
    return AnswerFile(
        reader.answers(),
        reader.totals(path.name),
        FileLines(path, reader.offsets, reader.lengths, before.st_size, before.st_mtime_ns),
        reader.unreadable,
        reader.repeated,
        digest.hexdigest(),
    )


def rows_of(lines: FileLines, numbers: Sequence[int]) -> Iterator[StoredResult]:
    """Yield answers of a file as those of a batch would be; raises `DataError` if the file is another by now."""
    for number, line in zip(numbers, lines_of(lines, numbers), strict=True):
        facts = _facts(line)
        cost_usd = _cost_usd(facts) if facts.succeeded else 0.0
        yield StoredResult(0, "", 1, number, number, facts, cost_usd, lines.offsets[number], lines.lengths[number])


def lines_of(lines: FileLines, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield exactly these lines of a file, without their newlines; raises `DataError` if it is another by now."""
    with _errors(lines.path), lines.path.open("rb", buffering=0) as file:
        for number in numbers:
            now = os.fstat(file.fileno())
            if (now.st_size, now.st_mtime_ns) != (lines.size, lines.changed_ns):
                raise DataError(
                    f"{lines.path}: it has changed since it was read.", unharmed=UNHARMED, todo="Compare again."
                )
            yield os.pread(file.fileno(), lines.lengths[number], lines.offsets[number]).removeprefix(BOM_UTF8)


class _Reader:
    """Takes the lines of a file one by one and keeps what is compared of them."""

    def __init__(self, file: BinaryIO, on: str | None) -> None:
        self._file = file
        self._on = on
        self._places: dict[str, int] = {}
        self._names: list[bytes] = []
        self._hashes, self._codes = array("Q"), array("I")
        self._outcomes: dict[Outcome, int] = {}
        self._sums = _Sums()
        self._offset = 0
        self.offsets, self.lengths = array("q"), array("q")
        self.unreadable = self.repeated = 0

    def take(self, raw: bytes) -> None:
        """Take a line with its newline."""
        offset = self._offset
        self._offset += len(raw)
        whole = raw.removesuffix(b"\n")
        # Some programs begin a file with a byte order mark.
        line = whole.removeprefix(BOM_UTF8)
        if not line.strip():
            return
        facts = _facts(line)
        if facts.type == UNREADABLE:
            self.unreadable += 1
            return
        place = self._places.get(facts.custom_id) if facts.custom_id else None
        if place is not None:
            self.repeated += 1
            if not facts.succeeded and self._codes[place] == self._outcomes.get((SUCCEEDED, None)):
                return
            before = os.pread(self._file.fileno(), self.lengths[place], self.offsets[place])
            self._sums.add(_facts(before.removeprefix(BOM_UTF8)), -1)
        else:
            place = self._places[facts.custom_id] = len(self._names)
            self._names.append(NO_NAME)
            for numbers in (self._hashes, self._codes, self.offsets, self.lengths):
                numbers.append(0)
        outcome = facts.type, facts.error_type
        self._names[place] = facts.custom_id.encode() if self._on is None else _value(line, self._on)
        self._hashes[place] = int.from_bytes(facts.text_hash, "little")
        self._codes[place] = self._outcomes.setdefault(outcome, len(self._outcomes))
        self.offsets[place], self.lengths[place] = offset, len(whole)
        self._sums.add(facts, 1)

    def answers(self) -> Answers:
        """Return what has been taken."""
        keys = array("q", range(len(self._names)))
        return Answers(keys, self._names, self._hashes, self._codes, list(self._outcomes))

    def totals(self, name: str) -> SideTotals:
        """Return what it comes to."""
        return self._sums.totals(name)


class _Sums:
    """Adds up answers."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._tokens = [0] * len(Tokens.__struct_fields__)
        self._cost_usd = 0.0

    def add(self, facts: ResultFacts, times: int) -> None:
        """Add an answer, or take it off again with -1."""
        cost_usd = _cost_usd(facts)
        names = ("all", facts.type, *facts.flags, *(() if cost_usd is None else ("priced",)))
        for name in names:
            self._counts[name] += times
        for at, tokens in enumerate(msgspec.structs.astuple(facts.tokens)):
            self._tokens[at] += times * tokens
        self._cost_usd += times * (cost_usd or 0.0)

    def totals(self, name: str) -> SideTotals:
        counts = self._counts
        return SideTotals(
            name,
            rows=counts["all"],
            succeeded=counts[SUCCEEDED],
            failed=counts["all"] - counts[SUCCEEDED],
            truncated=counts[TRUNCATED],
            refused=counts[REFUSED],
            flagged=0,
            tokens=Tokens(*self._tokens),
            cost_usd=max(0.0, self._cost_usd) if counts["priced"] else None,
            duration_seconds=None,
        )


_rates = cache(batch_rates)


def _cost_usd(facts: ResultFacts) -> float | None:
    """Return what an answer cost, None if that is not known or there is no answer."""
    rates = _rates(facts.model) if facts.succeeded and facts.model is not None else None
    return None if rates is None else rates.cost_usd(facts.tokens)


def _facts(line: bytes) -> ResultFacts:
    facts = parse_result(line)
    return parse_result(result_line(line)) if facts.type == UNREADABLE else facts


def _value(line: bytes, column: str) -> bytes:
    """Return what the data row of a line has in a column, `NO_NAME` if it has none."""
    row = read_object(line).get("row")
    return column_value(row, column) if isinstance(row, dict) else NO_NAME


def column_value(row: Mapping[str, object], column: str) -> bytes:
    """Return a value of a data row as what is joined by, `NO_NAME` if there is none."""
    value = row.get(column)
    if value is None or value == "":
        return NO_NAME
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else encoded(value)


def _lines(path: Path, file: BinaryIO) -> Iterator[bytes]:
    while raw := file.readline(MAX_LINE_BYTES):
        if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
            raise DataError(
                f"{path}: a line of it is longer than {MAX_LINE_BYTES // 1_000_000:,} MB.",
                unharmed=UNHARMED,
                todo="Give a JSONL file of results.",
            )
        yield raw


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path}: {(error.strerror or str(error)).lower()}.",
            unharmed=UNHARMED,
            todo="Give a JSONL file that can be read.",
        ) from error
