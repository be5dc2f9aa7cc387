"""`kill -9` at random moments: `python -m tests.hostile.kill --runs 200` for a long run."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from batchtui.simulator import Settings, serve

from .child import Stop
from .world import World, account, assert_mendable, settle_all

Prepare = Callable[[World], tuple[str, ...]]
"""Sets a world up and returns the command that is to be killed."""


def one_part(world: World) -> tuple[str, ...]:
    world.write_input(12)
    return ("submit", str(world.input), "--yes")


def three_parts(world: World) -> tuple[str, ...]:
    world.write_input(12)
    world.requests_a_part = 4
    return ("submit", str(world.input), "--yes")


def waiting_parts(world: World) -> tuple[str, ...]:
    """Two of three parts wait when the first has ended."""
    command = three_parts(world)
    world.configure(max_queued_requests=4)
    assert world.command(*command).code == 0
    world.configure(max_queued_requests=12)
    (first,) = world.served.simulator.shelf.all()
    world.served.simulator.shelf.end_now(first)
    return ("sync",)


INTENT = Stop("batchtui.store.intents:Intents.open")
PART = Stop("batchtui.store.intents:Intents.mark_sending")

SENDING: dict[str, tuple[Prepare, Stop | None]] = {
    "submit": (one_part, None),
    "submit from the intent on": (one_part, INTENT),
    "submit of 3 parts": (three_parts, None),
    "submit of 3 parts from the intent on": (three_parts, INTENT),
    "sync": (waiting_parts, None),
    "sync from the first part on": (waiting_parts, PART),
}
"""Commands, and from where on the moments are counted: getting ready to send is most of their time."""


@contextmanager
def fresh_world() -> Iterator[World]:
    with (
        tempfile.TemporaryDirectory(prefix="batchtui-kill-") as directory,
        serve(Settings(seed=7, duration_seconds=3_600.0)) as served,
    ):
        yield World(Path(directory), served)


def unkilled_seconds(prepare: Prepare, begin: Stop | None) -> float:
    """Return how long the command runs if nobody kills it."""
    with fresh_world() as world:
        command = prepare(world)
        with world.running(*command, begin=begin) as child:
            began = time.monotonic()
            assert child.end().code == 0
            return time.monotonic() - began


def kill_at(prepare: Prepare, begin: Stop | None, seconds: float) -> str:
    """Kill a command after a time, check all that must hold, and return what was found at the next start."""
    with fresh_world() as world:
        command = prepare(world)
        with world.running(*command, begin=begin) as child:
            child.kill_after(seconds)
            done = child.end()
        assert done.killed or done.code == 0, done.err
        assert_mendable(world)
        parts = account(world)
        settle_all(world, parts)
        if not done.killed:
            return "ended before"
        return ", ".join(part.state for part in parts) or "only the input file"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    chance = random.Random(given.seed)
    durations = {name: unkilled_seconds(*how) for name, how in SENDING.items()}
    found: Counter[tuple[str, str]] = Counter()
    for number in range(given.runs):
        name = list(SENDING)[number % len(SENDING)]
        seconds = chance.uniform(0, durations[name])
        try:
            found[name, kill_at(*SENDING[name], seconds)] += 1
        except BaseException:
            sys.stderr.write(f"{name} killed after {seconds:.4f} s:\n")
            raise
    kills = sum(number for (_, state), number in found.items() if state != "ended before")
    for (name, state), number in sorted(found.items()):
        sys.stdout.write(f"{number:6}  {name:38} {state}\n")
    sys.stdout.write(f"{kills} kills in {given.runs} runs; each time every line was found and sent once.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
