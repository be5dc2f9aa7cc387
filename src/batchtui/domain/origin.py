"""Where the API is: the one origin that requests, and with them the key, may go to."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

from batchtui.domain.errors import ConfigError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNPRINTABLE_OR_SPACE = re.compile(r"[^\x21-\x7e]|\\")


def check_base_url(url: str) -> str:
    """Return a base URL in its one spelling: lower-case origin, no default port, no trailing slash, no `/v1`.

    Plain http is taken for loopback hosts only, because the key travels with every request. A path before
    `/v1` stays: gateways live under one. Raises ConfigError for anything else.
    """
    text = url.strip()
    if _UNPRINTABLE_OR_SPACE.search(text):
        raise _wrong(url, "holds a space, a backslash or a character that is not ASCII")
    try:
        parts = urlsplit(text)
        origin = _origin(parts)
    except ValueError as error:
        raise _wrong(url, f"is not a URL ({error})") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise _wrong(url, "is not an http(s) URL with a host")
    if "@" in parts.netloc:
        raise ConfigError(
            "The base URL holds a user name or a password.", todo="Give the URL without them; the key goes apart."
        )
    if parts.query or parts.fragment:
        raise _wrong(url, "has a query or a fragment")
    if parts.scheme == "http" and not _is_loopback_host(parts.hostname):
        raise ConfigError(
            f"The base URL {url!r} is plain http, which would show the key to the network.",
            todo="Use https. Plain http is for a server on this machine only.",
        )
    return origin + re.sub(r"(/v1)?/*\Z", "", parts.path.rstrip("/"))


def check_hook_url(url: str) -> str:
    """Return a URL that notices may be posted to: https, or plain http on a loopback host.

    It may hold a query, but no user name or password. Raises ConfigError, which does not repeat it: the path or the
    query can be a secret.
    """
    if _UNPRINTABLE_OR_SPACE.search(url):
        raise ConfigError("The URL holds a space, a backslash or a character that is not ASCII.")
    try:
        parts = urlsplit(url)
        _origin(parts)
    except ValueError as error:
        raise ConfigError("The URL has a host or a port that is none.") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ConfigError("The URL is not an http(s) URL with a host.")
    if "@" in parts.netloc:
        raise ConfigError("The URL holds a user name or a password.")
    if parts.scheme == "http" and not _is_loopback_host(parts.hostname):
        raise ConfigError("The URL is plain http, which is for a server on this machine only.")
    return url


def origin_of(base_url: str) -> str:
    """Return scheme, host and port of a checked base URL, without its path."""
    return _origin(urlsplit(base_url))


def is_loopback(base_url: str) -> bool:
    """Return whether a checked base URL names this machine."""
    return _is_loopback_host(urlsplit(base_url).hostname or "")


def own_url(base_url: str, url: str) -> str | None:
    """Return an absolute URL on the origin of a checked base URL for one the API named, or None if it is elsewhere.

    A relative URL is taken from the root of the origin.
    """
    origin = origin_of(base_url)
    try:
        parts = urlsplit(urljoin(origin + "/", url))
        if _origin(parts) != origin:
            return None
    except ValueError:
        return None
    return origin + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    if port is None or port == _DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def _is_loopback_host(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(url: str, why: str) -> ConfigError:
    return ConfigError(
        f"The base URL {url!r} {why}.", todo="Give one like https://api.anthropic.com or http://127.0.0.1:8080."
    )
