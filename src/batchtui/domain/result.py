"""A result line: what came back for one request, read leniently and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from batchtui.domain.tool_use import TOOL_USE, ToolUse, output_hash, read_input, tool_uses

if TYPE_CHECKING:
    from batchtui.domain.checks import Checks

SUCCEEDED = "succeeded"
ERRORED = "errored"
CANCELED = "canceled"
EXPIRED = "expired"
UNREADABLE = "unreadable"
"""Our own word for a line that is not a result: kept as bytes, counted as failed."""

TRUNCATED = "truncated"
REFUSED = "refused"
FLAGGED = "flagged"
"""A check of the template does not hold; the flag of each of them follows."""
CHECK = "check:"
"""How the flag begins that says which check does not hold; its name follows."""

PREVIEW_CHARS = 160
PREVIEW_FROM_CHARS = 240
"""How much of the output a preview is made from: white space in it is drawn together."""

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

    `type` is the word of the API, kept even if unknown, or `unreadable`. `text_hash` is 8 bytes of SHA-1 over the
    output text and tool use, empty where it is not known; equal hashes mean equal outputs.
    `text_blocks` is the number of text blocks the output is put together from, None where it was not counted.
    Strings hold no lone surrogates.
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
    text_blocks: int | None = 0

    @property
    def succeeded(self) -> bool:
        """Return whether there is an answer."""
        return self.type == SUCCEEDED


_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class _Block(msgspec.Struct, gc=False):
    type: str
    text: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw(b"null")


class _CacheWrites(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: _Count = 0


class _OutputDetails(msgspec.Struct, gc=False):
    thinking_tokens: _Count = 0


class _ServerTools(msgspec.Struct, gc=False):
    web_search_requests: _Count = 0


class _Usage(msgspec.Struct, gc=False):
    input_tokens: _Count
    output_tokens: _Count
    cache_creation_input_tokens: _Count | None = 0
    cache_read_input_tokens: _Count | None = 0
    cache_creation: _CacheWrites | None = None
    output_tokens_details: _OutputDetails | None = None
    server_tool_use: _ServerTools | None = None


class _Message(msgspec.Struct, gc=False):
    content: list[_Block]
    usage: _Usage
    stop_reason: str | None
    model: str


class _Result(msgspec.Struct, gc=False):
    type: str
    message: _Message | None = None


class _Line(msgspec.Struct, gc=False):
    custom_id: str
    result: _Result


class _Texts(msgspec.Struct, gc=False):
    content: list[_Block]


class _Answer(msgspec.Struct, gc=False):
    type: str
    message: _Texts | None = None


class _AnswerLine(msgspec.Struct, gc=False):
    result: _Answer


_DECODER = msgspec.json.Decoder(_Line)
"""For lines as the API writes them; any other goes through `read_object`, which takes twice as long."""

_ANSWER_DECODER = msgspec.json.Decoder(_AnswerLine)


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


def parse_result(line: bytes, checks: Checks | None = None) -> ResultFacts:
    """Return the facts of a result line; a line that is no result is `unreadable`, never an exception.

    An answer that a check does not hold for has flags that say so.
    """
    try:
        read = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _parse_leniently(line, checks)
    message = read.result.message
    if message is None or read.result.type != SUCCEEDED:
        return _parse_leniently(line, checks)
    content = message.content
    text = content[0].text if len(content) == 1 and content[0].type == "text" else None
    blocks, uses = 1, list[ToolUse]()
    if text is None:
        texts = [block.text if block.type == "text" else None for block in content]
        text, blocks = _joined(texts)
        try:
            uses = [(block.name, read_input(block.input)) for block in content if block.type == TOOL_USE]
        except (ValueError, RecursionError):
            return _parse_leniently(line, checks)
    return _answer(
        read.custom_id,
        text,
        uses,
        checks,
        text_blocks=blocks,
        stop_reason=message.stop_reason,
        model=message.model,
        tokens=_tokens(message.usage),
    )


def searched_text(line: bytes) -> str:
    """Return what a search looks at of a result line: the output text, or the message of the error."""
    try:
        read = _ANSWER_DECODER.decode(line).result
        if read.type == SUCCEEDED and read.message is not None:
            return _joined([block.text if block.type == "text" else None for block in read.message.content])[0]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
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


def output_text(message: Mapping[str, Any]) -> str:
    """Return the answer of a Messages object: its text blocks, in order.

    Text blocks that follow each other are one sentence cut up by citations and are joined as they are; where
    another block stands between them, an empty line does.
    """
    return _output(message)[0]


def _output(message: Mapping[str, Any]) -> tuple[str, int]:
    """Return the output text and how many text blocks it is put together from."""
    content = message.get("content")
    if isinstance(content, str):
        return content, 1
    texts: list[str | None] = []
    for block in content if isinstance(content, list) else ():
        text = block.get("text") if isinstance(block, dict) and block.get("type") == "text" else None
        texts.append(text if isinstance(text, str) else None)
    return _joined(texts)


def _joined(texts: Sequence[str | None]) -> tuple[str, int]:
    """Return texts as one, and how many they are; None stands for a block that is no text."""
    runs: list[str] = []
    in_run = False
    for text in texts:
        if text is not None:
            if in_run:
                runs[-1] += text
            else:
                runs.append(text)
        in_run = text is not None
    return "\n\n".join(runs), len(texts) - texts.count(None)


def _parse_leniently(line: bytes, checks: Checks | None) -> ResultFacts:
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
        text, blocks = _output(message)
        stop_reason, model = message.get("stop_reason"), message.get("model")
        return _answer(
            _text(custom_id),
            text,
            tool_uses(message),
            checks,
            text_blocks=blocks,
            stop_reason=_text(stop_reason) if isinstance(stop_reason, str) else None,
            model=_text(model) if isinstance(model, str) else None,
            tokens=tokens_of(message.get("usage")),
        )
    error_type, error_message = _error(result)
    return ResultFacts(
        _text(custom_id),
        _text(kind) if isinstance(kind, str) else UNREADABLE,
        error_type=error_type,
        error_message=error_message,
    )


def _answer(
    custom_id: str,
    text: str,
    uses: Sequence[ToolUse],
    checks: Checks | None,
    *,
    text_blocks: int,
    stop_reason: str | None,
    model: str | None,
    tokens: Tokens,
) -> ResultFacts:
    flag = _STOP_FLAGS.get(stop_reason) if stop_reason else None
    flags: tuple[str, ...] = (flag,) if flag else ()
    if checks is not None and (failing := checks.failing(text, stop_reason)):
        flags += (FLAGGED, *(CHECK + name for name in failing))
    return ResultFacts(
        custom_id,
        SUCCEEDED,
        None,
        None,
        stop_reason,
        model,
        tokens,
        len(text),
        output_hash(text, uses),
        _preview(text),
        flags,
        text_blocks,
    )


def _preview(text: str) -> str:
    """Return the beginning of a text with all white space drawn together."""
    begin = text[:PREVIEW_CHARS]
    if begin.isprintable() and "  " not in begin:
        return begin.strip()
    return _text(" ".join(text[:PREVIEW_FROM_CHARS].split())[:PREVIEW_CHARS])


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


def _tokens(usage: _Usage) -> Tokens:
    writes, write_1h = usage.cache_creation_input_tokens or 0, 0
    if usage.cache_creation is not None:
        write_1h = usage.cache_creation.ephemeral_1h_input_tokens
    return Tokens(
        usage.input_tokens,
        max(0, writes - write_1h),
        write_1h,
        usage.cache_read_input_tokens or 0,
        usage.output_tokens,
        usage.output_tokens_details.thinking_tokens if usage.output_tokens_details else 0,
        usage.server_tool_use.web_search_requests if usage.server_tool_use else 0,
    )


def tokens_of(usage: object) -> Tokens:
    """Return the tokens of the `usage` of a Messages object; what is no count is 0."""
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
