"""Tool use in an answer: what the model asked for beside, or instead of, writing text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Any

import msgspec

TOOL_USE = "tool_use"
"""The type of a block that asks for a tool of the caller. Tools of the server are not part of an answer."""

ToolUse = tuple[str | None, object]
"""Name of the tool, and its input as JSON values."""

HASH_BYTES = 8

TOO_DEEP = b"(nested too deeply to be shown)"


def tool_uses(message: Mapping[str, Any]) -> list[ToolUse]:
    """Return the tool uses of a Messages object, in order."""
    content = message.get("content")
    blocks = content if isinstance(content, list) else ()
    return [
        (block.get("name"), block.get("input"))
        for block in blocks
        if isinstance(block, dict) and block.get("type") == TOOL_USE
    ]


def read_input(raw: msgspec.Raw) -> object:
    """Return the value of some JSON, with whatever text it holds; raises ValueError and RecursionError."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(bytes(raw).decode("utf-8", "replace"))


def with_tool_uses(text: str, uses: Sequence[ToolUse]) -> str:
    """Return a text with tool uses after it as JSON, keys in alphabetical order: two of them can be told apart."""
    shown = map(_shown, uses)
    return "\n\n".join([text, *shown] if text else shown)


def output_hash(text: str, uses: Sequence[ToolUse] = ()) -> bytes:
    """Return 8 bytes of SHA-1 over the text of an answer and the tools it asks for.

    Two answers that ask for the same differ in ids that the server makes up, and perhaps in the order of keys:
    neither counts.
    """
    data = text.encode("utf-8", "surrogatepass")
    if uses:
        data = b"\0".join([data, *map(_canonical, uses)])
    return sha1(data, usedforsecurity=False).digest()[:HASH_BYTES]


def _shown(use: ToolUse) -> str:
    name, value = use
    try:
        return json.dumps({"tool": name, "input": value}, ensure_ascii=False, indent=2, sort_keys=True)
    except RecursionError:
        return _canonical(use).decode()


def _canonical(use: ToolUse) -> bytes:
    """Return the same bytes for the same tool use; what is nested too deeply to be written is not told apart."""
    try:
        return msgspec.json.encode(use, order="deterministic")
    except UnicodeEncodeError:
        return json.dumps(use, sort_keys=True).encode()
    except RecursionError:
        return TOO_DEEP
