from __future__ import annotations

from typing import Any

import pytest

from batchtui.domain.durations import Spread
from batchtui.domain.filter import parse_filter
from batchtui.domain.lengths import packed
from batchtui.domain.stats import (
    FIELDS,
    BatchFigures,
    Group,
    ModelFigures,
    Sums,
    grouped,
    narrowed,
    spend_by_day,
    total,
)


def model(name: str = "haiku", *lengths: int, max_tokens: int | None = 1_000, **sums: Any) -> ModelFigures:
    known = {"results": len(lengths), "succeeded": len(lengths), "output": sum(lengths), **sums}
    counts = packed((each, 1) for each in lengths)
    return ModelFigures(name, max_tokens, max(lengths, default=0), counts, Sums(**known))


def batch(key: int, *figures: ModelFigures, **fields: Any) -> BatchFigures:
    known = {
        "key": key,
        "created_at": f"2026-11-{key:02}T12:00:00.000000+00:00",
        "day": f"2026-11-{key:02}",
        "template": "rivers",
        "profile": "default",
        "base_url": "https://api.anthropic.com",
        "requests": sum(each.sums.results for each in figures),
        "seconds": None,
        "estimate_usd": None,
        "models": tuple(each.model for each in figures),
        "figures": figures,
    }
    return BatchFigures(**{**known, **fields})


def keys(groups: list[Group]) -> list[tuple[str, int]]:
    return [(group.key, len(group.batches)) for group in groups]


def test_batches_are_grouped_by_what_they_have_in_common() -> None:
    batches = [
        batch(1, model("haiku", 1), model("opus", 1, 2), requests=3),
        batch(2, model("haiku", 1), day="2026-11-01", template="", base_url="http://127.0.0.1:1", requests=40),
        batch(3, models=("haiku", "opus"), requests=20_000, profile="work"),
    ]
    assert keys(grouped(batches, "day")) == [("2026-11-01", 2), ("2026-11-03", 1)]
    assert keys(grouped(batches, "template")) == [("", 1), ("rivers", 2)]
    assert keys(grouped(batches, "model")) == [("haiku", 2), ("haiku + opus", 1), ("opus", 1)]
    assert keys(grouped(batches, "size")) == [("1-9", 1), ("10-99", 1), ("10,000 and more", 1)]
    assert [(group.key, group.server) for group in grouped(batches, "profile")] == [
        ("default", "http://127.0.0.1:1"),
        ("default", "https://api.anthropic.com"),
        ("work", "https://api.anthropic.com"),
    ]


def test_a_model_has_its_part_of_each_batch_and_all_of_them_together_count_once() -> None:
    batches = [
        batch(1, model("haiku", 1, cost_usd=0.5), model("opus", 1, 2, cost_usd=2.0), requests=3),
        batch(2, models=("opus",), requests=10, estimate_usd=4.0),
    ]
    haiku, opus = grouped(batches, "model")
    assert (haiku.requests, haiku.cost_usd, haiku.sums.results) == (1, 0.5, 1)
    assert (opus.requests, opus.spent_usd, opus.estimated_usd, opus.cost_usd) == (12, 2.0, 4.0, 6.0)
    whole = total(batches, "model")
    assert (whole.requests, len(whole.batches), whole.cost_usd) == (13, 2, 6.5)


def test_rates_are_shares_of_what_came_back() -> None:
    (group,) = grouped(
        [
            batch(1, model("haiku", 10, 20, 30, results=5, truncated=1, input=100, cache_read=300)),
            batch(2, model("haiku", 40, results=5, input=100)),
        ],
        "template",
    )
    assert (group.success_rate, group.truncation_rate, group.cache_hit_rate) == (0.4, 0.25, 0.6)
    assert group.mean_output == 25.0
    assert group.output is not None
    assert (group.output.p50, group.output.max) == (20, 40)


def test_of_nothing_there_are_no_rates() -> None:
    group = total([batch(1, requests=5)])
    assert (group.success_rate, group.truncation_rate, group.cache_hit_rate, group.mean_output) == (None,) * 4
    assert (group.output, group.max_tokens, group.suggested_max_tokens, group.seconds) == (None,) * 4


