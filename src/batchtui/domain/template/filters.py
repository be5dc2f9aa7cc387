"""What can be done to values in a template: filters and methods that know the size of what they make beforehand."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from jinja2 import Undefined, pass_context
from jinja2.filters import FILTERS

from batchtui.domain.estimate import CHARS_PER_TOKEN
from batchtui.domain.template.limits import MAX_ITEMS, TooMuchError, fits

if TYPE_CHECKING:
    from jinja2.runtime import Context

MAX_SLOW_CHARS = 1_000_000
"""Characters that a filter or method takes at most if it looks at each of them in Python."""

_MAX_WIDTH = 999
_MAX_DIGITS = 20
_MAX_GROUPS = 10_000
_NOT_IN_CUSTOM_ID = re.compile(r"[^a-zA-Z0-9_-]+")
_WIDTHS = re.compile(r"\d{4,}|%[^a-zA-Z%]*\*")


def tojson(value: object, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return a value as exact JSON; raises TypeError or ValueError for what JSON cannot hold."""
    if indent is not None and not 0 <= indent <= 16:
        raise ValueError("tojson indents by 0 to 16 spaces")
    encoder = json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, indent=indent, sort_keys=sort_keys, default=_not_json
    )
    if indent is None:
        return encoder.encode(value)
    pieces, chars = [], 0
    for piece in encoder.iterencode(value):
        chars += len(piece)
        fits(chars)
        pieces.append(piece)
    return "".join(pieces)


def slug(value: object) -> str:
    """Return text in which every run of characters that a custom_id may not have is one `-`."""
    return _NOT_IN_CUSTOM_ID.sub("-", text(value))


def truncate_tokens(value: object, tokens: int) -> str:
    """Return the beginning of a text, whole words of roughly so many tokens."""
    whole = text(value)
    most = int(max(0, tokens) * CHARS_PER_TOKEN)
    if len(whole) <= most:
        return whole
    cut = whole[:most]
    if not whole[most].isspace() and not cut[-1:].isspace():
        words = cut.rsplit(None, 1)
        cut = words[0] if len(words) > 1 else cut
    return cut.rstrip()


def escape(value: object) -> str:
    """Return text with `& < > " '` as entities, for what stands between tags."""
    return html.escape(text(value))


def replace(value: object, old: object, new: object, count: int | None = None) -> str:
    """Return text with every occurrence of a text replaced, or the first `count`."""
    whole, was, will = text(value), text(old), text(new)
    times = whole.count(was) if count is None or count < 0 else min(count, whole.count(was))
    fits(len(whole) + times * (len(will) - len(was)))
    return whole.replace(was, will, times)


def center(value: object, width: int = 80) -> str:
    """Return text in the middle of spaces."""
    fits(width)
    return text(value).center(width)


