from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batchtui.store import Store, ingest
from tests.store.making import places

Open = Callable[[], Store]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_store(home: Path) -> Iterator[Open]:
    """Open a store on the home of the test; each is one more process as far as the store can tell."""
    stores: list[Store] = []

    def make() -> Store:
        stores.append(Store.open(places(home)))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let downloads write down every row as soon as it has come."""
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    monkeypatch.setattr(ingest, "ROWS_AT_ONCE", 1)