@pytest.mark.parametrize(
    ("batches", "spent", "estimated", "cost", "is_whole"),
    [
        ([batch(1, model("haiku", 1, cost_usd=2.0))], 2.0, 0.0, 2.0, True),
        ([batch(1, model("haiku", 1, cost_usd=2.0, unpriced=1))], 2.0, 0.0, 2.0, False),
        ([batch(1, model("haiku", 1, unpriced=1))], None, 0.0, None, False),
        ([batch(1, model("haiku", results=3))], 0.0, 0.0, 0.0, True),
        ([batch(1, estimate_usd=3.0)], None, 3.0, 3.0, True),
        ([batch(1)], None, None, None, False),
        ([batch(1, model("haiku", 1, cost_usd=2.0)), batch(2)], 2.0, None, 2.0, False),
        ([], None, 0.0, 0.0, True),
    ],
)
def test_a_price_that_is_not_known_is_not_nothing(
    batches: list[BatchFigures], spent: float | None, estimated: float | None, cost: float | None, is_whole: bool
) -> None:
    group = total(batches)
    assert (group.spent_usd, group.estimated_usd) == (spent, estimated)
    assert (group.cost_usd, group.is_cost_whole) == (cost, is_whole)


def test_savings_are_against_the_standard_price() -> None:
    group = total([batch(1, model("haiku", 1, cost_usd=2.0, standard_cost_usd=4.0)), batch(2, estimate_usd=9.0)])
    assert group.saved_usd == 2.0
    assert total([batch(1)]).saved_usd is None


def test_a_suggestion_looks_at_the_max_tokens_asked_for_last() -> None:
    before = batch(1, model("haiku", 100, 100, max_tokens=100, truncated=2))
    raised = batch(2, model("haiku", 100, 110, max_tokens=2_000))
    running = batch(3, models=("haiku",))
    assert total([before]).suggested_max_tokens == 256
    both = total([before, raised, running])
    assert (both.max_tokens, both.suggested_max_tokens) == (2_000, 192)


def test_times_are_those_of_the_batches_that_ended() -> None:
    batches = [batch(each, seconds=float(each)) for each in range(1, 11)] + [batch(11)]
    assert total(batches).seconds == Spread(10, 5.0, 9.0, 10.0)


def test_a_filter_leaves_the_models_that_fit() -> None:
    both = batch(1, model("haiku", 1), model("opus", 1))
    late = batch(2, models=("opus",), day="2026-12-24", profile="work")
    assert narrowed([both, late], words=parse_filter("model:haiku", FIELDS)) == [
        both._replace(figures=both.figures[:1])
    ]
    assert narrowed([both, late], words=parse_filter("opus !profile:default", FIELDS)) == [late]
    assert narrowed([both, late], since="2026-12-01") == narrowed([both, late], profile="work") == [late]


def test_every_day_has_its_spending() -> None:
    batches = [
        batch(1, model("haiku", 1, cost_usd=1.0), model("opus", 1, cost_usd=2.0)),
        batch(3, estimate_usd=5.0),
        batch(4),
    ]
    assert spend_by_day(batches, "2026-11-01", "2026-11-04") == [
        ("2026-11-01", 3.0, 0.0),
        ("2026-11-02", 0.0, 0.0),
        ("2026-11-03", 0.0, 5.0),
        ("2026-11-04", 0.0, 0.0),
    ]


def test_the_spending_of_a_model_by_day_is_its_own() -> None:
    batches = [batch(1, model("haiku", 1, cost_usd=1.0), model("opus", 1, cost_usd=2.0))]
    haiku, opus = grouped(batches, "model")
    assert spend_by_day(haiku.batches, "2026-11-01", "2026-11-01") == [("2026-11-01", 1.0, 0.0)]
    assert spend_by_day(opus.batches, "2026-11-01", "2026-11-01") == [("2026-11-01", 2.0, 0.0)]
