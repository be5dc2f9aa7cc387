"""Ends are told once, whoever is killed and however many look at the same time."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.services.poll import PollState
from batchtui.services.workbench import Profile, Workbench
from batchtui.store import Store

from .child import Stop
from .test_together import AT_ONCE, all_at_once
from .world import KEY, World

SAID = "said.jsonl"


@pytest.fixture
def said(world: World) -> Path:
    """Where a hook writes what it is told."""
    world.home.mkdir(mode=0o700)
    code = f"import sys; open({SAID!r}, 'a').write(sys.stdin.read() + chr(10))"
    world.places.config.write_text(
        f'[[hooks]]\nname = "tell"\ncommand = {json.dumps([sys.executable, "-c", code])}\nevents = ["ended"]\n',
        encoding="utf-8",
    )
    return world.home / SAID


def ended_ids(said: Path) -> list[str]:
    if not said.exists():
        return []
    return [json.loads(line)["batch"]["id"] for line in said.read_text(encoding="utf-8").splitlines()]


def end_all(world: World) -> None:
    shelf = world.served.simulator.shelf
    for batch in shelf.all():
        if batch.status != "ended":
            shelf.end_now(batch)


def submit(world: World, jobs: int = 1) -> None:
    for _ in range(jobs):
        assert world.submit().code == 0
    assert world.command("sync").code == 0


def test_several_look_at_once(world: World, said: Path) -> None:
    submit(world, jobs=3)
    end_all(world)
    done = all_at_once(world, *[("sync",)] * (AT_ONCE - 1), ("watch", "--interval", "0.05"))
    assert [one.code for one in done] == [0] * AT_ONCE, [one.err for one in done]
    assert world.command("sync").code == 0
    assert sorted(ended_ids(said)) == sorted(world.created())


@pytest.mark.parametrize(
    ("stop", "times"),
    [
        (Stop("batchtui.store.batches:Batches.record", "after"), 1),
        (Stop("batchtui.services.download:Downloads.download", "after"), 1),
        (Stop("batchtui.store.told:Told.claim"), 1),
        (Stop("batchtui.store.told:Told.claim", "after"), 0),
        (Stop("batchtui.services.hooks:Hooks.run", "after"), 1),
    ],
    ids=lambda value: f"{value.when} {value.at.rpartition(':')[2]}" if isinstance(value, Stop) else None,
)
def test_a_sync_is_killed(world: World, said: Path, stop: Stop, times: int) -> None:
    """Before it has claimed the news another tells it; from then on nobody does a second time."""
    submit(world)
    end_all(world)
    assert world.command("sync", stop=stop).killed
    for _ in range(2):
        assert world.command("sync").code == 0
    assert ended_ids(said) == list(world.created()) * times


def test_what_a_list_found_out_is_told_by_the_next_that_tells(world: World, said: Path) -> None:
    submit(world)
    end_all(world)
    assert world.command("list").code == 0
    assert ended_ids(said) == []
    assert world.command("sync").code == 0
    assert ended_ids(said) == list(world.created())


async def test_a_poller_that_was_killed_is_followed_within_two_looks(world: World) -> None:
    """Its lease holds for minutes, since nothing runs; but not without it."""
    submit(world)
    gateway = AnthropicGateway(world.served.base_url, lambda: KEY)
    with world.running("watch", begin=Stop("batchtui.services.poll:Poller._wait")) as dead:
        store = Store.open(world.places)
        bench = Workbench(store, gateway, Profile("default", gateway.base_url), poll_seconds=0.05)
        states: list[PollState] = []
        looked = asyncio.Semaphore(0)

        def on_state(state: PollState) -> None:
            states.append(state)
            looked.release()

        poller = bench.poller(on_state=on_state, on_report=lambda _report: None)
        polling = asyncio.create_task(poller.run())
        async with asyncio.timeout(30):
            for _ in range(6):
                await looked.acquire()
            assert {state.elsewhere for state in states} == {True}
            assert poller.state.last_synced_at is not None
            dead.kill_after(0)
            assert dead.end().killed
            states.clear()
            while not any(state.polling for state in states):
                await looked.acquire()
        assert len({state.next_at for state in states if state.elsewhere}) <= 2
        polling.cancel()
        await asyncio.wait([polling])
        await bench.close()


async def test_asking_now_asks_though_another_is_the_poller(world: World) -> None:
    submit(world)
    gateway = AnthropicGateway(world.served.base_url, lambda: KEY)
    with world.running("watch", begin=Stop("batchtui.services.poll:Poller._wait")) as other:
        bench = Workbench(
            Store.open(world.places), gateway, Profile("default", gateway.base_url), poll_seconds=0.05
        )
        is_elsewhere, has_reported = asyncio.Event(), asyncio.Event()
        poller = bench.poller(
            on_state=lambda state: is_elsewhere.set() if state.elsewhere else None,
            on_report=lambda _report: has_reported.set(),
        )
        polling = asyncio.create_task(poller.run())
        async with asyncio.timeout(30):
            await is_elsewhere.wait()
            poller.hurry()
            assert not has_reported.is_set()
            poller.refresh()
            await has_reported.wait()
            is_elsewhere.clear()
            await is_elsewhere.wait()
        other.require_alive()
        polling.cancel()
        await asyncio.wait([polling])
        await bench.close()
