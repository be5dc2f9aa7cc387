from __future__ import annotations

import errno
import json
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from batchtui.api.errors import Action, Answer, answer_error, retry_after_seconds, senseless_error, transport_error
from batchtui.domain.errors import (
    MissingError,
    RateLimitError,
    RejectedError,
    ServerError,
    SpendLimitError,
    UnclearError,
    UnreachableError,
)

KEY = "sk-ant-api03-very-secret-0123456789"
LIMIT_REACHED = "You have reached your specified workspace API usage limits."
CREATE = Action("create the batch", "creates")
LIST = Action("list the batches")
CANCEL = Action("cancel batch b1", "changes")


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, data, KEY)


def told(message: Any, kind: str = "invalid_request_error", code: str | None = None) -> dict[str, Any]:
    error = {"type": kind, "message": message} | ({"details": {"error_code": code}} if code else {})
    return {"type": "error", "error": error}


def test_an_error_says_what_happened_what_is_unharmed_and_what_to_do() -> None:
    error = answer_error(CREATE, answer(400, told("requests.0.params: Field required"), request_id="req_7"))
    assert error.what == (
        "Could not create the batch: the API says 400 invalid_request_error (“requests.0.params: Field required”)."
    )
    assert error.unharmed == "No batch was created and nothing is charged."
    assert error.todo
    assert error.status == 400
    assert error.error_type == "invalid_request_error"
    assert error.request_id == "req_7"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "flat"}}, "“flat”"),
        ({"error": "just text"}, "“just text”"),
        ({"message": "aside"}, "“aside”"),
        ({"detail": "from a framework"}, "“from a framework”"),
        (b"upstream connect error", "“upstream connect error”"),
        (b"\xff\xfe", "“��”"),
        (told(None), "invalid_request_error."),
        ([1], "says 400"),
        (b"", "says 400"),
        (b"<html><body>nginx</body></html>", "says 400"),
    ],
)
def test_whatever_the_body_its_message_is_found(body: Any, said: str) -> None:
    error = answer_error(LIST, answer(400, body))
    assert said in error.what
    assert "<" not in error.what


def test_a_message_is_one_line_of_bearable_length() -> None:
    error = answer_error(LIST, answer(400, told("a\n\n b\t" + "x" * 100_000)))
    assert "a b xxx" in error.what
    assert len(error.what) < 700


@pytest.mark.parametrize(
    "body",
    [
        told(f"invalid key {KEY}"),
        told(f"invalid key {KEY[:-1]}?"),
        told(f"Authorization: Bearer {KEY}"),
        told("no", kind=KEY),
        f"denied: {KEY}".encode(),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_the_key_is_never_repeated(status: int, body: Any) -> None:
    error = answer_error(LIST, answer(status, body))
    assert "very-secret" not in repr((str(error), error.error_type, error.todo))
    assert "very-secret" not in str(senseless_error(LIST, answer(200), f"found {KEY}"))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "30", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 02 Nov 2020 10:00:00 GMT"}, 0.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


def test_retry_after_as_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    seconds = retry_after_seconds({"retry-after": date})
    assert seconds is not None
    assert 500 < seconds <= 600


def test_a_rate_limit_says_how_long_to_wait() -> None:
    error = answer_error(CREATE, answer(429, told("slow down", "rate_limit_error"), retry_after="7"))
    assert type(error) is RateLimitError
    assert error.retry_after_seconds == 7
    assert "7 s" in error.todo


def first_of_next_month() -> datetime:
    now = datetime.now(UTC)
    return datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "body", "until"),
    [
        (402, told("Your credit balance is too low", "billing_error"), None),
        (429, told("no", "rate_limit_error", "enforced_spend_limit_reached"), "next month"),
        (429, told("no", "rate_limit_error", "contract_spend_limit_reached"), None),
        (400, told("You have reached your specified API usage limits."), "next month"),
        (
            400,
            told(f"{LIMIT_REACHED} You will regain access on 2026-12-01 at 00:00 UTC."),
            datetime(2026, 12, 1, tzinfo=UTC),
        ),
    ],
)
def test_spend_limits_have_many_faces(status: int, body: Any, until: datetime | str | None) -> None:
    error = answer_error(CREATE, answer(status, body))
    assert isinstance(error, SpendLimitError)
    assert error.nothing_was_created
    assert error.until == (first_of_next_month() if until == "next month" else until)


def test_other_codes_on_429_are_rate_limits() -> None:
    error = answer_error(
        CREATE, answer(429, told("ramp", "rate_limit_error", "ramp_limit_exceeded"), retry_after="60")
    )
    assert type(error) is RateLimitError


def test_what_an_unclear_outcome_says_depends_on_what_was_asked() -> None:
    create, cancel, list_ = (answer_error(action, answer(500)) for action in (CREATE, CANCEL, LIST))
    assert {type(create), type(cancel), type(list_)} == {ServerError}
    assert not create.unharmed
    assert "look at the list" in create.todo
    assert not cancel.unharmed
    assert "may have taken effect" in cancel.todo
    assert list_.unharmed == "Nothing was changed."


def test_statuses_without_a_name_are_told_by_number() -> None:
    assert type(answer_error(LIST, answer(499))) is RejectedError
    assert "says 529" in answer_error(LIST, answer(529)).what
    assert type(answer_error(LIST, answer(302))) is UnclearError


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), os.strerror(errno.ECONNREFUSED)),
        (OSError(errno.ENETUNREACH, "Connect call failed"), os.strerror(errno.ENETUNREACH)),
        (socket.gaierror(8, "nodename nor servname provided, or not known"), "nodename nor servname provided"),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "certificate verify failed"),
    ],
    ids=["refused", "network", "name", "certificate"],
)
def test_the_reason_why_there_is_no_connection_is_told(cause: OSError, said: str) -> None:
    outer = httpx2.ConnectError("All connection attempts failed")
    outer.__cause__ = ExceptionGroup("several", [cause])
    error = transport_error(CREATE, outer)
    assert type(error) is UnreachableError
    assert said in error.what


def test_a_text_of_the_library_that_may_hold_a_header_is_not_shown() -> None:
    error = transport_error(CREATE, httpx2.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"))
    assert type(error) is UnclearError
    assert "secret" not in str(error)


def test_a_stand_in_for_a_key_is_left_in_the_words_it_is_part_of() -> None:
    error = answer_error(LIST, Answer(400, {}, b'{"detail": "expected an x"}', "x"))
    assert "expected an x" in error.what


def test_a_missing_endpoint_is_not_a_missing_batch() -> None:
    for status in (404, 405):
        error = answer_error(Action("list the batches", is_about_batch=False), Answer(status, {}, b""))
        assert isinstance(error, MissingError)
        assert "base URL" in error.todo
