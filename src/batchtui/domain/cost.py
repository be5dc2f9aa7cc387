"""What tokens cost: prices from genai-prices, applied row by row because tiers are per prompt."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from batchtui.domain.result import Tokens

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

BATCH_DISCOUNT = 0.5
"""A batch costs half the standard price (API docs, batch processing)."""


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """What one token of each kind, or one search, costs in USD."""

    input: float
    cache_write_5m: float
    cache_write_1h: float
    cache_read: float
    output: float
    web_search: float

    def cost_usd(self, tokens: Tokens) -> float:
        """Return the price of tokens in USD, be they of one answer or of many."""
        return (
            tokens.input * self.input
            + tokens.cache_write_5m * self.cache_write_5m
            + tokens.cache_write_1h * self.cache_write_1h
            + tokens.cache_read * self.cache_read
            + tokens.output * self.output
            + tokens.web_searches * self.web_search
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """The prices of one model, in a batch or outside.

    A prompt of more tokens than a step of `steps` has the prices after it in `prices`, which has one more than
    there are steps. `is_estimate` is True where no batch price is published and half the standard price was taken.
    """

    steps: tuple[int, ...]
    prices: tuple[UnitPrices, ...]
    is_estimate: bool

    def at(self, total_input_tokens: int) -> UnitPrices:
        """Return the prices for a prompt of that many tokens."""
        return self.prices[bisect_left(self.steps, total_input_tokens)]

    def cost_usd(self, tokens: Tokens) -> float:
        """Return the price of one answer in USD."""
        return (self.at(tokens.total_input) if self.steps else self.prices[0]).cost_usd(tokens)


@lru_cache(maxsize=256)
def batch_rates(model: str) -> Rates | None:
    """Return the batch prices of a model as of today, or None if its price is not known.

    The first call imports genai-prices, about 0.2 s: call it where that cannot be felt.
    """
    info = _model_info(model)
    if info is None:
        return None
    now = datetime.now(UTC)
    standard = info.get_prices(now)
    batch = info.get_prices(now, {"processing": "batch"})
    published = batch.input_mtok != standard.input_mtok
    factor = 1.0 if published else BATCH_DISCOUNT
    return _rates(batch, factor, is_estimate=not published)


@lru_cache(maxsize=256)
def standard_rates(model: str) -> Rates | None:
    """Return what a model costs outside a batch as of today, or None if that is not known; see `batch_rates`."""
    info = _model_info(model)
    return None if info is None else _rates(info.get_prices(datetime.now(UTC)), 1.0, is_estimate=False)


def cost_usd(model: str | None, tokens: Tokens) -> float | None:
    """Return the batch price of one answer in USD, or None if the model's price is not known."""
    rates = batch_rates(model) if model else None
    return rates.cost_usd(tokens) if rates else None


def standard_cost_usd(model: str | None, tokens: Tokens) -> float | None:
    """Return the price of one answer outside a batch in USD, or None if the model's price is not known."""
    rates = standard_rates(model) if model else None
    return rates.cost_usd(tokens) if rates else None


def _model_info(model: str) -> ModelInfo | None:
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model, None, "anthropic", None)[1]
    except LookupError:
        return None


def _rates(price: ModelPrice, factor: float, *, is_estimate: bool) -> Rates:
    write_5m = price.cache_write_mtok or price.input_mtok
    tokens = (
        price.input_mtok,
        write_5m,
        price.cache_write_1h_mtok or write_5m,
        price.cache_read_mtok or price.input_mtok,
        price.output_mtok,
    )
    steps = sorted({step for value in (*tokens, price.web_searches_kcount) for step in _steps(value)})

    def at(size: int) -> UnitPrices:
        units = [_above(value, size) * factor / 1_000_000 for value in tokens]
        units.append(_above(price.web_searches_kcount, size) / 1_000)
        return UnitPrices(*units)

    return Rates(tuple(steps), tuple(at(step) for step in (-1, *steps)), is_estimate)


def _steps(value: Decimal | TieredPrices | None) -> list[int]:
    """Return the sizes of a prompt above which a price is another one."""
    from genai_prices.types import TieredPrices

    return [tier.start for tier in value.tiers] if isinstance(value, TieredPrices) else []


def _above(value: Decimal | TieredPrices | None, step: int) -> float:
    """Return the price for prompts of more tokens than a step."""
    from genai_prices.types import TieredPrices

    if not isinstance(value, TieredPrices):
        return float(value or 0)
    price = value.base
    for tier in value.tiers:
        if tier.start <= step:
            price = tier.price
    return float(price)
