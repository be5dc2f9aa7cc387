"""Several processes on one home at once: every row is sent once, and nobody takes a thing from another's hands."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batchtui.domain.batch import Batch, Counts
from batchtui.domain.errors import RefusedError
from batchtui.simulator import Fault
from batchtui.store import Draft, NewJob, Store, check
from batchtui.store.files import Files

from .child import Child, Done
from .world import CREATE, World, account, assert_settled

AT_ONCE = 4


def all_at_once(world: World, *commands: tuple[str, ...]) -> list[Done]:
    """Run commands at the same time."""
    with ExitStack() as stack:
        children: list[Child] = [stack.enter_context(world.running(*command)) for command in commands]
        return [child.end() for child in children]


def test_several_submit_at_once(world: World) -> None:
    """On a home that is not there yet; each becomes a job of its own."""
    submit = ("submit", str(world.input), "--yes")
    done = all_at_once(world, *[submit] * AT_ONCE)
    assert [one.code for one in done] == [0] * AT_ONCE, [one.err for one in done]
    assert list(world.created().values()) == [world.lines] * AT_ONCE
    with closing(Store.open(world.places)) as store:
        batches = store.batches.list()
        assert sorted(stored.job_name for stored in batches) == ["rivers", "rivers-2", "rivers-3", "rivers-4"]
        for stored in batches:
            assert store.files.requests_path(stored.id).read_bytes() == world.input.read_bytes()
        assert store.check() == []


def test_several_retry_one_job_at_once(world: World) -> None:
    assert world.submit().code == 0
    shelf = world.served.simulator.shelf
    shelf.expire_now(shelf.all()[0], 0.0)
    assert world.command("sync").code == 0
    done = all_at_once(world, *[("retry", "rivers", "--yes")] * AT_ONCE)
    assert 0 in {one.code for one in done}
    assert {one.code for one in done} <= {0, 1}
    assert not any("Traceback" in one.err for one in done)
    assert list(world.created().values()) == [world.lines] * 2
    with closing(Store.open(world.places)) as store:
        assert sorted(stored.attempt for stored in store.batches.list()) == [1, 2]
        assert store.intents.open_ones() == []
        assert store.check() == []


def test_several_settle_one_draft_at_once(world: World) -> None:
    fault = Fault(kind="refuse", status=409, method="POST", path=CREATE)
    world.served.simulator.faults.pending.append(fault)
    assert world.submit().code == 1
    before = world.posts().total()
    done = all_at_once(world, *[("settle", "--resend", "--yes")] * AT_ONCE)
    assert sorted(one.code for one in done) == [0, 1, 1, 1], [one.err for one in done]
    assert world.posts().total() == before + 1
    assert_settled(world)


def test_a_sync_and_a_doctor_beside_a_submission(world: World) -> None:
    world.requests_a_part = 3
    done = all_at_once(
        world,
        ("submit", str(world.input), "--yes"),
        ("sync",),
        ("doctor", "--repair", "--offline"),
        ("sync",),
    )
    assert done[0].code == 0, done[0].err
    assert not any("Traceback" in one.err for one in done)
    assert [part.state for part in account(world)] == ["known"] * 4
    assert_settled(world)


def test_several_feed_the_waiting_parts_of_a_job_at_once(world: World) -> None:
    world.requests_a_part = 4
    world.configure(max_queued_requests=4)
    assert world.submit().code == 0
    world.configure(max_queued_requests=1_000)
    done = all_at_once(world, *[("sync",)] * AT_ONCE)
    assert [one.code for one in done] == [0] * AT_ONCE, [one.err for one in done]
    assert set(world.posts().values()) == {1}
    assert_settled(world)


@contextmanager
def two_stores(world: World) -> Iterator[tuple[Store, Store]]:
    with closing(Store.open(world.places)) as here, closing(Store.open(world.places)) as there:
        yield here, there


def draft(world: World, store: Store) -> Draft:
    spool = store.files.new_spool()
    spool.write_bytes(world.input.read_bytes())
    return Draft(1, 1, spool, len(world.lines), 1, "")


async def test_what_another_sends_is_not_told_to_wait(world: World) -> None:
    """Else the next to feed would send it a second time."""
    with two_stores(world) as (here, there):
        (intent,) = await here.intents.open([draft(world, here)], job=NewJob("rivers", "default"), base_url="u")
        await there.intents.mark_sending(intent.id)
        for unwanted in (
            here.intents.mark_waiting(intent.id, not_before=None),
            here.intents.mark_draft(intent.id, "no"),
            here.intents.mark_unclear(intent.id, "no"),
        ):
            with pytest.raises(RefusedError, match="being sent by another"):
                await unwanted
        await here.intents.hold(intent.job_id)
        assert here.intents.get(intent.id).state == "sending"


async def test_a_repair_leaves_what_another_has_just_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process opens a submission between the look at the database and that at the files."""
    with two_stores(world) as (here, there):
        listed = Files.spools
        opened: list[str] = []

        def late(files: Files) -> list[str]:
            if files is here.files and not opened:
                opening = there.intents.open([draft(world, there)], job=NewJob("rivers", "default"), base_url="u")
                opened.extend(intent.id for intent in asyncio.run(opening))
            return listed(files)

        monkeypatch.setattr(check, "recover", lambda *_: [])
        monkeypatch.setattr(Files, "spools", late)
        await here.repair()
        assert there.files.spool_path(opened[0]).read_bytes() == world.input.read_bytes()
        assert Counter(intent.id for intent in here.intents.open_ones()) == Counter(opened)
        assert here.check() == []


async def test_another_puts_the_lines_in_place_at_the_same_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that opens the home tidies up between the look for a directory and its removal."""
    with two_stores(world) as (here, there):
        (intent,) = await here.intents.open([draft(world, here)], job=NewJob("rivers", "default"), base_url="u")
        await here.intents.mark_sending(intent.id)
        remove = shutil.rmtree

        def beaten(path: Path) -> None:
            monkeypatch.setattr(shutil, "rmtree", remove)
            there.files.drop_spool(intent.id)
            remove(path)

        monkeypatch.setattr(shutil, "rmtree", beaten)
        batch = Batch("msgbatch_1", "in_progress", Counts(processing=len(world.lines)), datetime.now(UTC))
        stored = await here.intents.close(intent.id, batch)
        assert here.files.requests_path(stored.id).read_bytes() == world.input.read_bytes()