def indent(value: object, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Return text with its lines indented, the first one and blank ones only if asked for."""
    whole, margin = text(value), width if isinstance(width, str) else ""
    if isinstance(width, int):
        fits(width)
        margin = " " * width
    lines = whole.splitlines()
    fits(len(whole) + (len(lines) + 1) * len(margin))
    indented = [margin + line if (line or blank) and (first or at) else line for at, line in enumerate(lines)]
    return "\n".join(indented)


@pass_context
def join(context: Context, value: Iterable[Any], separator: object = "", attribute: str | int | None = None) -> str:
    """Return the items of a list as one text with a separator between them, or an attribute of each."""
    items = FILTERS["map"](context, value, attribute=attribute) if attribute is not None else value
    return joined(items, text(separator))


def joined(values: Iterable[object], separator: str = "") -> str:
    """Return values as one text."""
    pieces, chars = [], 0
    for value in values:
        piece = text(value)
        pieces.append(piece)
        chars += len(piece) + len(separator)
        fits(chars)
        if len(pieces) > MAX_ITEMS:
            raise TooMuchError(f"a list of more than {MAX_ITEMS:,} items")
    return separator.join(pieces)


def format_(value: object, *args: object, **kwargs: object) -> str:
    """Return a `%` format such as `'%05d'` with its values, with widths up to 999."""
    pattern = text(value)
    if args and kwargs:
        raise TypeError("format takes values in order or by name, not both")
    if _WIDTHS.search(pattern):
        raise TooMuchError(f"a width of more than {_MAX_WIDTH} in the format {pattern!r:.60}")
    longest = max((len(text(item)) for item in (*args, *kwargs.values())), default=0)
    fits(
        len(pattern)
        + pattern.count("%") * (_MAX_WIDTH + longest * (4 if "%a" in pattern or "%r" in pattern else 1))
    )
    return pattern % (kwargs or args)


@pass_context
def sum_(context: Context, value: Iterable[Any], attribute: str | int | None = None, start: float = 0) -> float:
    """Return the sum of numbers, or of an attribute of each item."""
    total = start
    for item in FILTERS["map"](context, value, attribute=attribute) if attribute is not None else value:
        if not isinstance(item, int | float):
            raise TypeError(f"sum adds numbers, not {kind_of(item)}")
        total += item
    return total


def round_(value: float, precision: int = 0, method: str = "common") -> float:
    """Return a number rounded to so many digits; `method` is `common`, `ceil` or `floor`."""
    _require_number("round", value)
    if abs(precision) > _MAX_DIGITS:
        raise TooMuchError(f"rounding to more than {_MAX_DIGITS} digits")
    return float(FILTERS["round"](value, precision, method))


def abs_(value: float) -> float:
    """Return a number without its sign."""
    _require_number("abs", value)
    return abs(value)


def list_(value: Iterable[Any]) -> list[Any]:
    """Return the items of anything that has some."""
    return list(islice(value, MAX_ITEMS + 1))


def batch(value: Iterable[Any], size: int, fill: object = None) -> Iterable[object]:
    """Return lists of so many items each, the last one filled up if there is something to fill it with."""
    _few_groups(size)
    batches: Iterable[object] = FILTERS["batch"](value, size, fill)
    return batches


def slice_(value: Iterable[Any], count: int, fill: object = None) -> Iterator[list[object]]:
    """Yield so many lists of about equal length, the shorter ones filled up if there is something for it."""
    _few_groups(count)
    items = list_(value)
    size, longer = divmod(len(items), count)
    begin = 0
    for number in range(count):
        end = begin + size + (number < longer)
        yield items[begin:end] + ([fill] if fill is not None and longer and number >= longer else [])
        begin = end


def text(value: object) -> str:
    """Return a value as it is written out: nothing for null, and else what Python writes."""
    if isinstance(value, str):
        return value
    return "" if value is None else str(value)


def kind_of(value: object) -> str:
    """Return what a value is, in the words of people who write templates."""
    kinds = {str: "text", dict: "a mapping", list: "a list", type(None): "null", bool: "true or false"}
    return kinds.get(type(value)) or ("a number" if isinstance(value, int | float) else f"a {type(value).__name__}")


def _not_json(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)
    raise TypeError(f"JSON has no {type(value).__name__}; add `| list` to the result of map, select or the like")


def _require_number(name: str, value: object) -> None:
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, int | float):
        raise TypeError(f"{name} takes a number, not {kind_of(value)}; `| float` makes one of text")


def _few_groups(count: int) -> None:
    if not 1 <= count <= _MAX_GROUPS:
        raise TooMuchError(f"groups of 1 to {_MAX_GROUPS:,}, not {count}")


OWN: Mapping[str, Callable[..., Any]] = {
    "tojson": tojson,
    "slug": slug,
    "truncate_tokens": truncate_tokens,
    "escape": escape,
    "e": escape,
    "replace": replace,
    "center": center,
    "indent": indent,
    "join": join,
    "format": format_,
    "sum": sum_,
    "round": round_,
    "abs": abs_,
    "list": list_,
    "batch": batch,
    "slice": slice_,
    "string": text,
}
"""Our own filters, and those of Jinja2 that would make things of any size."""

TYPED = "typed"
"""The filter that is none: it gives the value itself, see `Renderer`."""

CHEAP = frozenset(
    ("capitalize", "count", "d", "default", "first", "last", "length", "lower", "trim", "truncate", "upper")
)
"""Filters of Jinja2 that take texts of any size."""

KEPT = frozenset(
    (
        *("dictsort", "filesizeformat", "float", "groupby", "int", "items", "map", "max", "min", "reject"),
        *("rejectattr", "reverse", "select", "selectattr", "sort", "title", "unique", "urlencode", "wordcount"),
    )
)
"""Filters of Jinja2 that take short texts; the others make HTML, differ from run to run, or are of no use here."""


def _split(value: str, separator: str | None = None, count: int = -1) -> list[str]:
    _slow("split", value)
    return value.split(separator, count)


def _rsplit(value: str, separator: str | None = None, count: int = -1) -> list[str]:
    _slow("rsplit", value)
    return value.rsplit(separator, count)


def _splitlines(value: str) -> list[str]:
    _slow("splitlines", value)
    return value.splitlines()


def _ljust(value: str, width: int, fill: str = " ") -> str:
    fits(width)
    return value.ljust(width, fill)


def _rjust(value: str, width: int, fill: str = " ") -> str:
    fits(width)
    return value.rjust(width, fill)


def _zfill(value: str, width: int) -> str:
    fits(width)
    return value.zfill(width)


def _slow(name: str, value: str) -> None:
    if len(value) > MAX_SLOW_CHARS:
        raise TooMuchError(f"{name} takes at most {MAX_SLOW_CHARS:,} characters")


_PLAIN = (
    *(
        "capitalize",
        "casefold",
        "count",
        "endswith",
        "find",
        "isalnum",
        "isalpha",
        "isdigit",
        "islower",
        "isnumeric",
    ),
    *("isspace", "istitle", "isupper", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rfind"),
    *("rpartition", "rstrip", "startswith", "strip", "swapcase", "title", "upper"),
)

METHODS: Mapping[type, Mapping[str, Callable[..., Any]]] = {
    str: {
        **{name: getattr(str, name) for name in _PLAIN},
        "center": center,
        "join": lambda separator, values: joined(values, separator),
        "ljust": _ljust,
        "replace": replace,
        "rjust": _rjust,
        "rsplit": _rsplit,
        "split": _split,
        "splitlines": _splitlines,
        "zfill": _zfill,
    },
    dict: {name: getattr(dict, name) for name in ("get", "items", "keys", "values")},
    list: {name: getattr(list, name) for name in ("count", "index")},
}
"""The methods that values have in a template."""
