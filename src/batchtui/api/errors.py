"""What went wrong at the API or on the way to it, in sentences for users and without anything secret.

The exceptions of the SDK hold the request with its key, so ours are raised without them as a cause.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from batchtui.domain.errors import (
    ApiError,
    AuthError,
    BatchtuiError,
    MissingError,
    NoKeyError,
    RateLimitError,
    RejectedError,
    ServerError,
    SpendLimitError,
    UnclearError,
    UnreachableError,
)
from batchtui.domain.result import read_object

_MESSAGE_CHARS = 500
_SECRET_CHARS = 8
"""The shortest key that is taken out of messages; a shorter one is a stand-in and part of many words."""

_KEY_LIKE = re.compile(r"\bsk-[\w-]{8,}|\bBearer\s+\S{20,}")
_SPEND_CODE = "spend_limit_reached"
_MONTHLY_SPEND_CODE = "enforced_spend_limit_reached"
_SPEND_MESSAGE = re.compile(r"you have reached your specified .*usage limits?", re.IGNORECASE)
_DAY_AND_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?: at |[T ])(\d{2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Action:
    """What was being done, to complete “Could not …”, what it does at the API, and whether it names a batch."""

    name: str
    effect: Literal["reads", "creates", "changes", "spends"] = "reads"
    is_about_batch: bool = True

    @property
    def unharmed(self) -> str:
        """Return what is certain if the API did not do it."""
        if self.effect == "creates":
            return "No batch was created and nothing is charged."
        if self.effect == "spends":
            return "Nothing is charged."
        return "Nothing was changed."

    @property
    def doubt(self) -> str:
        """Return what to do if the API may have done it."""
        if self.effect == "creates":
            return "A batch may exist: look at the list before you send this again."
        if self.effect == "changes":
            return "It may have taken effect: refresh, then try again."
        if self.effect == "spends":
            return "It may have been answered and charged all the same; sending it again may cost it once more."
        return "Try again."


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API that is not what was asked for; `secret` is the key, which it might repeat."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    secret: str | None = None


def answer_error(action: Action, answer: Answer) -> ApiError:
    """Return the error for an answer that is no success, redirects included."""
    told = _told(answer)
    kind, todo = _kind(action, answer, told)
    certain = kind.nothing_was_created or action.effect == "reads"
    error = kind(
        _sentence(f"Could not {action.name}: {_label(answer, told)}", told.message),
        unharmed=action.unharmed if certain else "",
        todo=todo,
        status=answer.status,
        error_type=told.type,
        request_id=answer.headers.get("request-id"),
        retry_after_seconds=retry_after_seconds(answer.headers),
    )
    if isinstance(error, SpendLimitError):
        error.until = _until(told)
    return error


def senseless_error(action: Action, answer: Answer, why: str) -> UnclearError:
    """Return the error for an answer that says success and is not understood."""
    return UnclearError(
        _sentence(
            f"Could not {action.name}: the answer ({answer.status}) makes no sense", _clean(why, answer.secret)
        ),
        unharmed=action.unharmed if action.effect == "reads" else "",
        todo=f"{action.doubt} If this stays, check that the base URL is that of a Message Batches API.",
        status=answer.status,
        request_id=answer.headers.get("request-id"),
    )


def transport_error(action: Action, error: Exception) -> ApiError:
    """Return the error for a request that got no whole answer.

    Where the connection was never made the API cannot have seen the request: that is an UnreachableError.
    """
    import httpx2

    before_sending = (
        httpx2.ConnectError,
        httpx2.ConnectTimeout,
        httpx2.PoolTimeout,
        httpx2.ProxyError,
        httpx2.UnsupportedProtocol,
    )
    if isinstance(error, before_sending):
        return UnreachableError(
            _sentence(f"Could not {action.name}: no connection to the API", _reason(error)),
            unharmed=action.unharmed,
            todo="Check the network and the base URL, then try again.",
        )
    return UnclearError(
        f"Could not {action.name}: {_broken(error)}.",
        unharmed=action.unharmed if action.effect == "reads" else "",
        todo=action.doubt,
    )


def credentials_error(action: Action, error: Exception) -> BatchtuiError:
    """Return the error for credentials of the SDK's own chain that are missing, broken or cannot be renewed."""
    import httpx2

    if isinstance(error.__cause__, httpx2.TransportError):
        return UnreachableError(
            f"Could not {action.name}: the login could not be renewed because no server answered.",
            unharmed=action.unharmed,
            todo="Check the network, then try again.",
        )
    if isinstance(error, TypeError):
        what = (
            "There is no API key: not in ANTHROPIC_API_KEY, not in the keyring, and no login of the Anthropic SDK."
        )
    else:
        what = _sentence("The login of the Anthropic SDK cannot be used", _clean(str(error), None))
    return NoKeyError(
        what,
        unharmed=action.unharmed,
        todo="Store a key with `batchtui key set`, set ANTHROPIC_API_KEY, or run `ant auth login`.",
    )


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long the API wants to be left alone, from its headers in either form, never below zero."""
    for name, unit_seconds in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit_seconds
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


@dataclass(frozen=True, slots=True)
class _Told:
    """What the body of an error answer says, each part None where it does not."""

    message: str | None = None
    type: str | None = None
    code: str | None = None


def _told(answer: Answer) -> _Told:
    try:
        value = read_object(answer.body)
    except (ValueError, RecursionError):
        text = answer.body[: _MESSAGE_CHARS * 4].decode("utf-8", "replace").strip()
        return _Told() if text.startswith("<") else _Told(_clean(text, answer.secret) or None)
    error = value.get("error", value)
    if not isinstance(error, dict):
        error = {"message": error}
    details = error.get("details")
    message = error.get("message", value.get("detail"))
    kind = error.get("type")
    code = details.get("error_code") if isinstance(details, dict) else None
    return _Told(
        _clean(message, answer.secret) if isinstance(message, str) else None,
        _clean(kind, answer.secret) if isinstance(kind, str) and kind != "error" else None,
        code if isinstance(code, str) else None,
    )


def _kind(action: Action, answer: Answer, told: _Told) -> tuple[type[ApiError], str]:
    """Return the class of the error and what to do about it."""
    status = answer.status
    if status < 400:
        return (
            UnclearError,
            "Check the base URL: redirects are not followed, because the key goes to no other address.",
        )
    if status >= 500:
        return ServerError, action.doubt if action.effect != "reads" else "Wait a little and try again."
    if status == 402 or _SPEND_CODE in (told.code or "") or _SPEND_MESSAGE.match(told.message or ""):
        return SpendLimitError, "Raise the limit or settle the bill in the Claude Console, or wait until it clears."
    match status:
        case 401:
            return AuthError, "Check the key of this profile; `batchtui key set` stores another."
        case 403:
            return AuthError, "Use a key of the right workspace that is allowed to do this."
        case 404 if action.effect in {"creates", "spends"}:
            return MissingError, "Check the base URL and the models in the requests."
        case 404 | 405 if not action.is_about_batch and action.effect == "reads":
            return MissingError, "Check the base URL: there is no such endpoint of a Message Batches API."
        case 404:
            return MissingError, "It may belong to another workspace, be deleted, or be too new to be seen yet."
        case 408:
            # A proxy may answer this after it has passed the body on.
            return UnclearError, action.doubt if action.effect != "reads" else "Wait a little and try again."
        case 413 if action.effect == "spends":
            return RejectedError, "One request may have 32 MB: make it smaller."
        case 413:
            return RejectedError, "Split the requests into smaller batches: 256 MB is the limit of the API."
        case 429:
            wait = retry_after_seconds(answer.headers)
            return RateLimitError, f"Try again in {math.ceil(wait)} s." if wait else "Wait a little and try again."
    return RejectedError, "Mend what the API names and try again."


def _label(answer: Answer, told: _Told) -> str:
    """Return the answer's status in words, with its error type: “the API says 404 not_found_error”."""
    if told.type:
        return f"the API says {answer.status} {told.type}"
    from http import HTTPStatus

    try:
        return f"the API says {answer.status} {HTTPStatus(answer.status).phrase}"
    except ValueError:
        return f"the API says {answer.status}"


