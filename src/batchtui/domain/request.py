"""A request line: one `{"custom_id", "params"}` object, as it is sent and stored."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
"""What the API takes as a custom_id (API reference: `^[a-zA-Z0-9_-]{1,64}$`)."""

BODY_HEAD = b'{"requests":['
BODY_TAIL = b"]}"


class Request(msgspec.Struct, frozen=True):
    """One request of a batch; `params` are the parameters of a Messages request."""

    custom_id: str
    params: dict[str, Any]


def body_length(line_lengths_total: int, count: int) -> int:
    """Return the bytes of a create body made of `count` lines with that many bytes in all, newlines left out."""
    return len(BODY_HEAD) + line_lengths_total + max(0, count - 1) + len(BODY_TAIL)


def encode_request(custom_id: str, params: dict[str, Any]) -> bytes:
    """Return the line of a request, without a newline; lone surrogates stay the escapes they were."""
    request = {"custom_id": custom_id, "params": params}
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError:
        return json.dumps(request, separators=(",", ":")).encode("ascii")
