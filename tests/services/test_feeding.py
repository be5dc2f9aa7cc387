"""Jobs larger than what the API takes at once: parts wait, and go out as earlier ones end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batchtui.domain import split
from batchtui.domain.batch import Batch
from batchtui.domain.errors import ApiError, SpendLimitError
from batchtui.services.prepare import prepare
from batchtui.services.submit import Submission, Submissions
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from tests.services.conftest import Open, posts, request_line

CREATE = "/v1/messages/batches"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 10, "max_body_bytes": 10**9})


def with_queue(bench: Workbench, max_queued_requests: int) -> Workbench:
    bench.submissions = Submissions(
        bench.store, bench.gateway, bench.profile.name, max_queued_requests=max_queued_requests
    )
    bench.sync._submissions = bench.submissions
    return bench


async def submit(bench: Workbench, count: int, name: str = "big") -> Submission:
    prepared = await prepare(bench.store, [request_line(f"r{number}") for number in range(count)], "test")
    return await bench.submissions.send(prepared, name=name)


def end(server: Served) -> None:
    for batch in server.simulator.shelf.all():
        if batch.status != "ended":
            server.simulator.shelf.end_now(batch)


def running(server: Served) -> int:
    return sum(sum(b.counts().values()) for b in server.simulator.shelf.all() if b.status != "ended")


async def test_parts_that_do_not_fit_go_out_in_order_as_others_end(bench: Workbench, server: Served) -> None:
    with_queue(bench, 20)
    submission = await submit(bench, 50)
    assert [stored.part for stored in submission.batches] == [1, 2]
    assert [(intent.part, intent.state) for intent in submission.waiting] == [(n, "waiting") for n in (3, 4, 5)]
    assert (await bench.sync.run()).sent == ()
    seen = [1, 2]
    while len(seen) < 5:
        assert running(server) <= 20
        end(server)
        seen += [stored.part for stored in (await bench.sync.run()).sent]
    assert seen == [1, 2, 3, 4, 5]
    end(server)
    await bench.sync.run()
    rows = bench.reader.keys(bench.reader.selection(bench.finder.known("big"), final=True))
    assert (len(rows), posts(server)) == (50, 5)


async def test_what_another_home_left_running_counts_too(bench: Workbench, server: Served) -> None:
    with_queue(bench, 20)
    await submit(bench, 10, "first")
    submission = await submit(bench, 20, "second")
    assert (len(submission.batches), len(submission.waiting)) == (1, 1)


async def test_a_part_larger_than_the_queue_goes_out_alone(bench: Workbench, server: Served) -> None:
    with_queue(bench, 5)
    submission = await submit(bench, 20)
    assert (len(submission.batches), len(submission.waiting)) == (1, 1)
    end(server)
    assert [stored.part for stored in (await bench.sync.run()).sent] == [2]


async def test_no_room_at_the_api_waits_as_long_as_it_says(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(
        Fault(
            kind="refuse", status=429, error_type="rate_limit_error", retry_after=3600, method="POST", path=CREATE
        )
    )
    submission = await submit(bench, 20)
    assert submission.batches == ()
    assert posts(server) == 1
    until = submission.waiting[0].not_before
    assert until is not None
    assert timedelta(minutes=58) < until - datetime.now(UTC) <= timedelta(minutes=60)
    assert (await bench.sync.run()).sent == ()
    assert posts(server) == 1
    for intent in submission.waiting:
        await bench.store.intents.mark_waiting(intent.id, not_before=None)
    assert [stored.part for stored in (await bench.sync.run()).sent] == [1, 2]


async def test_a_spend_limit_stops_and_says_until_when(bench: Workbench, server: Served) -> None:
    with_queue(bench, 10)
    await submit(bench, 30)
    end(server)
    server.simulator.faults.pending.append(
        Fault(
            kind="refuse",
            status=400,
            message="You have reached your specified workspace API usage limits. "
            "You will regain access on 2026-12-01 at 00:00 UTC.",
            method="POST",
            path=CREATE,
        )
    )
    report = await bench.sync.run()
    (error,) = report.errors
    assert isinstance(error, SpendLimitError)
    assert error.until == datetime(2026, 12, 1, tzinfo=UTC)
    assert [intent.state for intent in bench.settlements.open_submissions()] == ["draft", "draft"]
    assert [done.lines for done in report.downloaded] == [10], "what has ended comes home all the same"
    assert (await bench.sync.run()).sent == ()
    assert posts(server) == 2


async def test_an_unclear_part_holds_the_rest_of_its_job(bench: Workbench, server: Served) -> None:
    with_queue(bench, 10)
    await submit(bench, 30)
    end(server)
    server.simulator.faults.pending.append(Fault(kind="drop_after", method="POST", path=CREATE))
    report = await bench.sync.run()
    assert [error.exit_code for error in report.errors] == [4]
    found = {open_one.intent.part: open_one for open_one in await bench.settlements.look()}
    assert {part: one.intent.state for part, one in found.items()} == {2: "unclear", 3: "draft"}
    await bench.settlements.adopt(found[2].intent, found[2].candidates[0].batch)
    end(server)
    await bench.sync.run()
    await bench.settlements.resend(found[3].intent)
    assert posts(server) == 3


async def test_an_unclear_part_left_by_a_dead_process_holds_the_rest_too(bench: Workbench, server: Served) -> None:
    with_queue(bench, 10)
    submission = await submit(bench, 30)
    end(server)
    second, third = submission.waiting
    await bench.store.intents.mark_sending(second.id)
    await bench.store.intents.mark_unclear(second.id, "It was killed.")
    assert (await bench.sync.run()).sent == ()
    await bench.settlements.resend(bench.store.intents.get(second.id))
    end(server)
    assert [stored.part for stored in (await bench.sync.run()).sent] == [third.part]
    assert posts(server) == 3


async def test_a_part_whose_lines_are_gone_holds_up_its_own_job_only(bench: Workbench, server: Served) -> None:
    with_queue(bench, 10)
    broken = await submit(bench, 20, "broken")
    await submit(bench, 10, "whole")
    bench.store.files.spool_path(broken.waiting[0].id).unlink()
    end(server)
    (error,) = (await bench.sync.run()).errors
    assert "gone" in error.what
    assert [stored.job_name for stored in (await bench.sync.run()).sent] == ["whole"]


async def test_two_that_feed_send_every_part_once(open_workbench: Open, server: Served) -> None:
    first, second = with_queue(open_workbench(), 10), with_queue(open_workbench(), 10)
    await submit(first, 40)
    for _ in range(3):
        end(server)
        await asyncio.gather(first.sync.run(), second.sync.run())
    end(server)
    await asyncio.gather(first.sync.run(), second.sync.run())
    assert posts(server) == 4
    assert sorted(stored.part for stored in first.store.batches.list()) == [1, 2, 3, 4]
    assert first.settlements.open_submissions() == []


async def test_held_parts_wait_for_the_user(bench: Workbench, server: Served) -> None:
    with_queue(bench, 10)
    submission = await submit(bench, 20)
    await bench.submissions.hold(submission.job.id)
    end(server)
    assert (await bench.sync.run()).sent == ()
    assert [intent.state for intent in bench.settlements.open_submissions()] == ["draft"]


async def test_parts_held_while_another_is_on_its_way_stay(
    bench: Workbench, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_queue(bench, 10)
    submission = await submit(bench, 40)
    end(server)
    await bench.sync.update()
    with_queue(bench, 1000)
    create = bench.gateway.create

    async def hold_meanwhile(*args: Any, **kwargs: Any) -> Batch:
        await bench.submissions.hold(submission.job.id)
        return await create(*args, **kwargs)

    monkeypatch.setattr(bench.gateway, "create", hold_meanwhile)
    assert [stored.part for stored in await bench.submissions.feed()] == [2]
    assert [intent.state for intent in bench.settlements.open_submissions()] == ["draft", "draft"]
    assert posts(server) == 2


async def test_a_sample_and_a_retry_go_out_with_the_betas(bench: Workbench, server: Served) -> None:
    def betas() -> list[str | None]:
        creates = [seen for seen in server.simulator.log if seen["method"] == "POST" and seen["path"] == CREATE]
        return [seen["headers"].get("anthropic-beta") for seen in creates]

    lines = [request_line(name, betas=["b-1"], model="claude-none") for name in "abcd"]
    prepared = await prepare(bench.store, lines, "test", mend=True, sample=2)
    assert (prepared.now.request_count, prepared.held.request_count, prepared.mended) == (2, 2, 4)
    sent = await bench.submissions.send(prepared, name="few")
    end(server)
    await bench.sync.run()
    for intent in sent.held:
        await bench.settlements.discard(intent)
    plan = bench.retries.plan(bench.finder.known(sent.job.id), include_invalid=True)
    assert len(plan.rows) == 2
    await bench.retries.send(plan, await bench.retries.prepare(plan))
    assert betas() == ["b-1", "b-1"]


async def test_betas_are_sent_for_the_whole_batch(bench: Workbench, server: Served) -> None:
    lines = [request_line("a", betas=["b-1"], temperature=0.1), request_line("b", betas=["b-2", "b-1"])]
    prepared = await prepare(bench.store, lines, "test", mend=True)
    assert (prepared.betas, prepared.mended, prepared.problems) == (("b-1", "b-2"), 2, ())
    server.simulator.faults.pending.append(Fault(kind="refuse", status=409, method="POST", path=CREATE))
    with pytest.raises(ApiError):
        await bench.submissions.send(prepared, name="betas")
    (intent,) = bench.settlements.open_submissions()
    await bench.settlements.resend(intent)
    creates = [seen for seen in server.simulator.log if seen["method"] == "POST" and seen["path"] == CREATE]
    assert [seen["headers"]["anthropic-beta"] for seen in creates] == ["b-1,b-2"] * 2


async def test_a_sample_is_sent_and_the_rest_waits_for_a_word(bench: Workbench, server: Served) -> None:
    lines = [request_line(f"r{number}") for number in range(32)]
    prepared = await bench.count_sample(await bench.prepare(lines, "test", sample=3))
    sizes = [part.request_count for part in prepared.parts]
    assert (sizes, prepared.held_parts) == ([3, 10, 10, 9], 3)
    assert prepared.now.estimate.cost_usd_high == prepared.parts[0].estimate.cost_usd_high
    assert (
        prepared.estimate.input_tokens == prepared.now.estimate.input_tokens + prepared.held.estimate.input_tokens
    )
    seen: list[tuple[int, int]] = []
    sent = await bench.submissions.send(prepared, name="rivers", on_sent=lambda *bytes_: seen.append(bytes_))
    assert seen[-1] == (prepared.now.body_bytes, prepared.now.body_bytes)
    assert [(stored.part, stored.batch.counts.total) for stored in sent.batches] == [(1, 3)]
    assert [(intent.part, intent.state, intent.error) for intent in sent.held] == [
        (part, "draft", "Held back until you have seen the sample.") for part in (2, 3, 4)
    ]
    end(server)
    assert (await bench.sync.run()).sent == ()
    assert posts(server) == 1
    resumed = await bench.submissions.resume(bench.settlements.open_submissions())
    assert [stored.part for stored in resumed] == [2, 3, 4]
    sent_lines = [
        bench.store.files.requests_path(stored.id).read_bytes().splitlines()
        for stored in sorted(bench.store.batches.list(), key=lambda stored: stored.part)
    ]
    assert sent_lines[0] == [lines[0], lines[16], lines[31]]
    rest = [line for line in lines if line not in sent_lines[0]]
    assert [line for part in sent_lines[1:] for line in part] == rest


async def test_a_sample_without_room_waits_and_the_rest_does_not(bench: Workbench, server: Served) -> None:
    with_queue(bench, 10)
    await submit(bench, 10, "first")
    prepared = await bench.prepare([request_line(f"r{number}") for number in range(20)], "test", sample=2)
    sent = await bench.submissions.send(prepared, name="second")
    assert [intent.request_count for intent in sent.waiting] == [2]
    assert [intent.request_count for intent in sent.held] == [9, 9]
    end(server)
    assert [stored.batch.counts.total for stored in (await bench.sync.run()).sent] == [2]
    assert [intent.state for intent in bench.settlements.open_submissions()] == ["draft", "draft"]


async def test_a_sample_of_all_holds_nothing(bench: Workbench, server: Served) -> None:
    prepared = await bench.prepare([request_line(f"r{number}") for number in range(12)], "test", sample=12)
    assert ([part.request_count for part in prepared.parts], prepared.held.parts) == ([6, 6], ())
