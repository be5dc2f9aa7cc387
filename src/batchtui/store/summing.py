"""What a selection of results adds up to: facets, groups of equal errors, tokens and costs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from batchtui.domain.cost import standard_rates
from batchtui.domain.facets import Facets, error_groups
from batchtui.domain.numbers import Numbers, Percentiles
from batchtui.domain.result import REFUSED, SUCCEEDED, TRUNCATED, Tokens
from batchtui.domain.selection import Selection
from batchtui.store import selecting
from batchtui.store.conditions import ERROR_TYPE, TOTAL_INPUT, Conditions
from batchtui.store.final import Finals, Shown

_TOKENS = ("input_tokens", "cache_write_5m", "cache_write_1h", "cache_read", "output_tokens", "thinking_tokens")
_SUMS = [f"coalesce(sum(r.{column}), 0)" for column in (*_TOKENS, "web_searches")]


def facets(connection: sqlite3.Connection, finals: Finals, selection: Selection) -> Facets:
    """Return what `Results.facets` says."""
    stop_reasons, models, flags = Counter[str](), Counter[str](), Counter[str]()
    for (_, row_flags, stop_reason, model), number in selecting.kinds(connection, finals, selection).items():
        if stop_reason:
            stop_reasons[stop_reason] += number
        if model:
            models[model] += number
        for flag in row_flags.split(",") if row_flags else ():
            flags[flag] += number
    errors = _Scan(connection, finals, selection).rows(
        f"{ERROR_TYPE}, coalesce(r.error_message, ''), count(*)",
        f" AND r.type <> '{SUCCEEDED}'",
        "GROUP BY 1, 2",
    )
    return Facets(
        dict(stop_reasons.most_common()),
        dict(models.most_common()),
        dict(flags.most_common()),
        error_groups(errors),
    )


def numbers(connection: sqlite3.Connection, finals: Finals, selection: Selection) -> Numbers:
    """Return what `Results.numbers` says."""
    scan = _Scan(connection, finals, selection)
    counted = selecting.by_name(selecting.kinds(connection, finals, selection))
    answers = f" AND r.type = '{SUCCEEDED}'"
    *sums, cost_usd, priced = scan.sums((*_SUMS, "total(r.cost_usd)", "count(r.cost_usd)"), answers)
    return Numbers(
        rows=counted["all"],
        succeeded=counted.get(SUCCEEDED, 0),
        truncated=counted[TRUNCATED],
        refused=counted[REFUSED],
        tokens=Tokens(*sums),
        cost_usd=cost_usd if priced else None,
        standard_cost_usd=scan.standard_cost_usd() if priced else None,
        unpriced=counted.get(SUCCEEDED, 0) - priced,
        output_tokens=_percentiles(sorted(chain.from_iterable(scan.rows("r.output_tokens", answers)))),
        max_tokens=_max_tokens(connection, selection),
    )


class _Scan:
    """Reads the rows of a selection, in whatever order they lie."""

    def __init__(self, connection: sqlite3.Connection, finals: Finals, selection: Selection) -> None:
        self._connection = connection
        self._downloads: Shown = selecting.shown(connection, selection.batch_keys)
        self._narrowed: Conditions = selecting.narrowing(connection, finals, self._downloads, selection)

    def rows(self, columns: str, condition: str, rest: str = "", *values: object) -> Iterator[Any]:
        """Yield these columns of all rows for which a condition holds too; it begins with AND."""
        for _, download_key in self._downloads:
            yield from self._connection.execute(
                f"SELECT {columns} {selecting.SOURCE}"
                f" WHERE b.download_key = ?{self._narrowed.sql}{condition} {rest}",
                (download_key, *self._narrowed.values, *values),
            )

    def sums(self, sums: Sequence[str], condition: str) -> list[Any]:
        """Return sums over all rows for which a condition holds too."""
        by_download = [[0] * len(sums), *self.rows(", ".join(sums), condition)]
        return [sum(column) for column in zip(*by_download, strict=True)]

    def standard_cost_usd(self) -> float:
        """Return what the priced answers would have cost outside a batch."""
        priced = f" AND r.type = '{SUCCEEDED}' AND r.cost_usd IS NOT NULL"
        models = {model for (model,) in self.rows("DISTINCT r.model", priced)}
        cost_usd = 0.0
        for model in models:
            rates = standard_rates(model)
            if rates is None:
                continue
            level = " + ".join(f"({TOTAL_INPUT} > {step})" for step in rates.steps) or "0"
            for at, *sums in self.rows(
                ", ".join([level, *_SUMS]), f"{priced} AND r.model = ?", "GROUP BY 1", model
            ):
                cost_usd += rates.prices[at].cost_usd(Tokens(*sums))
        return cost_usd


def _percentiles(outputs: list[int]) -> Percentiles | None:
    if not outputs:
        return None
    p50, p90, p95, p99 = (outputs[-(-len(outputs) * share // 100) - 1] for share in (50, 90, 95, 99))
    return Percentiles(p50, p90, p95, p99, outputs[-1])


def _max_tokens(connection: sqlite3.Connection, selection: Selection) -> int | None:
    row = connection.execute(
        f"SELECT max(max_tokens) FROM requests WHERE batch_key IN ({selecting.marks(selection.batch_keys)})",
        selection.batch_keys,
    ).fetchone()
    return int(row[0]) if row[0] else None
