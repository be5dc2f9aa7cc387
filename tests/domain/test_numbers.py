from __future__ import annotations

import pytest

from batchtui.domain.numbers import Numbers, Percentiles, suggested_max_tokens
from batchtui.domain.result import Tokens


def output(p99: int, longest: int) -> Percentiles:
    return Percentiles(10, 20, 30, p99, longest)


@pytest.mark.parametrize(
    ("lengths", "truncated", "asked", "expected"),
    [
        (None, 0, 1024, None),
        (output(500, 600), 0, 1024, None),
        (output(500, 600), 0, None, None),
        (output(1024, 1024), 3, 1024, 2048),
        (output(1024, 1024), 3, None, 2048),
        (output(1000, 1001), 1, None, 2048),
        (output(200, 300), 0, 4096, 384),
        (output(200, 3000), 0, 4096, None),
        (output(200, 220), 0, 700, None),
        (output(1, 1), 0, 64, None),
        (output(1, 1), 0, 128, 64),
    ],
)
def test_what_is_said_about_max_tokens(
    lengths: Percentiles | None, truncated: int, asked: int | None, expected: int | None
) -> None:
    assert suggested_max_tokens(lengths, truncated, asked) == expected


def numbers(tokens: Tokens, cost_usd: float | None, standard_cost_usd: float | None) -> Numbers:
    return Numbers(1, 1, 0, 0, tokens, cost_usd, standard_cost_usd, 0, None, None)


def test_shares_and_savings() -> None:
    known = numbers(Tokens(input=100, cache_write_5m=50, cache_write_1h=50, cache_read=300), 0.5, 1.0)
    assert known.cache_hit_rate == pytest.approx(0.6)
    assert known.savings_usd == pytest.approx(0.5)
    nothing = numbers(Tokens(), None, None)
    assert (nothing.cache_hit_rate, nothing.savings_usd, nothing.suggested_max_tokens) == (None, None, None)