def _until(told: _Told) -> datetime | None:
    """Return when a spend limit clears: as the message says, or the first of next month (UTC) for a monthly one."""
    if found := _DAY_AND_TIME.search(told.message or ""):
        try:
            return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
        except ValueError:
            return None
    if told.code != _MONTHLY_SPEND_CODE and not _SPEND_MESSAGE.match(told.message or ""):
        return None
    now = datetime.now(UTC)
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=now.year + now.month // 12, month=now.month % 12 + 1)


def _reason(error: Exception) -> str:
    """Return why no connection was made; these texts come from the operating system or from TLS."""
    import httpx2

    if isinstance(error, httpx2.TimeoutException):
        return "it took too long"
    if not isinstance(error, httpx2.ConnectError):
        return "the proxy did not let it through"
    first = _first_cause(error)
    if (type(first) is OSError or isinstance(first, ConnectionError)) and first.errno:
        return os.strerror(first.errno)  # asyncio has put a text of its own in the place of this one.
    return _clean(first.strerror if isinstance(first, OSError) and first.strerror else str(first), None)


def _first_cause(error: BaseException) -> BaseException:
    """Return the error that all others of a chain came from; of several at once, the first."""
    while True:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        cause = error.__cause__ or error.__context__
        if cause is None:
            return error
        error = cause


def _broken(error: Exception) -> str:
    """Return how a request ended without an answer, in our words: the library's may quote a header."""
    import httpx2

    if isinstance(error, httpx2.WriteTimeout):
        return "the server stopped taking the request"
    if isinstance(error, httpx2.TimeoutException):
        return "the answer did not come in time"
    if isinstance(error, httpx2.DecodingError):
        return "the answer could not be decompressed"
    if isinstance(error, OSError):
        return f"a file could not be read ({error.strerror})"
    return "the connection broke before the whole answer had come"


def _clean(text: str, secret: str | None) -> str:
    """Return outside text in one line of bearable length, with everything that looks like a key taken out."""
    if secret and len(secret) >= _SECRET_CHARS:
        text = text.replace(secret, "[key]")
    text = " ".join(_KEY_LIKE.sub("[key]", text).split())
    return text if len(text) <= _MESSAGE_CHARS else text[: _MESSAGE_CHARS - 1] + "…"


def _sentence(what: str, said: str | None) -> str:
    return f"{what} (“{said}”)." if said else f"{what}."
