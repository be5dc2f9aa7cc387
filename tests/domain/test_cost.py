from __future__ import annotations

from datetime import UTC, datetime

import pytest
from genai_prices import Usage, calc_price

from batchtui.domain.cost import batch_rates, cost_usd
from batchtui.domain.estimate import Estimator, estimated_input_tokens
from batchtui.domain.result import Tokens

PRICED = [
    "claude-haiku-5-5",
    "claude-haiku-4-5-20251001",
    "claude-sonnet-4-5",
    "claude-opus-5-5",
    "claude-fable-5-2",
]

USES = [
    Tokens(input=2_000, output=100),
    Tokens(input=150_000, output=2_000),
    Tokens(input=100, cache_write_5m=2_000, cache_write_1h=3_000, cache_read=120_000, output=7),
    Tokens(input=1, output=1, web_searches=3),
]


@pytest.mark.parametrize("model", PRICED)
@pytest.mark.parametrize("tokens", USES, ids=str)
def test_rates_agree_with_genai_prices(model: str, tokens: Tokens) -> None:
    usage = Usage(
        input_tokens=tokens.total_input,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write_5m + tokens.cache_write_1h,
        cache_write_1h_tokens=tokens.cache_write_1h,
        output_tokens=tokens.output,
        web_searches=tokens.web_searches,
    )
    expected = calc_price(
        usage,
        model,
        provider_id="anthropic",
        genai_request_timestamp=datetime.now(UTC),
        price_context={"processing": "batch"},
    )
    assert cost_usd(model, tokens) == pytest.approx(float(expected.total_price))


def test_a_model_without_a_batch_price_costs_half_and_says_so() -> None:
    rates = batch_rates("claude-opus-4-1-20250805")
    assert rates is not None
    assert rates.is_estimate
    assert rates.cost_usd(Tokens(input=1_000_000)) == pytest.approx(7.5)


def test_an_unknown_model_has_no_price() -> None:
    assert cost_usd("claude-unheard-of-9", Tokens(input=1)) is None
    assert cost_usd(None, Tokens(input=1)) is None


def test_small_prompts_do_not_add_up_to_a_higher_tier() -> None:
    estimator = Estimator()
    params = {
        "model": "claude-haiku-5-5",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "x" * 7_000}],
    }
    for _ in range(1_000):
        estimator.add(params)
    estimate = estimator.estimate()
    assert (estimate.input_tokens, estimate.output_tokens_max) == (2_000_000, 100_000)
    assert estimate.cost_usd_low == pytest.approx(0.1)
    assert estimate.cost_usd_high == pytest.approx(0.125)
    assert estimate.standard_cost_usd == pytest.approx(0.25)


def test_an_unpriced_model_leaves_the_whole_price_open() -> None:
    estimator = Estimator()
    estimator.add({"model": "claude-haiku-5-5", "max_tokens": 1, "messages": []})
    estimator.add({"model": "mystery", "max_tokens": 1, "messages": []})
    estimate = estimator.estimate()
    assert (estimate.cost_usd_low, estimate.cost_usd_high, estimate.standard_cost_usd) == (None, None, None)
    assert estimate.unpriced_models == ("mystery",)


def test_an_image_is_not_counted_by_its_bytes() -> None:
    image = {"type": "image", "source": {"type": "base64", "data": "A" * 1_000_000}}
    text = {"type": "text", "text": "x" * 350}
    params = {"messages": [{"role": "user", "content": [image, text]}]}
    assert 1_600 < estimated_input_tokens(params) < 1_800
