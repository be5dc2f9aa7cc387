"""How many tokens a request and its answer count, and what of them came from the prompt cache."""

from __future__ import annotations

from typing import Any

from batchtui.simulator.chance import share

_CHARS_PER_TOKEN = 4
_OVERHEAD_TOKENS = 8
_IMAGE_TOKENS = 1_500
_CACHE_MINIMUM_TOKENS = 1_024
_CACHE_HIT_SHARE = 0.7
_CACHE_USE = 20


def text_tokens(text: str) -> int:
    """Return an estimate: a token is about four characters."""
    return -(-len(text) // _CHARS_PER_TOKEN)


def prompt_tokens(params: dict[str, Any]) -> int:
    """Return what count_tokens answers for these params, and the whole input of a message."""
    before, after = _split_at_cache_mark(params)
    return before + after + _OVERHEAD_TOKENS


def usage(
    params: dict[str, Any], number: int, output_tokens: int, thinking_tokens: int, service_tier: str
) -> dict[str, Any]:
    """Return the usage object of a message; `number` is the row's roll, which decides whether the cache was hit."""
    before, after = _split_at_cache_mark(params)
    cached = before if before >= _CACHE_MINIMUM_TOKENS else 0
    hit = share(number, _CACHE_USE) < _CACHE_HIT_SHARE
    written = 0 if hit else cached
    hour = written if written and _asks_for_hour(params) else 0
    counted: dict[str, Any] = {
        "input_tokens": before + after + _OVERHEAD_TOKENS - cached,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached - written,
        "cache_creation": {
            "ephemeral_5m_input_tokens": written - hour,
            "ephemeral_1h_input_tokens": hour,
        },
        "output_tokens": output_tokens,
        "server_tool_use": None,
        "service_tier": service_tier,
        "inference_geo": "not_available",
    }
    if thinking_tokens:
        counted["output_tokens_details"] = {"thinking_tokens": thinking_tokens}
    return counted


def _parts(params: dict[str, Any]) -> list[Any]:
    """Return the prompt in the order in which it is cached: tools, system, messages."""
    parts: list[Any] = list(params.get("tools") or ())
    for content in (params.get("system"), *(message["content"] for message in params["messages"])):
        if isinstance(content, list):
            parts.extend(content)
        elif content:
            parts.append(content)
    return parts


def _split_at_cache_mark(params: dict[str, Any]) -> tuple[int, int]:
    """Tokens up to the last cache_control, and after it."""
    total = marked = 0
    for part in _parts(params):
        total += _part_tokens(part)
        if isinstance(part, dict) and part.get("cache_control"):
            marked = total
    if params.get("cache_control"):
        marked = total
    return marked, total - marked


def _asks_for_hour(params: dict[str, Any]) -> bool:
    marks = [part.get("cache_control") for part in _parts(params) if isinstance(part, dict)]
    return any(isinstance(mark, dict) and mark.get("ttl") == "1h" for mark in (params.get("cache_control"), *marks))


def _part_tokens(part: str | dict[str, Any]) -> int:
    if isinstance(part, str):
        return text_tokens(part)
    kind = part.get("type")
    if kind == "text":
        return text_tokens(part["text"])
    if kind == "image":
        return _IMAGE_TOKENS
    source = part.get("source")
    if isinstance(source, dict) and isinstance(source.get("data"), str):
        return text_tokens(source["data"])
    return text_tokens(str(part))
