"""What the results of each batch came to, by model: worked out once, so that statistics read no rows."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from itertools import groupby
from operator import add, itemgetter
from typing import Any, NamedTuple

import msgspec

from batchtui.domain.cost import Rates, standard_rates
from batchtui.domain.lengths import packed
from batchtui.domain.result import REFUSED, SUCCEEDED, TRUNCATED, Tokens
from batchtui.domain.stats import BatchFigures, ModelFigures, Sums
from batchtui.store.conditions import TOTAL_INPUT
from batchtui.store.database import Database

_MISSING = """
    SELECT b.key, b.download_key, b.requests FROM batches b
    WHERE b.key = coalesce(?, b.key) AND b.results = 'complete' AND b.download_key IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM figures f
        WHERE f.batch_key = b.key AND f.download_key = b.download_key AND f.requests = b.requests)
    ORDER BY b.key
"""

_MODELS = "SELECT DISTINCT model FROM results WHERE download_key = ? AND model IS NOT NULL"

_FLAGGED = "total(instr(',' || r.flags || ',', ',{},') > 0)"

_TOKENS = (
    *("input_tokens", "cache_write_5m", "cache_write_1h", "cache_read", "output_tokens", "thinking_tokens"),
    "web_searches",
)

# By length of the answer too, so that the lengths take no second look at all rows.
_SUMS = f"""
    SELECT coalesce(q.model, r.model, ''), r.model, {{level}}, r.cost_usd IS NULL, r.output_tokens,
        max(CASE r.type WHEN '{SUCCEEDED}' THEN q.max_tokens END), count(*), total(r.type = '{SUCCEEDED}'),
        {_FLAGGED.format(TRUNCATED)}, {_FLAGGED.format(REFUSED)}, total(r.cost_usd),
        {", ".join(f"sum(r.{column})" for column in _TOKENS)}
    FROM results r LEFT JOIN requests q ON q.batch_key = ?1 AND q.ordinal = r.ordinal WHERE r.download_key = ?2
    GROUP BY 1, 2, 3, 4, 5
"""

_COLUMNS = (
    "max_tokens, longest, lengths, results, succeeded, truncated, refused, unpriced, cost_usd, standard_cost_usd,"
    " input_tokens, cache_write_5m, cache_write_1h, cache_read, output_tokens, thinking_tokens, web_searches"
)

# A day is one of this machine's clock. An attempt that was made without a template was made for one all the same.
_READ = f"""
    SELECT b.key, b.created_at, date(b.created_at, 'localtime'), t.name, b.profile, b.base_url,
        b.processing + b.succeeded + b.errored + b.canceled + b.expired,
        CASE WHEN b.status = 'ended' AND b.cancel_initiated_at IS NULL
            THEN round((julianday(b.ended_at) - julianday(b.created_at)) * 86400, 3) END,
        CASE b.cost_is WHEN 'unknown' THEN NULL ELSE b.cost_usd END, b.models, b.job_id,
        f.model, {", ".join(f"f.{column.strip()}" for column in _COLUMNS.split(","))}
    FROM batches b LEFT JOIN templates t ON t.key = b.template_key LEFT JOIN figures f ON f.batch_key = b.key
    ORDER BY b.created_at, b.key, f.model
"""


class _Missing(NamedTuple):
    batch_key: int
    download_key: int
    requests: str


class Figures:
    """What batches came to. It outlives the rows of their results, and goes with the batch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fill(
        self, batch_key: int | None = None, *, on_progress: Callable[[int, int], object] | None = None
    ) -> int:
        """Work out what is missing or out of date, of one batch or of all, and return of how many that was.

        100,000 results take some tenths of a second, on a thread that reads. `on_progress` is told how many
        batches of how many are done.
        """
        missing = await self._database.on_reader(partial(self._missing, batch_key))
        for number, one in enumerate(missing):
            if on_progress is not None:
                on_progress(number, len(missing))
            figures = await self._database.on_reader(partial(self._worked_out, one))
            await self._database.on_writer(partial(self._keep, one, figures))
        return len(missing)

    def read(self) -> list[BatchFigures]:
        """Return what is known of every batch, in the order of their creation."""
        with self._database.reading() as connection:
            rows = connection.execute(_READ).fetchall()
        by_job: dict[str, str] = {}
        return [_batch([*rows_of], by_job) for _, rows_of in groupby(rows, key=itemgetter(0))]

    def _missing(self, batch_key: int | None) -> list[_Missing]:
        with self._database.reading() as connection:
            return [_Missing(*row) for row in connection.execute(_MISSING, (batch_key,))]

    def _worked_out(self, one: _Missing) -> list[ModelFigures]:
        with self._database.snapshot() as connection:
            return _figures(connection, one)

    def _keep(self, one: _Missing, figures: list[ModelFigures]) -> None:
        # They can be worked out again, so that they need not be safe from a power cut.
        self._database.transact(lambda connection: _keep(connection, one, figures), synced=False)


