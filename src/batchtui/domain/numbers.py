"""What a set of results took and cost, and what that says about the next one."""

from __future__ import annotations

from dataclasses import dataclass

from batchtui.domain.result import Tokens

ROOM = 1.25
"""How much more than the longest answer a suggestion leaves room for."""

FAR_UNDER = 4
"""An answer is far under its max_tokens when it takes less than one part of so many."""

STEP = 64


@dataclass(frozen=True, slots=True)
class Percentiles:
    """How long answers are: so many per cent are at most that long."""

    p50: int
    p90: int
    p95: int
    p99: int
    max: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of a selection of results.

    `tokens` are sums. Costs are None if no answer has a known price; `unpriced` answers are not in them. Costs in
    USD at the batch price and at the standard one. `cache_hit_rate` is the share of input tokens read from the
    cache, None without input. `output_tokens` is None without an answer. `max_tokens` is the largest value asked
    for, None where the requests are not known, and `suggested_max_tokens` is None if nothing is to be said.
    """

    rows: int
    succeeded: int
    truncated: int
    refused: int
    tokens: Tokens
    cost_usd: float | None
    standard_cost_usd: float | None
    unpriced: int
    output_tokens: Percentiles | None
    max_tokens: int | None

    @property
    def savings_usd(self) -> float | None:
        """Return what the batch price saved."""
        if self.cost_usd is None or self.standard_cost_usd is None:
            return None
        return self.standard_cost_usd - self.cost_usd

    @property
    def cache_hit_rate(self) -> float | None:
        """Return the share of input tokens that were read from the cache."""
        total = self.tokens.total_input
        return self.tokens.cache_read / total if total else None

    @property
    def suggested_max_tokens(self) -> int | None:
        """Return a better max_tokens for the next time, None if nothing is to be said."""
        return suggested_max_tokens(self.output_tokens, self.truncated, self.max_tokens)


def suggested_max_tokens(output: Percentiles | None, truncated: int, asked: int | None) -> int | None:
    """Return a better max_tokens, None if nothing is to be said.

    Where answers were truncated it is twice of what was asked for, or of the longest answer. Where all but one of
    a hundred are far under what was asked for, it is a quarter more than the longest.
    """
    if output is None:
        return None
    if truncated:
        return enough_for_truncated(asked or output.max)
    enough = _round_up(ROOM * output.max)
    if asked is not None and output.p99 * FAR_UNDER <= asked and enough * 2 <= asked:
        return enough
    return None


def enough_for_truncated(asked: int) -> int:
    """Return a max_tokens that answers may fit into which were cut off at the one asked for: twice of it."""
    return _round_up(2 * asked)


def _round_up(tokens: float) -> int:
    return -(-int(tokens) // STEP) * STEP
