"""What the cells of a CSV file are: text, unless a whole column says otherwise.

A column becomes numbers or truth values only if all its cells in the sample do so without losing a character, so
that `007`, `1e5`, `1.50`, `+1`, dates, and numbers of ten digits or more (phone numbers, keys) stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Cell = str | int | float | bool
Convert = Callable[[str], Cell]

MAX_DIGITS = 9
"""Digits of a whole number at most; longer ones are phone numbers, keys and times."""

_DIGITS = tuple("0123456789")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def as_number(text: str) -> Cell:
    """Return the number a text is, or the text if the number would be written in another way."""
    if text.isdecimal() or (text.startswith("-") and text[1:].isdecimal()):
        if len(text.removeprefix("-")) > MAX_DIGITS:
            return text
        whole = int(text)
        return whole if str(whole) == text else text
    try:
        number = float(text)
    except ValueError:
        return text
    # Neither nan nor 1e+16, which would come out as they came in.
    return number if repr(number) == text and text.endswith(_DIGITS) and "e" not in text else text


def as_truth(text: str) -> Cell:
    """Return the truth value a text is, or the text."""
    return _TRUTH.get(text, text)


def converts(sample: Iterable[Mapping[str, Any]]) -> dict[str, Convert]:
    """Return how the cells of columns are read that are not text.

    Empty cells decide nothing, and stay empty texts in any column.
    """
    candidates: dict[str, tuple[Convert, ...]] = {}
    for cells in sample:
        for name, cell in cells.items():
            if cell and (left := candidates.get(name, (as_number, as_truth))):
                candidates[name] = tuple(convert for convert in left if not isinstance(convert(cell), str))
    return {name: left[0] for name, left in candidates.items() if left}
