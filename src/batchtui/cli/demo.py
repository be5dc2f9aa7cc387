"""`demo`: the screens on the simulator, in a home that is thrown away."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from batchtui.cli import options
from batchtui.cli.desk import Desk, opened
from batchtui.cli.options import Given
from batchtui.cli.screens import open_screens, require_terminal
from batchtui.config import Config
from batchtui.domain.errors import InputError
from batchtui.secrets import KEY_VARIABLE

if TYPE_CHECKING:
    from batchtui.services.workbench import Workbench
    from batchtui.simulator import HistoryBatch, Simulator

POLL_SECONDS = 1.0

AT_ONCE = timedelta(days=7)
"""How far back results are there before the screens open; older ones are downloaded behind them, for all to see."""

Chapters = Sequence["tuple[str, HistoryBatch]"]


@click.command("demo")
@click.option("--fast", is_flag=True, help="Batches end after seconds instead of a minute.")
@options.general
@click.pass_obj
def demo(given: Given, fast: bool) -> None:
    """Open the screens on the built-in simulator, with some history; no key, no network, nothing is kept."""
    require_terminal()
    with prepared(given, duration_seconds=6.0 if fast else 60.0) as (desk, config):
        open_screens(given, desk, config)


@contextmanager
def prepared(given: Given, *, duration_seconds: float) -> Iterator[tuple[Desk, Config]]:
    """Serve the simulator, and open a new home that remembers its history as if it had been sent from there."""
    from batchtui.simulator import Settings, Simulator, SimulatorError, serve

    simulator = Simulator(
        Settings(
            duration_seconds=duration_seconds,
            error_rate=0.04,
            expire_rate=0.02,
            refusal_rate=0.01,
            truncate_rate=0.02,
        )
    )
    chapters = simulator.seed_history()
    os.environ[KEY_VARIABLE] = "demo"
    try:
        with (
            tempfile.TemporaryDirectory(prefix="batchtui-demo-", ignore_cleanup_errors=True) as home,
            serve(simulator=simulator) as served,
        ):
            here = Given(home=home, base_url=served.base_url, no_mouse=given.no_mouse, read_only=given.read_only)
            config = msgspec.structs.replace(here.config(), poll_seconds=POLL_SECONDS)
            with opened(here, config) as desk:
                desk.wait(_remember(desk.bench, simulator, chapters))
                _lay_out_examples(desk.bench, Path(home, "data"))
                yield desk, config
    except SimulatorError as error:
        raise InputError(f"The simulator did not start: {error}.") from error


async def _remember(bench: Workbench, simulator: Simulator, chapters: Chapters) -> None:
    """Write down the history: batches, names, requests, and the results of what has ended.

    It is taken from the simulator in this process, not over HTTP, because the SDK takes a second to load.
    """
    from batchtui.api.convert import page_from_json

    now = datetime.now(UTC)
    shelf = {batch.id: batch for batch in simulator.shelf.all()}
    listed = [batch.public(now, bench.gateway.base_url) for batch in shelf.values()]
    page = page_from_json(msgspec.json.encode({"data": listed, "has_more": False}), len(listed))
    await bench.store.batches.record(page.batches, profile=bench.profile.name, base_url=bench.gateway.base_url)
    for batch_id, chapter in chapters:
        stored = bench.store.batches.get(batch_id)
        await bench.management.rename(stored.job_id, chapter.name)
        await bench.adoptions.attach(stored, chapter.requests, chapter.name)
        if not stored.batch.has_ended:
            continue
        if stored.batch.results_until < now:
            await bench.store.batches.set_results_state(batch_id, "gone")
        elif stored.batch.created_at > now - AT_ONCE:
            simulator.prepare(shelf[batch_id])
            writer = bench.store.results.writer(batch_id)
            await writer.feed(shelf[batch_id].results_path.read_bytes())
            await writer.finish(expected=stored.batch.counts.results)


def _lay_out_examples(bench: Workbench, folder: Path) -> None:
    """Put the shipped templates into the home, for the user to change, and data for each of them."""
    from batchtui.domain.template.shipped import EXAMPLE_DATA, examples_folder
    from batchtui.services.recent import DataChoice, Used

    examples = examples_folder()
    shutil.copytree(examples / "data", folder)
    for name, data in reversed(EXAMPLE_DATA.items()):
        text = bench.templates.read(str(examples / "templates" / f"{name}.yaml"))
        bench.templates.save(name, text, replace=False)
        bench.recent_data.remember(Used(name, DataChoice(str(folder / data))))
