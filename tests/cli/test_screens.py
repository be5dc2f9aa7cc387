"""The screens, as the command line opens them."""

from __future__ import annotations

import gc
from pathlib import Path

import click
import pytest
from textual.drivers.headless_driver import HeadlessDriver

from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.screens import open_screens
from batchtui.tui.app import BatchtuiApp

from .conftest import Server


def test_a_crash_is_told_by_the_exit_code(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_app: BatchtuiApp) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(BatchtuiApp, "get_driver_class", lambda _app: HeadlessDriver)
    monkeypatch.setattr(BatchtuiApp, "on_mount", crash)
    given = Given(home=str(tmp_path / "home"), base_url=server.base_url)
    try:
        with opened(given) as desk, pytest.raises(click.exceptions.Exit) as caught:
            open_screens(given, desk, given.config())
    finally:
        gc.enable()
    assert caught.value.exit_code == 1
