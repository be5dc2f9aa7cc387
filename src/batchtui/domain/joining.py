"""Finding which answers of two sides belong together."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from batchtui.domain.comparison import CHANGED, LEFT, NOWHERE, OUTCOME, RIGHT, SAME, Pairs

Outcome = tuple[str, str | None]
"""Type of a result, and type of its error."""

NO_NAME = b""
"""Of an answer that belongs to none of the other side."""

UNHEARD, MISSING = -1, -2
"""Stand for what came of an answer that came of none on the left, and for that of no answer."""

ROWS_AT_ONCE = 50_000
"""How many rows go into one step that no other thread can interrupt."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a side, one a row, in their order.

    `names` are what they are joined by; none is there twice, but for `NO_NAME`. `hashes` are of the output, 0 for
    what failed. `codes` say what came of each, a number in `outcomes`.
    """

    keys: array[int]
    names: list[bytes]
    hashes: array[int]
    codes: array[int]
    outcomes: list[Outcome]


def blank_repeated(names: list[bytes]) -> tuple[int, int]:
    """Leave each name to the first that has it; return how many have none, and how many lose theirs."""
    missing = names.count(NO_NAME)
    seen: set[bytes] = set()
    repeated = 0
    for place, name in enumerate(names):
        if name in seen:
            names[place] = NO_NAME
            repeated += 1
        elif name != NO_NAME:
            seen.add(name)
    return missing, repeated


def join(left: Answers, right: Answers) -> Pairs:
    """Return the pairs of two sides; it takes about half a second for a million."""
    codes = _codes(left, right)
    if left.names == right.names and NO_NAME not in left.names:
        # The same rows in the same order, as where another prompt was tried on the same data.
        return Pairs(_kinds(left, codes, right.hashes), left.keys, right.keys)
    places: dict[bytes, int] = {}
    for start in range(0, len(right.names), ROWS_AT_ONCE):
        places.update(zip(right.names[start : start + ROWS_AT_ONCE], range(start, len(right.names)), strict=False))
    places.pop(NO_NAME, None)
    find = places.get
    found = array("q", [find(name, NOWHERE) for name in left.names])
    alone = bytearray(b"\1") * len(right.names)
    for place in found:
        if place != NOWHERE:
            alone[place] = 0
    rest = [place for place, is_alone in enumerate(alone) if is_alone]
    keys, hashes = right.keys, right.hashes
    found_codes = [MISSING if place == NOWHERE else codes[place] for place in found]
    found_hashes = [0 if place == NOWHERE else hashes[place] for place in found]
    kinds = _kinds(left, found_codes, found_hashes) + bytes([RIGHT]) * len(rest)
    matching = array("q", [NOWHERE if place == NOWHERE else keys[place] for place in found])
    return Pairs(
        kinds,
        left.keys + array("q", [NOWHERE]) * len(rest),
        matching + array("q", [keys[place] for place in rest]),
    )


def _codes(left: Answers, right: Answers) -> list[int]:
    """Return what came of each answer of the right, by the numbers of the left."""
    numbers = {outcome: number for number, outcome in enumerate(left.outcomes)}
    as_left = [numbers.get(outcome, UNHEARD) for outcome in right.outcomes]
    return [as_left[code] for code in right.codes]


def _kinds(left: Answers, codes: Sequence[int], hashes: Sequence[int]) -> bytes:
    """Return the kinds of pairs, of each of which code and hash of the right stand where the left stands."""
    return bytes(
        [
            (LEFT if other == MISSING else OUTCOME) if other != code else CHANGED if other_mark != mark else SAME
            for code, mark, other, other_mark in zip(left.codes, left.hashes, codes, hashes, strict=True)
        ]
    )
