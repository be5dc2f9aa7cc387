from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batchtui.domain.batch import Batch, BatchFilter, Counts
from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.store import Store, ingest
from tests.store.conftest import Open
from tests.store.making import (
    CREATED_AT,
    PROFILE,
    URL,
    bring,
    draft,
    ended,
    errored,
    foreign,
    record,
    running,
    send,
    succeeded,
)

NOW = datetime.now(UTC)


def tree(home: Path) -> list[Path]:
    return sorted(home.rglob("*"))


async def test_an_unknown_batch_becomes_a_job_of_its_own(store: Store) -> None:
    batch = running("msgbatch_1", 3)
    (change,) = await store.batches.record([batch], profile=PROFILE, base_url=URL)
    assert change.before is None
    after = change.after
    assert (after.batch, after.job_name, after.attempt, after.part, after.parts) == (batch, "msgbatch_1", 1, 1, 1)
    assert (after.results, after.requests_known, after.cost_usd, after.cost_is) == ("none", False, None, "unknown")
    assert store.jobs.summary(after.job_id).batches == (after,)


async def test_all_that_the_api_says_is_kept(store: Store) -> None:
    east = datetime.fromisoformat("2026-08-19T16:44:51.493319+02:00")
    batch = Batch(
        "msgbatch_1",
        "ended",
        Counts(0, 1, 2, 3, 4),
        created_at=east,
        expires_at=east + timedelta(hours=24),
        ended_at=east + timedelta(minutes=1),
        cancel_initiated_at=east + timedelta(seconds=7),
        archived_at=east + timedelta(days=29),
        results_url="https://api.example/results?x=1",
    )
    await record(store, batch)
    assert store.batches.get("msgbatch_1").batch == batch


async def test_only_rows_that_changed_are_returned(store: Store) -> None:
    first, second = running("msgbatch_1", 3), running("msgbatch_2", 4)
    await record(store, first, second)
    done = ended("msgbatch_2", 4)
    (change,) = await store.batches.record([first, done], profile=PROFILE, base_url=URL)
    assert change.before is not None
    assert (change.before.batch, change.after.batch) == (second, done)


async def test_an_ended_batch_does_not_run_again(store: Store) -> None:
    await record(store, ended("msgbatch_1", 3))
    assert await store.batches.record([running("msgbatch_1", 3)], profile=PROFILE, base_url=URL) == []
    assert store.batches.get("msgbatch_1").batch.has_ended


async def test_a_canceled_batch_is_not_shown_running_by_an_older_answer(store: Store) -> None:
    batch = running("msgbatch_1", 3)
    canceling = replace(batch, status="canceling", cancel_initiated_at=CREATED_AT)
    await record(store, batch, canceling)
    assert await store.batches.record([batch], profile=PROFILE, base_url=URL) == []
    assert store.batches.get("msgbatch_1").batch == canceling


async def test_a_word_the_api_may_add_passes_through(store: Store) -> None:
    await record(store, replace(running("msgbatch_1", 3), status="thinking_about_it"))
    assert store.batches.get("msgbatch_1").batch.status == "thinking_about_it"
    assert [stored.id for stored in store.batches.running(PROFILE, URL)] == ["msgbatch_1"]


async def test_a_batch_of_another_profile_keeps_it(store: Store) -> None:
    await store.batches.record([running("msgbatch_1", 3)], profile="work", base_url=URL)
    (change,) = await store.batches.record([ended("msgbatch_1", 3)], profile="home", base_url=URL)
    assert change.after.profile == "work"


async def test_batches_are_listed_newest_first_and_filtered(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["a"], "msgbatch_mine")
    await record(store, *(running(f"msgbatch_{age}", 1, age=timedelta(hours=age)) for age in (2, 3, 1)))
    await store.batches.record(
        [ended("msgbatch_4", 1, age=timedelta(hours=4))], profile="work", base_url="http://b"
    )

    def ids(filter_: BatchFilter) -> list[str]:
        return [stored.id.removeprefix("msgbatch_") for stored in store.batches.list(filter_)]

    assert ids(BatchFilter()) == ["mine", "1", "2", "3", "4"]
    assert ids(BatchFilter(limit=2)) == ["mine", "1"]
    assert ids(BatchFilter(status="ended")) == ["4"]
    assert ids(BatchFilter(profile="work")) == ["4"]
    assert ids(BatchFilter(profile="work", base_url=URL)) == []
    assert ids(BatchFilter(job="rivers")) == ids(BatchFilter(job=job.id)) == ["mine"]
    assert ids(BatchFilter(job="bad \udcff name")) == []
    assert store.batches.count(PROFILE, URL) == 4


