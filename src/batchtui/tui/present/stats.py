"""What batches came to: a row for each group, and all that is known of one; for the screens and for a shell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Literal, NamedTuple

from batchtui.domain.durations import Spread
from batchtui.domain.human import UNKNOWN, count, counted, duration, usd
from batchtui.domain.stats import AXES, By, Group
from batchtui.tui.text import clean_line
from batchtui.tui.widgets.table_model import Cell, Column, Row, Tone

Line = list[Cell]

EMPTY = (
    "Nothing was sent yet.\n\n"
    "1 goes to the batches: n there composes one, N sends a file.\n"
    "What they cost and how long they took is added up here by itself."
)
NO_MATCH = "Nothing fits this filter and this time.\n\nesc takes the filter away, d shows another time."
LOOKING = "Adding up …"

PERIODS = (0, 90, 30, 7)
"""How many days can be shown, 0 for all of them."""

TITLES: dict[By, str] = {
    "day": "Day",
    "template": "Template",
    "model": "Model",
    "profile": "Profile",
    "size": "Size",
}

_NAMELESS: dict[By, str] = {
    "template": "(without a template)",
    "model": "(model not known)",
    "profile": "(no name)",
}

WELL = 0.9
"""The share of answers below which something is wrong."""

NAME_CHARACTERS = 40
"""How much of the name of a group stands over its bars."""

LABEL_CHARACTERS = 18
VALUE_CHARACTERS = 10


def amount(number: float | None) -> str:
    """Return a large number in at most six characters: `980`, `12.3k`, `4.56M`."""
    if number is None:
        return UNKNOWN
    size = float(number)
    for unit in ("", "k", "M", "G", "T"):
        if size < 999.5 or unit == "T":
            break
        size /= 1_000
    if not unit:
        return f"{size:.0f}"
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:.{digits}f}{unit}"


def cost(group: Group) -> Cell:
    """Return what a group cost: with `~` where a part of it is an estimate, with `≥` where a price is not known."""
    if group.cost_usd is None:
        return Cell(UNKNOWN, "muted")
    text = usd(group.cost_usd)
    if not group.is_cost_whole:
        return Cell(f"≥{text}", "warn")
    return Cell(f"~{text}", "muted") if group.estimated_usd else Cell(text)


class _Figure(NamedTuple):
    """A column, what stands in it, and by what it is sorted, the largest first."""

    title: str
    width: int
    cell: Callable[[Group], Cell]
    order: Callable[[Group], float | None]


_FIGURES: Mapping[str, _Figure] = {
    "batches": _Figure("Batches", 7, lambda of: Cell(count(len(of.batches))), lambda of: len(of.batches)),
    "requests": _Figure("Requests", 10, lambda of: Cell(count(of.requests)), lambda of: of.requests),
    "cost": _Figure("Cost", 10, cost, lambda of: of.cost_usd),
    "saved": _Figure("Saved", 9, lambda of: Cell(usd(of.saved_usd), "ok"), lambda of: of.saved_usd),
    "answered": _Figure(
        "Answered", 8, lambda of: _share(of.success_rate, warn_below=WELL), lambda of: of.success_rate
    ),
    "truncated": _Figure("Truncated", 9, lambda of: _share(of.truncation_rate), lambda of: of.truncation_rate),
    "cached": _Figure("Cached", 6, lambda of: _share(of.cache_hit_rate), lambda of: of.cache_hit_rate),
    "input": _Figure(
        "Input", 6, lambda of: _plain(of.sums.tokens.total_input), lambda of: of.sums.tokens.total_input
    ),
    "output": _Figure("Output", 6, lambda of: _plain(of.sums.output), lambda of: of.sums.output),
    "mean": _Figure("Mean", 6, lambda of: _plain(of.mean_output), lambda of: of.mean_output),
    "p95": _Figure("95 %", 6, lambda of: _plain(_p95(of)), lambda of: of.output.p95 if of.output else None),
    "max": _Figure("Max", 6, lambda of: _plain(of.max_tokens), lambda of: of.max_tokens),
    "better": _Figure(
        "Better", 6, lambda of: _plain(of.suggested_max_tokens, "accent"), lambda of: of.suggested_max_tokens
    ),
    "half": _Figure("Half in", 7, lambda of: _seconds(_took(of, "p50")), lambda of: _took(of, "p50")),
    "most": _Figure("90 % in", 7, lambda of: _seconds(_took(of, "p90")), lambda of: _took(of, "p90")),
    "longest": _Figure("Longest", 7, lambda of: _seconds(_took(of, "longest")), lambda of: _took(of, "longest")),
}

_SHOWN: Mapping[By, str] = {
    "day": "cost answered batches saved requests input output cached truncated half most",
    "template": "cost answered truncated better max p95 mean batches requests saved half most",
    "model": "cost answered input output cached saved batches requests truncated mean p95 half most",
    "profile": "cost answered batches saved requests input output cached truncated half most",
    "size": "cost half most longest batches requests answered saved",
}
"""The columns of each table, those first that matter most."""

SORTS = ("usual", "key", *_FIGURES)
"""What any of the tables can be sorted by."""


@cache
def columns(by: By) -> tuple[Column, ...]:
    """Return the columns of a table; the first is what its rows are called."""
    wanted = _SHOWN[by].split()
    return (
        Column("key", TITLES[by], min_width=20 if by in _NAMELESS else 12),
        *(
            Column(name, each.title, width=each.width, align="right", priority=wanted.index(name))
            for name, each in _FIGURES.items()
            if name in wanted
        ),
    )


def cells(group: Group) -> Row:
    """Return the cells of a group, in the order of `columns`."""
    return tuple(named_cells(group).values())


def named_cells(group: Group) -> dict[str, Cell]:
    """Return the cells of a group by the keys of `columns`, in their order."""
    figures = {column.key: _FIGURES[column.key].cell(group) for column in columns(group.by)[1:]}
    return {"key": Cell(name(group), "strong"), **figures}


def name(group: Group) -> str:
    """Return what a group is called."""
    return group.key or ("all" if group.is_whole else _NAMELESS.get(group.by, UNKNOWN))


def sorted_groups(groups: Iterable[Group], by: By, sort: str, *, reverse: bool) -> list[Group]:
    """Return groups in order. Usually the newest day, the smallest size, or what cost most comes first."""
    ordered = list(groups)
    if sort == "usual" and by == "day":
        ordered.reverse()
    elif sort not in {"usual", "key"} or (sort == "usual" and by != "size"):
        order = _FIGURES["cost" if sort == "usual" else sort].order
        ordered.sort(key=lambda group: -(order(group) or 0))
    return ordered[::-1] if reverse else ordered


def scope_line(by: By, days: int, profile: str | None) -> Line:
    """Return what is looked at, in a line."""
    cells = [Cell("by ", "muted")]
    for each in AXES:
        cells += [Cell(each, "strong" if each == by else "muted"), Cell("  ")]
    period = f"last {days} days" if days else "all days"
    return [*cells, Cell(f" {period} · {'all profiles' if profile is None else profile or '(no name)'}", "accent")]


def summary(whole: Group) -> Line:
    """Return what all batches came to, in a line, with what the bars stand for."""
    spent, saved = usd(whole.spent_usd), usd(whole.saved_usd)
    cells = [Cell(f"{spent} spent", "strong"), Cell(f" · {saved} saved", "ok")]
    if whole.waiting and whole.estimated_usd is not None:
        cells.append(Cell(f" · ░ up to {usd(whole.estimated_usd)} to come", "muted"))
    if not whole.is_cost_whole:
        cells.append(Cell(" · not all prices are known", "warn"))
    batches = counted(len(whole.batches), "batch", "batches")
    return [*cells, Cell(f" · {batches}, {counted(whole.requests, 'request')}", "muted")]


def legend(group: Group) -> Line:
    """Return the line over the bars of one group."""
    return [Cell(clean_line(name(group), max_length=NAME_CHARACTERS), "strong"), Cell(" · "), *summary(group)]


def facts(group: Group) -> list[Line]:
    """Return everything that is known of a group."""
    sums, tokens = group.sums, group.sums.tokens
    return [
        [Cell(name(group), "strong")],
        *([[Cell(group.server, "muted")]] if group.server else []),
        *_cost(group),
        [],
        [Cell("Requests", "strong")],
        _line("batches", count(len(group.batches))),
        _line("requests", count(group.requests)),
        _line("answered", count(sums.succeeded), _of(sums.succeeded, sums.results)),
        _line("failed", count(sums.results - sums.succeeded), _of(sums.results - sums.succeeded, sums.results)),
        _line("truncated", count(sums.truncated), _of(sums.truncated, sums.succeeded)),
        _line("refused", count(sums.refused), _of(sums.refused, sums.succeeded)),
        [],
        [Cell("Time to the end", "strong")],
        *_times(group.seconds),
        [],
        [Cell("Tokens", "strong")],
        _line("input, not cached", amount(tokens.input)),
        _line("cache writes", amount(tokens.cache_write_5m + tokens.cache_write_1h)),
        _line("cache reads", amount(tokens.cache_read), _of(tokens.cache_read, tokens.total_input)),
        _line("output", amount(tokens.output)),
        _line("of it thinking", amount(tokens.thinking), _of(tokens.thinking, tokens.output)),
        [],
        [Cell("Length of an answer, in tokens", "strong")],
        *_lengths(group),
    ]


def _cost(group: Group) -> list[Line]:
    shown = [_line("spent", usd(group.spent_usd))]
    if group.waiting:
        batches = counted(len(group.waiting), "batch", "batches")
        shown.append(_line("at most, to come", usd(group.estimated_usd), f"of {batches}"))
    if group.spent_usd and group.sums.succeeded:
        shown.append(_line("for each answer", usd(group.spent_usd / group.sums.succeeded)))
    shown.append(_line("saved", usd(group.saved_usd), "against the standard price"))
    if group.sums.unpriced:
        shown.append([Cell(f"Not in it: {counted(group.sums.unpriced, 'result')} of unknown price.", "warn")])
    if group.unpriced_batches:
        batches = counted(group.unpriced_batches, "batch", "batches")
        shown.append([Cell(f"Not in it: {batches} without results or estimate.", "warn")])
    return shown


def _times(seconds: Spread | None) -> list[Line]:
    if seconds is None:
        return [[Cell("None has ended by itself.", "muted")]]
    return [
        _line("half within", _seconds(seconds.p50).text, f"of {counted(seconds.number, 'batch', 'batches')}"),
        _line("90 % within", _seconds(seconds.p90).text),
        _line("the longest", _seconds(seconds.longest).text),
    ]


def _lengths(group: Group) -> list[Line]:
    output = group.output
    if output is None:
        return [[Cell("There is no answer.", "muted")]]
    shown = [
        _line("on average", _plain(group.mean_output).text),
        _line("half at most", count(output.p50)),
        _line("95 % at most", count(output.p95)),
        _line("the longest", count(output.max)),
        _line("max_tokens", UNKNOWN if group.max_tokens is None else count(group.max_tokens), "asked for last"),
    ]
    if group.suggested_max_tokens is not None:
        shown.append([Cell(f"Next time: max_tokens {count(group.suggested_max_tokens)}.", "accent")])
    return shown


def _line(label: str, value: str, remark: str = "") -> Line:
    is_nothing = value in {"0", UNKNOWN}
    cells = [
        Cell(f"{label:<{LABEL_CHARACTERS}}", "muted"),
        Cell(f"{value:>{VALUE_CHARACTERS}}", "muted" if is_nothing else ""),
    ]
    return [*cells, Cell(f"  {remark}", "muted")] if remark and not (is_nothing and remark[-1:] == "%") else cells


def _of(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _share(value: float | None, *, warn_below: float = 0.0) -> Cell:
    if value is None:
        return Cell(UNKNOWN, "muted")
    return Cell(f"{value:.1%}" if 0 < value < 1 else f"{value:.0%}", "warn" if value < warn_below else "")


def _seconds(value: float | None) -> Cell:
    return Cell(UNKNOWN, "muted") if value is None else Cell(duration(timedelta(seconds=value)))


def _plain(value: float | None, tone: Tone = "") -> Cell:
    return Cell(UNKNOWN, "muted") if value is None else Cell(amount(value), tone)


def _p95(group: Group) -> int | None:
    return group.output.p95 if group.output else None


def _took(group: Group, figure: Literal["p50", "p90", "longest"]) -> float | None:
    return None if group.seconds is None else float(getattr(group.seconds, figure))
