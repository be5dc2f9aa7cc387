"""A command in a process of its own that can be told to kill itself at a named point.

The processes are forked from one that has imported everything already, so that a hundred of them take seconds and
a kill by time hits what a command does and not its imports.
"""

from __future__ import annotations

import errno
import inspect
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Literal

SLOW_MODULES = (
    *("batchtui.cli.app", "batchtui.composition", "batchtui.store.migrations", "anthropic", "sqlite_utils"),
    *("genai_prices.data", "genai_prices.data_units", "httpcore2", "anyio._backends._asyncio", "truststore"),
    # What starts the tests is imported again in every process.
    *("pytest", "batchtui.simulator"),
)

WAIT_SECONDS = 60

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(list(SLOW_MODULES))


@dataclass(frozen=True)
class Stop:
    """Where something happens to a process: before or after a call of `package.module:Class.method`.

    `nth` counts calls, and of a generator the things it gives; `after` a generator is when it has given all.
    """

    at: str
    when: Literal["before", "after"] = "before"
    nth: int = 1


@dataclass(frozen=True)
class Order:
    """What a child does: the arguments of the command, and what is different for it.

    `begin` is where it counts as begun, if that is not at once. `requests_a_part` makes the limit of a batch that
    small, `block_bytes` the pieces a body is sent in. `interrupt` is where Ctrl-C is pressed and `full` where the
    disk of the home becomes full; `file_bytes` is how large a file may grow, `user_id` whom the process becomes.
    """

    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    output: Path
    stop: Stop | None = None
    begin: Stop | None = None
    requests_a_part: int | None = None
    block_bytes: int = 4096
    interrupt: Stop | None = None
    full: Stop | None = None
    file_bytes: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended; a negative code is the signal that killed it."""

    code: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Child:
    """A command that runs."""

    def __init__(self, process: ForkServerProcess, output: Path) -> None:
        self._process = process
        self._output = output

    def kill_after(self, seconds: float) -> None:
        """Kill it a time after it has begun; nothing happens if it has ended by then."""
        time.sleep(seconds)
        self._process.kill()

    def require_alive(self) -> None:
        """Wait a moment, and fail if it has ended by itself."""
        self._process.join(0.01)
        assert self._process.exitcode is None, self._text("err")

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def end(self) -> Done:
        self._process.join(WAIT_SECONDS)
        assert self._process.exitcode is not None, f"it hangs: {self._text('err')}"
        return Done(self._process.exitcode, self._text("out"), self._text("err"))

    def _text(self, suffix: str) -> str:
        return self._output.with_suffix(f".{suffix}").read_text(encoding="utf-8")


@contextmanager
def started(order: Order) -> Iterator[Child]:
    """Start a command and give it when it begins; it lives no longer than the context."""
    here, there = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_live, args=(order, there))
    process.start()
    there.close()
    try:
        assert here.poll(WAIT_SECONDS)
        here.recv()
        yield Child(process, order.output)
    finally:
        here.close()
        process.kill()
        process.join()
        process.close()


def _live(order: Order, begun: Connection) -> None:
    os.environ.clear()
    os.environ.update(order.environ)
    for number, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(order.output.with_suffix(suffix), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644), number)
    from batchtui.api import body
    from batchtui.cli.app import run
    from batchtui.domain import split

    body.body_blocks.__defaults__ = (order.block_bytes,)
    if order.requests_a_part is not None:
        limits = {"max_requests": order.requests_a_part, "max_body_bytes": 10**9}
        split.part_sizes.__kwdefaults__ = limits
    if order.file_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.file_bytes, resource.RLIM_INFINITY))
    if order.user_id is not None:
        os.setgroups([])
        os.setgid(order.user_id)
        os.setuid(order.user_id)
    if order.stop is not None:
        _arm(order.stop, _die)
    if order.interrupt is not None:
        _arm(order.interrupt, lambda: os.kill(os.getpid(), signal.SIGINT))
    if order.full is not None:
        _arm(order.full, lambda: fill(Path(order.environ["BATCHTUI_HOME"])))
    if order.begin is None:
        begun.send(None)
    else:
        _arm(order.begin, lambda: begun.send(None))
    code = run(order.arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)


def fill(directory: Path) -> Path:
    """Take all the room there is on the disk of a directory, and return the file that does."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return ballast


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(stop: Stop, action: Callable[[], object]) -> None:
    module, _, path = stop.at.partition(":")
    *parents, name = path.split(".")
    owner: Any = import_module(module)
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, _wired(getattr(owner, name), stop, action))


def _wired(function: Callable[..., Any], stop: Stop, action: Callable[[], object]) -> Callable[..., Any]:
    numbers = count(1)

    def reach(when: str, number: int) -> None:
        if (when, number) == (stop.when, stop.nth):
            action()

    def called(*values: Any, **named: Any) -> Any:
        number = next(numbers)
        reach("before", number)
        result = function(*values, **named)
        reach("after", number)
        return result

    async def awaited(*values: Any, **named: Any) -> Any:
        number = next(numbers)
        reach("before", number)
        result = await function(*values, **named)
        reach("after", number)
        return result

    def iterated(*values: Any, **named: Any) -> Iterator[Any]:
        for item in function(*values, **named):
            reach("before", next(numbers))
            yield item
        reach("after", stop.nth)

    async def iterated_async(*values: Any, **named: Any) -> AsyncIterator[Any]:
        async for item in function(*values, **named):
            reach("before", next(numbers))
            yield item
        reach("after", stop.nth)

    if inspect.isasyncgenfunction(function):
        return iterated_async
    if inspect.isgeneratorfunction(function):
        return iterated
    return awaited if inspect.iscoroutinefunction(function) else called
