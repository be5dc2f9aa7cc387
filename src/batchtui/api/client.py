"""The SDK's client, made so that it sends what we say, once, to one origin, and logs nothing."""

from __future__ import annotations

import gc
import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.api.errors import Action, credentials_error
from batchtui.domain.origin import is_loopback, origin_of

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

_LOGGERS = ("anthropic", "httpx2", "httpcore2")

_ANTHROPIC = "https://api.anthropic.com"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the API before giving up."""

    connect_seconds: float = 10.0
    #: For the answer to an ordinary call.
    answer_seconds: float = 30.0
    #: For the answer to a create, once the whole body is sent, and for a whole message.
    create_seconds: float = 600.0
    #: For a stretch in which nothing moves: a block of a body is not taken, no results arrive.
    silence_seconds: float = 60.0


def make_client(
    action: Action, base_url: str, api_key: str | None, workspace_id: str | None, patience: Patience
) -> AsyncAnthropic:
    """Import the SDK, which takes over a second, and return a client for a checked base URL.

    Without a key the SDK looks for credentials in its own places. Raises NoKeyError, about `action`, where it finds
    broken ones.
    """
    first = "anthropic" not in sys.modules
    collecting = gc.isenabled()
    gc.disable()
    try:
        import anthropic

        for name in _LOGGERS:
            # ANTHROPIC_LOG=debug would print bodies and answers over the screen.
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            client = anthropic.AsyncAnthropic(
                api_key=api_key,
                base_url=base_url,
                max_retries=0,
                timeout=timeout(patience, patience.answer_seconds),
                default_headers=_headers(base_url, api_key, workspace_id),
                http_client=anthropic.DefaultAsyncHttpxClient(
                    follow_redirects=False,
                    # A proxy would get to see the key in plain text.
                    mounts={origin_of(base_url): None} if is_loopback(base_url) else {},
                ),
                open_telemetry=False,
            )
        except anthropic.AnthropicError as error:
            raise credentials_error(action, error) from None
        if first:
            # Without this each later full collection walks the SDK's objects and stalls every thread for 0.1 s.
            gc.freeze()
    finally:
        if collecting:
            gc.enable()
    return client


def _headers(base_url: str, api_key: str | None, workspace_id: str | None) -> dict[str, str]:
    """Return what goes with every call beside the SDK's own headers.

    The SDK sends a key as a bearer token. Servers that imitate the API or stand before it often know the older
    `x-api-key` only, so all but the API itself get the key in both.
    """
    headers = {"anthropic-workspace-id": workspace_id} if workspace_id else {}
    if api_key and origin_of(base_url) != _ANTHROPIC:
        headers["x-api-key"] = api_key
    return headers


def timeout(patience: Patience, answer_seconds: float) -> httpx2.Timeout:
    """Return the timeouts of one call."""
    import httpx2

    return httpx2.Timeout(
        connect=patience.connect_seconds,
        read=answer_seconds,
        write=patience.silence_seconds,
        pool=patience.connect_seconds,
    )
