"""Which of two answers is better: what a person or a judge says, and what it comes to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from batchtui.domain.diff.interval import interval
from batchtui.domain.opinion import Verdict

Choice = Literal["A", "B", "tie"]
"""What a judge says, who does not know the sides."""

_FENCE = "```"
_CHOICES: dict[str, Choice] = {"a": "A", "b": "B", "tie": "tie"}


def read_choice(text: str) -> Choice | None:
    """Return what an answer of a judge says, None if it cannot be told.

    It is the `verdict` of a JSON object, which may stand in a fence, or the whole answer: A, B or tie.
    """
    said: object = text.strip()
    body = _unfenced(text.strip())
    if body.startswith("{"):
        try:
            said = json.loads(body).get("verdict")
        except (ValueError, RecursionError):
            return None
    return _CHOICES.get(said.strip().rstrip(".").casefold()) if isinstance(said, str) else None


def _unfenced(text: str) -> str:
    """Return what stands in a fence of Markdown, or the text where it is not in one as a whole."""
    head, newline, body = text.partition("\n")
    if newline and head.strip().casefold() in {_FENCE, f"{_FENCE}json"} and body.endswith(_FENCE):
        return body.removesuffix(_FENCE).strip()
    return text


@dataclass(frozen=True, slots=True)
class Votes:
    """How many rows are better on which side.

    Of a judge's answers `unreadable` ones came and say no verdict, `failed` ones did not come, and `waiting` ones
    are not here yet. Without them a person's votes are counted.
    """

    left: int = 0
    right: int = 0
    ties: int = 0
    unreadable: int = 0
    failed: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """Return the number of verdicts."""
        return self.left + self.right + self.ties

    @property
    def decided(self) -> int:
        """Return the number of verdicts for one side."""
        return self.left + self.right

    @property
    def right_share(self) -> float | None:
        """Return the share of the verdicts for one side that are for the right; ties are left out."""
        return self.right / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return between which shares that of the right truly lies, with 95 % confidence."""
        return interval(self.right, self.decided)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a person and judges say of a comparison; on `both` rows both said something, on `agreeing` the same."""

    person: Votes
    judge: Votes
    both: int = 0
    agreeing: int = 0


def votes(verdicts: Iterable[Verdict], *, unreadable: int = 0, failed: int = 0, waiting: int = 0) -> Votes:
    """Return verdicts counted."""
    counts = Counter(verdicts)
    return Votes(counts["left"], counts["right"], counts["tie"], unreadable, failed, waiting)
