"""What is refused at create, and what comes back as an errored row only after the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.conftest import BATCHES, Caller, error_of, request

PATTERN = "^[a-zA-Z0-9_-]{1,64}$"


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([], "requests: List should have at least 1 item after validation, not 0"),
        ([request("row.1")], f"requests.0.custom_id: String should match pattern '{PATTERN}'"),
        ([request("ok"), request("x" * 65)], f"requests.1.custom_id: String should match pattern '{PATTERN}'"),
        ([request("")], f"requests.0.custom_id: String should match pattern '{PATTERN}'"),
        ([request("line\n")], f"requests.0.custom_id: String should match pattern '{PATTERN}'"),
        ([{"params": {}}], "requests.0.custom_id: Field required"),
        ([{"custom_id": 7, "params": {}}], "requests.0.custom_id: Input should be a valid string"),
        ([{"custom_id": "a"}], "requests.0.params: Field required"),
        ([{"custom_id": "a", "params": []}], "requests.0.params: Input should be a valid dictionary"),
        ([{**request(), "method": "POST"}], "requests.0.method: Extra inputs are not permitted"),
        (["a"], "requests.0: Input should be a valid dictionary"),
        ("a", "requests: Input should be a valid list"),
    ],
)
def test_a_wrong_batch_is_refused_as_a_whole(caller: Caller, requests: Any, message: str) -> None:
    reply = caller.http.post(BATCHES, json={"requests": requests})
    assert error_of(reply) == (400, "invalid_request_error", message)
    assert caller.http.get(BATCHES).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "start_of_message"),
    [
        (b"", "The request body is not valid JSON"),
        (b'{"requests": [', "The request body is not valid JSON"),
        (b'{"requests": [' + b'{"a":' * 5000, "The request body is not valid JSON"),
        (b'{"requests": [{"custom_id": "\xff", "params": {}}]}', "The request body is not valid JSON"),
        (b"[]", "Input should be a valid dictionary"),
        (b"{}", "requests: Field required"),
        (b'{"requests": [], "input_file_id": "f"}', "input_file_id: Extra inputs are not permitted"),
    ],
)
def test_a_body_that_is_no_batch_is_refused(caller: Caller, body: bytes, start_of_message: str) -> None:
    status, kind, message = error_of(caller.http.post(BATCHES, content=body))
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith(start_of_message)


def test_custom_ids_must_be_unique(caller: Caller) -> None:
    status, _, message = error_of(caller.create(request("a"), request("b"), request("a")))
    assert status == 400
    assert message.startswith("requests.2.custom_id:")
    assert "'a'" in message


def test_too_many_requests_are_refused(start: Callable[..., Caller]) -> None:
    caller = start(max_requests=3)
    assert caller.create(*(request(str(n)) for n in range(3))).status_code == 200
    assert error_of(caller.create(*(request(str(n)) for n in range(4)))) == (
        400,
        "invalid_request_error",
        "requests: List should have at most 3 items after validation, not 4",
    )


def test_a_body_that_is_too_large_is_refused(start: Callable[..., Caller]) -> None:
    caller = start(max_body_bytes=2_000_000)
    reply = caller.create(request(prompt="x" * 3_000_000))
    assert error_of(reply)[:2] == (413, "request_too_large")
    assert caller.http.get(BATCHES).json()["data"] == []


ROW_ERRORS: list[tuple[dict[str, Any], str]] = [
    (
        {"max_tokens": 100_000},
        "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for",
    ),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": "many"}, "max_tokens: Input should be a valid integer"),
    ({"temperature": 1}, "temperature"),
    ({"top_p": 0.9}, "top_p"),
    ({"top_k": 4}, "top_k"),
    ({"stream": True}, "stream"),
    ({"speed": "fast"}, "speed: Extra inputs are not permitted"),
    ({"betas": []}, "betas: Extra inputs are not permitted"),
    ({"model": 4}, "model: Input should be a valid string"),
    ({"messages": []}, "messages: at least one message is required"),
    ({"messages": "hi"}, "messages: Input should be a valid list"),
    ({"messages": ["hi"]}, "messages.0: Input should be a valid dictionary"),
    ({"messages": [{"role": "user", "content": ""}]}, "messages.0: all messages must have non-empty content"),
    ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    ({"messages": [{"role": "user", "content": 4}]}, "messages.0.content: Input should be a valid list"),
    ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages.0.content.0.type: Field required"),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text: Field required"),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "messages.0.content.0: text"),
    ({"messages": [{"role": "system", "content": "x"}]}, 'messages: Unexpected role "system"'),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
    ({"messages": [{"role": "assistant", "content": "x"}]}, "messages: first message must use"),
    ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "`max_tokens` must be greater"),
    ({"thinking": {"type": "enabled", "budget_tokens": 10}}, "thinking.enabled.budget_tokens"),
    ({"model": "claude-opus-5-5", "thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking.type"),
    ({"tools": [{}]}, "tools.0.name: Field required"),
    ({"tool_choice": {"type": "tool", "name": "x"}}, "tool_choice.name"),
    ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema: Field required"),
]


def test_wrong_params_are_errored_rows_after_the_end(caller: Caller) -> None:
    requests = [request(f"row-{n}", **params) for n, (params, _) in enumerate(ROW_ERRORS)]
    batch_id = caller.ended(*requests, request("good"))
    results = caller.results(batch_id)
    assert results.pop("good")["type"] == "succeeded"
    for number, (_, message) in enumerate(ROW_ERRORS):
        result = results[f"row-{number}"]
        assert result["type"] == "errored"
        assert result["error"]["type"] == "error"
        assert result["error"]["request_id"] is None
        assert result["error"]["error"]["type"] == "invalid_request_error"
        assert result["error"]["error"]["message"].startswith(message)


def test_missing_params_and_unknown_models_are_errored_rows(caller: Caller) -> None:
    empty = {"custom_id": "empty", "params": {}}
    results = caller.results(caller.ended(empty, request("model", model="claude-2")))
    assert results["empty"]["error"]["error"]["message"] == "model: Field required"
    assert results["model"]["error"]["error"] == {
        "details": {"error_visibility": "user_facing"},
        "type": "not_found_error",
        "message": "model: claude-2",
    }


def test_the_version_of_the_create_decides_what_its_rows_may_say(caller: Caller) -> None:
    caller.http.headers["anthropic-version"] = "2023-06-01"
    cited = [{"role": "user", "content": [{"type": "text", "text": "x", "citations": [{"type": "x"}]}]}]
    old = caller.ended(
        request("a", temperature=0.5, top_k=3), request("b", temperature=2), request("c", messages=cited)
    )
    caller.http.headers["anthropic-version"] = "2026-10-21"
    new = caller.ended(request("a", temperature=0.5), request("c", messages=cited))
    assert {key: row["type"] for key, row in caller.results(old).items()} == {
        "a": "succeeded",
        "b": "errored",
        "c": "succeeded",
    }
    assert {row["type"] for row in caller.results(new).values()} == {"errored"}


def test_the_long_output_beta_raises_the_limit_of_some_models(caller: Caller) -> None:
    caller.http.headers["anthropic-beta"] = "other, output-300k-2026-03-24"
    batch_id = caller.ended(
        request("opus", model="claude-opus-5-5", max_tokens=300_000), request("haiku", max_tokens=300_000)
    )
    results = caller.results(batch_id)
    assert results["opus"]["type"] == "succeeded"
    assert results["haiku"]["type"] == "errored"
