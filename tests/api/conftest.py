from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.api.client import Patience

from .raw_server import Behaviour, RawServer

KEY = "sk-ant-api03-a-key-of-tests-0123456789"

Serve = Callable[[Behaviour], RawServer]
Connect = Callable[..., AnthropicGateway]


@pytest.fixture(autouse=True)
def no_credentials_of_the_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("API_KEY", "AUTH_TOKEN", "PROFILE", "BASE_URL", "CUSTOM_HEADERS", "LOG"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path / "anthropic"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda behaviour: stack.enter_context(RawServer(behaviour))


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        def gateway(url: str, key: str | None = KEY, **options: Any) -> AnthropicGateway:
            made = AnthropicGateway(url, options.pop("find_key", lambda: key), **options)
            stack.push_async_callback(made.close)
            return made

        yield gateway


@pytest.fixture
def impatient() -> Patience:
    return Patience(connect_seconds=0.3, answer_seconds=0.3, create_seconds=0.3, silence_seconds=0.3)
