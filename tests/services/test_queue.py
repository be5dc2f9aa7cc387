"""The queue over real HTTP, SQLite and files: what waits, what is decided, what goes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.domain.errors import InputError, LintError, RefusedError, UnknownIdError
from batchtui.domain.template.parse import parse_template
from batchtui.paths import Places
from batchtui.services.rows import open_rows
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Fault, Served
from batchtui.store import Store
from tests.services.conftest import posts, request_line
from tests.services.queueing import CREATE, end, expire, expired, sent_params, submit

TEMPLATE = """\
custom_id: "{{ row.id }}"
params:
  model: claude-haiku-5-5
  max_tokens: 64
  messages:
    - role: user
      content: "Name {{ row.what }}."
"""


async def test_what_failed_is_in_the_queue_until_it_is_answered(bench: Workbench, server: Served) -> None:
    await submit(bench, [request_line("a"), request_line("bad", model="claude-no-such-model")])
    assert bench.queue.jobs() == []
    expire(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    assert [one.job.name for one in bench.queue.jobs()] == ["rivers"]
    assert sum(group.count for group in bench.queue.groups()) == 2
    sent = await bench.queue.run(target, ["a"])
    assert sent.batches[0].batch.counts.total == 1
    assert [row.custom_id for row in bench.queue.rows(target)] == ["bad"]
    end(server)
    await bench.sync.run()
    assert [row.custom_id for row in bench.queue.rows(bench.finder.known("rivers"))] == ["bad"]


async def test_equal_causes_are_one_group_of_a_job(bench: Workbench, server: Served) -> None:
    lines = [request_line(f"r{n}") for n in range(3)]
    lines += [request_line(f"bad{n}", model=f"claude-{n}-no-such") for n in range(2)]
    server.simulator.change({"expire_rate": 1.0})
    await submit(bench, lines)
    end(server)
    await bench.sync.run()
    passing, invalid = bench.queue.groups()
    assert (passing.cause, passing.verdict, passing.count) == ("expired", "resend", 3)
    assert invalid.verdict == "edit_first"
    assert (invalid.custom_ids, invalid.state, invalid.attempt) == (("bad0", "bad1"), "waiting", 1)
    assert invalid.why


async def test_held_and_dropped_rows_stay_where_they_are(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server, 4)
    assert await bench.queue.hold(target, ["r0"]) == 1
    assert await bench.queue.drop(target, ["r1", "nobody"]) == 1
    plan = bench.queue.plan(target)
    assert ([row.custom_id for row in plan.rows], plan.set_aside) == (["r2", "r3"], 2)
    assert {row.custom_id: row.state for row in bench.queue.rows(target)} == {
        "r0": "held",
        "r1": "dropped",
        "r2": "waiting",
        "r3": "waiting",
    }
    assert await bench.queue.release(target, ["r0", "r1"]) == 1
    assert await bench.queue.restore(target, ["r0", "r1"]) == 1
    assert len(bench.queue.plan(target).rows) == 4


async def test_a_decision_ends_with_the_next_failure(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server, 1)
    await bench.queue.edit(target, ["r0"], {"max_tokens": 99})
    await bench.queue.run(target)
    expire(server)
    await bench.sync.run()
    (row,) = bench.queue.rows(bench.finder.known("rivers"))
    assert (row.decision, row.failure.tries, row.failure.failures) == (None, 2, 2)
    assert row.failure.max_tokens == 99
    history = bench.queue.history(target, "r0")
    assert [(one.attempt, one.outcome, one.cost_usd, one.is_edited) for one in history] == [
        (1, "expired", 0, False),
        (2, "expired", 0, True),
    ]


async def test_the_same_error_again_and_again_is_given_up(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server, 2)
    for _ in range(2):
        await bench.queue.run(target)
        expire(server)
        await bench.sync.run()
    plan = bench.queue.plan(target)
    assert (plan.rows, plan.given_up, plan.resend) == ((), 2, 2)
    with pytest.raises(RefusedError, match="change them first"):
        await bench.queue.run(target)
    assert await bench.queue.release(target, ["r0"]) == 1
    await bench.queue.edit(target, ["r1"], {"max_tokens": 32})
    assert len(bench.queue.plan(target).rows) == 2


async def test_a_group_is_edited_at_once_and_goes_out_so(bench: Workbench, server: Served) -> None:
    lines = [request_line(f"r{n}", model="claude-no-such-model", temperature=1.0) for n in range(3)]
    target = await submit(bench, lines)
    end(server)
    await bench.sync.run()
    ids = [row.custom_id for row in bench.queue.rows(target)]
    changes = {"model": "claude-haiku-5-5", "metadata.user_id": "u", "messages.0.content": "?", "temperature": None}
    assert await bench.queue.edit(target, ids, changes) == 3
    assert await bench.queue.edit(target, ["r2"], {"max_tokens": 7}) == 1
    assert bench.queue.groups(target)[0].edited == 3
    await bench.queue.run(target)
    sent = sent_params(bench, target)
    assert [sent[name]["max_tokens"] for name in ids] == [64, 64, 7]
    assert sent["r0"] == {
        "model": "claude-haiku-5-5",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "?"}],
        "metadata": {"user_id": "u"},
    }
    end(server)
    await bench.sync.run()
    assert bench.queue.jobs() == []


async def test_an_edit_that_cannot_be_sent_changes_nothing(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server)
    with pytest.raises(LintError) as caught:
        await bench.queue.edit(target, ["r0", "r1"], {"max_tokens": "many"})
    assert {problem.custom_id for problem in caught.value.problems} == {"r0", "r1"}
    with pytest.raises(InputError, match="no such place"):
        await bench.queue.edit(target, ["r0"], {"model.name": 1})
    with pytest.raises(RefusedError, match="nothing to send again"):
        await bench.queue.edit(target, ["nobody"], {"max_tokens": 3})
    assert all(row.decision is None for row in bench.queue.rows(target))


async def test_a_path_that_is_set_again_counts_as_the_last(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server, 1)
    await bench.queue.edit(target, ["r0"], {"metadata.user_id": "one"})
    await bench.queue.edit(target, ["r0"], {"metadata": {"user_id": "two"}})
    await bench.queue.edit(target, ["r0"], {"metadata.user_id": "three"})
    assert json.loads(bench.queue.request_text(target, "r0"))["params"]["metadata"] == {"user_id": "three"}


@pytest.mark.parametrize("kind", ["whole", "params", "yaml"])
async def test_a_request_comes_back_from_an_editor(bench: Workbench, server: Served, kind: str) -> None:
    target = await expired(bench, server, 2)
    await bench.queue.edit(target, ["r0"], {"max_tokens": 5})
    request = json.loads(bench.queue.request_text(target, "r0"))
    assert request["params"]["max_tokens"] == 5
    request["params"]["max_tokens"] = 6
    text = {
        "whole": json.dumps(request),
        "params": json.dumps(request["params"]),
        "yaml": "custom_id: r0\nparams:\n  model: claude-haiku-5-5\n  max_tokens: 6\n"
        "  messages: [{role: user, content: Name a river.}]\n",
    }[kind]
    await bench.queue.replace_request(target, "r0", text)
    await bench.queue.run(target)
    assert sent_params(bench, target)["r0"]["max_tokens"] == 6
    assert sent_params(bench, target)["r1"]["max_tokens"] == 64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"custom_id": "r1", "params": {}}', "custom_id of r0 was changed"),
        ('{"custom_id": "r0", "params": [], "x": 1}', "nothing beside them"),
        ("{", "no request"),
        ("[1]", "mapping"),
        ("", "mapping"),
        ('{"model": 5}', "problem"),
    ],
)
async def test_what_is_no_request_is_refused(bench: Workbench, server: Served, text: str, message: str) -> None:
    target = await expired(bench, server, 1)
    with pytest.raises(InputError, match=message):
        await bench.queue.replace_request(target, "r0", text)
    assert bench.queue.rows(target)[0].decision is None


async def test_what_requests_have_in_common_is_edited_as_text(bench: Workbench, server: Served) -> None:
    await submit(bench, [request_line("r0", "One.", temperature=1.0), request_line("r1", "Two.", temperature=1.0)])
    expire(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    common = bench.queue.params_in_common(target, ["r0", "r1"])
    assert common == {"model": "claude-haiku-5-5", "max_tokens": 64, "temperature": 1.0}
    await bench.queue.edit_params(target, ["r0", "r1"], common, "model: claude-haiku-5-5\nmax_tokens: 8\n")
    await bench.queue.run(target)
    assert [(one["max_tokens"], "temperature" in one) for one in sent_params(bench, target).values()] == [
        (8, False),
        (8, False),
    ]


async def test_a_changed_template_makes_the_requests_anew(bench: Workbench, server: Served, tmp_path: Path) -> None:
    data = tmp_path / "rivers.csv"
    data.write_text("id,what\nelbe,a river\nalps,a mountain\n", encoding="utf-8")
    with open_rows(str(data)) as rows:
        prepared = await bench.composer.prepare(parse_template(TEMPLATE, "name"), rows)
    await bench.submissions.send(prepared, name="rivers")
    expire(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    changed = parse_template(TEMPLATE.replace("Name", "Describe"), "name")
    assert await bench.queue.rerender(target, ["elbe", "alps"], changed) == 2
    await bench.queue.run(target)
    sent = sent_params(bench, target)
    assert sent["alps"]["messages"] == [{"role": "user", "content": "Describe a mountain."}]
    assert (
        bench.store.requests.row_line(bench.store.jobs.summary(target.job.id).batches[-1].key, "alps")
        == b'{"id":"alps","what":"a mountain"}'
    )


async def test_an_attempt_carries_the_template_its_requests_were_made_from(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    data = tmp_path / "rivers.csv"
    data.write_text("id,what\nelbe,a river\nalps,a mountain\n", encoding="utf-8")
    with open_rows(str(data)) as rows:
        prepared = await bench.composer.prepare(parse_template(TEMPLATE, "name"), rows)
    await bench.submissions.send(prepared, name="rivers")
    expire(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    changed = parse_template(TEMPLATE.replace("Name", "Describe") + "checks: {min_words: 100000}\n", "other")
    await bench.queue.rerender(target, ["alps"], changed)
    await bench.queue.edit(target, ["alps"], {"max_tokens": 77})
    await bench.queue.run(target)
    end(server)
    await bench.sync.run()
    first, *parts = bench.store.jobs.summary(target.job.id).batches
    kept = [bench.store.templates.of_batch(part.key) for part in parts]
    assert [one and (one.name, one.text) for one in kept] == [("name", TEMPLATE), ("other", changed.text)]
    assert [(part.attempt, part.part, part.parts, part.batch.counts.total) for part in parts] == [
        (2, 1, 2, 1),
        (2, 2, 2, 1),
    ]
    own = bench.composer.template_of(bench.finder.known(parts[1].id))
    assert own is not None
    assert own.text == changed.text
    assert bench.composer.template_of(target) == bench.store.templates.of_batch(first.key)
    # The checks of each are those of its own template.
    again = bench.retries.plan(target, only="flagged", include_invalid=True)
    assert [(row.custom_id, row.failure.attempt) for row in again.rows] == [("alps", 2)]
    await bench.queue.send(again, None)
    newest = bench.store.jobs.summary(target.job.id).batches[-1]
    assert bench.store.templates.of_batch(newest.key) == own


async def test_a_template_may_not_give_a_row_another_custom_id(
    bench: Workbench, server: Served, tmp_path: Path
) -> None:
    data = tmp_path / "rivers.csv"
    data.write_text("id,what\nelbe,a river\nalps,a mountain\npo,a river\n", encoding="utf-8")
    by_number = parse_template(TEMPLATE.replace("{{ row.id }}", "row-{{ row_number }}"), "name")
    with open_rows(str(data)) as rows:
        prepared = await bench.composer.prepare(by_number, rows, where="what == 'a river'")
    await bench.submissions.send(prepared, name="rivers")
    expire(server)
    await bench.sync.run()
    target = bench.finder.known("rivers")
    assert await bench.queue.rerender(target, ["row-1", "row-3"], by_number) == 2
    with pytest.raises(InputError, match="makes po of the data row of row-3"):
        await bench.queue.rerender(target, ["row-3"], parse_template(TEMPLATE, "name"))


async def test_without_its_data_row_nothing_is_made_anew(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server)
    with pytest.raises(RefusedError, match="data rows of 2 requests are not known: r0, r1"):
        await bench.queue.rerender(target, ["r0", "r1"], parse_template(TEMPLATE, "name"))


async def test_an_answer_is_wanted_anew_only_when_somebody_says_so(bench: Workbench, server: Served) -> None:
    server.simulator.change({"truncate_rate": 1.0})
    target = await submit(bench, [request_line("a"), request_line("b")])
    end(server)
    await bench.sync.run()
    assert bench.queue.jobs() == []
    plan = bench.retries.plan(target, only="truncated")
    assert (plan.rows, plan.edit_first, plan.suggested_max_tokens) == ((), 2, 128)
    server.simulator.change({"truncate_rate": 0.0})
    await bench.queue.edit(target, ["a"], {"max_tokens": 128})
    assert [(row.custom_id, row.cause, row.state) for row in bench.queue.rows(target)] == [
        ("a", "truncated", "waiting")
    ]
    await bench.queue.run(target)
    end(server)
    await bench.sync.run()
    assert bench.queue.jobs() == []
    assert [one.outcome for one in bench.queue.history(target, "a")] == ["succeeded", "succeeded"]
    assert len(bench.retries.plan(bench.finder.known("rivers"), only="truncated", include_invalid=True).rows) == 1


async def test_a_choice_counts_once(bench: Workbench, server: Served) -> None:
    server.simulator.change({"truncate_rate": 1.0})
    target = await submit(bench, [request_line("a")])
    end(server)
    await bench.sync.run()
    assert await bench.queue.choose(target, ["a"]) == 1
    await bench.queue.run(target)
    expire(server)
    await bench.sync.run()
    assert bench.queue.rows(bench.finder.known("rivers")) == [], (
        "its first answer stands, and is not asked for again"
    )


async def test_no_row_is_in_the_queue_while_a_submission_is_open(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server)
    server.simulator.faults.pending.append(Fault(kind="drop_after", method="POST", path=CREATE))
    with pytest.raises(Exception, match="unknown whether it arrived"):
        await bench.queue.run(target, ["r1"])
    assert [row.custom_id for row in bench.queue.rows(target)] == ["r0", "r2"]
    with pytest.raises(RefusedError, match="still open"):
        await bench.queue.run(target)
    assert posts(server) == 2


async def test_the_cap_is_held_to_what_the_api_counts_too(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server)
    plan = bench.queue.plan(target)
    counted = await bench.count_sample(await bench.retries.prepare(plan))
    low, high = sorted([plan.estimate.cost_usd_high or 0, counted.estimate.cost_usd_high or 0])
    assert low < high
    if plan.estimate.cost_usd_high == low:
        with pytest.raises(RefusedError, match="more than"):
            await bench.queue.send(plan, (low + high) / 2)
        assert posts(server) == 1


async def test_the_history_of_a_row_nobody_knows(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server)
    with pytest.raises(UnknownIdError, match="no row 'nobody'"):
        bench.queue.history(target, "nobody")
    await bench.queue.run(target)
    assert [one.outcome for one in bench.queue.history(target, "r0")] == ["expired", "running"]


async def test_read_only_sends_nothing(bench: Workbench, server: Served) -> None:
    target = await expired(bench, server)
    bench.profile = Profile("default", bench.gateway.base_url, read_only=True)
    with pytest.raises(RefusedError, match="read-only"):
        await bench.queue.run(target)


async def test_other_servers_are_not_in_the_queue(bench: Workbench, server: Served, tmp_path: Path) -> None:
    await expired(bench, server)
    places = Places(tmp_path / "home", tmp_path / "home" / "config.toml")
    gateway = AnthropicGateway("http://127.0.0.1:9", lambda: "sk-ant-test")
    elsewhere = Workbench(Store.open(places), gateway, Profile("default", gateway.base_url), poll_seconds=1)
    assert elsewhere.queue.jobs() == []
    assert elsewhere.queue.groups() == []
    await elsewhere.close()


async def test_an_answer_that_is_gone_is_a_matter_for_a_person(bench: Workbench, server: Served) -> None:
    target = await submit(bench, [request_line("a"), request_line("b")])
    await bench.store.batches.set_results_state(target.batches[0].id, "gone")
    assert [(group.cause, group.verdict, group.count) for group in bench.queue.groups()] == [
        ("gone", "edit_first", 2)
    ]
    assert bench.queue.plan(target).rows == ()
    assert len(bench.retries.plan(target, include_invalid=True).rows) == 2
    assert [one.outcome for one in bench.queue.history(target, "a")] == ["gone"]
