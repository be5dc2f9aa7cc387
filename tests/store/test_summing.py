from __future__ import annotations

from dataclasses import replace

import pytest

from batchtui.domain.cost import cost_usd, standard_cost_usd
from batchtui.domain.facets import ErrorGroup
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.numbers import Percentiles
from batchtui.domain.result import Tokens
from batchtui.domain.selection import Selection
from batchtui.store import Store
from tests.store.making import (
    MODEL,
    PROFILE,
    arrived,
    bring,
    ended,
    errored,
    expired,
    foreign,
    record,
    result_line,
    send,
    succeeded,
)

TIERED = "claude-sonnet-4-5"
"""Its prices are higher for prompts of more than 200,000 tokens."""


def answer(custom_id: str, model: str = MODEL, **usage: object) -> bytes:
    message = {"model": model, "content": [], "stop_reason": "end_turn", "usage": {"output_tokens": 1, **usage}}
    return result_line(custom_id, type="succeeded", message=message)


async def of(store: Store, *lines: bytes) -> Selection:
    await bring(store, "msgbatch_1", lines)
    return Selection((store.batches.get("msgbatch_1").key,))


MIXED = (
    succeeded("a", output_tokens=10),
    succeeded("b", output_tokens=20, stop_reason="max_tokens"),
    succeeded("c", output_tokens=30, stop_reason="refusal", model="other"),
    errored("d", "invalid_request_error", "messages.3: too long"),
    errored("e", "invalid_request_error", "messages.12: too long"),
    errored("f"),
    expired("g"),
    b"odd",
)


async def test_facets_count_what_there_is(store: Store) -> None:
    selection = await of(store, *MIXED)
    facets = store.results.facets(selection)
    assert facets.stop_reasons == {"end_turn": 1, "max_tokens": 1, "refusal": 1}
    assert facets.models == {MODEL: 2, "other": 1}
    assert facets.flags == {"truncated": 1, "refused": 1}
    assert facets.errors[0] == ErrorGroup("invalid_request_error", "messages.#: too long", 2)
    assert {group.error_type: group.count for group in facets.errors[1:]} == {
        "overloaded_error": 1,
        "expired": 1,
        "unreadable": 1,
    }
    narrowed = store.results.facets(replace(selection, where=parse_result_filter("id:b")))
    assert (narrowed.stop_reasons, narrowed.models, narrowed.errors) == ({"max_tokens": 1}, {MODEL: 1}, [])


async def test_every_group_is_found_by_its_filter(store: Store) -> None:
    selection = await of(store, *MIXED)
    for group in store.results.facets(selection).errors:
        found = store.results.keys(replace(selection, where=parse_result_filter(group.filter_text)))
        assert len(found) == group.count


async def test_numbers_add_up(store: Store) -> None:
    lines = [
        answer("a", TIERED, input_tokens=150_000, output_tokens=100),
        answer("b", TIERED, input_tokens=100, cache_read_input_tokens=250_000, output_tokens=300),
        answer(
            "c",
            input_tokens=10,
            cache_creation_input_tokens=30,
            cache_creation={"ephemeral_1h_input_tokens": 10},
            output_tokens=200,
            output_tokens_details={"thinking_tokens": 50},
        ),
        answer("d", "unheard-of", input_tokens=7),
        errored("e"),
    ]
    selection = await of(store, *lines)
    priced = {
        "a": (TIERED, Tokens(input=150_000, output=100)),
        "b": (TIERED, Tokens(input=100, cache_read=250_000, output=300)),
        "c": (MODEL, Tokens(input=10, cache_write_5m=20, cache_write_1h=10, output=200)),
    }
    numbers = store.results.numbers(selection)
    assert numbers.tokens == Tokens(150_117, 20, 10, 250_000, 601, 50)
    assert (numbers.rows, numbers.succeeded, numbers.unpriced) == (5, 4, 1)
    assert numbers.cost_usd == pytest.approx(sum(cost_usd(*use) or 0 for use in priced.values()))
    assert numbers.standard_cost_usd == pytest.approx(sum(standard_cost_usd(*use) or 0 for use in priced.values()))
    assert numbers.savings_usd == pytest.approx(numbers.cost_usd)
    assert numbers.cache_hit_rate == pytest.approx(250_000 / 400_147)
    assert numbers.output_tokens == Percentiles(100, 300, 300, 300, 300)
    assert numbers.max_tokens is None
    only_b = store.results.numbers(replace(selection, where=parse_result_filter("id:b")))
    assert only_b.standard_cost_usd == pytest.approx(standard_cost_usd(*priced["b"]))


async def test_numbers_of_nothing(store: Store) -> None:
    selection = await of(store, errored("a"))
    for numbers in (store.results.numbers(selection), store.results.numbers(Selection(()))):
        assert (numbers.cost_usd, numbers.standard_cost_usd, numbers.output_tokens) == (None, None, None)
        assert numbers.tokens == Tokens()


async def test_what_final_answers_took_is_added_up_over_a_job(store: Store) -> None:
    job = await store.jobs.create("job", PROFILE)
    first = await send(store, job, ["a", "b", "c"], "msgbatch_1")
    await bring(store, "msgbatch_1", [succeeded("a", output_tokens=64), errored("b"), expired("c")])
    second = await send(store, job, ["b", "c"], "msgbatch_2", attempt=2)
    await bring(store, "msgbatch_2", [succeeded("b", output_tokens=7, stop_reason="max_tokens"), errored("c")])
    final = Selection((first.key, second.key), final=True)
    numbers = store.results.numbers(final)
    assert (numbers.rows, numbers.succeeded, numbers.truncated, numbers.tokens.output) == (3, 2, 1, 71)
    assert (numbers.max_tokens, numbers.suggested_max_tokens) == (64, 128)
    facets = store.results.facets(final)
    assert facets.stop_reasons == {"end_turn": 1, "max_tokens": 1}
    assert [group.error_type for group in facets.errors] == ["overloaded_error"]
    assert store.results.numbers(replace(final, final=False)).rows == 5


@pytest.mark.usefixtures("at_once")
async def test_sums_are_those_of_what_has_arrived(store: Store) -> None:
    await record(store, ended("msgbatch_1", 9))
    writer = store.results.writer("msgbatch_1")
    await arrived(writer, b"\n".join(MIXED) + b"\n")
    selection = Selection((store.batches.get("msgbatch_1").key,))
    partial = (store.results.count(selection), store.results.facets(selection), store.results.numbers(selection))
    await writer.finish(None)
    whole = (store.results.count(selection), store.results.facets(selection), store.results.numbers(selection))
    assert partial == whole
    assert whole[0]["all"] == len(MIXED)


async def test_a_batch_without_results_adds_up_to_nothing(store: Store) -> None:
    stored = await foreign(store, "msgbatch_1", 3)
    assert store.results.facets(Selection((stored.key,))).errors == []
    assert store.results.count(Selection((stored.key,)))["all"] == 0