async def test_many_batches_are_listed(store: Store) -> None:
    batches = [ended(f"msgbatch_{number}", number, age=timedelta(seconds=number)) for number in range(3_000)]
    await record(store, *batches)
    assert [stored.batch for stored in store.batches.list()] == batches
    assert store.batches.get("msgbatch_2999").batch.counts.succeeded == 2_999


async def test_a_batch_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    await record(store, running("msgbatch_ab", 1), running("msgbatch_ac", 1, age=timedelta(hours=1)))
    assert [stored.id for stored in store.batches.find("msgbatch_a")] == ["msgbatch_ab", "msgbatch_ac"]
    assert [stored.id for stored in store.batches.find("msgbatch_ac")] == ["msgbatch_ac"]
    assert store.batches.find("msgbatch_%") == store.batches.find("\udcff") == []


async def test_an_unknown_batch_is_an_error(store: Store) -> None:
    with pytest.raises(UnknownIdError, match="msgbatch_9"):
        store.batches.get("msgbatch_9")
    with pytest.raises(UnknownIdError):
        store.batches.by_key(9)


async def test_awaited_are_results_that_can_still_be_had(store: Store) -> None:
    await record(
        store,
        running("msgbatch_runs", 1),
        ended("msgbatch_due", 1),
        ended("msgbatch_late", 1, age=timedelta(days=29)),
        replace(ended("msgbatch_archived", 1), archived_at=CREATED_AT),
    )
    await bring(store, "msgbatch_here", [succeeded("a")])
    await foreign(store, "msgbatch_gone", 1)
    await store.batches.set_results_state("msgbatch_gone", "gone")
    assert [stored.id for stored in store.batches.awaiting_results(PROFILE, URL, NOW)] == ["msgbatch_due"]
    assert store.batches.awaiting_results("other", URL, NOW) == []
    assert store.batches.get("msgbatch_gone").results == "gone"


