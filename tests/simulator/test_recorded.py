"""Replies against the public description of the API, and in shape against recorded real traffic."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.simulator.conftest import BATCHES, Caller, request

DATA = Path(__file__).parent.parent / "data"
SPEC = json.loads((DATA / "spec" / "message-batches-openapi-2026-08.json").read_text(encoding="utf-8"))
COMPARED_HEADERS = (
    *("content-type", "transfer-encoding", "retry-after", "request-id", "anthropic-organization-id"),
    *("anthropic-workspace-id", "content-disposition", "vary", "content-length"),
)


def check(name: str, value: object) -> None:
    """Raise unless the value is what the description calls `name`."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": SPEC["components"]}
    Draft202012Validator(schema).validate(value)


def shape(value: object) -> object:
    """The keys and types of a value, without its data."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value).__name__


def assert_holds(recorded: object, ours: object, where: str) -> None:
    """Every recorded key is there with the recorded type; ours may have more, which the description asks for."""
    if isinstance(recorded, dict):
        assert isinstance(ours, dict), where
        for key, part in recorded.items():
            assert key in ours, f"{where}.{key}"
            assert_holds(part, ours[key], f"{where}.{key}")
    elif isinstance(recorded, list):
        assert isinstance(ours, list), where
        assert len(ours) == len(recorded), where
        for index, part in enumerate(recorded):
            assert_holds(part, ours[index], f"{where}.{index}")
    else:
        assert ours == recorded, where


def test_the_oracle_can_say_no() -> None:
    with pytest.raises(AssertionError, match=r"body\.b"):
        assert_holds(shape({"a": 1, "b": None}), shape({"a": 2}), "body")


def parsed(body: str, content_type: str) -> object:
    if content_type == "application/x-jsonl":
        return sorted((json.loads(line) for line in body.splitlines()), key=lambda row: str(row["custom_id"]))
    return json.loads(body)


@pytest.mark.parametrize("name", ["lifecycle-2026-08-19", "cancel-2026-08-19"])
def test_recorded_traffic_replayed_gives_the_same_shapes(caller: Caller, name: str) -> None:
    exchanges = [
        json.loads(line) for line in (DATA / "recorded" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    caller.http.headers["accept-encoding"] = "identity"
    theirs = json.loads(exchanges[0]["body"])["id"]
    ours = ""
    for exchange in exchanges:
        if '"processing_status":"ended"' in exchange["body"]:
            caller.control(end="all")
        path = exchange["uri"].removeprefix("https://api.anthropic.com").replace(theirs, ours or theirs)
        reply = caller.http.request(exchange["method"], path, content=exchange["request_body"].encode())
        ours = ours or reply.json()["id"]
        where = f"{exchange['method']} {path}"
        assert reply.status_code == exchange["status"], where
        for header in COMPARED_HEADERS:
            assert (header in reply.headers) == (header in exchange["headers"]), f"{where}: {header}"
        for header in ("content-type", "retry-after", "vary"):
            assert reply.headers.get(header) == exchange["headers"].get(header), where
        kind = exchange["headers"]["content-type"]
        assert_holds(shape(parsed(exchange["body"], kind)), shape(parsed(reply.text, kind)), where)
        if kind == "application/x-jsonl":
            assert reply.text.endswith("\n") == exchange["body"].endswith("\n")


def test_the_recorded_sums_get_the_recorded_answers(caller: Caller) -> None:
    line = (DATA / "recorded" / "lifecycle-2026-08-19.jsonl").read_text(encoding="utf-8").splitlines()[0]
    reply = caller.http.post(BATCHES, content=json.loads(line)["request_body"].encode())
    caller.control(end="all")
    message = caller.results(reply.json()["id"])["0"]["message"]
    assert message["content"][0]["text"] == "4"
    assert message["model"] == "claude-haiku-4-5-20251001"


def test_every_reply_holds_what_the_description_requires(start: Callable[..., Caller]) -> None:
    caller = start(error_rate=0.3, expire_rate=0.2, refusal_rate=0.3, truncate_rate=0.2)
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}}}
    rows = [
        *(request(f"plain-{n}", f"Describe the harbour number {n}") for n in range(60)),
        request("bad", model="none"),
        request("thinks", thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=4000),
        *(request(f"calls-{n}", tools=[tool], tool_choice={"type": "any"}) for n in range(6)),
    ]
    created = caller.create(*rows).json()
    check("MessageBatch", created)
    check("MessageBatch", caller.retrieve(created["id"]).json())
    check("ListResponse_MessageBatch_", caller.http.get(BATCHES).json())
    second = caller.created(*rows)
    caller.control(advance_seconds=5)
    check("MessageBatch", caller.http.post(f"{BATCHES}/{second}/cancel").json())
    caller.control(end="all")
    check("MessageBatch", caller.retrieve(created["id"]).json())
    seen = set()
    for batch_id in (created["id"], second):
        for custom_id, result in caller.results(batch_id).items():
            check("MessageBatchIndividualResponse", {"custom_id": custom_id, "result": result})
            seen.add(result["type"])
            if result["type"] == "succeeded":
                seen.add(result["message"]["stop_reason"])
    assert seen == {"succeeded", "errored", "canceled", "expired", "end_turn", "max_tokens", "refusal", "tool_use"}
    check("ListResponse_MessageBatch_", caller.http.get(BATCHES).json())
    check("DeleteMessageBatchResponse", caller.http.delete(f"{BATCHES}/{second}").json())
    check("Message", caller.http.post("/v1/messages", json=request()["params"]).json())


def test_refusals_are_the_described_envelope(caller: Caller) -> None:
    running = caller.created(request())
    refusals: list[Any] = [
        caller.create(),
        caller.retrieve("msgbatch_none"),
        caller.http.get(f"{BATCHES}/{running}/results"),
        caller.http.delete(f"{BATCHES}/{running}"),
        caller.http.get(BATCHES, headers={"authorization": "Bearer sk-ant-invalid"}),
    ]
    for refused in refusals:
        assert refused.status_code >= 400
        check("ErrorResponse", refused.json())
