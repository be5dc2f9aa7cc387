"""An opened home for the time of one command."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from batchtui.cli.options import Given
from batchtui.config import Config
from batchtui.services.workbench import Workbench

T = TypeVar("T")


class Desk:
    """The services, and a way to wait for them.

    Commands are plain functions that wait for one thing after another: a question to the user stands between two
    waits, where Ctrl-C ends it at once.
    """

    def __init__(self, bench: Workbench, runner: asyncio.Runner) -> None:
        self.bench = bench
        self._runner = runner

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something to its end and return what it returns; Ctrl-C cancels it and raises KeyboardInterrupt."""
        return self._runner.run(work)


@contextmanager
def opened(given: Given, config: Config | None = None) -> Iterator[Desk]:
    """Open the home and the way to the API; raises `ConfigError` and `StoreError`."""
    settings = config or given.config()
    from batchtui.composition import workbench

    bench = workbench(given.places(), settings)
    with asyncio.Runner() as runner:
        try:
            yield Desk(bench, runner)
        finally:
            runner.run(bench.close())
