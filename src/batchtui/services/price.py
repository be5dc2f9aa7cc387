"""A better estimate of a prepared submission, from the API's own count of a few of its requests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from batchtui.api.gateway import Gateway
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.estimate import estimated_input_tokens
from batchtui.domain.result import read_object
from batchtui.services.prepare import Prepared, estimate_lines, spread_lines
from batchtui.store import Store

SAMPLE_SIZE = 8
"""Requests that are counted: each is one call, free but limited in number a minute."""

CALLS_AT_ONCE = 4

PATIENCE_SECONDS = 10.0
"""How long an estimate may keep the user waiting."""


async def count_sample(store: Store, gateway: Gateway, prepared: Prepared) -> Prepared:
    """Return a prepared submission with its estimate corrected by the API's count of a spread-out sample.

    Where the API cannot be asked, does not count (no key, no network, no such endpoint, params it does
    not take) or is slow, the estimate stays as it is; `Estimate.input_counted` tells.
    """
    sample = await asyncio.to_thread(_sample, prepared)
    calls = asyncio.Semaphore(CALLS_AT_ONCE)

    async def count(params: dict[str, Any]) -> int:
        async with calls:
            return await gateway.count_tokens(params)

    counts: list[int] = []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            outcomes = await asyncio.gather(*map(count, sample), return_exceptions=True)
    except TimeoutError:
        return prepared
    for outcome in outcomes:
        if isinstance(outcome, BatchtuiError):
            return prepared
        if isinstance(outcome, BaseException):
            raise outcome
        counts.append(outcome)
    guessed = sum(estimated_input_tokens(params) for params in sample)
    ratio = sum(counts) / max(1, guessed)
    return await asyncio.to_thread(_corrected, store, prepared, ratio)


def _sample(prepared: Prepared) -> list[dict[str, Any]]:
    return [read_object(line)["params"] for line in spread_lines(prepared, SAMPLE_SIZE)]


def _corrected(store: Store, prepared: Prepared, ratio: float) -> Prepared:
    usual = store.results.usual_output(prepared.models)
    parts = (
        replace(
            part,
            estimate=estimate_lines(
                part.spool,
                input_ratio=ratio,
                usual_output=usual,
                tried_output=store.templates.tried_output(part.template.text) if part.template else {},
            ),
        )
        for part in prepared.parts
    )
    return replace(prepared, parts=tuple(parts))
