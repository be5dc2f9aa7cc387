"""What is wrong with the params of one request, as far as that can be known before it is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from batchtui.domain.model import ModelFacts, ModelList, is_retired

Severity = Literal["error", "warning"]

REMOVED_PARAMS = ("temperature", "top_p", "top_k")
"""Params that API version 2026-10-21 refuses for every model, even at their defaults (docs, versioning)."""

LONG_OUTPUT_BETA = "output-300k-"
"""How the name of the beta begins that lifts the output limit in batches to 300,000 (docs, batch processing)."""

REQUIRED: tuple[tuple[str, type], ...] = (("model", str), ("max_tokens", int), ("messages", list))

TYPE_WORDS: Mapping[type, str] = {str: "text", int: "a whole number", list: "a list"}


@dataclass(frozen=True, slots=True)
class Flaw:
    """One broken rule. What the API is documented to refuse is an error; what depends on a model is a warning."""

    rule: str
    message: str
    severity: Severity = "error"


def flaws(params: Mapping[str, Any], models: ModelList, betas: Collection[str] = ()) -> Iterator[Flaw]:
    """Yield what is wrong with the params of a request in a batch; `betas` are in the header of the batch."""
    for key, kind in REQUIRED:
        value = params.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            if value is None:
                yield Flaw(f"{key}-missing", f"params need {key}")
            else:
                yield Flaw(f"{key}-type", f"{key} has to be {TYPE_WORDS[kind]}, and is {_words(value)}")
    max_tokens = params.get("max_tokens")
    if isinstance(max_tokens, int) and not isinstance(max_tokens, bool) and max_tokens < 1:
        yield Flaw("max_tokens", "max_tokens must be at least 1 in a batch")
    if params.get("stream") is True:
        yield Flaw("stream", "a batch cannot stream; drop stream or set it to false")
    if "speed" in params:
        yield Flaw("speed", "speed is not allowed in a batch")
    if not params.keys().isdisjoint(REMOVED_PARAMS):
        removed = [key for key in REMOVED_PARAMS if key in params]
        yield Flaw(
            "removed-param",
            f"{', '.join(removed)}: removed in API version 2026-10-21 for every model, it would come back errored",
            "warning",
        )
    if "betas" in params:
        yield Flaw("betas", "betas go into the header of the whole batch, not into params", "warning")
    if isinstance(params.get("model"), str):
        yield from _model_flaws(params, models, betas)


def without_removed(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return params without those that no model takes any more, and without `betas`."""
    return {key: value for key, value in params.items() if key not in {*REMOVED_PARAMS, "betas"}}


def betas_of(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the betas that stand in params, where they have no place."""
    betas = params.get("betas")
    return tuple(beta for beta in betas if isinstance(beta, str)) if isinstance(betas, list) else ()


def _words(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    return "true or false" if isinstance(value, bool) else TYPE_WORDS.get(type(value), "a fraction")


def _model_flaws(params: Mapping[str, Any], models: ModelList, betas: Collection[str]) -> Iterator[Flaw]:
    model = params["model"]
    facts = models.find(model)
    if is_retired(model, models):
        yield Flaw("model-retired", f"{model} is retired, the row would come back errored", "warning")
    elif facts is None:
        listed = f"the server's list of {models.as_of:%Y-%m-%d}" if models.as_of else "the models known here"
        yield Flaw("model-unknown", f"{model} is not in {listed}", "warning")
    elif facts.takes_batches is False:
        yield Flaw("model-batches", f"{model} does not take batches", "warning")
    if facts is not None:
        yield from _output_flaws(params, facts, betas)


def _output_flaws(params: Mapping[str, Any], facts: ModelFacts, betas: Collection[str]) -> Iterator[Flaw]:
    max_tokens, most = params.get("max_tokens"), facts.max_output_tokens
    if not isinstance(max_tokens, int) or most is None or max_tokens <= most:
        return
    if not any(beta.startswith(LONG_OUTPUT_BETA) for beta in (*betas, *betas_of(params))):
        yield Flaw(
            "max_tokens-limit", f"max_tokens is {max_tokens:,}, {facts.id} writes {most:,} at most", "warning"
        )
