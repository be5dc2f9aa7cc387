from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchtui.api.convert import batch_from_json, created_from_json, page_from_json, tokens_from_json
from batchtui.domain.batch import Batch, Counts

MINIMAL: dict[str, Any] = {"id": "b1", "processing_status": "in_progress", "created_at": "2026-11-01T10:00:00Z"}
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def batch(**fields: Any) -> Batch:
    return batch_from_json(json.dumps(MINIMAL | fields).encode())


def test_a_batch_may_leave_out_what_it_does_not_know() -> None:
    assert batch() == Batch("b1", "in_progress", Counts(), datetime(2026, 11, 1, 10, tzinfo=UTC))


def test_unknown_words_and_fields_pass() -> None:
    read = batch(processing_status="paused", colour="green", request_counts={"succeeded": 3, "waiting": 9})
    assert read.status == "paused"
    assert read.counts == Counts(succeeded=3)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-01T12:00:00Z", NOON),
        ("2026-11-01T12:00:00.000000+00:00", NOON),
        ("2026-11-01T12:00:00.123456789Z", NOON.replace(microsecond=123456)),
        ("2026-11-01T14:00:00+02:00", NOON),
        ("2026-11-01T12:00:00", NOON),
        ("2026-11-01 12:00:00", NOON),
        (NOON.timestamp(), NOON),
        (None, None),
        ("", None),
        ("soon", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        (0, None),
        (1e300, None),
        (float("nan"), None),
        (["2026"], None),
    ],
)
def test_times_are_aware_or_missing(text: object, time: datetime | None) -> None:
    assert batch(ended_at=text).ended_at == time


def test_a_missing_creation_is_a_day_before_expiry_or_the_end_or_now() -> None:
    assert batch(created_at=None, expires_at="2026-11-02T12:00:00Z").created_at == NOON
    assert batch(created_at=None, ended_at="2026-11-01T12:00:00Z").created_at == NOON
    assert datetime.now(UTC) - batch(created_at=None).created_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "counts", [None, [], "many", {"succeeded": None, "errored": -1, "expired": "2", "canceled": 1.5}]
)
def test_counts_that_are_none_are_zero(counts: object) -> None:
    assert batch(request_counts=counts).counts == Counts()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b'{"id": "b1"}',
        b'{"processing_status": "ended"}',
        b'{"id": 7, "processing_status": "ended"}',
        b'{"id": "", "processing_status": "ended"}',
        b'{"type": "error", "error": {"type": "api_error"}}',
        b"[" * 100_000,
    ],
)
def test_a_body_without_id_or_status_is_no_batch(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        batch_from_json(body)


def page(limit: int = 2, **fields: Any) -> tuple[list[str], bool, str | None]:
    read = page_from_json(json.dumps(fields).encode(), limit)
    return [each.id for each in read.batches], read.has_more, read.last_id


def test_a_page_as_the_api_sends_it() -> None:
    data = [MINIMAL, MINIMAL | {"id": "b2"}]
    assert page(data=data, has_more=True, first_id="b1", last_id="b2") == (["b1", "b2"], True, "b2")
    assert page(data=[], has_more=False, first_id=None, last_id=None) == ([], False, None)


def test_a_page_may_leave_out_its_cursor() -> None:
    data = [MINIMAL, MINIMAL | {"id": "b2"}]
    assert page(data=data) == (["b1", "b2"], True, "b2")
    assert page(limit=3, data=data) == (["b1", "b2"], False, "b2")
    assert page(data=data, has_more=False, last_id="") == (["b1", "b2"], False, "b2")


def test_an_empty_page_never_promises_more() -> None:
    assert page(data=[], has_more=True) == ([], False, None)


@pytest.mark.parametrize("body", [b"{}", b'{"data": null}', b'{"data": [{}]}', b'{"data": [3]}', b"[]"])
def test_a_page_that_is_none(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        page_from_json(body, 10)


def test_token_counts() -> None:
    assert tokens_from_json(b'{"input_tokens": 12}') == 12
    with pytest.raises(ValueError, match="input_tokens"):
        tokens_from_json(b'{"tokens": 12}')


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*Batch.__slots__, "processing_status", "request_counts"]), json_values))
def test_whatever_the_fields_hold_a_batch_with_id_and_status_is_read(fields: dict[str, Any]) -> None:
    read = batch_from_json(json.dumps(fields | {"id": "b1", "processing_status": "ended"}).encode())
    assert read.has_ended
    assert read.created_at.tzinfo is not None
    assert read.results_until > read.created_at


def test_of_a_batch_just_created_the_id_is_enough() -> None:
    batch = created_from_json(b'{"id": "b"}')
    assert (batch.id, batch.status, batch.counts.total) == ("b", "in_progress", 0)
    assert created_from_json(b'{"id": "b", "processing_status": "ended"}').status == "ended"
    with pytest.raises(ValueError, match="no id"):
        created_from_json(b'{"processing_status": "in_progress"}')
