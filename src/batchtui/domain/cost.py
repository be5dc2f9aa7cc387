"""What tokens cost: prices from genai-prices, applied row by row because tiers are per prompt."""

from __future__ import annotations

from collections.abc import Callable
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

UnitPrice = Callable[[int], float]
"""The price in USD of one token (or one search), given the total input tokens of its prompt."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The prices of one model, in a batch or outside.

    `is_estimate` is True where no batch price is published and half the standard price was taken.
    """

    input: UnitPrice
    cache_write_5m: UnitPrice
    cache_write_1h: UnitPrice
    cache_read: UnitPrice
    output: UnitPrice
    web_search: UnitPrice
    is_estimate: bool

    def cost_usd(self, tokens: Tokens) -> float:
        """Return the price of one answer in USD."""
        size = tokens.total_input
        return (
            tokens.input * self.input(size)
            + tokens.cache_write_5m * self.cache_write_5m(size)
            + tokens.cache_write_1h * self.cache_write_1h(size)
            + tokens.cache_read * self.cache_read(size)
            + tokens.output * self.output(size)
            + tokens.web_searches * self.web_search(size)
        )


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
    def per_million(value: Decimal | TieredPrices | None) -> UnitPrice:
        return _unit_price(value, factor / 1_000_000)

    write_5m = price.cache_write_mtok or price.input_mtok
    return Rates(
        input=per_million(price.input_mtok),
        cache_write_5m=per_million(write_5m),
        cache_write_1h=per_million(price.cache_write_1h_mtok or write_5m),
        cache_read=per_million(price.cache_read_mtok or price.input_mtok),
        output=per_million(price.output_mtok),
        web_search=_unit_price(price.web_searches_kcount, 1 / 1_000),
        is_estimate=is_estimate,
    )


def _unit_price(value: Decimal | TieredPrices | None, factor: float) -> UnitPrice:
    from genai_prices.types import TieredPrices

    if isinstance(value, TieredPrices):
        steps = [(tier.start, float(tier.price) * factor) for tier in value.tiers]
        base = float(value.base) * factor

        def tiered(total_input_tokens: int) -> float:
            price = base
            for start, above in steps:
                if total_input_tokens > start:
                    price = above
            return price

        return tiered
    flat = float(value or 0) * factor
    return lambda _total_input_tokens: flat
