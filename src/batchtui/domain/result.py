"""A result line: what came back for one request, read leniently and never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

SUCCEEDED = "succeeded"
ERRORED = "errored"
CANCELED = "canceled"
EXPIRED = "expired"
UNREADABLE = "unreadable"
"""Our own word for a line that is not a result: kept as bytes, counted as failed."""

TRUNCATED = "truncated"
REFUSED = "refused"
FLAGGED = "flagged"

PREVIEW_CHARS = 160

_STOP_FLAGS = {
    "max_tokens": TRUNCATED,
    "model_context_window_exceeded": TRUNCATED,
    "refusal": REFUSED,
}


class Tokens(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one answer as billed: uncached input, cache writes by lifetime, cache reads, output.

    `thinking` is the part of `output` spent on thinking. The total input is the sum of the first four.
    """

    input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0
    thinking: int = 0
    web_searches: int = 0

    @property
    def total_input(self) -> int:
        """Return all input tokens, cached or not."""
        return self.input + self.cache_write_5m + self.cache_write_1h + self.cache_read


class ResultFacts(msgspec.Struct, frozen=True, gc=False):
    """What the index keeps of a result line; the line itself stays in the file.

    `type` is the word of the API, kept even if unknown, or `unreadable`. `text_hash` is 8 bytes of BLAKE2b over
    the output text; equal hashes mean equal outputs for listing and comparing. Strings hold no lone surrogates.
    """

    custom_id: str
    type: str
    error_type: str | None = None
    error_message: str | None = None
    stop_reason: str | None = None
    model: str | None = None
    tokens: Tokens = Tokens()
    text_chars: int = 0
    text_hash: bytes = b""
    preview: str = ""
    flags: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Return whether there is an answer."""
        return self.type == SUCCEEDED


def read_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object on a line, with whatever text it holds.

    The fast parser goes first; what only the lenient one takes (lone surrogates, NaN) goes there. Bytes that are
    not UTF-8 become U+FFFD. Raises ValueError where there is no JSON object.
    """
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = json.loads(line.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, found {type(value).__name__}")
    return value


def parse_result(line: bytes) -> ResultFacts:
    """Return the facts of a result line; a line that is no result is `unreadable`, never an exception."""
    try:
        value = read_object(line)
    except (ValueError, RecursionError) as error:
        return ResultFacts("", UNREADABLE, error_type=UNREADABLE, error_message=_text(str(error)))
    custom_id = value.get("custom_id")
    result = value.get("result")
    if not isinstance(custom_id, str) or not isinstance(result, dict):
        return ResultFacts(
            _text(custom_id) if isinstance(custom_id, str) else "",
            UNREADABLE,
            error_type=UNREADABLE,
            error_message="the line has no custom_id or no result",
        )
    kind = result.get("type")
    message = result.get("message")
    if kind == SUCCEEDED and isinstance(message, dict):
        return _succeeded(_text(custom_id), message)
    error_type, error_message = _error(result)
    return ResultFacts(
        _text(custom_id),
        _text(kind) if isinstance(kind, str) else UNREADABLE,
        error_type=error_type,
        error_message=error_message,
    )


def output_text(message: Mapping[str, Any]) -> str:
    """Return the answer of a Messages object: its text blocks, in order.

    Text blocks that follow each other are one sentence cut up by citations and are joined as they are; where
    another block stands between them, an empty line does.
    """
    runs: list[str] = []
    in_run = False
    content = message.get("content")
    if isinstance(content, str):
        return content
    for block in content if isinstance(content, list) else ():
        text = block.get("text") if isinstance(block, dict) and block.get("type") == "text" else None
        if isinstance(text, str):
            if in_run:
                runs[-1] += text
            else:
                runs.append(text)
        in_run = isinstance(text, str)
    return "\n\n".join(runs)


def searched_text(line: bytes) -> str:
    """Return what a search looks at of a result line: the output text, or the message of the error."""
    try:
        result = read_object(line).get("result")
    except (ValueError, RecursionError):
        return ""
    if not isinstance(result, dict):
        return ""
    message = result.get("message")
    if result.get("type") == SUCCEEDED and isinstance(message, dict):
        return output_text(message)
    return _error(result)[1] or ""


def _succeeded(custom_id: str, message: Mapping[str, Any]) -> ResultFacts:
    text = output_text(message)
    stop_reason = message.get("stop_reason")
    model = message.get("model")
    flag = _STOP_FLAGS.get(stop_reason) if isinstance(stop_reason, str) else None
    return ResultFacts(
        custom_id,
        SUCCEEDED,
        stop_reason=_text(stop_reason) if isinstance(stop_reason, str) else None,
        model=_text(model) if isinstance(model, str) else None,
        tokens=tokens_of(message.get("usage")),
        text_chars=len(text),
        text_hash=hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(),
        preview=_text(" ".join(text[: PREVIEW_CHARS * 2].split())[:PREVIEW_CHARS]),
        flags=(flag,) if flag else (),
    )


def _error(result: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return type and message of an errored result, from the nested envelope or a flat one."""
    envelope = result.get("error")
    if isinstance(envelope, str):
        return "unknown_error", _text(envelope)
    if not isinstance(envelope, dict):
        return None, None
    inner = envelope.get("error")
    error = inner if isinstance(inner, dict) else envelope
    kind, message = error.get("type"), error.get("message")
    return (
        _text(kind) if isinstance(kind, str) else "unknown_error",
        _text(message) if isinstance(message, str) else None,
    )


def tokens_of(usage: object) -> Tokens:
    """Return the tokens in the `usage` of a Messages object; what it does not say is zero."""
    if not isinstance(usage, dict):
        return Tokens()
    writes = _count(usage, "cache_creation_input_tokens")
    write_1h = _count(usage.get("cache_creation"), "ephemeral_1h_input_tokens")
    return Tokens(
        input=_count(usage, "input_tokens"),
        cache_write_5m=max(0, writes - write_1h),
        cache_write_1h=write_1h,
        cache_read=_count(usage, "cache_read_input_tokens"),
        output=_count(usage, "output_tokens"),
        thinking=_count(usage.get("output_tokens_details"), "thinking_tokens"),
        web_searches=_count(usage.get("server_tool_use"), "web_search_requests"),
    )


def _count(counts: object, name: str) -> int:
    value = counts.get(name) if isinstance(counts, dict) else None
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0


def _text(text: str) -> str:
    """Return text that any UTF-8 consumer takes: lone surrogates become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
