"""What stands where results will be, and the line over them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from batchtui.domain.human import bytes_text, count, duration, local_time
from batchtui.services.find import Target
from batchtui.tui.present.batches import status
from batchtui.tui.present.listing import JobRow
from batchtui.tui.widgets.table_model import Cell

NOTHING = "No batch is chosen.\n\n1 goes to the batches, enter opens one."


def head_line(target: Target | None, now: datetime) -> list[Cell]:
    """Return what the results are of: name, how it stands, which batches."""
    if target is None or not target.batches:
        return [Cell("Results", "muted")]
    newest = target.batches[-1]
    item = JobRow(target.job.id, target.job.name, target.batches) if len(target.batches) > 1 else newest
    mark = status(item)
    which = f"final answers of {len(target.batches):,} batches" if target.is_job else newest.id
    age = duration(now - newest.batch.created_at)
    return [Cell(target.job.name, "strong"), Cell("  "), mark, Cell(f"  {which}  made {age} ago", "muted")]


def no_results(
    target: Target | None, downloads: Mapping[str, int], now: datetime, *, narrowed: bool = False
) -> str:
    """Return what to tell where there are no rows."""
    if target is None or not target.batches:
        return NOTHING
    if narrowed:
        return "Nothing fits here.\n\nesc takes filter and outcome away."
    for stored in target.batches:
        if stored.id in downloads:
            return f"Results are arriving: {bytes_text(downloads[stored.id])} so far."
    running = [stored for stored in target.batches if not stored.batch.has_ended]
    if running:
        batch = running[-1].batch
        left = "" if batch.expires_at is None else f", {duration(batch.expires_at - now)} of 24h left"
        return (
            f"It still runs, for {duration(now - batch.created_at)}{left}.\n\n"
            f"{count(batch.counts.total)} requests; the API gives no counts and no results before the end.\n"
            "They are downloaded as soon as it has ended."
        )
    newest = target.batches[-1]
    if newest.results == "gone":
        dropped = local_time(newest.batch.results_until)
        return f"Its results are gone: the API dropped them on {dropped},\nand they are not on disk."
    if newest.results == "complete":
        return "It has no results."
    return "It has ended, and its results are not here yet.\n\nThey come with the next sync; w downloads them now."
