"""`prune`: room on the disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from batchtui.cli import options
from batchtui.cli.ask import agree
from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, out_table, say
from batchtui.domain.batch import RESULTS_KEPT
from batchtui.domain.human import bytes_text, counted


@click.command("prune")
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(min=RESULTS_KEPT.days),
    required=True,
    metavar="DAYS",
    help="Since they ended.",
)
@options.dry_run
@options.yes
@options.as_json
@options.general
@click.pass_obj
def prune(given: Given, *, days: int, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Drop what was sent and what came back of old batches. It cannot be taken back: the API has dropped it too.

    Their names, counts, costs and statistics stay. A job of which something still runs or waits is left alone.
    """
    with opened(given) as desk:
        house = desk.bench.housekeeping
        old = house.prunable(timedelta(days=days), datetime.now(UTC))
        total_bytes = sum(use.total_bytes for use in old)
        if as_json:
            out_json(
                [
                    {
                        "id": use.stored.id,
                        "name": use.stored.job_name,
                        "requests_bytes": use.requests_bytes,
                        "results_bytes": use.results_bytes,
                    }
                    for use in old
                ]
            )
        elif old:
            rows = ((use.stored.id, use.stored.job_name, bytes_text(use.total_bytes)) for use in old)
            out_table(("ID", "JOB", "SIZE"), rows, right=(2,))
        if not old:
            say(f"No batch that ended {days:,} days ago has anything on disk.")
            return
        batches = counted(len(old), "batch", "batches")
        what = f"Drop what was sent and came back of {batches}, {bytes_text(total_bytes)}"
        if dry_run:
            say(f"{what}.")
            return
        desk.bench.require_writable("drop anything")
        agree(what, yes=yes, unharmed="Nothing was dropped.")
        for use in old:
            desk.wait(house.prune(use.stored))
        say(f"{bytes_text(total_bytes)} are free.")
