"""Posting a notice to a URL of the user, signed so that the receiver can tell whom it is from."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import ssl
from importlib import import_module
from typing import TYPE_CHECKING

from batchtui import __version__
from batchtui.domain.errors import HookError
from batchtui.domain.origin import is_loopback

if TYPE_CHECKING:
    import httpx2

SIGNATURE_HEADER = "Batchtui-Signature"
TIME_HEADER = "Batchtui-Timestamp"


def signature(secret: str, at_seconds: int, body: bytes) -> str:
    """Return the signature of a body sent at a time: HMAC-SHA256 over `TIME.BODY`, in hexadecimal digits."""
    signed = f"{at_seconds}.".encode() + body
    # What the environment holds need not be text.
    key = secret.encode("utf-8", "surrogateescape")
    return "sha256=" + hmac.new(key, signed, hashlib.sha256).hexdigest()


async def post(hook: str, url: str, body: bytes, *, secret: str, at_seconds: int, timeout_seconds: float) -> None:
    """Post a JSON body once, following no redirect and reading nothing of the answer but its status.

    Raises `HookError`, which names the hook and not the URL, unless the status is 2xx.
    """
    await asyncio.to_thread(import_module, "httpx2")
    import httpx2

    headers = {
        "content-type": "application/json",
        "user-agent": f"batchtui/{__version__}",
        TIME_HEADER: str(at_seconds),
        SIGNATURE_HEADER: signature(secret, at_seconds, body),
    }
    try:
        async with asyncio.timeout(timeout_seconds):
            # The certificates take long to read.
            client = await asyncio.to_thread(_client, url, timeout_seconds)
            async with client, client.stream("POST", url, content=body, headers=headers) as response:
                status = response.status_code
    except (TimeoutError, httpx2.TimeoutException):
        raise HookError(hook, f"had no answer for {timeout_seconds:g} s") from None
    # A ValueError is a proxy in the environment that is none.
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise HookError(hook, f"could not be posted to ({_why(error)})") from None
    if not 200 <= status < 300:
        raise HookError(hook, f"was answered with status {status}")


def _why(error: BaseException) -> str:
    """Return what went wrong without the words of the HTTP library, which may hold the URL."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message.rstrip('.')}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def _client(url: str, timeout_seconds: float) -> httpx2.AsyncClient:
    import httpx2

    # At a lower level it writes URLs down, and they can hold a secret.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    return httpx2.AsyncClient(timeout=timeout_seconds, follow_redirects=False, trust_env=not is_loopback(url))
