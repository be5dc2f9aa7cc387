"""How the requests of many rows differ: the same change in many rows is one, whatever else the rows hold."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from batchtui.domain.comparison import RequestChange, RequestChanges
from batchtui.domain.diff.matching import equal_runs, gaps_between
from batchtui.domain.diff.words import Numbers, words

SHOWN_CHARS = 500
"""How much of a changed text is kept."""

MOST_GROUPS = 500
"""How many different changes are told apart at one path; where rows have nothing in common there is one a row."""

MANY = "(many different changes)"

MOST_CUTS = 500
"""In how many rows it is looked word by word what a change is made of; what was learned there holds for others."""

MOST_STEPS = 8
"""How many changes within one text are worth telling one by one."""

MOST_RECIPES = 8
"""How many ways to change the texts at one path are learned."""

FEWEST_BETWEEN = 6
"""How many words and spaces there are at least between two changes that are told apart."""

CONTEXT = 8
"""How many words and spaces beside a change it is found by in other rows."""

NAME = re.compile(r"[\w.:/@-]{1,64}", re.ASCII)
"""A name of something, as of a model: part of it says nothing to a reader."""

START, END = "\x02", "\x03"
"""Stand around a text, so that a change can be found by being the first or the last in it."""

Step = tuple[str, str]
"""A piece of a text, and what has taken its place."""


class RequestDiffer:
    """Takes the params of row after row and counts their changes."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._at_path: Counter[str] = Counter()
        self._recipes: dict[str, dict[tuple[Step, ...], _Recipe]] = {}
        self._cuts = 0
        self._compared = self._equal = self._unknown = 0

    def add_unknown(self, count: int = 1) -> None:
        """Count rows of which a request is not known."""
        self._unknown += count

    def add_equal(self) -> None:
        """Count a row whose requests are equal byte for byte."""
        self._compared += 1
        self._equal += 1

    def add(self, left: dict[str, Any], right: dict[str, Any]) -> None:
        """Compare the params of a row."""
        self._compared += 1
        # A change that is in two places of a row is still in one row. The order is that of the params, every time.
        found = dict.fromkeys(self._changes("", left, right))
        self._equal += not found
        self._counts.update(map(self._counted, found))

    def changes(self) -> RequestChanges:
        """Return what has been found."""
        groups = (RequestChange(*group, count) for group, count in self._counts.most_common())
        return RequestChanges(tuple(groups), self._compared, self._equal, self._unknown)

    def _counted(self, change: tuple[str, str, str]) -> tuple[str, str, str]:
        path = change[0]
        if change not in self._counts:
            if self._at_path[path] >= MOST_GROUPS:
                return path, MANY, MANY
            self._at_path[path] += 1
        return change

    def _changes(self, path: str, left: object, right: object) -> Iterator[tuple[str, str, str]]:
        if isinstance(left, dict) and isinstance(right, dict):
            for key in {**left, **right}:
                within = f"{path}.{key}" if path else str(key)
                if key not in left or key not in right:
                    before, after = (_shown(_text(side[key])) if key in side else "" for side in (left, right))
                    yield within, before, after
                else:
                    yield from self._changes(within, left[key], right[key])
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            for at, (item, other) in enumerate(zip(left, right, strict=True)):
                yield from self._changes(f"{path}[{at}]", item, other)
        elif left != right or type(left) is not type(right):
            for before, after in self._steps(path, _text(left), _text(right)):
                yield path, _shown(before), _shown(after)

    def _steps(self, path: str, left: str, right: str) -> list[Step]:
        """Return what has become of pieces of a text."""
        if NAME.fullmatch(left) and NAME.fullmatch(right):
            return [(left, right)]
        whole = _trimmed(left, right)
        if (path, *map(_shown, whole)) in self._counts:
            return [whole]
        recipes = self._recipes.setdefault(path, {})
        for steps, recipe in recipes.items():
            if recipe.makes(left, right):
                return list(steps)
        if self._cuts >= MOST_CUTS:
            return [whole]
        self._cuts += 1
        cut = _cut(left, right)
        if not 1 < len(cut) <= MOST_STEPS:
            return [whole]
        steps = tuple((piece.left, piece.right) for piece in cut)
        if steps in recipes:
            recipes[steps].learn(cut)
        elif len(recipes) < MOST_RECIPES:
            recipes[steps] = _Recipe(cut)
        return list(steps)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a text that has changed, and what stands before and after it on both sides."""

    before: str
    left: str
    right: str
    after: str


class _Recipe:
    """Several changes of one text, found by what stands around each in every row that has been looked at."""

    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces

    def learn(self, pieces: list[_Piece]) -> None:
        """Take the same changes of another row: what is not around them there is that row's own."""
        self._pieces = [
            _Piece(
                known.before[len(known.before) - _common(known.before[::-1], new.before[::-1]) :],
                known.left,
                known.right,
                known.after[: _common(known.after, new.after)],
            )
            for known, new in zip(self._pieces, pieces, strict=True)
        ]

    def makes(self, left: str, right: str) -> bool:
        """Return whether these changes make the right of the left."""
        left, right = START + left + END, START + right + END
        made: list[str] = []
        done = 0
        for piece in self._pieces:
            looked_for = piece.before + piece.left + piece.after
            at = left.find(looked_for, max(0, done - len(piece.before))) if looked_for else -1
            start = at + len(piece.before)
            if at < 0 or start < done:
                return False
            made += [left[done:start], piece.right]
            done = start + len(piece.left)
        return "".join(made) + left[done:] == right


def _cut(left: str, right: str) -> list[_Piece]:
    """Return what differs, word by word; pieces with few words between them are one."""
    lefts, rights = ([START, *words(text), END] for text in (left, right))
    numbers = Numbers()
    runs = [
        run
        for run in equal_runs(numbers.of(lefts), numbers.of(rights))
        if run[2] >= FEWEST_BETWEEN or not run[0] or run[0] + run[2] == len(lefts)
    ]
    found: list[_Piece] = []
    for (start, end, right_start, right_end), _ in gaps_between(runs, len(lefts), len(rights)):
        if start < end or right_start < right_end:
            before, after = lefts[max(0, start - CONTEXT) : start], lefts[end : end + CONTEXT]
            pieces = (before, lefts[start:end], rights[right_start:right_end], after)
            found.append(_Piece(*map("".join, pieces)))
    return found


def _trimmed(left: str, right: str) -> Step:
    """Return two texts without what is the same at the start and at the end, in whole words."""
    head = _common(left, right)
    while head and _splits_word(left, right, head):
        head -= 1
    left, right = left[head:], right[head:]
    tail = _common(left[::-1], right[::-1])
    while tail and _splits_word(left[::-1], right[::-1], tail):
        tail -= 1
    return (left[: len(left) - tail], right[: len(right) - tail]) if tail else (left, right)


def _common(left: str, right: str) -> int:
    """Return how many letters two texts have in common at the start."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _splits_word(left: str, right: str, at: int) -> bool:
    """Return whether there are letters of one word before and after a place, on either side."""
    return _is_letter(left[at - 1]) and any(_is_letter(text[at : at + 1]) for text in (left, right))


def _is_letter(letter: str) -> bool:
    """Return whether a letter is one of scripts that have spaces between words."""
    return letter.isalnum() and letter < "\u2e80"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
