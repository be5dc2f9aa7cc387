from __future__ import annotations

from pathlib import Path

import pytest

from batchtui.domain.errors import RefusedError, StoreError, UnknownIdError
from batchtui.store import Draft, Store
from tests.store.conftest import Open
from tests.store.making import (
    PROFILE,
    URL,
    bring,
    draft,
    ended,
    record,
    request_line,
    running,
    send,
    succeeded,
)


async def test_a_draft_has_taken_over_its_spool(store: Store, home: Path) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a", "b"])
    assert store.intents.get(intent.id) == intent
    assert (intent.state, intent.job_name, intent.request_count, intent.sent_at) == ("draft", "rivers", 2, None)
    assert store.files.spool_path(intent.id).read_bytes().count(b"\n") == 2
    assert [path.name for path in (home / "spool").iterdir()] == [intent.id]


async def test_the_whole_way_of_a_submission(store: Store, home: Path) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a", "b"])
    sending = await store.intents.mark_sending(intent.id)
    assert sending.state == "sending"
    assert sending.sent_at is not None
    stored = await store.intents.close(intent.id, running("msgbatch_1", 2))
    assert (stored.job_id, stored.requests_known, stored.cost_usd, stored.cost_is) == (
        job.id,
        True,
        0.5,
        "estimate",
    )
    closed = store.intents.get(intent.id)
    assert (closed.state, closed.batch_id) == ("closed", "msgbatch_1")
    assert store.files.requests_path("msgbatch_1").read_bytes().count(b"\n") == 2
    assert not list((home / "spool").iterdir())
    assert store.intents.open_ones() == []
    assert await store.requests.index("msgbatch_1") == 2
    assert store.check() == []


