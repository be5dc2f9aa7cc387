"""What stopped a template or an expression, in words for whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import UndefinedError

from batchtui.domain.template.limits import TooMuchError

_COLUMNS_TOLD = 12


def told(error: Exception, columns: Iterable[object], *, without: str) -> tuple[str, str]:
    """Return what went wrong and what to do about it, which can be nothing.

    `columns` are those of the row, `without` is what to do where only some rows have one.
    """
    said = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, UndefinedError):
        if said.startswith("the row has no") or said.endswith("is undefined"):
            return said, f"The row has {_few(columns)}. {without}"
    elif isinstance(error, TooMuchError):
        return said, "Let the template do less, or do it in the data beforehand."
    elif isinstance(error, TypeError) and "not supported between" in said:
        return said, "Where text stands for a number, write `NAME | int` or `NAME | float`."
    return said, ""


def _few(columns: Iterable[object]) -> str:
    names = [str(name) for name in columns]
    more = ", …" if len(names) > _COLUMNS_TOLD else ""
    return f"{', '.join(names[:_COLUMNS_TOLD]) or 'no columns'}{more}"
