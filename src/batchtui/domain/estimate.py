"""What a submission will cost, worked out before it is sent and without asking anyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchtui.domain.cost import BATCH_DISCOUNT, batch_rates
from batchtui.domain.errors import RefusedError
from batchtui.domain.human import usd

CHARS_PER_TOKEN = 3.5
"""Characters of English text in a token, roughly; only used where the API has not been asked."""

MEDIA_TOKENS = 1_600
"""Tokens of one image or document page, roughly (API docs, vision: a large image is about 1,600 tokens)."""

UNREAD_KEYS = frozenset({"role", "type", "cache_control"})
"""Keys of messages and blocks whose strings are structure, not text."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a submission will cost at least and at most at batch price, in USD.

    `cost_usd_low` has as much output as the model usually writes here, none where that is not known;
    `cost_usd_high` has `max_tokens` for every request, and `standard_cost_usd` is the latter outside a batch. All
    three are None where a model's price is not known. `input_counted` says that the API has counted the input
    tokens of a sample; otherwise they are guessed from the length of the text. `output_tried` says that
    `cost_usd_low` has as much output as trials of the same template brought.
    """

    input_tokens: int
    output_tokens_max: int
    cost_usd_low: float | None
    cost_usd_high: float | None
    standard_cost_usd: float | None
    unpriced_models: tuple[str, ...] = ()
    input_counted: bool = False
    output_tried: bool = False

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(
            self.input_tokens + other.input_tokens,
            self.output_tokens_max + other.output_tokens_max,
            _sum(self.cost_usd_low, other.cost_usd_low),
            _sum(self.cost_usd_high, other.cost_usd_high),
            _sum(self.standard_cost_usd, other.standard_cost_usd),
            tuple(sorted({*self.unpriced_models, *other.unpriced_models})),
            self.input_counted and other.input_counted,
            self.output_tried and other.output_tried,
        )


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second


class Estimator:
    """Adds up requests one by one, each priced alone because price tiers are per prompt.

    `input_ratio` corrects the guess at the input tokens, None leaves it a guess. `usual_output` is the mean number
    of output tokens by model, as far as it is known, and `tried_output` what trials brought, which counts more.
    """

    def __init__(
        self,
        *,
        input_ratio: float | None = None,
        usual_output: Mapping[str, float] | None = None,
        tried_output: Mapping[str, float] | None = None,
    ) -> None:
        self.models: Counter[str] = Counter()
        self._input_ratio = input_ratio
        self._tried_output = tried_output or {}
        self._usual_output = {**(usual_output or {}), **self._tried_output}
        self._input_tokens = 0
        self._output_tokens = 0
        self._low_usd = 0.0
        self._high_usd = 0.0
        self._unpriced: set[str] = set()

    def add(self, params: dict[str, Any]) -> None:
        """Count one request."""
        model, max_tokens = params.get("model"), params.get("max_tokens")
        name = model if isinstance(model, str) else ""
        output = max_tokens if isinstance(max_tokens, int) else 0
        self.add_size(name, estimated_input_tokens(params), output)

    def add_size(self, name: str, input_tokens: int, output: int, count: int = 1) -> None:
        """Count requests of a model that are alike, by the guessed input tokens and the max_tokens of each."""
        input_ = round(input_tokens * (1.0 if self._input_ratio is None else self._input_ratio))
        self.models[name] += count
        self._input_tokens += input_ * count
        self._output_tokens += output * count
        rates = batch_rates(name)
        if rates is None:
            self._unpriced.add(name)
            return
        usual = min(output, round(self._usual_output.get(name, 0.0)))
        prices = rates.at(input_)
        self._low_usd += (input_ * prices.input + usual * prices.output) * count
        self._high_usd += (input_ * prices.input + output * prices.output) * count

    def estimate(self) -> Estimate:
        """Return the sum of what was added."""
        known = not self._unpriced
        return Estimate(
            self._input_tokens,
            self._output_tokens,
            self._low_usd if known else None,
            self._high_usd if known else None,
            self._high_usd / BATCH_DISCOUNT if known else None,
            tuple(sorted(self._unpriced)),
            self._input_ratio is not None,
            bool(self.models) and self.models.keys() <= self._tried_output.keys(),
        )


def require_affordable(estimate: Estimate, max_cost_usd: float | None) -> None:
    """Raise `RefusedError` if something may cost more than the cap, or if nobody can tell; None is no cap."""
    if max_cost_usd is None:
        return
    if estimate.cost_usd_high is None:
        raise RefusedError(
            f"The price of {', '.join(estimate.unpriced_models) or 'a model'} is not known, "
            f"so {usd(max_cost_usd)} cannot be promised.",
            unharmed="Nothing was sent.",
            todo="Leave out --max-cost, or max_cost_usd in config.toml, to send it anyway.",
        )
    # Asked this way round, so that a cap that is no number lets nothing pass.
    if not estimate.cost_usd_high <= max_cost_usd:
        raise RefusedError(
            f"It may cost up to {usd(estimate.cost_usd_high)}, more than {usd(max_cost_usd)}.",
            unharmed="Nothing was sent.",
            todo="Raise --max-cost, or max_cost_usd in config.toml, lower max_tokens, or send fewer requests.",
        )


def estimated_input_tokens(params: dict[str, Any]) -> int:
    """Return the input tokens of a request, at least 1, guessed from the length of its texts and its media."""
    chars = media = 0
    stack: list[Any] = [params.get("system"), params.get("messages"), params.get("tools")]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            chars += len(value)
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            if isinstance(value.get("source"), dict):
                media += 1
            else:
                stack.extend(item for key, item in value.items() if key not in UNREAD_KEYS)
    return max(1, round(chars / CHARS_PER_TOKEN) + media * MEDIA_TOKENS)
