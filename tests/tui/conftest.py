"""The screens on real parts: a store on disk, the SDK, and the simulator behind HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.composition import check_key
from batchtui.config import Config, load_config
from batchtui.paths import Places
from batchtui.services.prepare import prepare
from batchtui.services.submit import Submission
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Served, Settings, serve
from batchtui.store import Store
from batchtui.tui.app import BatchtuiApp
from tests.services.conftest import request_line
from tests.tui.screen_text import screen_text

WIDE, NARROW = (160, 50), (80, 24)
PATIENCE_SECONDS = 20.0


@pytest.fixture
def server() -> Iterator[Served]:
    with serve(Settings(seed=3, duration_seconds=3600)) as served:
        yield served


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "home", tmp_path / "home" / "config.toml")


@pytest.fixture
async def bench(server: Served, places: Places) -> AsyncIterator[Workbench]:
    bench = make_bench(places, server.base_url)
    yield bench
    await bench.close()


def make_bench(
    places: Places, base_url: str, *, find_key: Callable[[], str | None] = lambda: "sk-ant-test", **profile: Any
) -> Workbench:
    gateway = AnthropicGateway(base_url, find_key)
    return Workbench(Store.open(places), gateway, Profile("default", gateway.base_url, **profile), poll_seconds=0.1)


def make_config(base_url: str, **fields: Any) -> Config:
    import msgspec

    config = load_config(Path("does-not-exist.toml"), base_url=base_url, environ={})
    return msgspec.structs.replace(config, **fields)


class EndsInOrder(BatchtuiApp):
    """Ends as it does for users, with its workers first: `run_test` takes the widgets away from under them."""

    async def _shutdown(self) -> None:
        self.workers.cancel_all()
        await super()._shutdown()


def make_app(bench: Workbench, **fields: Any) -> BatchtuiApp:
    config = make_config(bench.gateway.base_url, **fields)
    app = EndsInOrder(bench, config, partial(check_key, config))
    app.animation_level = "none"
    return app


async def submit(bench: Workbench, name: str, count: int = 5, **params: Any) -> Submission:
    lines = [request_line(f"row-{number:04}", f"Name river {number}.", **params) for number in range(count)]
    return await bench.submissions.send(await prepare(bench.store, lines, "test"), name=name)


def end_all(server: Served) -> None:
    for batch in server.simulator.shelf.all():
        if batch.status != "ended":
            server.simulator.shelf.end_now(batch)


async def failed_job(bench: Workbench, server: Served, name: str = "rivers", count: int = 40) -> Submission:
    """Send a job, let about half of it fail, and bring its results home."""
    server.simulator.change({"error_rate": 0.5})
    sent = await submit(bench, name, count)
    end_all(server)
    await bench.sync.run()
    server.simulator.change({"error_rate": 0.0})
    return sent


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app run until something holds."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await pilot.pause(0.02)
    except TimeoutError:
        pytest.fail(f"It did not come about. The screen:\n{screen_text(pilot.app)}")


async def until_shown(pilot: Pilot[Any], *texts: str) -> None:
    """Let the app run until all these texts are on the screen on top, broken into lines or not."""

    def shown() -> bool:
        text = screen_text(pilot.app)
        words = " ".join(text.replace("│", " ").split())
        return all(wanted in text or wanted in words for wanted in texts)

    await until(pilot, shown)


def told(app: App[Any]) -> str:
    """Return what the toasts say, which the screen shows in pieces."""
    return "\n".join(toast.message for toast in app._notifications)


async def until_told(pilot: Pilot[Any], text: str) -> None:
    """Let the app run until a toast says this."""
    await until(pilot, lambda: text in told(pilot.app))
