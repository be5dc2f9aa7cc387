"""What is known of a model: what it can write, whether it is still served, whether batches take it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Lifecycle = Literal["active", "deprecated", "retired"]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model as the API lists it; None where it does not say."""

    id: str
    max_output_tokens: int | None = None
    lifecycle: Lifecycle | None = None
    takes_batches: bool | None = None


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of one server, as of a time; `complete` says that a model not in it is unknown there."""

    models: Mapping[str, ModelFacts]
    as_of: datetime | None = None
    _undated: dict[str, ModelFacts] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for id_, facts in self.models.items():
            self._undated.setdefault(_DATE.sub("", id_), facts)

    @property
    def complete(self) -> bool:
        """Return whether the server itself has listed them."""
        return self.as_of is not None

    def find(self, model: str) -> ModelFacts | None:
        """Return what is known of a model, under its id or that id with a date behind it."""
        return self.models.get(model) or self.models.get(_DATE.sub("", model)) or self._undated.get(model)


_DATE = re.compile(r"-20\d{6}\Z")

RETIRED = re.compile(
    r"claude-(instant|v?[12]\b|2\.|3\b|3-|sonnet-4(-0)?(-2025\d{4})?\Z|opus-4(-0|-1)?(-2025\d{4})?\Z).*"
)
"""Claude 1 to 3.x, Sonnet 4, Opus 4 and 4.1 (API docs, batch processing: retired on the Claude API)."""

KNOWN_OFFLINE = (
    "claude-fable-5-2",
    "claude-mythos-5-2",
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
    "claude-opus-5-5",
    "claude-fable-5-1",
    "claude-mythos-5-1",
    "claude-sonnet-5",
    "claude-fable-5",
    "claude-opus-5",
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-opus-4-6",
    "claude-opus-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
)
"""The ids the SDK names (`anthropic.types.model`, 2.11.0)."""


def offline_models() -> ModelList:
    """Return what is known of models before a server was asked: those that are named in the SDK."""
    facts = {name: ModelFacts(name) for name in KNOWN_OFFLINE}
    # The API's own words for a larger value: "which is the maximum allowed number of output tokens".
    facts["claude-haiku-4-5"] = ModelFacts("claude-haiku-4-5", max_output_tokens=64_000)
    return ModelList(facts)


def listed(models: Iterable[ModelFacts], as_of: datetime) -> ModelList:
    """Return the models a server has listed."""
    return ModelList({facts.id: facts for facts in models}, as_of)


def is_retired(model: str, known: ModelList) -> bool:
    """Return whether a model is no longer served, as its server lists it or by what was announced."""
    facts = known.find(model)
    if facts is not None and facts.lifecycle is not None:
        return facts.lifecycle == "retired"
    return facts is None and RETIRED.match(model) is not None