async def test_results_another_process_brings_home_are_not_awaited(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    here, there = open_store(), open_store()
    await foreign(here, "msgbatch_1", 1)
    writer = there.results.writer("msgbatch_1")
    await writer.feed(succeeded("a") + b"\n")
    await there.leases.release("a write that comes", "after")
    assert here.batches.get("msgbatch_1").results == "partial"
    assert here.batches.awaiting_results(PROFILE, URL, NOW) == []
    assert len(there.batches.awaiting_results(PROFILE, URL, NOW)) == 1
    await writer.abort()
    assert len(here.batches.awaiting_results(PROFILE, URL, NOW)) == 1


async def test_a_forgotten_batch_leaves_nothing(store: Store, home: Path) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    first = await send(store, job, ["a", "b"], "msgbatch_1")
    await send(store, job, ["b"], "msgbatch_2", attempt=2)
    await bring(store, "msgbatch_1", [succeeded("a"), errored("b")])
    await store.batches.forget("msgbatch_2")
    assert [stored.id for stored in store.jobs.summary(job.id).batches] == ["msgbatch_1"]
    assert [row.custom_id for row in store.results.failed([first.key])] == ["b"]
    await draft(store, job, ["b"], attempt=2)
    await store.batches.forget("msgbatch_1")
    assert store.batches.list() == []
    assert not list((home / "batches").iterdir())
    assert store.check() == []


async def test_the_job_of_a_forgotten_batch_goes_with_it(store: Store) -> None:
    stored = await foreign(store, "msgbatch_1", 1)
    await store.batches.forget("msgbatch_1")
    with pytest.raises(UnknownIdError):
        store.jobs.get(stored.job_id)
    await store.batches.forget("msgbatch_1")


@pytest.mark.parametrize(
    "batch_id", ["..", "../../etc", "/etc/passwd", "a/b", "", "a\0b", "a b", "x" * 129, "msgbatch_é", "a\n"]
)
async def test_an_id_that_could_lead_elsewhere_is_never_a_path(store: Store, home: Path, batch_id: str) -> None:
    for path in (store.files.requests_path, store.files.results_path):
        with pytest.raises(StoreError, match="cannot be the name of a directory"):
            path(batch_id)
    before = tree(home)
    await foreign(store, batch_id, 1)
    with pytest.raises(StoreError, match="cannot be the name of a directory"):
        store.results.writer(batch_id)
    assert [finding.can_repair for finding in store.check()] == [False]
    await store.batches.forget(batch_id)
    assert store.batches.list() == []
    assert tree(home) == before


async def test_names_of_jobs_are_made_unique(store: Store) -> None:
    names = [(await store.jobs.create("rivers", PROFILE)).name for _ in range(3)]
    assert names == ["rivers", "rivers-2", "rivers-3"]
    other = await store.jobs.create("lakes", PROFILE)
    assert (await store.jobs.rename(other.id, "rivers")).name == "rivers-4"
    assert (await store.jobs.rename(other.id, "rivers-4")).name == "rivers-4"
    assert (await store.jobs.create("bad \udcff name", PROFILE)).name == "bad ? name"
    nameless = await store.jobs.create("", PROFILE)
    assert nameless.name == nameless.id


async def test_a_job_is_found_by_id_name_and_beginning_of_its_id(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await store.jobs.create("job_", PROFILE)
    assert store.jobs.find(job.id) == store.jobs.find("rivers") == store.jobs.find(job.id[:12]) == [job]
    assert [found.name for found in store.jobs.find("job_")] == ["job_"]
    assert store.jobs.find("riv") == store.jobs.find("\udcff") == []


async def test_a_note_is_shown_with_the_batches(store: Store) -> None:
    stored = await foreign(store, "msgbatch_1", 1)
    await store.jobs.set_note(stored.job_id, "keep this")
    assert store.jobs.get(stored.job_id).note == store.batches.get("msgbatch_1").note == "keep this"
    with pytest.raises(UnknownIdError):
        await store.jobs.set_note("job_none", "lost")
    with pytest.raises(UnknownIdError):
        await store.jobs.rename("job_none", "lost")


async def test_a_summary_has_attempts_and_parts_in_order(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["b"], "msgbatch_2", part=2)
    await send(store, job, ["a"], "msgbatch_1")
    await send(store, job, ["c"], "msgbatch_3", attempt=2)
    intent = await draft(store, job, ["d"], attempt=3)
    summary = store.jobs.summary(job.id)
    assert [stored.id for stored in summary.batches] == ["msgbatch_1", "msgbatch_2", "msgbatch_3"]
    assert summary.open_intents == (intent,)
    assert summary.attempts == 2


async def test_only_an_empty_job_is_removed(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"])
    await store.jobs.remove_if_empty(job.id)
    assert store.jobs.get(job.id) == job
    await store.intents.discard(intent.id)
    await store.jobs.remove_if_empty(job.id)
    with pytest.raises(UnknownIdError):
        store.jobs.get(job.id)


async def test_one_owner_at_a_time_holds_a_lease(open_store: Open) -> None:
    here, there = open_store(), open_store()
    mine, theirs = here.leases.new_owner(), there.leases.new_owner()
    assert here.leases.holder("poll") is None
    assert await here.leases.acquire("poll", mine, 60)
    assert not await there.leases.acquire("poll", theirs, 60)
    assert await here.leases.acquire("poll", mine, 60)
    await there.leases.release("poll", theirs)
    assert there.leases.holder("poll") == mine
    await here.leases.release("poll", mine)
    assert await there.leases.acquire("poll", theirs, 0)
    assert there.leases.holder("poll") is None
    assert await here.leases.acquire("poll", mine, 60)


async def test_a_lease_ends_with_the_store_of_its_owner(open_store: Open) -> None:
    here, there = open_store(), open_store()
    assert await here.leases.acquire("poll", here.leases.new_owner(), 3_600)
    theirs = there.leases.new_owner()
    assert not await there.leases.acquire("poll", theirs, 60)
    here.close()
    assert await there.leases.acquire("poll", theirs, 60)


async def test_a_write_is_done_though_its_caller_is_cancelled(store: Store) -> None:
    for number in range(5):
        task = asyncio.create_task(store.jobs.create(f"job {number}", PROFILE))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await store.jobs.create("last", PROFILE)
    assert [len(store.jobs.find(f"job {number}")) for number in range(5)] == [1] * 5