def _keep(connection: sqlite3.Connection, one: _Missing, figures: list[ModelFigures]) -> None:
    current = connection.execute("SELECT download_key FROM batches WHERE key = ?", (one.batch_key,)).fetchone()
    if current != (one.download_key,):
        return
    connection.execute("DELETE FROM figures WHERE batch_key = ?", (one.batch_key,))
    connection.executemany(
        f"INSERT INTO figures (batch_key, download_key, requests, model, {_COLUMNS})"
        f" VALUES (?, ?, ?, ?{', ?' * len(_COLUMNS.split(','))})",
        ((*one, *each[:4], *each.sums) for each in figures),
    )


def _figures(connection: sqlite3.Connection, one: _Missing) -> list[ModelFigures]:
    """Return what the results of a download came to; where nothing is in it, nothing of no model.

    A model is the one asked for, which may be an alias of the one that answered, and which what failed knows too.
    """
    answered = [model for (model,) in connection.execute(_MODELS, (one.download_key,))]
    rates = {model: standard_rates(model) for model in answered}
    tiered = [(model, of_model.steps) for model, of_model in rates.items() if of_model and of_model.steps]
    rows = connection.execute(
        _SUMS.format(level=_level([steps for _, steps in tiered])),
        (one.batch_key, one.download_key, *(model for model, _ in tiered)),
    ).fetchall()
    models = {row[0] for row in rows}
    # Where nothing is known of the requests and one model answered, what failed was asked of that.
    only = min(models - {""}) if len(models) == 2 else ""
    by_model: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_model[row[0] or only].append(row)
    found = [_of_model(model, of_model, rates) for model, of_model in by_model.items()]
    return found or [ModelFigures("", None, 0, b"", Sums())]


def _of_model(model: str, rows: Iterable[tuple[Any, ...]], rates: Mapping[str, Rates | None]) -> ModelFigures:
    """Return the figures of a model, from the rows of `_SUMS`."""
    max_tokens, longest, sums = 0, 0, Sums()
    lengths: list[tuple[int, int]] = []
    for _, answered, level, is_unpriced, length, asked_for, results, *counts in rows:
        succeeded, truncated, refused, cost_usd, *tokens = counts
        of_answer = None if is_unpriced else rates.get(answered)
        # Where nothing is known any more of a model that had a price, nothing is said to be saved.
        standard_usd = of_answer.prices[level].cost_usd(Tokens(*tokens)) if of_answer else cost_usd
        unpriced = results if is_unpriced else 0
        more = (results, int(succeeded), int(truncated), int(refused), unpriced, cost_usd, standard_usd, *tokens)
        sums = Sums._make(map(add, sums, more))
        if succeeded:
            lengths.append((length, int(succeeded)))
        max_tokens, longest = max(max_tokens, asked_for or 0), max(longest, length)
    return ModelFigures(model, max_tokens or None, longest, packed(lengths), sums)


def _level(all_steps: Iterable[tuple[int, ...]]) -> str:
    """Return SQL for which of the prices of its model an answer has; the models are the values from ?3 on."""
    cases = [
        f"WHEN ?{number} THEN {' + '.join(f'({TOTAL_INPUT} > {step})' for step in steps)}"
        for number, steps in enumerate(all_steps, 3)
    ]
    return f"CASE r.model {' '.join(cases)} ELSE 0 END" if cases else "0"


@lru_cache(maxsize=256)
def _models(written: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(written))


def _batch(rows: list[tuple[Any, ...]], by_job: dict[str, str]) -> BatchFigures:
    """Return a batch, of which there is a row for each model; `by_job` are the templates of attempts before."""
    key, created_at, day, template, *of_batch = rows[0][:11]
    profile, base_url, requests, seconds, estimate_usd, models, job_id = of_batch
    if template:
        by_job.setdefault(job_id, template)
    figures = tuple(ModelFigures._make((*row[11:15], Sums._make(row[15:]))) for row in rows if row[11] is not None)
    return BatchFigures(
        key,
        created_at,
        day,
        template or by_job.get(job_id, ""),
        profile,
        base_url,
        requests,
        seconds,
        None if figures else estimate_usd,
        _models(models),
        figures,
    )
