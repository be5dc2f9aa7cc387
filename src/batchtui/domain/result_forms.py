"""Results in another form than the API gives them."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any

import msgspec

from batchtui.domain.result import SUCCEEDED, read_object


def result_line(raw: bytes) -> bytes:
    """Return a line as the API would have given it, so far as one of another form says it.

    The other form is an object as `results --json` and `jsonl --join` give it. A byte order mark is left out.
    """
    raw = raw.removeprefix(BOM_UTF8)
    try:
        value = read_object(raw)
    except (ValueError, RecursionError):
        return raw
    if "result" in value or not isinstance(value.get("type"), str):
        return raw
    return encoded({"custom_id": value.get("custom_id"), "result": _result(value)})


def _result(value: dict[str, Any]) -> dict[str, Any]:
    if value["type"] != SUCCEEDED:
        error = {"type": value.get("error_type"), "message": value.get("error_message")}
        return {"type": value["type"], **({"error": error} if error["type"] is not None else {})}
    return {
        "type": SUCCEEDED,
        "message": {
            "content": [{"type": "text", "text": text} for text in [value.get("text")] if isinstance(text, str)],
            "usage": value.get("usage"),
            "stop_reason": value.get("stop_reason"),
            "model": value.get("model"),
        },
    }


def encoded(value: object) -> bytes:
    """Return a value as JSON, whatever text it holds."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value).encode()
