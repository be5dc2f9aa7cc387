"""What a set of results is made of: stop reasons, models, flags, and errors that are alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

QUOTED = "…"
"""What stands for a quoted part of a message."""

NUMBER = "#"
"""What stands for a number or an id in a message."""

_VARYING = re.compile(
    r"""
    (?P<quoted> "[^"]*" | `[^`]*` | (?<!\w)'[^']*'(?!\w) | “[^”]*” )
    | [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}       # a UUID
    | (?<![A-Za-z0-9])\d+(?:[.,:]\d+)*(?![A-Za-z0-9])   # a number, a version, a time
    | (?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9]+       # an id
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Errors of one type whose messages differ in numbers, ids and quoted parts only.

    `error_type` is the outcome for results that carry no error, as expired ones.
    """

    error_type: str
    message: str
    count: int

    @property
    def filter_text(self) -> str:
        """Return the filter line that finds these errors, and perhaps a few that hold the same words."""
        pieces = re.split(f'[{QUOTED}{NUMBER}"]+', self.message)
        words = [self.error_type, *(piece.strip() for piece in pieces)]
        return " ".join(f'error:"{word}"' for word in words if word)


@dataclass(frozen=True, slots=True)
class Facets:
    """How many results there are by stop reason, model and flag, most first, and the failed in groups."""

    stop_reasons: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    errors: list[ErrorGroup] = field(default_factory=list)


def alike(message: str) -> str:
    """Return a message with its quoted parts, numbers and ids replaced, so that equal errors are equal texts."""
    return _VARYING.sub(lambda match: QUOTED if match["quoted"] else NUMBER, message)


def error_groups(counted: Iterable[tuple[str, str, int]]) -> list[ErrorGroup]:
    """Return error type, message and number of failures as groups of equal errors, biggest first."""
    groups = Counter[tuple[str, str]]()
    for error_type, message, count in counted:
        groups[error_type, alike(message)] += count
    return [ErrorGroup(*group, count) for group, count in groups.most_common()]