async def test_closing_again_changes_nothing(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    stored = await send(store, job, ["a"], "msgbatch_1")
    intent_id = next(iter(await closed_ids(store, job.id)))
    assert await store.intents.close(intent_id, running("msgbatch_1", 1)) == stored
    with pytest.raises(RefusedError, match="has become msgbatch_1"):
        await store.intents.close(intent_id, running("msgbatch_2", 1))


async def closed_ids(store: Store, job_id: str) -> list[str]:
    with store._database.reading() as connection:
        return [row[0] for row in connection.execute("SELECT id FROM intents WHERE job_id = ?", (job_id,))]


async def test_a_batch_that_a_poll_saw_first_moves_into_the_job(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"], attempt=2)
    await store.intents.mark_sending(intent.id)
    await record(store, ended("msgbatch_1", 1))
    seen = store.batches.get("msgbatch_1")
    stored = await store.intents.close(intent.id, running("msgbatch_1", 1))
    assert (stored.key, stored.job_id, stored.attempt) == (seen.key, job.id, 2)
    assert stored.batch.has_ended
    with pytest.raises(UnknownIdError):
        store.jobs.get(seen.job_id)


async def test_results_that_came_first_get_the_order_of_the_requests(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a", "b", "c"])
    await store.intents.mark_sending(intent.id)
    await store.intents.mark_unclear(intent.id, "no answer")
    await bring(store, "msgbatch_1", [succeeded("c"), succeeded("a"), b"broken", succeeded("b")], expected=4)
    stored = await store.intents.close(intent.id, ended("msgbatch_1", 4))
    await store.requests.index("msgbatch_1")
    rows = store.results.rows([(stored.key, seq) for seq in range(4)])
    assert [row.ordinal for row in rows] == [2, 0, 5, 1]
    assert stored.cost_is == "estimate"


async def test_a_batch_of_another_submission_is_not_taken(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    before = await send(store, job, ["a"], "msgbatch_1")
    intent = await draft(store, job, ["b"], attempt=2)
    with pytest.raises(RefusedError, match="another submission"):
        await store.intents.close(intent.id, running("msgbatch_1", 1))
    assert store.batches.get("msgbatch_1") == before
    assert store.requests.line(before.key, "a") == request_line("a")


async def test_an_id_that_is_no_directory_leaves_it_unclear(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"])
    await store.intents.mark_sending(intent.id)
    with pytest.raises(StoreError, match="cannot be the name of a directory"):
        await store.intents.close(intent.id, running("../elsewhere", 1))
    assert store.intents.get(intent.id).state == "unclear"
    assert store.files.spool_path(intent.id).exists()


async def test_what_was_not_created_can_be_sent_again(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"])
    await store.intents.mark_sending(intent.id)
    await store.intents.mark_draft(intent.id, "400: bad \udcff")
    again = store.intents.get(intent.id)
    assert (again.state, again.error) == ("draft", "400: bad ?")
    assert (await store.intents.mark_sending(intent.id)).error is None


async def test_an_unclear_one_keeps_its_window(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"])
    sending = await store.intents.mark_sending(intent.id)
    await store.intents.mark_unclear(intent.id, "no answer")
    (unclear,) = store.intents.open_ones(PROFILE)
    assert (unclear.state, unclear.error, unclear.sent_at) == ("unclear", "no answer", sending.sent_at)
    assert sending.sent_at is not None
    assert unclear.settled_at is not None
    assert unclear.settled_at >= sending.sent_at
    assert store.intents.open_ones("other") == []


async def test_a_discarded_one_drops_its_lines(store: Store, home: Path) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["b"], "msgbatch_1")
    intent = await draft(store, job, ["a"], attempt=2)
    await store.intents.discard(intent.id)
    await store.intents.discard(intent.id)
    assert not list((home / "spool").iterdir())
    assert store.intents.open_ones() == []
    with pytest.raises(RefusedError, match="was discarded"):
        await store.intents.mark_sending(intent.id)


async def test_nobody_else_touches_what_is_being_sent(open_store: Open) -> None:
    here, there = open_store(), open_store()
    job = await here.jobs.create("rivers", PROFILE)
    intent = await draft(here, job, ["a"])
    await here.intents.mark_sending(intent.id)
    assert [seen.state for seen in there.intents.open_ones()] == ["sending"]
    for action in (there.intents.mark_sending, there.intents.discard):
        with pytest.raises(RefusedError, match="is being sent by another batchtui"):
            await action(intent.id)
    here.close()
    assert [seen.state for seen in there.intents.open_ones()] == ["unclear"]
    await there.intents.discard(intent.id)


async def test_one_attempt_is_sent_once(open_store: Open, home: Path) -> None:
    here, there = open_store(), open_store()
    job = await here.jobs.create("rivers", PROFILE)
    await send(here, job, ["a"], "msgbatch_1")
    first = await draft(here, job, ["a"], attempt=2)
    with pytest.raises(RefusedError, match="attempt 2 has been sent meanwhile"):
        await draft(there, job, ["a"], attempt=2)
    assert there.intents.open_ones() == [first]
    await here.intents.discard(first.id)
    await draft(there, job, ["a"], attempt=2)


async def test_a_draft_without_its_lines_is_not_sent(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"])
    store.files.spool_path(intent.id).unlink()
    with pytest.raises(StoreError, match=r"requests\.jsonl: the request lines are gone"):
        await store.intents.mark_sending(intent.id)
    assert store.intents.get(intent.id).state == "draft"


async def test_a_spool_that_was_never_written_makes_no_intent(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    spool = store.files.new_spool()
    spool.parent.rmdir()
    with pytest.raises(StoreError, match="no such file"):
        await store.intents.open([Draft(1, 1, spool, 1, 1, "")], job=job, base_url=URL)
    assert store.intents.open_ones() == []


async def test_an_unknown_intent_is_an_error(store: Store) -> None:
    with pytest.raises(UnknownIdError, match="intent_none"):
        store.intents.get("intent_none")
    with pytest.raises(UnknownIdError):
        await store.intents.mark_sending("intent_none")


async def test_one_that_has_changed_since_it_was_looked_at_is_not_sent(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"])
    await store.intents.mark_waiting(intent.id, not_before=None)
    waiting = store.intents.get(intent.id)
    await store.intents.hold(job.id)
    with pytest.raises(RefusedError, match="it is draft"):
        await store.intents.mark_sending(intent.id, seen=waiting)
    await store.intents.mark_sending(intent.id)
    await store.intents.mark_unclear(intent.id, "no answer")
    unclear = store.intents.get(intent.id)
    with pytest.raises(RefusedError, match="it is unclear"):
        await store.intents.mark_sending(intent.id, seen=waiting)
    await store.intents.mark_sending(intent.id, seen=unclear)
    await store.intents.mark_unclear(intent.id, "no answer again")
    with pytest.raises(RefusedError, match="it is unclear"):
        await store.intents.mark_sending(intent.id, seen=unclear)


async def test_an_unclear_one_never_waits_to_go_out_by_itself(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, ["a"])
    await store.intents.mark_sending(intent.id)
    await store.intents.mark_unclear(intent.id, "no answer")
    with pytest.raises(RefusedError, match="it is unclear"):
        await store.intents.mark_waiting(intent.id, not_before=None)
