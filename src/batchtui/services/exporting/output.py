"""What a result says, from its exact line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from batchtui.domain.errors import StoreError
from batchtui.domain.result import SUCCEEDED, output_text, read_object
from batchtui.domain.unicode import well_formed
from batchtui.services.read import to_json
from batchtui.store.bulk import Block, BulkRow
from batchtui.store.bulk_reading import Row

_NULL = msgspec.Raw(b"null")


class ResultObject(msgspec.Struct, gc=False):
    """A result as `results --json` prints it, and `jsonl` with `join`; see `docs/results.md`."""

    custom_id: str
    batch_id: str
    attempt: int
    type: str
    error_type: str | None
    error_message: str | None
    stop_reason: str | None
    model: str | None
    text: str | None
    usage: msgspec.Raw
    cost_usd: float | None
    flags: list[str]
    note: str | None
    request: msgspec.Raw = _NULL
    row: msgspec.Raw = _NULL


class _Content(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None


class _Message(msgspec.Struct, gc=False):
    content: list[_Content] = []
    usage: msgspec.Raw = _NULL


class _Result(msgspec.Struct, gc=False):
    message: _Message | None = None


class _Line(msgspec.Struct, gc=False):
    custom_id: str
    result: _Result


class _TextMessage(msgspec.Struct, gc=False):
    content: list[_Content] = []


class _TextResult(msgspec.Struct, gc=False):
    message: _TextMessage | None = None


class _TextLine(msgspec.Struct, gc=False):
    custom_id: str
    result: _TextResult


class _Request(msgspec.Struct, gc=False):
    params: msgspec.Raw


_NOT_AS_USUAL = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_CUSTOM_ID, _TYPE = (BulkRow._fields.index(name) for name in ("custom_id", "type"))

_LINE = msgspec.json.Decoder(_Line)
_TEXT_LINE = msgspec.json.Decoder(_TextLine)
_REQUEST = msgspec.json.Decoder(_Request)
_ROW = msgspec.json.Decoder(dict[str, Any])


def result_objects(block: Block) -> Iterator[ResultObject]:
    """Yield the rows of a block as objects."""
    for number, (row, line) in enumerate(zip(map(BulkRow._make, block.rows), block.lines, strict=True)):
        message = _message(row, line)
        request = block.requests[number] if block.requests else None
        data_row = block.data_rows[number] if block.data_rows else None
        yield ResultObject(
            row.custom_id,
            row.batch_id,
            row.attempt,
            row.type,
            row.error_type,
            row.error_message,
            row.stop_reason,
            row.model,
            None if message is None else _text(message.content),
            _NULL if message is None else message.usage,
            row.cost_usd,
            row.flags.split(",") if row.flags else [],
            row.note,
            _NULL if request is None else msgspec.Raw(params_of(request)),
            _NULL if data_row is None else msgspec.Raw(to_json(values_of(data_row))),
        )


def texts_of(block: Block) -> list[str | None]:
    """Return the whole output of each row that succeeded, None for any other; lone surrogates are U+FFFD."""
    texts: list[str | None] = []
    for row, line in zip(block.rows, block.lines, strict=True):
        if row[_TYPE] != SUCCEEDED:
            texts.append(None)
            continue
        try:
            decoded = _TEXT_LINE.decode(line)
        except _NOT_AS_USUAL:
            texts.append(_text(_lenient(line).content))
            continue
        if decoded.custom_id != row[_CUSTOM_ID]:
            raise _unlike(repr(row[_CUSTOM_ID]))
        message = decoded.result.message
        texts.append("" if message is None else _text(message.content))
    return texts


def params_of(request: bytes) -> bytes:
    """Return the params on a request line as they stand, as valid UTF-8."""
    try:
        params = bytes(_REQUEST.decode(request).params)
        return params if params.isascii() else params.decode("utf-8", "replace").encode()
    except _NOT_AS_USUAL:
        return to_json(_object(request).get("params"))


def values_of(data_row: bytes) -> dict[str, Any]:
    """Return the columns of a data row and their values."""
    try:
        return _ROW.decode(data_row)
    except _NOT_AS_USUAL:
        return _object(data_row)


def _message(row: Row, line: bytes) -> _Message | None:
    if row[_TYPE] != SUCCEEDED:
        return None
    try:
        decoded = _LINE.decode(line)
    except _NOT_AS_USUAL:
        return _lenient(line)
    if decoded.custom_id != row[_CUSTOM_ID]:
        raise _unlike(repr(row[_CUSTOM_ID]))
    return decoded.result.message or _Message()


def _lenient(line: bytes) -> _Message:
    """Return the message of a line that is not as usual: content that is no list, lone surrogates."""
    result = _object(line).get("result")
    message = result.get("message") if isinstance(result, dict) else None
    if not isinstance(message, dict):
        return _Message()
    text = well_formed(output_text(message))
    return _Message([_Content("text", text)], msgspec.Raw(to_json(message.get("usage"))))


def _text(content: list[_Content]) -> str:
    if len(content) == 1:
        only = content[0]
        return only.text or "" if only.type == "text" else ""
    return output_text({"content": [{"type": block.type, "text": block.text} for block in content]})


def _object(line: bytes) -> dict[str, Any]:
    try:
        return read_object(line)
    except (ValueError, RecursionError) as error:
        raise _unlike(repr(line[:60])) from error


def _unlike(what: str) -> StoreError:
    return StoreError(
        f"The files are not as the index says: {what} is not what was there.",
        unharmed="No file was left half written.",
        todo="`batchtui doctor --repair` builds the index again from the files.",
    )
