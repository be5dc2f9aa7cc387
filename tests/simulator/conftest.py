"""A served simulator whose clock stands still, and a client that speaks plain HTTP to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from batchtui.simulator import Settings, Simulator, serve

FROZEN_AT = datetime(2026, 11, 2, 12, 0, 0, 123456, tzinfo=UTC)
BATCHES = "/v1/messages/batches"


class Caller:
    """The API as one key sees it."""

    def __init__(self, base_url: str, simulator: Simulator, **headers: str) -> None:
        self.base_url = base_url
        self.simulator = simulator
        self.http = httpx2.Client(
            base_url=base_url,
            headers={"authorization": "Bearer sk-ant-test", "anthropic-version": "2026-10-21", **headers},
            timeout=20,
            verify=False,  # nothing to verify on loopback, and loading the certificates takes longer than a test
        )

    def create(self, *requests: dict[str, Any]) -> httpx2.Response:
        return self.http.post(BATCHES, json={"requests": list(requests)})

    def created(self, *requests: dict[str, Any]) -> str:
        reply = self.create(*requests)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["id"])

    def ended(self, *requests: dict[str, Any]) -> str:
        batch_id = self.created(*requests)
        self.control(end=batch_id)
        return batch_id

    def retrieve(self, batch_id: str) -> httpx2.Response:
        return self.http.get(f"{BATCHES}/{batch_id}")

    def results(self, batch_id: str) -> dict[str, dict[str, Any]]:
        reply = self.http.get(f"{BATCHES}/{batch_id}/results")
        assert reply.status_code == 200, reply.text
        return {line["custom_id"]: line["result"] for line in map(json.loads, reply.text.splitlines())}

    def control(self, **order: Any) -> dict[str, Any]:
        reply = self.http.post("/_control", json=order)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())


def request(custom_id: str = "a", prompt: str = "What is 2 + 2?", **params: Any) -> dict[str, Any]:
    """A request line that is valid unless told otherwise."""
    message = {"role": "user", "content": prompt}
    return {
        "custom_id": custom_id,
        "params": {"model": "claude-haiku-4-5", "max_tokens": 1024, "messages": [message], **params},
    }


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Serve a simulator with these settings, until the test ends."""
    with ExitStack() as stack:

        def begin(**settings: Any) -> Caller:
            served = stack.enter_context(serve(Settings(**{"frozen_at": FROZEN_AT, **settings})))
            caller = Caller(served.base_url, served.simulator)
            stack.callback(caller.http.close)
            return caller

        yield begin


@pytest.fixture
def caller(start: Callable[..., Caller]) -> Caller:
    return start()


def error_of(reply: httpx2.Response) -> tuple[int, str, str]:
    """The status, type and message of a refusal, after a look at the rest of its envelope."""
    body = reply.json()
    assert body["type"] == "error"
    assert body["request_id"] == reply.headers["request-id"]
    return reply.status_code, body["error"]["type"], body["error"]["message"]
