"""What batches came to, against sums made by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from batchtui.domain.cost import cost_usd, standard_cost_usd
from batchtui.domain.job import KeptTemplate
from batchtui.domain.lengths import packed
from batchtui.domain.result import Tokens
from batchtui.domain.stats import BatchFigures, Sums
from batchtui.store import Store
from tests.store.making import (
    MODEL,
    PROFILE,
    TEMPLATE,
    URL,
    bring,
    ended,
    errored,
    expired,
    record,
    request_line,
    result_line,
    running,
    send,
    succeeded,
)

TIERED = "claude-sonnet-4-5"
"""Its prices are higher for prompts of more than 200,000 tokens."""


def answer(custom_id: str, model: str = MODEL, **usage: object) -> bytes:
    message = {"model": model, "content": [], "stop_reason": "end_turn", "usage": {"output_tokens": 1, **usage}}
    return result_line(custom_id, type="succeeded", message=message)


async def read(store: Store) -> dict[str, BatchFigures]:
    await store.figures.fill()
    ids = {stored.key: stored.id for stored in store.batches.list()}
    return {ids[each.key]: each for each in store.figures.read()}


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Etc/GMT-13")
        time.tzset()
        yield
    time.tzset()


async def test_the_results_of_a_batch_are_added_up(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["a", "b", "c", "d", "e", "f"], "msgbatch_1", template=TEMPLATE)
    lines = [
        succeeded("a", output_tokens=10),
        succeeded("b", output_tokens=64, stop_reason="max_tokens"),
        succeeded("c", output_tokens=30, stop_reason="refusal"),
        succeeded("d", output_tokens=5, model="of-nobody"),
        errored("e"),
        expired("f"),
    ]
    await bring(store, "msgbatch_1", lines)
    (batch,) = (await read(store)).values()
    (of_model,) = batch.figures
    known = [Tokens(input=1_000, output=number) for number in (10, 64, 30)]
    assert of_model.sums == Sums(
        results=6,
        succeeded=4,
        truncated=1,
        refused=1,
        unpriced=1,
        cost_usd=pytest.approx(sum(cost_usd(MODEL, each) or 0 for each in known)),
        standard_cost_usd=pytest.approx(sum(standard_cost_usd(MODEL, each) or 0 for each in known)),
        input=4_000,
        output=109,
    )
    assert of_model[:4] == (MODEL, 64, 64, packed([(10, 1), (64, 1), (30, 1), (5, 1)]))
    assert (batch.template, batch.profile, batch.base_url) == (TEMPLATE.name, PROFILE, URL)
    assert (batch.requests, batch.seconds, batch.estimate_usd, batch.models) == (6, 300.0, None, (MODEL,))


async def test_tokens_of_every_kind_are_kept_apart(store: Store) -> None:
    usage = {
        "input_tokens": 1,
        "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_1h_input_tokens": 10},
        "cache_read_input_tokens": 400,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 3},
        "server_tool_use": {"web_search_requests": 2},
    }
    await record(store, ended("msgbatch_1", 2))
    await bring(store, "msgbatch_1", [answer("a", **usage), answer("b", **usage)])
    (of_model,) = (await read(store))["msgbatch_1"].figures
    assert of_model.sums.tokens == Tokens(2, 40, 20, 800, 14, 6, 4)


async def test_models_are_those_asked_for_and_each_prompt_has_the_price_of_its_size(store: Store) -> None:
    job = await store.jobs.create("both", PROFILE)
    spool = [request_line("a", "claude-haiku-4-5"), request_line("b", TIERED), request_line("c", TIERED)]
    await send(store, job, ["a", "b", "c"], "msgbatch_1")
    store.files.requests_path("msgbatch_1").write_bytes(b"".join(line + b"\n" for line in spool))
    await store.requests.index("msgbatch_1")
    large, small = Tokens(input=250_000, output=9), Tokens(input=10, output=9)
    lines = [
        answer("b", f"{TIERED}-20250929", input_tokens=large.input, output_tokens=9),
        errored("a"),
        answer("c", f"{TIERED}-20250929", input_tokens=small.input, output_tokens=9),
    ]
    await bring(store, "msgbatch_1", lines)
    haiku, sonnet = (await read(store))["msgbatch_1"].figures
    assert (haiku.model, haiku.sums, haiku.max_tokens) == ("claude-haiku-4-5", Sums(results=1), None)
    assert (sonnet.model, sonnet.sums.results, sonnet.sums.succeeded) == (TIERED, 2, 2)
    standard = [standard_cost_usd(TIERED, each) or 0 for each in (large, small)]
    assert standard[0] > 250_000 * 3e-6 * 1.5  # the higher price, and not the one of short prompts
    assert sonnet.sums.standard_cost_usd == pytest.approx(sum(standard))
    assert sonnet.sums.cost_usd == pytest.approx(sum(standard) / 2)


async def test_what_failed_belongs_to_the_only_model_where_requests_are_not_known(store: Store) -> None:
    await bring(store, "msgbatch_1", [succeeded("a"), errored("b")])
    await bring(store, "msgbatch_2", [succeeded("a"), succeeded("b", model="of-nobody"), errored("c")])
    await bring(store, "msgbatch_3", [errored("a")])
    found = await read(store)
    models = {key: {each.model: each.sums.results for each in batch.figures} for key, batch in found.items()}
    assert models == {
        "msgbatch_1": {MODEL: 2},
        "msgbatch_2": {MODEL: 1, "of-nobody": 1, "": 1},
        "msgbatch_3": {"": 1},
    }
    assert all(each.max_tokens is None for batch in found.values() for each in batch.figures)


async def test_a_batch_without_results_has_its_estimate(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["a"], "msgbatch_1")
    await record(store, running("msgbatch_2", 7))
    found = await read(store)
    assert (found["msgbatch_1"].estimate_usd, found["msgbatch_1"].figures) == (0.5, ())
    assert (found["msgbatch_2"].estimate_usd, found["msgbatch_2"].requests) == (None, 7)
    assert found["msgbatch_1"].seconds is None


async def test_a_batch_without_a_single_result_is_not_worked_out_again_and_again(store: Store) -> None:
    await record(store, ended("msgbatch_1", 0))
    writer = store.results.writer("msgbatch_1")
    await writer.finish(0)
    assert await store.figures.fill() == 1
    assert await store.figures.fill() == 0
    (of_model,) = (await read(store))["msgbatch_1"].figures
    assert of_model.sums == Sums()


async def test_figures_follow_a_new_download_and_requests_that_are_attached_later(store: Store) -> None:
    await bring(store, "msgbatch_1", [succeeded("a"), succeeded("b")])
    before = (await read(store))["msgbatch_1"]
    assert before.figures[0].sums.results == 2
    await bring(store, "msgbatch_1", [succeeded("a"), succeeded("b", output_tokens=1_000)])
    assert await store.figures.fill() == 1
    path = store.files.requests_path("msgbatch_1")
    path.write_bytes(b"".join(request_line(each, "claude-haiku-4-5") + b"\n" for each in "ab"))
    await store.requests.index("msgbatch_1")
    after = (await read(store))["msgbatch_1"]
    (of_model,) = after.figures
    assert (of_model.model, of_model.max_tokens, of_model.longest) == ("claude-haiku-4-5", 64, 1_000)
    assert await store.figures.fill() == 0


async def test_progress_is_told_batch_by_batch(store: Store) -> None:
    for number in range(3):
        await bring(store, f"msgbatch_{number}", [succeeded("a")])
    told: list[tuple[int, int]] = []
    assert await store.figures.fill(on_progress=lambda done, of: told.append((done, of))) == 3
    assert told == [(0, 3), (1, 3), (2, 3)]


async def test_a_batch_that_is_forgotten_leaves_nothing(store: Store) -> None:
    await bring(store, "msgbatch_1", [succeeded("a")])
    await read(store)
    await store.batches.forget("msgbatch_1")
    assert store.figures.read() == []
    assert store.check() == []


async def test_figures_outlive_the_rows_they_were_made_of(store: Store) -> None:
    await bring(store, "msgbatch_1", [succeeded("a"), errored("b")])
    before = await read(store)
    await store.batches.drop_bodies("msgbatch_1")
    assert await store.figures.fill() == 0
    assert {each.key: each.figures for each in store.figures.read()} == {
        each.key: each.figures for each in before.values()
    }


async def test_an_attempt_without_a_template_belongs_to_that_of_its_job(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["a"], "msgbatch_1", template=KeptTemplate("lakes", TEMPLATE.text))
    await send(store, job, ["a"], "msgbatch_2", attempt=2)
    assert [batch.template for batch in (await read(store)).values()] == ["lakes", "lakes"]


@pytest.mark.usefixtures("far_east")
async def test_a_day_is_one_of_the_clock_on_the_wall(store: Store) -> None:
    at = datetime(2026, 11, 2, 10, 59, 59, tzinfo=UTC)
    for number in range(2):
        batch = replace(running(f"msgbatch_{number}", 1), created_at=at + timedelta(seconds=number))
        await record(store, batch)
    assert [each.day for each in store.figures.read()] == ["2026-11-02", "2026-11-03"]


async def test_a_canceled_batch_says_nothing_about_how_long_one_takes(store: Store) -> None:
    await record(store, replace(ended("msgbatch_1", 1), cancel_initiated_at=datetime.now(UTC)))
    assert store.figures.read()[0].seconds is None
