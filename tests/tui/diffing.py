"""Two batches at home with the answers a test gives them, and the diff room on them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.pilot import Pilot

from batchtui.domain.batch import Batch, Counts
from batchtui.services.workbench import Workbench
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.diff import DiffScreen
from batchtui.tui.widgets.diff_pane import DiffView
from tests.tui.conftest import until
from tests.tui.screen_text import screen_lines

FAILED = None
"""Stands for a row that has failed."""


def answer(custom_id: str, text: str | None, **message: Any) -> bytes:
    """Return a result line with an answer, or with an error for None."""
    if text is FAILED:
        result: dict[str, Any] = {
            "type": "errored",
            "error": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        }
    else:
        usage = {"input_tokens": 10, "output_tokens": max(1, len(text) // 4)}
        body = {
            "id": "msg_1",
            "model": "claude-haiku-5-5",
            "stop_reason": "end_turn",
            "content": [{"type": "text", "text": text}],
            "usage": usage,
        }
        result = {"type": "succeeded", "message": {**body, **message}}
    return json.dumps({"custom_id": custom_id, "result": result}).encode()


async def bring_home(
    bench: Workbench, name: str, answers: Mapping[str, str | None], *, hours_ago: float = 1
) -> None:
    """Put an ended batch with these answers in the store, as a job of this name."""
    made = datetime.now(UTC) - timedelta(hours=hours_ago)
    failed = sum(text is FAILED for text in answers.values())
    batch = Batch(
        f"msgbatch_{name}",
        "ended",
        Counts(succeeded=len(answers) - failed, errored=failed),
        made,
        made + timedelta(hours=24),
        ended_at=made + timedelta(minutes=10),
    )
    await bench.store.batches.record([batch], profile="default", base_url=bench.gateway.base_url)
    writer = bench.store.results.writer(batch.id)
    await writer.feed(b"".join(answer(custom_id, text) + b"\n" for custom_id, text in answers.items()))
    assert (await writer.finish(expected=None)).complete
    stored = bench.store.batches.get(batch.id)
    await bench.store.jobs.rename(stored.job_id, name)


def diff_screen(app: BatchtuiApp) -> DiffScreen:
    assert isinstance(app.screen, DiffScreen)
    return app.screen


async def compare_two(pilot: Pilot[Any]) -> DiffScreen:
    """Mark the first two rows of the list and compare them, until all is shown."""
    await pilot.press("space", "down", "space", "d")
    await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen))
    app = pilot.app
    assert isinstance(app, BatchtuiApp)
    screen = diff_screen(app)
    await until(pilot, lambda: screen.comparison is not None and screen.comparison.is_ranked)
    await until(pilot, lambda: screen.source is not None and not screen._is_looking)
    await pilot.pause()
    return screen


def shown_ids(screen: DiffScreen) -> list[str]:
    """Return the custom_ids of all rows of the table, in the order shown."""
    assert screen.comparison is not None
    assert screen.source is not None
    pairs = screen.comparisons.pairs(screen.comparison, list(screen.source.positions))
    return [pair.custom_id for pair in pairs]


def go_to(screen: DiffScreen, custom_id: str) -> None:
    """Put the cursor on a row."""
    assert screen.source is not None
    assert screen.table.move_to(screen.source.key_at(shown_ids(screen).index(custom_id)))


def pane_lines(app: BatchtuiApp) -> list[str]:
    """Return what of the diff is on the screen."""
    view = app.screen.query_one(DiffView)
    region = view.region
    return [line[region.x : region.right] for line in screen_lines(app)[region.y : region.bottom]]
