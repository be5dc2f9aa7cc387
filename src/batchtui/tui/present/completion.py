"""How a filter of results can go on: the fields, and what is known to stand in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from batchtui.domain.filter import NUMBER_FIELDS, TEXT_FIELDS
from batchtui.tui.text import clean_line

_LAST = re.compile(r'(?:^|(?<=\s))!?(?:(?P<field>[a-z]+):"?(?P<value>[^"\s]*)|(?P<word>[a-z]*))$')
_FIELDS = (*(f"{field}:" for field in TEXT_FIELDS), *(f"{field}>" for field in NUMBER_FIELDS))

VALUE_CHARACTERS_MAX = 60
CHOICES_SHOWN = 8


def complete(text: str, known: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return a filter with its last word completed, empty if it cannot be, and what could stand there.

    `known` are the values that occur, by field; values are outside text.
    """
    last = _LAST.search(text)
    if last is None:
        return "", ""
    if last["field"] is None:
        choices = [field for field in _FIELDS if field.startswith(last["word"])]
        typed = last["word"]
    else:
        values = (clean_line(value, VALUE_CHARACTERS_MAX) for value in known.get(last["field"], ()))
        choices = [value for value in values if value.casefold().startswith(last["value"].casefold())]
        typed = last["value"]
    advice = "  ".join(choices[:CHOICES_SHOWN])
    if not typed or not choices or choices[0] == typed:
        return "", "" if choices == [typed] else advice
    if last["field"] is None:
        return text[: len(text) - len(typed)] + choices[0], advice
    return text[: last.start("field")] + term(last["field"], choices[0]), advice


def term(field: str, value: str) -> str:
    """Return what asks for a value in a field, as far as it can be written: a quote ends it."""
    value = value.partition('"')[0].rstrip()
    return f'{field}:"{value}"' if " " in value else f"{field}:{value}"
