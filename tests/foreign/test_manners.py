"""The whole way round at servers that differ from the API in small ways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.domain.batch import Counts, StoredBatch
from batchtui.domain.errors import MissingError, RefusedError, UnclearError, UnknownIdError
from batchtui.paths import Places
from batchtui.services import download
from batchtui.services.prepare import prepare
from batchtui.services.workbench import Profile, Workbench
from batchtui.store import Store
from tests.api.raw_server import RawServer
from tests.foreign.server import Foreign
from tests.services.conftest import request_line

Meet = Callable[..., tuple[Workbench, Foreign]]

OUTCOMES = ("succeeded", "errored", "canceled", "expired", "succeeded")
LINES = [request_line(f"row-{number}", f"Be {outcome}") for number, outcome in enumerate(OUTCOMES)]


@pytest.fixture
async def meet(tmp_path: Path) -> AsyncIterator[Meet]:
    """Return the services on a new home and the server with some manners that they talk to."""
    async with AsyncExitStack() as benches:
        with ExitStack() as servers:

            def make(*manners: str, polls: int = 1) -> tuple[Workbench, Foreign]:
                foreign = Foreign(frozenset(manners), polls)
                url = servers.enter_context(RawServer(foreign)).url + "/proxy" * ("under a path" in manners)
                places = Places(tmp_path / "home", tmp_path / "home" / "config.toml")
                bench = Workbench(
                    Store.open(places),
                    AnthropicGateway(url, lambda: "x"),
                    Profile("default", url),
                    poll_seconds=0.05,
                )
                benches.push_async_callback(bench.close)
                return bench, foreign

            yield make
            await benches.aclose()


@pytest.fixture(autouse=True)
def late_results_are_soon_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LATE_SECONDS", (0.0,))


async def submit(bench: Workbench, name: str = "one") -> StoredBatch:
    (stored,) = (await bench.submissions.send(await prepare(bench.store, LINES, "test"), name=name)).batches
    return stored


async def until_home(bench: Workbench, *, looks: int = 4) -> None:
    for _ in range(looks):
        await bench.sync.run()


MANNERS = (
    ("under a path", "CRLF", "plain content"),
    ("x-api-key only",),
    ("no counts", "no dates"),
    ("counts stand still",),
    ("only answers",),
    ("late results",),
    ("results elsewhere", "compressed"),
    ("no list",),
    ("bare create", "flat errors"),
    ("small pages", "no has_more"),
)


@pytest.mark.parametrize("manners", MANNERS, ids=", ".join)
async def test_the_way_round(meet: Meet, manners: tuple[str, ...]) -> None:
    bench, foreign = meet(*manners)
    stored = await submit(bench)
    assert stored.batch.counts == Counts(processing=5)
    await until_home(bench)
    stored = bench.store.batches.get(stored.id)
    assert stored.results == "complete"
    assert stored.batch.counts == Counts(succeeded=2, errored=1, canceled=1, expired=1)
    target = bench.finder.known("one")
    rows = list(bench.reader.rows(bench.reader.keys(bench.reader.selection(target, only="succeeded"))))
    assert [bench.reader.text(row) for row in rows] == ["fine", "fine"]
    plan = bench.retries.plan(target)
    assert [row.custom_id for row in plan.rows] == ["row-1", "row-2", "row-3"]
    again = await bench.retries.send(plan, await bench.retries.prepare(plan))
    assert [batch.attempt for batch in again.batches] == [2]
    assert len(foreign.held) == 2
    assert bench.store.check() == []


@pytest.mark.parametrize("manner", ["", "empty cancel", "no counts", "no list"])
async def test_a_cancellation_keeps_what_its_answer_leaves_out(meet: Meet, manner: str) -> None:
    bench, _ = meet(manner, polls=3)
    before = await submit(bench)
    canceled = await bench.management.cancel(before)
    assert canceled.batch.status == "canceling"
    assert canceled.batch.counts == Counts(processing=5)
    assert canceled.batch.created_at == before.batch.created_at
    await until_home(bench)
    assert bench.store.batches.get(before.id).batch.counts == Counts(canceled=5)


async def test_a_canceled_batch_may_have_no_lines(meet: Meet) -> None:
    bench, _ = meet("only answers")
    await bench.management.cancel(await submit(bench))
    await until_home(bench)
    target = bench.finder.known("one")
    assert target.batches[0].results == "complete"
    assert len(bench.retries.plan(target).rows) == 5


async def test_a_cancellation_that_comes_too_late_is_told_so(meet: Meet) -> None:
    bench, foreign = meet()
    stored = await submit(bench)
    foreign.held[stored.id].status = "ended"
    with pytest.raises(RefusedError, match="ended meanwhile"):
        await bench.management.cancel(stored)
    assert bench.store.batches.get(stored.id).batch.has_ended


@pytest.mark.parametrize("manners", [(), ("small pages",), ("no has_more",)], ids=", ".join)
async def test_a_list_of_small_pages_is_read_to_its_end(meet: Meet, manners: tuple[str, ...]) -> None:
    bench, foreign = meet(*manners)
    for number in range(45):
        await submit(bench, f"job {number}")
    assert (await bench.sync.update(all_pages=True)).errors == ()
    assert len(foreign.held) == len(bench.store.batches.list()) == 45
    assert all(batch.polls_left < 1 for batch in foreign.held.values())


async def test_a_list_without_a_cursor_gives_its_first_page(meet: Meet) -> None:
    bench, _ = meet("no cursor", polls=0)
    for number in range(21):
        await submit(bench, f"job {number}")
    (error,) = (await bench.sync.update(all_pages=True)).errors
    assert isinstance(error, UnclearError)
    assert sum(stored.batch.has_ended for stored in bench.store.batches.list()) == 21


async def test_any_id_can_be_asked_for(meet: Meet) -> None:
    bench, foreign = meet()
    stored = await submit(bench)
    await bench.store.batches.forget(stored.id)
    assert (await bench.finder.find(stored.id)).batches[0].id == stored.id
    with pytest.raises(UnknownIdError):
        await bench.finder.find("batch-of-nobody")
    assert len(foreign.held) == 1


async def test_a_server_without_a_list_is_told_so(meet: Meet) -> None:
    bench, _ = meet("no list")
    with pytest.raises(MissingError, match="405") as caught:
        await bench.sync.update()
    assert "no such endpoint" in caught.value.todo
