"""A template and rows: what is shown before, what is spooled, and what stays with the batches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from batchtui.domain import split
from batchtui.domain.errors import ApiError, DataError, LintError, RefusedError, TemplateError
from batchtui.domain.job import KeptTemplate
from batchtui.domain.result import read_object
from batchtui.domain.selection import Selection
from batchtui.domain.template.model import Rendered
from batchtui.services.making import row_line
from batchtui.services.rows import Row, Rows
from batchtui.services.workbench import Profile, Workbench
from batchtui.simulator import Fault, Served
from batchtui.store.files import rows_beside, template_beside
from tests.services.composing import TEXT, Data, template
from tests.services.conftest import Open, posts

KEPT = KeptTemplate("rivers", TEXT)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Data]:
    data = Data(tmp_path)
    yield data
    data.close()


def spooled(path: Path) -> tuple[list[str], list[object], str]:
    """Return the custom_ids of a spool, its data rows, and the text of its template."""
    ids = [json.loads(line)["custom_id"] for line in path.read_bytes().splitlines()]
    rows = [json.loads(line) for line in rows_beside(path).read_bytes().splitlines()]
    return ids, rows, template_beside(path).read_bytes().decode()


def row(number: int) -> dict[str, object]:
    return {"id": number, "country": f"land {number}"}


async def sent(bench: Workbench, rows: Rows, count: int = 3) -> str:
    prepared = await bench.composer.prepare(template(), rows)
    submission = await bench.submissions.send(prepared, name="rivers")
    assert sum(stored.batch.counts.total for stored in submission.batches) == count
    return submission.job.id


async def test_requests_rows_and_template_are_spooled_side_by_side(bench: Workbench, data: Data) -> None:
    rows = data.countries(3)
    prepared = await bench.composer.prepare(template(), rows)
    (part,) = prepared.parts
    assert spooled(part.spool) == (["row-1", "row-2", "row-3"], [row(1), row(2), row(3)], TEXT)
    assert (prepared.parts[0].template, prepared.betas, prepared.problems) == (KEPT, ("some-beta-2026",), ())
    assert prepared.source == rows.source
    assert json.loads(part.spool.read_bytes().splitlines()[1])["params"]["messages"] == [
        {"role": "user", "content": "Name a river in land 2. Be quick."}
    ]


async def test_rows_are_chosen_and_then_limited(bench: Workbench, data: Data) -> None:
    rows = data.countries(9)
    prepared = await bench.composer.prepare(
        template(), rows, values={"hint": "Please."}, where="id % 2 == 0", limit=3
    )
    ids, kept, _ = spooled(prepared.parts[0].spool)
    assert (ids, kept) == (["row-2", "row-4", "row-6"], [row(2), row(4), row(6)])
    assert b"Please." in prepared.parts[0].spool.read_bytes()
    survey = await bench.composer.survey(template(), rows, where="id % 2 == 0", limit=3)
    assert (survey.rows, survey.chosen, survey.requests, survey.parts) == (6, 3, 3, (3,))
    assert survey.body_bytes == prepared.body_bytes - 3 * (len("Please.") - len("Be quick."))


@pytest.mark.parametrize("options", [{"limit": 0}, {"where": "id > 100"}])
async def test_no_row_at_all_is_no_submission(bench: Workbench, data: Data, options: dict[str, object]) -> None:
    with pytest.raises(LintError) as caught:
        await bench.composer.prepare(template(), data.countries(2), **options)  # type: ignore[arg-type]
    assert [problem.rule for problem in caught.value.problems] == ["empty"]
    assert bench.store.files.spools() == []


async def test_a_survey_of_no_rows_says_so(bench: Workbench, data: Data) -> None:
    survey = await bench.composer.survey(template(), data.countries(3), where="id > 3")
    assert [problem.message for problem in survey.problems] == ["none of 3 rows was chosen"]
    assert (survey.requests, survey.parts, survey.estimate.output_tried) == (0, (), False)


def test_a_data_row_is_kept_whatever_it_holds() -> None:
    values = {"big": 2**80, "half": "\ud800", "float": 1.5, "deep": [{"a": None}]}
    assert read_object(row_line(Row(1, values))) == values
    odd = {"at": datetime(2026, 1, 2, tzinfo=UTC), "price": Decimal("1.10"), "text": "a\nb\u2028c"}
    line = row_line(Row(1, odd))
    assert b"\n" not in line
    assert read_object(line) == {"at": "2026-01-02T00:00:00Z", "price": "1.10", "text": "a\nb\u2028c"}


async def test_what_is_wrong_is_told_all_at_once(bench: Workbench, data: Data) -> None:
    rows = data.lines("id,country", "1,a", "2,b", "x y,c", "2,d")
    survey = await bench.composer.survey(template(), rows)
    found = [(problem.line, problem.rule) for problem in survey.problems]
    assert found == [(4, "template"), (5, "custom_id-duplicate")]
    assert (survey.requests, survey.error_count, survey.problem_count) == (2, 2, 2)
    render, duplicate = survey.problems
    assert "rivers, line 2, row 3" in render.message
    assert "slug" in render.message
    assert duplicate.message.startswith("rivers, row 4: row 2 has the same custom_id; put {{ row_number }}")
    with pytest.raises(LintError) as caught:
        await bench.composer.prepare(template(), rows)
    assert caught.value.problems == survey.problems
    assert "2 problems" in caught.value.what
    assert "template" in caught.value.todo
    assert bench.store.files.spools() == []


async def test_it_is_told_how_many_rows_were_read(
    bench: Workbench, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batchtui.services.making.TELLING_SECONDS", -1.0)
    seen: list[int] = []
    await bench.composer.survey(template(), data.countries(3), on_rows=seen.append)
    await bench.composer.prepare(template(), data.countries(2), on_rows=seen.append)
    assert seen == [1, 2, 3, 1, 2]


async def test_many_of_a_kind_are_counted_and_not_all_listed(bench: Workbench, data: Data) -> None:
    rows = data.countries(250)
    text = TEXT.replace("max_tokens: 64", "max_tokens: 0\n  temperature: 1")
    survey = await bench.composer.survey(template(text), rows)
    assert survey.counts == {"max_tokens": 250, "removed-param": 250}
    assert len(survey.problems) == 200
    assert (survey.error_count, survey.problem_count) == (250, 500)
    with pytest.raises(LintError, match="250 problems"):
        await bench.composer.prepare(template(text), rows)


async def test_data_that_break_off_are_a_problem_of_their_line(bench: Workbench, data: Data) -> None:
    rows = data.lines("id,country", *(f"{number},a" for number in range(2_000)), "2,b,c", "3,d")
    survey = await bench.composer.survey(template(), rows)
    assert [(problem.line, problem.rule) for problem in survey.problems] == [(2_002, "data")]
    with pytest.raises(LintError):
        await bench.composer.prepare(template(), rows)


async def test_a_where_that_cannot_be_read_or_fails(bench: Workbench, data: Data) -> None:
    with pytest.raises(TemplateError):
        await bench.composer.survey(template(), data.countries(2), where="id >")
    survey = await bench.composer.survey(template(), data.countries(2), where="nothing > 3")
    assert [(problem.line, problem.rule) for problem in survey.problems] == [(2, "where"), (3, "where")]


async def test_a_preview_shows_the_request_and_what_is_missing(bench: Workbench, data: Data) -> None:
    rows = data.lines("id,colour", "1,red", "2,blue")
    preview = await bench.composer.preview(template(), rows, 2)
    assert (preview.rendered, preview.missing, preview.unused) == (None, ("country",), ("colour",))
    assert len(preview.problems) == 1
    preview = await bench.composer.preview(template(), rows, 2, values={"country": "Peru"})
    assert preview.rendered is not None
    assert (preview.problems, preview.missing) == ((), ())
    assert (preview.row.values, preview.rendered.custom_id) == ({"id": 2, "colour": "blue"}, "row-2")
    assert preview.body_bytes > len(preview.rendered.line)
    with pytest.raises(DataError):
        await bench.composer.preview(template(), rows, 3)


async def test_a_preview_tells_what_the_api_would_refuse(bench: Workbench, data: Data) -> None:
    text = TEXT.replace("max_tokens: 64", "max_tokens: 64\n  stream: true\n  top_k: 3")
    preview = await bench.composer.preview(template(text), data.countries(1), 1)
    assert [problem.partition(":")[0] for problem in preview.problems] == ["stream", "removed-param"]


async def test_params_can_be_mended(bench: Workbench, data: Data) -> None:
    text = TEXT.replace("max_tokens: 64", "max_tokens: 64\n  top_k: 3")
    prepared = await bench.composer.prepare(template(text), data.countries(2), mend=True)
    assert (prepared.mended, b"top_k" in prepared.parts[0].spool.read_bytes()) == (2, False)


async def test_a_survey_that_is_cancelled_has_let_go_of_the_rows(bench: Workbench, data: Data) -> None:
    rows = data.countries(20_000)
    surveying = asyncio.create_task(bench.composer.survey(template(), rows))
    await asyncio.sleep(0)
    surveying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await surveying
    rows.close()
    assert bench.store.files.spools() == []


async def test_a_preparation_that_is_cancelled_leaves_nothing(bench: Workbench, data: Data) -> None:
    preparing = asyncio.create_task(bench.composer.prepare(template(), data.countries(20_000)))
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(bench.store.files.spools):
            pass
    preparing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await preparing
    assert bench.store.files.spools() == []


async def test_a_job_keeps_what_it_was_made_from_in_all_parts(
    bench: Workbench, data: Data, monkeypatch: pytest.MonkeyPatch, server: Served
) -> None:
    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 2, "max_body_bytes": 10**9})
    await sent(bench, data.countries(3))
    target = bench.finder.known("rivers")
    assert [stored.batch.counts.total for stored in target.batches] == [2, 1]
    for stored, numbers in zip(target.batches, ([1, 2], [3]), strict=True):
        ids, rows, text = spooled(bench.store.files.requests_path(stored.id))
        assert (ids, rows, text) == ([f"row-{number}" for number in numbers], [row(n) for n in numbers], TEXT)
        assert bench.store.requests.row_line(stored.key, ids[-1]) is not None
        assert bench.composer.template_of(bench.finder.known(stored.id)) == KEPT
    assert bench.composer.template_of(target) == KEPT
    assert bench.store.check() == []
    headers = [
        entry["headers"].get("anthropic-beta") for entry in server.simulator.log if entry["method"] == "POST"
    ]
    assert set(headers) == {"some-beta-2026"}


async def test_everything_is_for_the_user_alone(bench: Workbench, data: Data, tmp_path: Path) -> None:
    prepared = await bench.composer.prepare(template(), data.countries(3), sample=1)
    await bench.submissions.send(prepared, name="rivers")
    bench.templates.save("rivers", TEXT, replace=False)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").rglob("*") if path.is_file()}
    assert {"requests.jsonl", "rows.jsonl", "template.yaml", "rivers.yaml"} <= modes.keys()
    assert set(modes.values()) == {0o600}


async def test_a_sample_and_its_rest_keep_their_rows(bench: Workbench, data: Data) -> None:
    prepared = await bench.composer.prepare(template(), data.countries(5), sample=2)
    assert [spooled(part.spool)[1] for part in prepared.parts] == [[row(1), row(5)], [row(2), row(3), row(4)]]
    submission = await bench.submissions.send(prepared, name="rivers")
    (held,) = submission.held
    assert bench.store.templates.of_job(submission.job.id) == KEPT
    stored = await bench.settlements.resend(held)
    assert json.loads(bench.store.requests.row_line(stored.key, "row-3") or b"") == row(3)


async def test_a_draft_that_lost_its_rows_or_template_is_told(bench: Workbench, data: Data) -> None:
    prepared = await bench.composer.prepare(template(), data.countries(5), sample=2)
    submission = await bench.submissions.send(prepared, name="rivers")
    path = bench.store.files.spool_path(submission.held[0].id)
    assert bench.store.check() == []
    template_beside(path).unlink()
    rows_beside(path).unlink()
    found = [(finding.can_repair, finding.message) for finding in bench.store.check()]
    assert [can_repair for can_repair, _ in found] == [False, True]
    assert f"{rows_beside(path)} is gone, the results will stand without" in found[0][1]
    assert await bench.store.repair() == [f"{submission.held[0].id}: its template was written again."]
    assert template_beside(path).read_text() == TEXT


async def test_results_stand_beside_their_data_row(bench: Workbench, server: Served, data: Data) -> None:
    await sent(bench, data.countries(3))
    server.simulator.shelf.end_now(server.simulator.shelf.all()[0])
    await bench.sync.run()
    (stored,) = bench.finder.known("rivers").batches
    keys = bench.reader.keys(Selection((stored.key,)))
    assert [bench.reader.as_object(found, join=True)["row"] for found in bench.reader.rows(keys)] == [
        row(1),
        row(2),
        row(3),
    ]
    assert [bench.reader.as_object(found)["row"] for found in bench.reader.rows(keys)] == [None] * 3


async def test_a_retry_takes_rows_and_template_along(bench: Workbench, server: Served, data: Data) -> None:
    await sent(bench, data.countries(3))
    server.simulator.shelf.expire_now(server.simulator.shelf.all()[0], 0.0)
    await bench.sync.run()
    for attempt in (2, 3):
        plan = bench.retries.plan(bench.finder.known("rivers"), custom_ids=["row-3", "row-1"])
        prepared = await bench.retries.prepare(plan)
        assert spooled(prepared.parts[0].spool) == (["row-1", "row-3"], [row(1), row(3)], TEXT)
        submission = await bench.retries.send(plan, prepared)
        (stored,) = submission.batches
        assert (stored.attempt, bench.store.templates.of_batch(stored.key)) == (attempt, KEPT)
        assert json.loads(bench.store.requests.row_line(stored.key, "row-3") or b"") == row(3)
        newest = next(batch for batch in server.simulator.shelf.all() if batch.id == stored.id)
        server.simulator.shelf.expire_now(newest, 0.0)
        await bench.sync.run()
    assert bench.store.check() == []


async def test_a_job_without_a_template_has_neither_file(bench: Workbench, data: Data) -> None:
    prepared = await bench.prepare([json.dumps(request("a")).encode()], "test")
    submission = await bench.submissions.send(prepared, name="plain")
    (stored,) = submission.batches
    assert [path.name for path in bench.store.files.requests_path(stored.id).parent.iterdir()] == ["requests.jsonl"]
    assert bench.composer.template_of(bench.finder.known("plain")) is None


def request(custom_id: str) -> dict[str, object]:
    messages = [{"role": "user", "content": "Name a river."}]
    return {"custom_id": custom_id, "params": {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": messages}}


async def test_a_job_can_be_made_again_from_new_rows(bench: Workbench, data: Data) -> None:
    await sent(bench, data.countries(3))
    kept = bench.composer.template_of(bench.finder.known("rivers"))
    assert kept is not None
    again = await bench.composer.prepare(template(kept.text, kept.name), data.lines("id,country", "7,z"))
    submission = await bench.submissions.send(again, name="rivers")
    assert submission.job.name == "rivers-2"
    assert bench.composer.template_of(bench.finder.known("rivers-2")) == KEPT


def test_a_template_is_compared_with_that_of_today(bench: Workbench) -> None:
    assert bench.composer.compare(KEPT, TEXT) == ""
    told = bench.composer.compare(KEPT, TEXT.replace("64", "128")).split("\n")
    assert told[:2] == ["--- rivers as it was sent", "+++ rivers today"]
    assert [line for line in told[2:] if line[0] in "+-"] == ["-  max_tokens: 64", "+  max_tokens: 128"]
    assert bench.composer.compare(KEPT, TEXT.removesuffix("\n")) != ""


async def rendered(bench: Workbench, data: Data, text: str = TEXT) -> Rendered:
    preview = await bench.composer.preview(template(text), data.countries(1), 1)
    assert preview.rendered is not None
    return preview.rendered


def calls(server: Served) -> list[dict[str, object]]:
    return [entry for entry in server.simulator.log if entry["path"] == "/v1/messages"]


async def test_a_trial_is_one_call_that_estimates_learn_from(bench: Workbench, server: Served, data: Data) -> None:
    rows = data.countries(3)
    before = await bench.composer.survey(template(), rows)
    trial = await bench.composer.trial(template(), await rendered(bench, data))
    (call,) = calls(server)
    assert call["headers"]["anthropic-beta"] == "some-beta-2026"  # type: ignore[index]
    assert (trial.text != "", trial.stop_reason in {"end_turn", "max_tokens"}) == (True, True)
    assert 0 < trial.tokens.output <= 64
    assert trial.cost_usd is not None
    assert (trial.model, trial.not_remembered) == ("claude-haiku-5-5", "")
    after = await bench.composer.survey(template(), rows)
    prepared = await bench.composer.prepare(template(), rows)
    counted = await bench.count_sample(prepared)
    assert (before.estimate.output_tried, after.estimate.output_tried) == (False, True)
    assert (prepared.estimate.output_tried, counted.estimate.output_tried) == (True, True)
    assert after.estimate.cost_usd_low is not None
    assert before.estimate.cost_usd_low is not None
    assert after.estimate.cost_usd_low > before.estimate.cost_usd_low
    other = await bench.composer.survey(template(TEXT + "\n"), rows)
    assert not other.estimate.output_tried


UNCLEAR = {
    "drop_after": Fault(kind="drop_after", method="POST", path="/v1/messages"),
    "garbage": Fault(kind="garbage", method="POST", path="/v1/messages", carried_out=True),
    "hang": Fault(kind="hang", method="POST", path="/v1/messages", carried_out=True),
    "500": Fault(kind="refuse", status=500, method="POST", path="/v1/messages"),
}


@pytest.mark.parametrize("kind", UNCLEAR)
async def test_a_trial_without_a_clear_answer_is_not_repeated(
    bench: Workbench, server: Served, data: Data, kind: str
) -> None:
    made = await rendered(bench, data)
    server.simulator.faults.pending.append(UNCLEAR[kind])
    trying = asyncio.create_task(bench.composer.trial(template(), made))
    if kind == "hang":
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(calls, server):
                pass
        trying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trying
    else:
        with pytest.raises(ApiError, match="may cost") as caught:
            await trying
        assert not caught.value.nothing_was_created
    assert len(calls(server)) == 1


async def test_a_trial_that_is_refused_says_that_nothing_is_charged(
    bench: Workbench, server: Served, data: Data
) -> None:
    made = await rendered(bench, data, TEXT.replace("haiku-5-5", "haiku-nine"))
    with pytest.raises(ApiError) as caught:
        await bench.composer.trial(template(), made)
    assert (caught.value.nothing_was_created, caught.value.unharmed) == (True, "Nothing is charged.")
    assert "model: claude-haiku-nine" in caught.value.what


async def test_what_a_batch_would_refuse_is_not_tried(bench: Workbench, server: Served, data: Data) -> None:
    text = TEXT.replace("max_tokens: 64", "max_tokens: 64\n  stream: true")
    with pytest.raises(LintError):
        await bench.composer.trial(template(text), await rendered(bench, data, text))
    assert calls(server) == []


async def test_a_read_only_profile_tries_nothing(open_workbench: Open, server: Served, data: Data) -> None:
    bench = open_workbench()
    bench.profile = Profile("default", server.base_url, read_only=True)
    with pytest.raises(RefusedError, match="read-only"):
        await bench.composer.trial(template(), await rendered(bench, data))
    assert (calls(server), posts(server)) == ([], 0)
