"""What a selection of results adds up to: facets, groups of equal errors, tokens and costs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from itertools import chain
from operator import itemgetter
from typing import Any

from batchtui.domain.cost import standard_cost_usd
from batchtui.domain.facets import Facets, error_groups
from batchtui.domain.numbers import Numbers, Percentiles
from batchtui.domain.result import REFUSED, SUCCEEDED, TRUNCATED, Tokens
from batchtui.domain.selection import SEQ_BITS, Selection
from batchtui.store import selecting
from batchtui.store.conditions import ERROR_TYPE

_TOKENS = """r.input_tokens, r.cache_write_5m, r.cache_write_1h, r.cache_read, r.output_tokens,
    r.thinking_tokens, r.web_searches"""


def facets(connection: sqlite3.Connection, selection: Selection) -> Facets:
    """Return what `Results.facets` says."""
    stop_reasons, models, flags = Counter[str](), Counter[str](), Counter[str]()
    errors = Counter[tuple[str, str]]()
    for stop_reason, model, row_flags, error_type, message in _rows(
        connection, selection, f"r.stop_reason, r.model, r.flags, {ERROR_TYPE}, r.error_message"
    ):
        if stop_reason:
            stop_reasons[stop_reason] += 1
        if model:
            models[model] += 1
        if row_flags:
            flags.update(row_flags.split(","))
        if error_type:
            errors[error_type, message or ""] += 1
    return Facets(
        dict(stop_reasons.most_common()),
        dict(models.most_common()),
        dict(flags.most_common()),
        error_groups((*error, number) for error, number in errors.items()),
    )


def numbers(connection: sqlite3.Connection, selection: Selection) -> Numbers:
    """Return what `Results.numbers` says."""
    rows = _rows(connection, selection, f"r.type, r.flags, r.model, r.cost_usd, {_TOKENS}")
    answers = [row for row in rows if row[0] == SUCCEEDED]
    priced = [row for row in answers if row[3] is not None]
    outputs = sorted(row[8] for row in answers)
    return Numbers(
        rows=len(rows),
        succeeded=len(answers),
        truncated=sum(TRUNCATED in row[1].split(",") for row in rows),
        refused=sum(REFUSED in row[1].split(",") for row in rows),
        tokens=Tokens(*(sum(map(itemgetter(column), rows)) for column in range(4, 11))),
        cost_usd=sum(row[3] for row in priced) if priced else None,
        standard_cost_usd=sum(standard_cost_usd(row[2], Tokens(*row[4:])) or 0.0 for row in priced)
        if priced
        else None,
        unpriced=len(answers) - len(priced),
        output_tokens=_percentiles(outputs),
        max_tokens=_max_tokens(connection, selection),
    )


def _rows(connection: sqlite3.Connection, selection: Selection, columns: str) -> list[tuple[Any, ...]]:
    wanted = set(selecting.keys(connection, selection).packed)
    downloads = selecting.shown(connection, selection.batch_keys)
    rows = chain.from_iterable(
        connection.execute(
            f"SELECT b.key << {SEQ_BITS} | r.seq, {columns} FROM batches b"
            " JOIN results r ON r.download_key = b.download_key WHERE b.download_key = ?",
            (download_key,),
        )
        for _, download_key in downloads
    )
    return [row[1:] for row in rows if row[0] in wanted]


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
