"""A full disk and a home that cannot be written: said clearly, nothing sent or kept by halves."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from batchtui.simulator import Fault
from batchtui.store import Store

from .child import Done, Stop, fill
from .world import CREATE, World, account, assert_settled

NOBODY = 65_534

Mount = Callable[..., None]


@pytest.fixture
def mount(world: World) -> Iterator[Mount]:
    """Mount a small tmpfs as the home; needs root."""
    mounted: list[Path] = []

    def make(size: str) -> None:
        world.home.mkdir(mode=0o700)
        options = ("-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs")
        done = subprocess.run(["mount", *options, world.home], capture_output=True, check=False)
        if done.returncode:
            require("a mount", done.stderr.decode())
        mounted.append(world.home)

    yield make
    for path in mounted:
        subprocess.run(["umount", path], check=True)


def require(what: str, why: str) -> None:
    """Skip where the means are missing, unless all of them must be there."""
    if os.environ.get("BATCHTUI_TEST_REQUIRE_ALL"):
        pytest.fail(f"{what} is needed: {why}")
    pytest.skip(f"{what} is not possible here: {why}")


def assert_refused(world: World, done: Done, names: str) -> None:
    """See that the message names the file, nothing was sent, and nothing is left."""
    assert done.code == 1
    assert "Traceback" not in done.err
    assert re.search(names, done.err, re.IGNORECASE), done.err
    assert world.posts().total() == 0
    with closing(Store.open(world.places)) as store:
        assert store.check() == []
        assert store.files.spools() == []
        assert store.jobs.find("") == []


def test_the_disk_is_full_while_spooling(world: World, mount: Mount) -> None:
    mount("4m")
    world.write_input(4_000)
    done = world.submit()
    assert_refused(world, done, r"spool/prepare-\S+/requests\.jsonl: .*no space left")
    world.write_input(12)
    assert world.submit().code == 0
    assert_settled(world)


def test_a_file_may_not_grow_while_spooling(world: World) -> None:
    """The same without root: the system refuses to let the file grow."""
    assert world.command("list", "--offline").code == 0
    world.write_input(1_000)
    done = world.command("submit", world.input, "--yes", file_bytes=1_000_000)
    assert_refused(world, done, r"spool/prepare-\S+/requests\.jsonl: .*file too large")


def test_the_disk_is_full_from_the_start(world: World, mount: Mount) -> None:
    mount("4m")
    ballast = fill(world.home)
    done = world.submit()
    ballast.unlink()
    assert_refused(world, done, re.escape(str(world.home)))


def full_at(world: World, at: str, nth: int = 1) -> Done:
    """Submit while the disk is full from a call of a function on, and make room again."""
    ballast = world.home / "ballast"
    done = world.command("submit", world.input, "--yes", full=Stop(at, nth=nth))
    ballast.unlink()
    return done


def test_the_disk_is_full_when_the_intent_is_written(world: World, mount: Mount) -> None:
    mount("3m")
    assert world.command("list", "--offline").code == 0
    done = full_at(world, "batchtui.store.intents:Intents.open")
    assert_refused(world, done, r"batchtui\.db: .*full")
    assert list(world.places.spool.iterdir()) == []


def test_the_disk_is_full_when_the_batch_is_to_be_written_down(world: World, mount: Mount) -> None:
    """The POST has been paid for: the message says so, and settling finds the batch."""
    mount("3m")
    done = full_at(world, "batchtui.store.intents:Intents.close")
    assert (done.code, world.posts().total()) == (4, 1)
    (batch_id,) = world.created()
    assert batch_id in done.err
    assert "settle" in done.err
    assert "Nothing was changed" not in done.err
    (part,) = account(world)
    assert part.state == "unclear+"
    assert world.command("settle", "--adopt", batch_id, "--yes").code == 0
    assert_settled(world)


def test_the_disk_is_full_when_an_unclear_answer_is_to_be_written_down(world: World, mount: Mount) -> None:
    mount("3m")
    world.served.simulator.faults.pending.append(Fault(kind="drop_after", method="POST", path=CREATE))
    done = full_at(world, "batchtui.store.intents:Intents.mark_unclear")
    assert (done.code, "settle" in done.err) == (4, True)
    (part,) = account(world)
    assert part.state == "unclear+"


def test_the_disk_is_full_while_results_come_home(world: World, mount: Mount) -> None:
    mount("4m")
    assert world.submit().code == 0
    world.served.simulator.shelf.end_now(world.served.simulator.shelf.all()[0])
    fill(world.home)
    done = world.command("sync")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert str(world.home) in done.err
    (world.home / "ballast").unlink()
    assert world.command("sync").code == 0
    with closing(Store.open(world.places)) as store:
        assert [stored.results for stored in store.batches.list()] == ["complete"]
        assert store.check() == []


def test_a_file_may_not_grow_while_results_come_home(world: World) -> None:
    world.write_input(300)
    assert world.submit().code == 0
    world.served.simulator.shelf.end_now(world.served.simulator.shelf.all()[0])
    done = world.command("sync", file_bytes=60_000)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert str(world.home) in done.err
    assert world.command("sync").code == 0
    with closing(Store.open(world.places)) as store:
        assert [stored.results for stored in store.batches.list()] == ["complete"]
        assert store.check() == []


@pytest.fixture
def open_world(world: World) -> Iterator[World]:
    """A home where another user can get to, which the directories of pytest are not."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield World(Path(directory), world.served)


@pytest.mark.parametrize("is_new", [True, False])
def test_a_home_that_cannot_be_written(open_world: World, is_new: bool) -> None:
    """Permissions mean nothing to root, so the command becomes somebody else; other users are bound by them."""
    world = open_world
    world.write_input(3)
    world.home.mkdir()
    if not is_new:
        assert world.command("list", "--offline").code == 0
    for path in (*world.home.rglob("*"), world.home):
        path.chmod(0o555 if path.is_dir() else 0o444)
    user_id = NOBODY if os.getuid() == 0 else None
    for arguments in (("submit", world.input, "--yes"), ("list", "--offline")):
        done = world.command(*arguments, user_id=user_id)
        assert done.code == 1
        assert "Traceback" not in done.err
        assert str(world.home) in done.err
        assert "writable" in done.err
    assert world.posts().total() == 0
    for path in (world.home, *world.home.rglob("*")):
        path.chmod(0o755)


def test_a_home_on_a_disk_for_reading_only(world: World, mount: Mount) -> None:
    mount("4m")
    assert world.command("list", "--offline").code == 0
    subprocess.run(["mount", "-o", "remount,ro", world.home], check=True)
    done = world.submit()
    assert done.code == 1
    assert "Traceback" not in done.err
    assert re.search(rf"{re.escape(str(world.home))}\S*: .*read-?only", done.err), done.err
    assert world.posts().total() == 0
