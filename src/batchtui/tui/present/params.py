"""A request as a person reads it: what is asked, in which words, without the JSON around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from batchtui.domain.human import bytes_text

SHORT_CHARACTERS = 60
"""Up to which length a setting stands in the first lines."""

_BODIES = frozenset({"system", "messages", "tools"})


def readable(custom_id: str, params: Mapping[str, Any]) -> str:
    """Return a request as text: id and short settings, the system prompt, the messages in full, then all else.

    Images and documents are named with their size and not shown. Whatever has no form of its own is JSON.
    """
    settings = {key: value if isinstance(value, str) else as_json(value) for key, value in params.items()}
    settings = {key: text for key, text in settings.items() if key not in _BODIES}
    short = {key: flat for key, text in settings.items() if len(flat := " ".join(text.split())) <= SHORT_CHARACTERS}
    parts = [f"custom_id  {custom_id}", *(f"{key}  {text}" for key, text in short.items())]
    if "system" in params:
        parts += ["", "── system ──", *_content(params["system"])]
    parts += _messages(params["messages"]) if "messages" in params else []
    if "tools" in params:
        parts += ["", "── tools ──", *_tools(params["tools"])]
    for key, text in settings.items():
        if key not in short:
            parts += ["", f"── {key} ──", text]
    return "\n".join(parts)


def as_json(value: object) -> str:
    """Return a value as JSON with indents, letters as they are."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def indented(line: bytes) -> str:
    """Return a line of JSON over several lines: every value exactly as it is in the line."""
    import msgspec

    return msgspec.json.format(line, indent=2).decode("utf-8", "replace")


def _messages(messages: object) -> Iterator[str]:
    """Yield the lines of the messages."""
    if not isinstance(messages, list):
        yield from ("", "── messages ──", as_json(messages))
        return
    for message in messages:
        if isinstance(message, dict):
            yield from ("", f"── {message.get('role', 'message')} ──", *_content(message.get("content")))
        else:
            yield from ("", "── message ──", as_json(message))


def _content(content: object) -> Iterator[str]:
    """Yield the lines of what a message or a system prompt says."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            yield from _block(block)
    else:
        yield as_json(content)


def _block(block: object) -> Iterator[str]:
    if not isinstance(block, dict):
        yield as_json(block)
        return
    kind = str(block.get("type", "block"))
    if kind == "text" and isinstance(block.get("text"), str):
        yield block["text"]
    elif isinstance(block.get("source"), dict):
        yield f"[{kind}: {_source(block['source'])}]"
    else:
        yield as_json({key: value for key, value in block.items() if key != "cache_control"})
    if block.get("cache_control"):
        yield "[cached up to here]"


def _source(source: Mapping[str, Any]) -> str:
    """Return what an image or a document is made of."""
    media = str(source.get("media_type", source.get("type", "")))
    data = source.get("data")
    if source.get("type") == "base64" and isinstance(data, str):
        return f"{media}, {bytes_text(len(data) * 3 // 4)}"
    if isinstance(data, str):
        return f"{media}, {len(data):,} characters"
    place = source.get("url") or source.get("file_id") or ""
    return f"{media} {place}".strip()


def _tools(tools: object) -> Iterator[str]:
    """Yield a line for each tool."""
    for tool in tools if isinstance(tools, list) else [tools]:
        if isinstance(tool, dict) and "name" in tool:
            yield f"{tool['name']}: {tool.get('description', tool.get('type', ''))}"
        else:
            yield as_json(tool)
