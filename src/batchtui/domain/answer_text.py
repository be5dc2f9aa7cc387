"""A result line as the text that is compared and shown."""

from __future__ import annotations

from batchtui.domain.result import SUCCEEDED, output_text, parse_result, read_object
from batchtui.domain.tool_use import tool_uses, with_tool_uses


def answer_text(line: bytes) -> str:
    """Return the output on a result line, tool use as JSON after the text.

    Of a failure it is the type and the message of the error, or the outcome. Two outputs are equal exactly if their
    `text_hash` is.
    """
    try:
        result = read_object(line).get("result")
    except (ValueError, RecursionError):
        result = None
    message = result.get("message") if isinstance(result, dict) and result.get("type") == SUCCEEDED else None
    if isinstance(message, dict):
        return with_tool_uses(output_text(message), tool_uses(message))
    facts = parse_result(line)
    return ": ".join(filter(None, (facts.error_type or facts.type, facts.error_message)))
