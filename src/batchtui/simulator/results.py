"""The results file of an ended batch: made while it is first sent, read from disk afterwards."""

from __future__ import annotations

import mmap
import random
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from batchtui.simulator.answers import Answerer
from batchtui.simulator.batches import Batch
from batchtui.simulator.chance import pick, token
from batchtui.simulator.errors import envelope
from batchtui.simulator.intake import CANCELED, INVALID, PASSING, SUCCEEDED, Rows
from batchtui.simulator.settings import Settings
from batchtui.simulator.validation import row_error

_CHUNK_BYTES = 1 << 18
_WHICH_PASSING = 4
_PASSING_ERRORS = (("overloaded_error", "Overloaded"), ("api_error", "Internal server error"))
_GZIP_WINDOW = 31


def lines(batch: Batch, answerer: Answerer, settings: Settings) -> Iterator[bytes]:
    """Return the lines of the results, each with its newline, in an order that is not the order of the requests."""
    rows = batch.rows
    order = list(range(len(rows)))
    random.Random(batch.id).shuffle(order)  # noqa: S311 - an order, not a secret
    encode = msgspec.json.Encoder().encode
    decode = msgspec.json.Decoder().decode
    with rows.path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with mapped:
        for index in order:
            row = decode(mapped[rows.offsets[index] : rows.offsets[index + 1]])
            result = _result(rows, index, row["params"], answerer, settings)
            line = {"custom_id": row["custom_id"], "result": result}
            yield encode(without_nulls(line) if settings.omit_nulls else line) + b"\n"


def pieces(batch: Batch, answerer: Answerer, settings: Settings) -> Iterator[bytes]:
    """Return the whole results in pieces worth a write each; kept on disk once they were read to the end."""
    if batch.results_of is settings:
        yield from _kept(batch)
        return
    with tempfile.NamedTemporaryFile(dir=batch.results_path.parent, delete=False) as part:
        kept = False
        try:
            for piece in joined(lines(batch, answerer, settings)):
                part.write(piece)
                yield piece
            part.flush()
            Path(part.name).replace(batch.results_path)
            batch.results_of = settings
            kept = True
        finally:
            if not kept:
                Path(part.name).unlink(missing_ok=True)


def joined(all_lines: Iterator[bytes]) -> Iterator[bytes]:
    """Return the same bytes in pieces that are worth a write each."""
    held: list[bytes] = []
    size = 0
    for line in all_lines:
        held.append(line)
        size += len(line)
        if size >= _CHUNK_BYTES:
            yield b"".join(held)
            held.clear()
            size = 0
    if held:
        yield b"".join(held)


def gzipped(plain: Iterator[bytes]) -> Iterator[bytes]:
    """Return the same pieces compressed as one gzip stream."""
    packer = zlib.compressobj(1, wbits=_GZIP_WINDOW)
    for piece in plain:
        packed = packer.compress(piece)
        if packed:
            yield packed
    yield packer.flush()


def without_nulls(value: object) -> object:
    """Return the value with every null key left out, at every depth."""
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(part) for part in value]
    return value


def _kept(batch: Batch) -> Iterator[bytes]:
    with batch.results_path.open("rb", buffering=0) as file:
        while piece := file.read(_CHUNK_BYTES):
            yield piece


def _result(
    rows: Rows, index: int, params: dict[str, Any], answerer: Answerer, settings: Settings
) -> dict[str, Any]:
    outcome, number = rows.outcomes[index], rows.rolls[index]
    if outcome == SUCCEEDED:
        return {"type": "succeeded", "message": answerer.message(params, number, "batch")}
    if outcome == INVALID:
        problem = row_error(params, rows.terms)
        if problem is None:
            raise AssertionError("a row that was refused at create is now valid")
        error = envelope(*problem, None, details={"error_visibility": "user_facing"})
    elif outcome == PASSING:
        kind, message = _PASSING_ERRORS[pick(number, _WHICH_PASSING, len(_PASSING_ERRORS))]
        error = envelope(kind, message, token("req_", number))
    else:
        return {"type": "canceled" if outcome == CANCELED else "expired"}
    return {"type": "errored", "error": error["error"] if settings.flat_errors else error}
