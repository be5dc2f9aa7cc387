"""`kill -9` at every step of a submission: nothing lost, nothing sent twice, and the next start finds the truth."""

from __future__ import annotations

import pytest

from batchtui.simulator import Fault

from .child import Stop
from .points import FED, ONE_PART, THREE_PARTS, Outcomes
from .world import CREATE, World, account, assert_mendable, assert_settled, settle_all


def assert_outcome(world: World, outcomes: Outcomes) -> None:
    assert_mendable(world)
    parts = account(world)
    assert tuple(part.state for part in parts) in outcomes
    settle_all(world, parts)


@pytest.mark.parametrize("name", ONE_PART)
def test_killed_while_one_part_is_sent(world: World, name: str) -> None:
    stop, outcomes = ONE_PART[name]
    assert world.submit(stop).killed
    assert_outcome(world, outcomes)


@pytest.mark.parametrize("name", THREE_PARTS)
def test_killed_while_parts_are_sent(world: World, name: str) -> None:
    stop, outcomes = THREE_PARTS[name]
    world.requests_a_part = 4
    assert world.submit(stop).killed
    assert_outcome(world, outcomes)


@pytest.mark.parametrize("name", FED)
def test_killed_while_waiting_parts_are_fed(world: World, name: str) -> None:
    stop, outcomes = FED[name]
    world.requests_a_part = 4
    world.configure(max_queued_requests=4)
    assert world.submit().code == 0
    world.configure(max_queued_requests=8)
    (first,) = world.served.simulator.shelf.all()
    world.served.simulator.shelf.end_now(first)
    assert world.command("sync", stop=stop).killed
    assert_outcome(world, outcomes)


def test_killed_after_some_parts_were_told_to_wait(world: World) -> None:
    world.requests_a_part = 4
    world.configure(max_queued_requests=4)
    assert world.submit(Stop("batchtui.store.intents:Intents.mark_waiting", "after")).killed
    parts = account(world)
    assert [part.state for part in parts] == ["known", "waiting", "draft"]
    world.configure(max_queued_requests=1_000)
    settle_all(world, parts)


def test_killed_while_the_answer_is_awaited(world: World) -> None:
    world.served.simulator.faults.pending.append(Fault(kind="hang", method="POST", path=CREATE, carried_out=True))
    with world.running("submit", world.input, "--yes") as child:
        while not world.created():
            child.require_alive()
        child.kill_after(0)
        assert child.end().killed
    assert_outcome(world, {("unclear+",)})


def test_killed_while_it_is_settled(world: World) -> None:
    """An adoption that is killed is done, or can be done again."""
    assert world.submit(Stop("batchtui.api.anthropic_gateway:AnthropicGateway.create", "after")).killed
    (part,) = account(world)
    (batch_id,) = world.created()
    adopt = ("settle", part.id, "--adopt", batch_id, "--yes")
    assert world.command(*adopt, stop=Stop("batchtui.store.intents:Intents._close", "after")).killed
    assert [part.state for part in account(world)] == ["unclear+"]
    assert world.command(*adopt, stop=Stop("batchtui.store.files:Files.put_requests_in_place")).killed
    assert world.command("settle").code == 0
    doctor = world.command("doctor", "--json")
    assert (doctor.code, {check["state"] for check in doctor.json}) == (0, {"ok"})
    assert_settled(world)


def test_killed_while_it_is_given_up(world: World) -> None:
    assert world.submit(Stop("batchtui.store.intents:Intents.mark_sending", "after")).killed
    (part,) = account(world)
    give_up = ("settle", part.id, "--discard", "--yes")
    assert world.command(*give_up, stop=Stop("batchtui.store.files:Files.drop_spool")).killed
    assert account(world) == []
    settle_all(world, [])
