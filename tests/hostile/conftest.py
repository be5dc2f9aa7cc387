"""A simulator whose batches do not end by themselves, and a home beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from batchtui.simulator import Settings, serve

from .world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serve(Settings(seed=7, duration_seconds=3_600.0)) as served:
        made = World(tmp_path / "world", served)
        made.write_input(12)
        yield made
