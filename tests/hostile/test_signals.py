"""Ctrl-C and SIGTERM in the middle: the money is not forgotten, and the user is told where to look."""

from __future__ import annotations

import signal
from contextlib import closing

import pytest

from batchtui.simulator import Fault
from batchtui.store import Store
from tests.cli.test_process import terminal

from .child import Stop
from .points import ARRIVED, DRAFT, EITHER, KNOWN, NOTHING, UNCLEAR, Outcomes
from .world import CREATE, World, account, settle_all

HANG = Fault(kind="hang", method="POST", path=CREATE, carried_out=True)

INTERRUPTED: dict[str, tuple[Stop, Outcomes]] = {
    "in the middle of the spool": (Stop("batchtui.domain.lint:Linter.read", nth=6), NOTHING),
    "spool synced": (Stop("os:fsync", "after"), NOTHING),
    "before the intent": (Stop("batchtui.services.submit:Submissions._write_down"), NOTHING),
    "spool not moved yet": (Stop("batchtui.store.files:Files.keep_spool"), NOTHING),
    "spool moved, intent not committed": (Stop("batchtui.store.files:Files.keep_spool", "after"), NOTHING),
    "before it is marked sending": (Stop("batchtui.store.intents:Intents.mark_sending"), DRAFT | UNCLEAR),
    "in the middle of the body": (Stop("batchtui.api.anthropic_gateway:_async_blocks", nth=5), EITHER),
    "body sent": (Stop("batchtui.api.anthropic_gateway:_async_blocks", "after"), EITHER),
    "answered": (Stop("batchtui.api.anthropic_gateway:created_from_json", "after"), ARRIVED | KNOWN),
    "closed, not moved": (Stop("batchtui.store.files:Files.put_requests_in_place"), KNOWN),
    "moved, not indexed": (Stop("batchtui.store.requests:index"), KNOWN),
}


@pytest.mark.parametrize("name", INTERRUPTED)
def test_ctrl_c_while_sending(world: World, name: str) -> None:
    stop, outcomes = INTERRUPTED[name]
    done = world.command("submit", world.input, "--yes", interrupt=stop)
    assert (done.code, "Interrupted" in done.err) == (130, True), done.err
    assert "Traceback" not in done.err
    parts = account(world)
    assert tuple(part.state for part in parts) in outcomes
    assert ("settle" in done.err) or not parts
    settle_all(world, parts)


def test_ctrl_c_at_a_terminal_while_the_answer_is_awaited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in world.surroundings().items():
        monkeypatch.setenv(name, value)
    world.served.simulator.faults.pending.append(HANG)
    with terminal("submit", world.input, "--yes") as typed:
        typed.wait_for("sending")
        assert typed.interrupt() == 130
        typed.wait_for("`batchtui settle` shows what became of it")
    parts = account(world)
    shown = world.command("settle", "--json")
    assert (shown.code, shown.json[0]["state"]) == (4, "unclear")
    assert [batch["id"] for batch in shown.json[0]["candidates"]] == list(world.created())
    settle_all(world, parts)


def test_a_termination_while_the_answer_is_awaited(world: World) -> None:
    world.served.simulator.faults.pending.append(HANG)
    with world.running("submit", world.input, "--yes") as child:
        while not world.created():
            child.require_alive()
        child.send_signal(signal.SIGTERM)
        assert child.end().code == -signal.SIGTERM
    parts = account(world)
    assert [part.state for part in parts] == ["unclear+"]
    settle_all(world, parts)


def test_ctrl_c_while_results_come_home(world: World) -> None:
    assert world.submit().code == 0
    world.served.simulator.shelf.end_now(world.served.simulator.shelf.all()[0])
    done = world.command("sync", interrupt=Stop("batchtui.store.ingest:_write_all", "after"))
    assert (done.code, "Traceback" in done.err) == (130, False)
    account(world)
    assert world.command("sync").code == 0
    with closing(Store.open(world.places)) as store:
        assert [stored.results for stored in store.batches.list()] == ["complete"]
        assert store.check() == []
