"""A request as a command for a shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

API_VERSION = "2026-10-21"
"""The version of the API that its SDK asks for."""


def curl_command(base_url: str, params: Mapping[str, Any], betas: Sequence[str] = ()) -> str:
    """Return a command that sends a request by itself, at full price; the key is a variable and not in it.

    Everything from outside is in single quotes and in ASCII, so that pasting it runs nothing else.
    """
    headers = [f"anthropic-version: {API_VERSION}", "content-type: application/json"]
    if betas:
        headers.append(f"anthropic-beta: {','.join(betas)}")
    parts = [
        f"curl {_quoted(base_url.rstrip('/') + '/v1/messages')}",
        '-H "Authorization: Bearer $ANTHROPIC_API_KEY"',
    ]
    parts += [f"-H {_quoted(header)}" for header in headers]
    parts.append(f"--data-raw {_quoted(json.dumps(params))}")
    return " \\\n  ".join(parts)


def _quoted(text: str) -> str:
    """Return text as one word for a shell; what is not printable ASCII, as in a URL, becomes a question mark."""
    return shlex.quote("".join(char if " " <= char <= "~" else "?" for char in text))
