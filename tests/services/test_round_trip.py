"""The whole way round over real HTTP, SQLite and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batchtui.domain.batch import BatchFilter
from batchtui.domain.errors import AuthError, LintError, MissingError, RefusedError, UnclearError, UnknownIdError
from batchtui.services.prepare import prepare
from batchtui.services.submit import Submission
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served, Settings
from tests.services.conftest import Open, posts, request_line

RESULTS = "/v1/messages/batches/*/results"


async def submit(bench: Workbench, lines: list[bytes], name: str = "rivers") -> Submission:
    return await bench.submissions.send(await prepare(bench.store, lines, "test"), name=name)


def end(server: Served) -> None:
    for batch in server.simulator.shelf.all():
        if batch.status != "ended":
            server.simulator.shelf.end_now(batch)


def files_below(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}


async def test_a_batch_goes_out_comes_back_and_is_read(bench: Workbench, server: Served) -> None:
    lines = [request_line(f"row-{number}", f"Name river {number}.") for number in range(5)]
    submission = await submit(bench, lines)
    (stored,) = submission.batches
    assert (stored.job_name, stored.batch.status, stored.batch.counts.processing) == ("rivers", "in_progress", 5)
    assert (stored.requests_known, stored.models, stored.cost_is) == (True, ("claude-haiku-5-5",), "estimate")
    assert bench.store.files.requests_path(stored.id).read_bytes() == b"\n".join(lines) + b"\n"
    assert (await bench.sync.run()).ended == ()
    end(server)
    report = await bench.sync.run()
    assert [ended.id for ended in report.ended] == [stored.id]
    assert [(done.batch.id, done.lines) for done in report.downloaded] == [(stored.id, 5)]
    after = bench.store.batches.get(stored.id)
    assert (after.results, after.batch.counts.succeeded, after.cost_is) == ("complete", 5, "actual")
    target = bench.finder.known("rivers")
    rows = list(bench.reader.rows(bench.reader.keys(bench.reader.selection(target))))
    assert [row.facts.custom_id for row in rows] == [f"row-{number}" for number in range(5)]
    on_disk = bench.store.files.results_path(stored.id).read_bytes().splitlines()
    assert {bench.reader.line(row) for row in rows} == set(on_disk)
    shown = bench.reader.as_object(rows[0], join=True)
    assert shown["text"]
    assert shown["request"] == json.loads(lines[0])["params"]
    assert (await bench.sync.run()).changes == ()


async def test_a_reopened_home_knows_everything_without_the_server(open_workbench: Open, server: Served) -> None:
    first = open_workbench()
    await submit(first, [request_line("a")])
    end(server)
    await first.sync.run()
    await first.close()
    server.simulator.faults.pending.append(Fault(kind="refuse", status=500, times=0))
    again = open_workbench()
    (stored,) = again.store.batches.list()
    (row,) = again.reader.rows(again.reader.keys(again.reader.selection(again.finder.known("@1"))))
    assert (stored.job_name, row.facts.type) == ("rivers", "succeeded")


async def test_what_failed_is_sent_again_and_one_answer_a_row_remains(bench: Workbench, server: Served) -> None:
    server.simulator.change({"error_rate": 0.5})
    lines = [request_line(f"r{number}", f"River {number}?") for number in range(20)]
    lines.append(request_line("bad", model="claude-no-such-model"))
    await submit(bench, lines)
    end(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    failed = bench.store.batches.get(target.batches[0].id).batch.counts.failed
    plan = bench.retries.plan(target)
    assert plan.resend + plan.edit_first == failed
    assert (plan.edit_first, plan.skipped, plan.attempt) == (1, 1, 2)
    assert [(c.error_type, c.count) for c in plan.by_error if c.verdict == "edit_first"] == [("not_found_error", 1)]
    server.simulator.change({"error_rate": 0.0})
    retried = await bench.retries.send(plan, await bench.retries.prepare(plan))
    (attempt,) = retried.batches
    assert (attempt.job_id, attempt.attempt, attempt.batch.counts.total) == (target.job.id, 2, plan.resend)
    sent = bench.store.files.requests_path(attempt.id).read_bytes().splitlines()
    assert set(sent) <= set(lines)
    assert bench.retries.plan(bench.finder.known("rivers")).resend == 0, "rows on their way are not failed"
    end(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    final = list(bench.reader.rows(bench.reader.keys(bench.reader.selection(target, final=True))))
    assert len(final) == 21
    assert {row.facts.custom_id for row in final if not row.facts.succeeded} == {"bad"}
    assert bench.retries.plan(target).resend == 0


async def test_an_invalid_row_goes_out_again_once_it_is_changed(bench: Workbench, server: Served) -> None:
    await submit(bench, [request_line("a"), request_line("bad", model="claude-no-such-model")])
    end(server)
    await bench.sync.run()
    plan = bench.retries.plan(
        bench.finder.known("rivers"), changes={"model": "claude-haiku-5-5", "metadata.user_id": "u"}
    )
    assert [row.custom_id for row in plan.rows] == ["bad"]
    retried = await bench.retries.send(plan, await bench.retries.prepare(plan))
    sent = json.loads(bench.store.files.requests_path(retried.batches[0].id).read_bytes())
    assert (sent["params"]["model"], sent["params"]["metadata"]) == ("claude-haiku-5-5", {"user_id": "u"})
    end(server)
    await bench.sync.run()
    final = bench.reader.selection(bench.finder.known("rivers"), final=True)
    assert all(row.facts.succeeded for row in bench.reader.rows(bench.reader.keys(final)))


async def test_two_retries_of_the_same_rows_send_them_once(open_workbench: Open, server: Served) -> None:
    first, second = open_workbench(), open_workbench()
    await submit(first, [request_line("a")])
    server.simulator.shelf.expire_now(server.simulator.shelf.all()[0], 0.0)
    await first.sync.run()
    plans = [bench.retries.plan(bench.finder.known("rivers")) for bench in (first, second)]
    prepared = [await b.retries.prepare(p) for b, p in zip((first, second), plans, strict=True)]
    await first.retries.send(plans[0], prepared[0])
    with pytest.raises(RefusedError, match="attempt 2"):
        await second.retries.send(plans[1], prepared[1])
    assert posts(server) == 2
    assert second.store.files.spools() == []


async def test_a_foreign_batch_is_found_read_and_not_retried(
    open_workbench: Open, server: Served, tmp_path: Path
) -> None:
    elsewhere = open_workbench()
    await submit(elsewhere, [request_line("a"), request_line("bad", max_tokens=10_000_000)])
    end(server)
    batch_id = elsewhere.store.batches.list()[0].id
    await elsewhere.store.batches.forget(batch_id)
    stranger = open_workbench()
    with pytest.raises(UnknownIdError):
        stranger.finder.known(batch_id)
    target = await stranger.finder.find(batch_id)
    assert not target.batches[0].requests_known
    await stranger.sync.run()
    rows = list(stranger.reader.rows(stranger.reader.keys(stranger.reader.selection(target))))
    assert {row.facts.custom_id: row.facts.type for row in rows} == {"a": "succeeded", "bad": "errored"}
    assert stranger.reader.request(rows[0]) is None
    with pytest.raises(RefusedError, match="requests are not known"):
        stranger.retries.plan(stranger.finder.known(batch_id))


async def test_bad_lines_leave_nothing_behind(bench: Workbench, server: Served, tmp_path: Path) -> None:
    before = files_below(tmp_path)
    with pytest.raises(LintError) as caught:
        await prepare(bench.store, [request_line("a"), b"{", request_line("a")], "rows.jsonl")
    assert [(p.line, p.custom_id, p.rule) for p in caught.value.problems] == [
        (2, "", "json"),
        (3, "a", "custom_id-duplicate"),
    ]
    with pytest.raises(LintError, match=r"rows\.jsonl"):
        await prepare(bench.store, [b"\n"], "rows.jsonl")
    assert files_below(tmp_path) == before
    assert bench.store.files.spools() == []
    assert posts(server) == 0


async def test_a_refused_key_leaves_nothing_behind(bench: Workbench, server: Served) -> None:
    server.simulator.change({"api_key": "another"})
    with pytest.raises(AuthError):
        await submit(bench, [request_line("a")])
    assert (bench.store.files.spools(), bench.settlements.open_submissions()) == ([], [])
    assert bench.store.jobs.find("rivers") == []
    assert posts(server) == 0


async def test_a_list_of_many_pages_is_read_to_its_end(
    bench: Workbench, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.simulator.seed_history()
    monkeypatch.setattr("batchtui.services.sync.PAGE_LIMITS", (4, 2))
    await bench.sync.update()
    assert len(bench.store.batches.list()) == len(server.simulator.shelf.all()) > 20
    server.simulator.clear_log()
    await bench.sync.update()
    running = [s.batch.created_at for s in bench.store.batches.list() if not s.batch.has_ended]
    newer = sum(s.batch.created_at >= min(running) for s in bench.store.batches.list())
    assert len(server.simulator.log) <= newer // 4 + 1
    await bench.sync.update(all_pages=True)
    assert len(server.simulator.log) > 6


async def test_a_server_with_small_pages_is_asked_for_less(bench: Workbench, server: Served) -> None:
    refusal = Fault(kind="refuse", status=400, path="/v1/messages/batches", method="GET", times=1)
    server.simulator.faults.pending.append(refusal)
    server.simulator.seed_history()
    await bench.sync.update()
    assert len(bench.store.batches.list()) > 20


@pytest.mark.parametrize("fault", ["truncated_reply", "missing_line"])
async def test_a_download_cut_short_is_done_again(bench: Workbench, server: Served, fault: str) -> None:
    await submit(bench, [request_line(f"r{number}") for number in range(30)])
    end(server)
    await bench.sync.update()
    server.simulator.faults.pending.append(Fault(kind=fault, path=RESULTS))  # type: ignore[arg-type]
    (stored,) = bench.downloads.due()
    with pytest.raises(UnclearError):
        await bench.downloads.download(stored)
    assert bench.store.batches.get(stored.id).results == "none"
    assert files_below(bench.store.files.batch_directory(stored.id)) == {"requests.jsonl"}
    report = await bench.sync.run()
    assert [done.lines for done in report.downloaded] == [30]


async def test_a_result_that_cannot_be_read_is_kept_counted_and_retried(bench: Workbench, server: Served) -> None:
    await submit(bench, [request_line(f"r{number}") for number in range(3)])
    end(server)
    server.simulator.faults.pending.append(Fault(kind="corrupt_line", path=RESULTS, line=1))
    (done,) = (await bench.sync.run()).downloaded
    assert (done.lines, done.unreadable) == (3, 1)
    plan = bench.retries.plan(bench.finder.known("rivers"))
    assert (len(plan.rows), plan.rows[0].failure.type) == (1, "missing")


async def test_results_the_api_has_dropped_are_gone(bench: Workbench, server: Served) -> None:
    server.simulator.seed_history()
    await bench.sync.run()
    old = [s for s in bench.store.batches.list() if s.batch.archived_at]
    assert old
    with pytest.raises(MissingError):
        await bench.downloads.download(old[0])
    assert bench.store.batches.get(old[0].id).results == "gone"


async def test_one_404_does_not_end_a_batch(bench: Workbench, server: Served) -> None:
    (stored,) = (await submit(bench, [request_line("a")])).batches
    empty = b'{"data":[],"has_more":false,"first_id":null,"last_id":null}'
    server.simulator.faults.pending.extend(
        [
            Fault(kind="garbage", path="/v1/messages/batches", method="GET", body=empty.decode()),
            Fault(kind="refuse", status=404, path="/v1/messages/batches/*", error_type="not_found_error"),
        ]
    )
    report = await bench.sync.update()
    assert [type(error) for error in report.errors] == [MissingError]
    assert bench.store.batches.get(stored.id).batch.status == "in_progress"
    end(server)
    assert [ended.id for ended in (await bench.sync.update()).ended] == [stored.id]


async def test_a_running_batch_can_be_canceled_and_an_ended_one_not(bench: Workbench, server: Served) -> None:
    (stored,) = (await submit(bench, [request_line("a")])).batches
    assert (await bench.management.cancel(stored)).batch.status == "canceling"
    server.simulator.clock.advance(60)
    await bench.sync.run()
    after = bench.store.batches.get(stored.id)
    assert (after.batch.counts.canceled, after.results) == (1, "complete")
    with pytest.raises(RefusedError):
        await bench.management.cancel(after)
    assert bench.retries.plan(bench.finder.known("rivers")).resend == 1


@pytest.mark.parametrize("text", ["m", "msgbatch_", "j", "job_"])
async def test_what_all_ids_begin_with_means_none_though_there_is_only_one(bench: Workbench, text: str) -> None:
    await bench.submissions.send(await bench.prepare([request_line("a")], "test"), name="rivers")
    with pytest.raises(UnknownIdError):
        bench.finder.known(text)


async def test_ids_are_found_by_prefix_name_and_position(bench: Workbench) -> None:
    first = (await submit(bench, [request_line("a")], "one")).batches[0]
    second = (await submit(bench, [request_line("a")], "one")).batches[0]
    assert second.job_name == "one-2"
    assert bench.finder.known("@1").batches[0].id == second.id
    assert bench.finder.known("@2").batches[0].id == first.id
    assert (
        bench.finder.known(first.id[:-1] if first.id[:-1] != second.id[:-1] else first.id).batches[0].id == first.id
    )
    assert bench.finder.known("one").is_job
    for wrong in ("@0", "@3", "@x", "", "nothing", "msgbatch_"):
        with pytest.raises((UnknownIdError, Exception)) as caught:
            bench.finder.known(wrong)
        assert caught.value.exit_code == 2  # type: ignore[attr-defined]


async def test_parts_are_sent_in_turn_and_are_one_job(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    from batchtui.domain import split

    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 4, "max_body_bytes": 10**9})
    sent: list[tuple[int, int]] = []
    prepared = await prepare(bench.store, [request_line(f"r{n}") for n in range(10)], "test")
    submission = await bench.submissions.send(
        prepared, name="big", on_sent=lambda done, of: sent.append((done, of))
    )
    assert [(s.part, s.parts, s.batch.counts.total) for s in submission.batches] == [
        (1, 3, 4),
        (2, 3, 4),
        (3, 3, 2),
    ]
    assert sent[-1] == (prepared.body_bytes, prepared.body_bytes)
    assert sent == sorted(sent)
    assert [s.job_name for s in bench.store.batches.list(BatchFilter(job="big"))] == ["big"] * 3


async def test_the_simulator_of_a_foreign_kind_is_understood(open_workbench: Open, server: Served) -> None:
    foreign = Settings(results_base="", omit_nulls=True, flat_errors=True, poll_hint=False, deletable=False)
    server.simulator.change(
        {name: getattr(foreign, name) for name in ("results_base", "omit_nulls", "flat_errors", "poll_hint")}
    )
    bench = open_workbench()
    await submit(bench, [request_line("a"), request_line("bad", max_tokens=10_000_000)])
    end(server)
    await bench.sync.run()
    (cause,) = bench.retries.plan(bench.finder.known("rivers")).by_error
    assert (cause.error_type, cause.verdict) == ("invalid_request_error", "edit_first")
