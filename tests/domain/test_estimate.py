"""Estimates, and the cap on what may be spent."""

from __future__ import annotations

import pytest

from batchtui.domain.errors import RefusedError
from batchtui.domain.estimate import Estimate, Estimator, require_affordable

PARAMS = {"model": "claude-haiku-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "x"}]}


def estimate(high_usd: float | None) -> Estimate:
    return Estimate(1, 1, high_usd, high_usd, high_usd, ("claude-new",) if high_usd is None else ())


def test_the_shortest_prompt_is_counted_with_the_ratio_of_the_sample() -> None:
    estimator = Estimator(input_ratio=8.0)
    estimator.add(PARAMS)
    assert estimator.estimate().input_tokens == 8


def test_a_cap_lets_pass_what_costs_as_much_at_most() -> None:
    require_affordable(estimate(0.5), 0.5)
    require_affordable(estimate(0.5), None)
    require_affordable(estimate(None), None)


@pytest.mark.parametrize("cap_usd", [0.0, 0.49, float("nan"), -1.0])
def test_a_cap_refuses_the_rest(cap_usd: float) -> None:
    with pytest.raises(RefusedError, match=r"up to \$0.50"):
        require_affordable(estimate(0.5), cap_usd)


def test_a_cap_refuses_an_unknown_price() -> None:
    with pytest.raises(RefusedError, match="claude-new"):
        require_affordable(estimate(None), 1.0)
