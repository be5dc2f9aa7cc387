"""What is asked of every answer of a template, so that those it does not hold for can be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAMES = (
    "not_truncated",
    "not_refused",
    "min_words",
    "max_words",
    "must_match",
    "must_not_match",
    "json",
    "schema",
)
"""The checks there are, in the order in which they are told."""


@dataclass(frozen=True)
class Checks:
    """What is asked of an answer; false if nothing is.

    `min_words` and `max_words` are 0 where there is no bound. Of `must_match` every pattern must be found in the
    text, of `must_not_match` none may be.
    """

    not_truncated: bool = False
    not_refused: bool = False
    min_words: int = 0
    max_words: int = 0
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    json: bool = False
    schema: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return self != Checks()

    def failing(self, text: str, stop_reason: str | None) -> tuple[str, ...]:
        """Return the names of the checks that do not hold for an output text."""
        raise NotImplementedError


def parse_checks(text: str) -> Checks:
    """Return the checks of a template from its exact text; raises TemplateError if it is not YAML."""
    raise NotImplementedError


def read_checks(values: Mapping[str, Any]) -> tuple[Checks, list[tuple[str, str]]]:
    """Return the checks of a template and what is wrong with them: the name of a check, or none, and a message."""
    return Checks(), []
