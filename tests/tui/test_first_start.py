"""The first start without a key: real lookup, real server, real keyring."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail
from textual.widgets import Input

from batchtui.composition import check_key, workbench
from batchtui.paths import Places
from batchtui.secrets import Key, find_key, save_key
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.batches import BatchesScreen
from batchtui.tui.screens.first_start import FirstStartScreen
from tests.keyring_session import keyring_session
from tests.keys.test_keyring import use
from tests.tui.conftest import NARROW, make_config, until, until_shown, until_told
from tests.tui.screen_text import screen_text

KEY = "sk-ant-api03-for-the-first-start"


@pytest.fixture
async def keyless(
    server: Served, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Workbench]:
    """Services that find no key: not in the environment, no keyring, no login of the SDK."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    bench = workbench(places, make_config(server.base_url, poll_seconds=0.1))
    yield bench
    await bench.close()


@pytest.fixture
def with_keyring(keyless: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A keyring that works and holds nothing yet."""
    with keyring_session(tmp_path / "session") as session:
        use(session, monkeypatch)
        yield


def app_of(bench: Workbench) -> BatchtuiApp:
    config = make_config(bench.gateway.base_url, poll_seconds=0.1)
    app = BatchtuiApp(bench, config, partial(check_key, config))
    app.animation_level = "none"
    return app


@pytest.mark.usefixtures("with_keyring")
async def test_takes_a_key_checks_it_and_keeps_it(keyless: Workbench) -> None:
    app = app_of(keyless)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, FirstStartScreen))
        await pilot.press("enter")
        await until_shown(pilot, "The key is empty.")
        app.screen.query_one(Input).value = "sk-ant-invalid-key-of-somebody"
        await pilot.press("enter")
        await until_shown(pilot, "authentication_error", "Nothing was changed.")
        assert find_key("default", {}).key is None
        app.screen.query_one(Input).value = KEY
        await pilot.press("enter")
        assert KEY not in screen_text(app)
        await until_told(pilot, "The key is in the keyring.")
        await until_shown(pilot, "synced")
    found = find_key("default", {})
    assert found.key is not None
    assert found.key.reveal() == KEY


async def test_without_a_keyring_the_environment_is_the_way_out(keyless: Workbench) -> None:
    app = app_of(keyless)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await until_shown(pilot, "Your API key", "`batchtui demo` needs no key")
        app.screen.query_one(Input).value = KEY
        await pilot.press("enter")
        await until_shown(pilot, "keyring", "Or set ANTHROPIC_API_KEY, which needs no keyring.")
        assert isinstance(app.screen, FirstStartScreen)


async def test_looking_around_without_a_key(keyless: Workbench) -> None:
    app = app_of(keyless)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "Your API key")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        await until_shown(pilot, "✗ no key", "No batches yet.")
        await pilot.press("R")
        await until(pilot, lambda: app.session.poller.state.failures > 1)
        assert isinstance(app.screen, BatchesScreen)


@pytest.mark.usefixtures("with_keyring")
async def test_going_on_with_a_login_in_place_of_a_refused_key(
    keyless: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_key("default", Key("sk-ant-invalid-key-in-the-keyring"))
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "sk-ant-invalid-token")
    app = app_of(keyless)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await until_shown(pilot, "Your API key", "401", "go on with ANTHROPIC_AUTH_TOKEN")
        await pilot.press("ctrl+l")
        await until_shown(pilot, "Could not check the key")
        assert find_key("default", {}).key is not None
        monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a-good-token")
        await pilot.press("ctrl+l")
        await until_told(pilot, "Going on with ANTHROPIC_AUTH_TOKEN.")
        await until_shown(pilot, "synced")
    assert find_key("default", {}).key is None


@pytest.mark.usefixtures("with_keyring")
async def test_with_a_login_no_key_is_asked_for(keyless: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a-good-token")
    app = app_of(keyless)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await until_shown(pilot, "synced")
        assert isinstance(app.screen, BatchesScreen)


async def test_leaving_from_the_key_screen(keyless: Workbench) -> None:
    app = app_of(keyless)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await until_shown(pilot, "Your API key")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
