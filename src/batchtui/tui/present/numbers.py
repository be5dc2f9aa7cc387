"""What a set of results took and cost, in lines."""

from __future__ import annotations

from batchtui.domain.human import UNKNOWN, count, usd
from batchtui.domain.numbers import Numbers
from batchtui.tui.widgets.table_model import Cell, Tone

Line = list[Cell]

NAME_CHARACTERS = 22
VALUE_CHARACTERS = 14


def lines(numbers: Numbers, of: str) -> list[Line]:
    """Return the numbers of some results; `of` says of which."""
    tokens = numbers.tokens
    shown = [[Cell(f"Numbers of {of}", "strong")], []]
    shown += [
        _line("rows", count(numbers.rows)),
        _line("succeeded", count(numbers.succeeded), share=_share(numbers.succeeded, numbers.rows)),
        _line("truncated", count(numbers.truncated), "warn", _share(numbers.truncated, numbers.succeeded)),
        _line("refused", count(numbers.refused), "warn", _share(numbers.refused, numbers.succeeded)),
        [],
        [Cell("Tokens", "strong")],
        _line("input, not cached", count(tokens.input)),
        _line("cache writes, 5 min", count(tokens.cache_write_5m)),
        _line("cache writes, 1 hour", count(tokens.cache_write_1h)),
        _line("cache reads", count(tokens.cache_read)),
        _line("cache hit rate", UNKNOWN if numbers.cache_hit_rate is None else f"{numbers.cache_hit_rate:.1%}"),
        _line("output", count(tokens.output)),
        _line("of it thinking", count(tokens.thinking), share=_share(tokens.thinking, tokens.output)),
        *([_line("web searches", count(tokens.web_searches))] if tokens.web_searches else []),
        [],
        [Cell("Cost", "strong")],
        *_cost(numbers),
        [],
        [Cell("Length of an answer, in tokens", "strong")],
        *_lengths(numbers),
    ]
    return shown


def _cost(numbers: Numbers) -> list[Line]:
    per_row = None if numbers.cost_usd is None or not numbers.succeeded else numbers.cost_usd / numbers.succeeded
    shown = [
        _line("at batch prices", usd(numbers.cost_usd)),
        _line("for each answer", usd(per_row)),
        _line("at standard prices", usd(numbers.standard_cost_usd)),
        _line("saved", usd(numbers.savings_usd), "ok"),
    ]
    if numbers.unpriced:
        shown.append([Cell(f"{count(numbers.unpriced)} answers are not in it: their price is not known.", "warn")])
    return shown


def _lengths(numbers: Numbers) -> list[Line]:
    output = numbers.output_tokens
    if output is None:
        return [[Cell("No answer is among them.", "muted")]]
    shown = [
        _line("half have at most", count(output.p50)),
        _line("90 % have at most", count(output.p90)),
        _line("95 % have at most", count(output.p95)),
        _line("99 % have at most", count(output.p99)),
        _line("the longest", count(output.max)),
        _line("max_tokens asked for", UNKNOWN if numbers.max_tokens is None else count(numbers.max_tokens)),
    ]
    if numbers.suggested_max_tokens is not None:
        why = "so that fewer are truncated" if numbers.truncated else "no answer came near to what was asked for"
        words = f"Next time: max_tokens {count(numbers.suggested_max_tokens)}, {why}."
        shown += [[], [Cell(words, "accent")]]
    return shown


def _line(name: str, value: str, tone: Tone = "", share: str = "") -> Line:
    is_nothing = value in {"0", UNKNOWN}
    cells = [
        Cell(f"{name:<{NAME_CHARACTERS}}", "muted"),
        Cell(f"{value:>{VALUE_CHARACTERS}}", "muted" if is_nothing else tone),
    ]
    return [*cells, Cell(f"  {share}", "muted")] if share and not is_nothing else cells


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""
