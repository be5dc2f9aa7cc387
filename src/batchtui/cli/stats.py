"""`stats`: where the money and the time went."""

from __future__ import annotations

import shutil
import sys
from datetime import date, datetime

import click

from batchtui.cli import options
from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.output import LiveLine, out_bytes, out_json, out_table, say
from batchtui.domain.human import counted
from batchtui.domain.stats import AXES, By
from batchtui.services.stats import Report, as_csv, as_object, day_before, report
from batchtui.tui.present import stats as present
from batchtui.tui.widgets.table_model import place_columns


class _Day(click.ParamType[str]):
    """A date as `2026-10-01`."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the date as it sorts."""
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(f"{value!r} is not a date as {datetime.now().astimezone():%Y-%m-%d}", param, ctx)


@click.command("stats")
@click.option("--by", type=click.Choice(AXES), default="day", show_default=True, help="What a line is about.")
@click.option("--since", type=_Day(), metavar="DATE", help="Only batches created on this day or later.")
@click.option(
    "--days", type=click.IntRange(1, 36_500), metavar="N", help="Only those of the last N days, with today."
)
@click.option("--csv", "as_csv_", is_flag=True, help="Print CSV for spreadsheets.")
@options.as_json
@options.general
@click.pass_obj
def stats(given: Given, *, by: By, since: str | None, days: int | None, as_csv_: bool, as_json: bool) -> None:
    """Add up what batches cost, saved, answered and how long they took, of all profiles or of --profile.

    Days are those of this machine's clock, and a batch counts on the day it was created. Nothing is asked of the
    API. `~` marks estimates of what has no results here yet, `≥` that a price is not known.
    """
    if since is not None and days is not None:
        raise click.UsageError("--since and --days say the same; give one of them.")
    if as_csv_ and as_json:
        raise click.UsageError("--csv and --json cannot both be printed.")
    begin = since or ("" if days is None else day_before(days))
    live = LiveLine()
    with opened(given) as desk:
        batches = desk.wait(
            desk.bench.stats.read(lambda done, of: live.show(f"adding up results, {done} of {of} batches"))
        )
    live.clear()
    shown = report(batches, by, since=begin, profile=given.profile)
    if as_json:
        out_json(as_object(shown))
    elif as_csv_:
        out_bytes(as_csv(shown))
    else:
        _print(shown)


def _print(shown: Report) -> None:
    """Print a table for people, as wide as their terminal."""
    if not shown.groups:
        say("There are no batches." if not shown.since else f"There are no batches since {shown.since}.")
        return
    columns = present.columns(shown.by)
    if sys.stdout.isatty():
        columns = tuple(place.column for place in place_columns(columns, shutil.get_terminal_size().columns))
    groups = present.sorted_groups(shown.groups, shown.by, "usual", reverse=False)
    rows = [present.named_cells(group) for group in (*groups, shown.whole)]
    out_table(
        [column.title.upper() for column in columns],
        ([row[column.key].text for column in columns] for row in rows),
        right=[number for number, column in enumerate(columns) if column.align == "right"],
    )
    for line in _remarks(shown):
        say(line)


def _remarks(shown: Report) -> list[str]:
    whole, remarks = shown.whole, []
    if whole.sums.unpriced:
        remarks.append(f"Not in the costs: {counted(whole.sums.unpriced, 'result')} whose price is not known.")
    if whole.unpriced_batches:
        batches = counted(whole.unpriced_batches, "batch", "batches")
        remarks.append(f"Not in the costs: {batches} with neither results here nor an estimate.")
    if whole.estimated_usd:
        batches = counted(len(whole.waiting), "batch", "batches")
        remarks.append(f"~ holds an estimate of what {batches} without results here cost at most.")
    return remarks
