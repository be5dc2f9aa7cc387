from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batchtui.domain.selection import Selection
from batchtui.store import Store
from batchtui.store.files import rows_beside, template_beside
from tests.store.conftest import Open
from tests.store.making import PROFILE, TEMPLATE, bring, request_line, row_line, running, succeeded

ROOT = Path(__file__).parents[2]
IDS = ["a", "b", "c"]

Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start another process on the home of the test."""
    children: list[subprocess.Popen[str]] = []

    def run(action: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.store.child", str(home), action],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield run
    for child in children:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


@pytest.fixture
def killed(start: Start) -> Callable[[str], None]:
    """Let another process come to a point and kill it there, as a power cut or the kernel would."""

    def run(action: str) -> None:
        child = start(action)
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.kill()
        child.wait()

    return run


Killed = Callable[[str], None]


def the_batch_is_in_place(store: Store, home: Path) -> None:
    stored = store.batches.get("msgbatch_1")
    assert (stored.job_name, stored.requests_known, stored.cost_usd) == ("rivers", True, 0.5)
    assert [store.requests.line(stored.key, custom_id) for custom_id in IDS] == [request_line(i) for i in IDS]
    assert [store.requests.row_line(stored.key, custom_id) for custom_id in IDS] == [row_line(i) for i in IDS]
    assert store.templates.of_batch(stored.key) == TEMPLATE
    assert template_beside(store.files.requests_path(stored.id)).read_bytes() == TEMPLATE.text.encode()
    assert store.intents.open_ones() == []
    assert not list((home / "spool").iterdir())
    assert store.check() == []


@pytest.mark.parametrize("point", ["closed", "half_moved", "moved", "submission"])
def test_a_close_that_was_cut_off_is_finished(killed: Killed, open_store: Open, home: Path, point: str) -> None:
    killed(point)
    the_batch_is_in_place(open_store(), home)


def test_a_submission_that_was_cut_off_is_unclear(killed: Killed, open_store: Open) -> None:
    killed("sending")
    store = open_store()
    (intent,) = store.intents.open_ones()
    assert intent.state == "unclear"
    assert intent.error is not None
    assert "ended while it was sending" in intent.error
    spool = store.files.spool_path(intent.id)
    assert spool.read_bytes() == b"".join(request_line(i) + b"\n" for i in IDS)
    assert rows_beside(spool).read_bytes() == b"".join(row_line(i) + b"\n" for i in IDS)
    assert store.templates.of_job(intent.job_id) == TEMPLATE
    assert store.check() == []


async def test_an_open_store_sees_that_the_sender_has_died(start: Start, open_store: Open) -> None:
    store = open_store()
    child = start("sending")
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    (intent,) = store.intents.open_ones()
    assert intent.state == "sending"
    child.kill()
    child.wait()
    (intent,) = store.intents.open_ones()
    assert intent.state == "unclear"
    await store.intents.close(intent.id, running("msgbatch_1", 3))
    await store.requests.index("msgbatch_1")
    assert store.requests.row_line(store.batches.get("msgbatch_1").key, "b") == row_line("b")


@pytest.mark.parametrize("point", ["prepared", "taken_over"])
def test_what_was_never_going_to_be_sent_is_dropped(
    killed: Killed, open_store: Open, home: Path, point: str
) -> None:
    killed(point)
    assert list((home / "spool").iterdir())
    store = open_store()
    assert store.intents.open_ones() == []
    assert not list((home / "spool").iterdir())
    assert store.check() == []


def test_what_a_living_process_prepares_is_left_alone(start: Start, open_store: Open, home: Path) -> None:
    child = start("prepared")
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    assert open_store().check() == []
    assert len(list((home / "spool").iterdir())) == 1


async def test_a_download_that_was_cut_off_is_dropped(killed: Killed, open_store: Open, home: Path) -> None:
    killed("arriving")
    store = open_store()
    assert store.batches.get("msgbatch_1").results == "none"
    assert not list((home / "batches" / "msgbatch_1").iterdir())
    assert store.check() == []
    await the_results_can_be_brought_again(store)


async def test_a_download_that_dies_while_a_store_is_open_makes_way(start: Start, open_store: Open) -> None:
    store = open_store()
    child = start("arriving")
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    assert store.batches.get("msgbatch_1").results == "partial"
    child.kill()
    child.wait()
    await the_results_can_be_brought_again(store)


async def the_results_can_be_brought_again(store: Store) -> None:
    await bring(store, "msgbatch_1", [succeeded(custom_id) for custom_id in IDS])
    the_results_are_in_place(store)


def the_results_are_in_place(store: Store) -> None:
    stored = store.batches.get("msgbatch_1")
    assert (stored.results, stored.cost_is) == ("complete", "actual")
    rows = store.results.rows(store.results.keys(Selection((stored.key,))))
    assert [store.results.line(row) for row in rows] == [succeeded(custom_id) for custom_id in IDS]
    assert [path.name for path in store.files.results_path("msgbatch_1").parent.iterdir()] == ["results.jsonl"]
    assert store.check() == []


@pytest.mark.parametrize("point", ["finished", "renamed", "download"])
def test_a_finished_download_gets_its_name_after_all(killed: Killed, open_store: Open, point: str) -> None:
    killed(point)
    the_results_are_in_place(open_store())


async def test_of_two_that_finish_the_later_is_kept(start: Start, open_store: Open) -> None:
    store = open_store()
    child = start("nameless")
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    assert store.batches.get("msgbatch_1").results == "complete"
    (row, *_) = store.results.rows([(store.batches.get("msgbatch_1").key, 0)])
    assert store.results.line(row) == succeeded("a")
    await bring(store, "msgbatch_1", [succeeded(custom_id) for custom_id in IDS])
    child.kill()
    child.wait()
    (finding,) = store.check()
    assert (finding.kind, finding.can_repair) == ("leftover", True)
    assert len(await store.repair()) == 1
    the_results_are_in_place(store)


@pytest.mark.parametrize("done", [1, 4, 9])
def test_nothing_that_was_said_to_be_done_is_lost(start: Start, open_store: Open, done: int) -> None:
    child = start("writing")
    assert child.stdout is not None
    said = [child.stdout.readline().strip() for _ in range(done)]
    child.kill()
    said += child.communicate()[0].split()
    store = open_store()
    for batch_id in said:
        stored = store.batches.get(batch_id)
        assert [store.requests.line(stored.key, custom_id) for custom_id in IDS] == [request_line(i) for i in IDS]
    assert store.check() == []


async def test_processes_that_start_and_write_at_once(start: Start, open_store: Open) -> None:
    children = [start("fifty_jobs") for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    store = open_store()
    with store._database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (150,)
    assert store.check() == []
    await store.jobs.create("one more", PROFILE)
