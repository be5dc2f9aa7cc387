"""How much a template may do for one row: what is made is weighed, and a clock is looked at.

Nothing that runs in a template can be stopped from outside, so nothing large may be begun: sizes are known before
they are made, and every step that could be repeated is charged for.
"""

from __future__ import annotations

import time
from typing import Never

from jinja2 import TemplateRuntimeError, Undefined

MAX_SECONDS = 1.0
"""Processor time for one row; waiting for files is not counted."""

MAX_CHARS = 32_000_000
"""Characters of any text that a template makes (API docs: a request has at most 32 MB)."""

MAX_MADE = 4 * MAX_CHARS
"""Characters of everything that a template makes for one row, and so a bound on memory."""

MAX_ITEMS = 100_000
"""Items of any list that a template makes, with all that is in them."""

MAX_BITS = 4_096
"""Bits of any whole number."""

ITEM_CHARS = 16
"""What an item of a list weighs, beside what is in it."""

_LOOK_EVERY = 100
_STEPS_OF_A_CALL = 5


class TooMuchError(TemplateRuntimeError):
    """A template does or makes more than one row may."""


class Meter:
    """Counts for one row at a time; not for several threads at once."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget the row before."""
        self._work = 0
        self._look_at = _LOOK_EVERY
        self._until = 0.0
        self._made = 0

    def charge(self, steps: int) -> None:
        """Count steps and look at the clock now and then; raises TooMuchError."""
        self._work += steps
        if self._work >= self._look_at:
            self._look_at = self._work + _LOOK_EVERY
            now = time.thread_time()
            if not self._until:
                self._until = now + MAX_SECONDS
            elif now > self._until:
                raise TooMuchError(f"it takes more than {MAX_SECONDS:g} s of computing for one row")

    def weigh(self, value: object) -> None:
        """Count what was made; raises TooMuchError, and the error of an undefined item."""
        weight = len(value) if type(value) is str else weight_of(value)
        self._made += weight
        if self._made > MAX_MADE:
            raise TooMuchError(f"it makes more than {MAX_MADE:,} characters for one row")
        self.charge(_STEPS_OF_A_CALL + weight // 1_000)


def fits(chars: int) -> None:
    """Refuse to make a text of so many characters; raises TooMuchError."""
    if chars > MAX_CHARS:
        raise TooMuchError(f"a text of more than {MAX_CHARS:,} characters")


def weight_of(value: object) -> int:
    """Return the characters of a text, or of all in a list or mapping and something for each item.

    Lists may hold the same list many times, and what is written out or compared is all of them. Raises
    TooMuchError for more than `MAX_ITEMS` or `MAX_CHARS`.
    """
    weight, items = 0, 0
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            weight += len(item)
        elif isinstance(item, list | tuple | dict):
            size = len(item)
            items += size
            weight += size * ITEM_CHARS
            if items > MAX_ITEMS:
                raise TooMuchError(f"a list of more than {MAX_ITEMS:,} items")
            if isinstance(item, dict):
                left.extend(item.keys())
                left.extend(item.values())
            else:
                left.extend(item)
        elif isinstance(item, int):
            if item.bit_length() > MAX_BITS:
                refuse_number()
        elif isinstance(item, Undefined) and item is not value:
            str(item)
        if weight > MAX_CHARS:
            fits(weight)
    return weight


def refuse_number() -> Never:
    """Refuse a number that is too large to be meant; raises TooMuchError."""
    raise TooMuchError(f"a number of more than {MAX_BITS:,} bits")
