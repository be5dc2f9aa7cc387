"""Real parts: a store on disk, the SDK, and the simulator behind HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.paths import Places
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Served, Settings, serve
from batchtui.store import Store

Open = Callable[..., Workbench]


@pytest.fixture
def server() -> Iterator[Served]:
    with serve(Settings(seed=3, duration_seconds=3600)) as served:
        yield served


@pytest.fixture
async def open_workbench(server: Served, tmp_path: Path) -> AsyncIterator[Open]:
    """Open the services on one home; several times for several processes' worth of them, or for several servers."""
    opened: list[Workbench] = []

    def make(base_url: str = server.base_url) -> Workbench:
        places = Places(tmp_path / "home", tmp_path / "home" / "config.toml")
        gateway = AnthropicGateway(base_url, lambda: "sk-ant-test")
        bench = Workbench(Store.open(places), gateway, Profile("default", gateway.base_url), poll_seconds=0.05)
        opened.append(bench)
        return bench

    yield make
    for bench in opened:
        await bench.close()


@pytest.fixture
def bench(open_workbench: Open) -> Workbench:
    return open_workbench()


def request_line(custom_id: str, text: str = "Name a river.", **params: object) -> bytes:
    request = {
        "custom_id": custom_id,
        "params": {
            "model": "claude-haiku-5-5",
            "max_tokens": 64,
            "messages": [{"role": "user", "content": text}],
        }
        | params,
    }
    return json.dumps(request).encode()


def posts(server: Served) -> int:
    """Return how many creates the server has seen."""
    return sum(
        entry["method"] == "POST" and entry["path"] == "/v1/messages/batches" for entry in server.simulator.log
    )
