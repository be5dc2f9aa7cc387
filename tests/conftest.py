"""What keeps every test away from the settings, keys and homes of whoever runs it."""

from __future__ import annotations

import os
import signal

import pytest

KEPT = "BATCHTUI_TEST_"


def pytest_configure() -> None:
    """Let Ctrl-C be felt by the programs under test: a run in the background begins with it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings_and_no_desktop_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "BATCHTUI_")) and not name.startswith(KEPT):
            monkeypatch.delenv(name)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
