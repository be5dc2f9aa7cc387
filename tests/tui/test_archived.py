"""The screens on archived batches: all is read, and nothing is unpacked on the event loop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.store import bodies
from batchtui.tui.widgets.reading_pane import TextView
from tests.tui.conftest import WIDE, failed_job, make_app, until, until_shown


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[threading.Thread]]:
    """Where archives were unpacked."""
    seen: list[threading.Thread] = []
    real = bodies._write_unpacked

    def noted(packed: Path, part: Path) -> bool:
        seen.append(threading.current_thread())
        return real(packed, part)

    monkeypatch.setattr(bodies, "_write_unpacked", noted)
    yield seen
    assert seen
    assert threading.main_thread() not in seen


async def test_results_are_read(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    (stored,) = bench.store.batches.list()
    row, *_ = bench.reader.rows(bench.reader.keys(bench.reader.selection(bench.finder.known("rivers"))))
    text = bench.reader.text(row) if row.facts.succeeded else row.facts.error_message
    bench.store.bodies.archive(stored.id)
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "row-0000", "[all 40]")
        await until(pilot, lambda: (text or "").split("\n")[0] in app.screen.query_one(TextView)._source)
        assert not bench.store.bodies.is_archived(stored.id)


async def test_failed_rows_are_retried(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    (stored,) = bench.store.batches.list()
    bench.store.bodies.archive(stored.id)
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "rivers", "synced")
        await pilot.press("r")
        await until_shown(pilot, "Retry 24 of 40 requests?")
    assert bench.store.files.requests_path(stored.id).exists()


async def test_the_queue_shows_what_was_asked(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    (stored,) = bench.store.batches.list()
    bench.store.bodies.archive(stored.id)
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "rivers", "synced")
        await pilot.press("5")
        await until_shown(pilot, "overloaded_error")
        await pilot.press("enter")
        await until_shown(pilot, "row-00")
        await until(pilot, lambda: bench.store.files.requests_path(stored.id).exists())


async def test_two_are_compared(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    await failed_job(bench, server, "lakes")
    for stored in bench.store.batches.list():
        bench.store.bodies.archive(stored.id)
    app = make_app(bench)
    async with app.run_test(size=WIDE) as pilot:
        await until_shown(pilot, "rivers", "lakes")
        await pilot.press("space", "down", "d")
        await until_shown(pilot, "outcome")
    assert not any(bench.store.bodies.is_archived(stored.id) for stored in bench.store.batches.list())
