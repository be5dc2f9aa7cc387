"""What batches came to, read, grouped, and written to files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from batchtui.domain.filter import Filter
from batchtui.domain.stats import BatchFigures, By, Group, grouped, narrowed, total
from batchtui.services.exporting.csv_lines import csv_line
from batchtui.services.exporting.place import new_file
from batchtui.services.read import to_json
from batchtui.store import Store

StatsFormat = Literal["csv", "json"]

FORMATS: tuple[StatsFormat, ...] = get_args(StatsFormat)

DECIMALS = 9
"""Of costs in USD and of shares; what follows is noise of adding up."""

Record = dict[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Report:
    """Groups of batches and all of them as one, since a local day that is empty where all count."""

    by: By
    since: str
    groups: Sequence[Group]
    whole: Group


class Stats:
    """Statistics of everything in a home, of all its profiles and servers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, on_progress: Callable[[int, int], object] | None = None) -> list[BatchFigures]:
        """Return what is known of every batch, in the order of their creation.

        What is not worked out yet of results that have come is worked out first; `on_progress` is told of how many
        of how many batches that is done.
        """
        await self._store.figures.fill(on_progress=on_progress)
        return await self._store.on_reader(self._store.figures.read)

    async def write(
        self,
        report: Report,
        path: Path,
        kind: StatsFormat,
        *,
        overwrite: bool = False,
    ) -> int:
        """Write a report to a file that appears only as a whole, and return its size in bytes.

        Raises as `new_file` does.
        """
        data = as_csv(report) if kind == "csv" else to_json(as_object(report)) + b"\n"

        def write() -> None:
            with new_file(path, overwrite=overwrite) as part:
                part.write_bytes(data)

        await asyncio.to_thread(write)
        return len(data)


def report(
    batches: Sequence[BatchFigures],
    by: By,
    *,
    since: str = "",
    profile: str | None = None,
    words: Filter | None = None,
) -> Report:
    """Return a report on batches, narrowed as `narrowed` says."""
    some = narrowed(batches, since=since, profile=profile, words=words)
    return Report(by, since, grouped(some, by), total(some, by))


def day_before(days: int) -> str:
    """Return the local day with which the last so many days begin, today being the last of them."""
    return (datetime.now().astimezone().date() - timedelta(days=days - 1)).isoformat()


def as_object(report: Report) -> dict[str, Any]:
    """Return a report as the JSON that `docs/stats.md` promises."""
    return {
        "by": report.by,
        "since": report.since or None,
        "until": day_before(1),
        "rows": [record(group) for group in report.groups],
        "total": {name: value for name, value in record(report.whole).items() if name not in _KEYS},
    }


def as_csv(report: Report) -> bytes:
    """Return a report as CSV: a header, then a line a group; the names are those of the JSON."""
    names = record(report.whole).keys()
    lines = [csv_line(names), *(csv_line(record(group).values()) for group in report.groups)]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def record(group: Group) -> Record:
    """Return what is known of a group by the names that `docs/stats.md` explains; what is not known is None."""
    sums, output, seconds = group.sums, group.output, group.seconds
    key: Record = {group.by: group.key or None}
    if group.by == "profile":
        key["server"] = group.server or None
    known: Record = {
        **key,
        "batches": len(group.batches),
        "batches_without_results": len(group.waiting),
        "requests": group.requests,
        "results": sums.results,
        "succeeded": sums.succeeded,
        "failed": sums.results - sums.succeeded,
        "truncated": sums.truncated,
        "refused": sums.refused,
        "success_rate": group.success_rate,
        "truncation_rate": group.truncation_rate,
        "cost_usd": group.spent_usd,
        "estimated_cost_usd": group.estimated_usd,
        "saved_usd": group.saved_usd,
        "unpriced_results": sums.unpriced,
        "unpriced_batches": group.unpriced_batches,
        "input_tokens": sums.input,
        "cache_write_5m_tokens": sums.cache_write_5m,
        "cache_write_1h_tokens": sums.cache_write_1h,
        "cache_read_tokens": sums.cache_read,
        "cache_hit_rate": group.cache_hit_rate,
        "output_tokens": sums.output,
        "thinking_tokens": sums.thinking,
        "web_searches": sums.web_searches,
        "output_mean": group.mean_output,
        **{
            f"output_{name}": getattr(output, name) if output else None
            for name in ("p50", "p90", "p95", "p99", "max")
        },
        "max_tokens": group.max_tokens,
        "suggested_max_tokens": group.suggested_max_tokens,
        "ended_batches": seconds.number if seconds else 0,
        "seconds_p50": seconds.p50 if seconds else None,
        "seconds_p90": seconds.p90 if seconds else None,
        "seconds_max": seconds.longest if seconds else None,
    }
    return {name: round(value, DECIMALS) if isinstance(value, float) else value for name, value in known.items()}


_KEYS = ("day", "template", "model", "profile", "server", "size")
