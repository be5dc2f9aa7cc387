"""`archive`: old batches take less of the disk and can be read as before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from batchtui.cli import options
from batchtui.cli.ask import agree
from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, out_table, say
from batchtui.domain.human import bytes_text, counted
from batchtui.services.housekeeping import Archivable


@click.command("archive")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=options.TARGET)
@click.option(
    "--older-than", "days", type=click.IntRange(min=0), metavar="DAYS", help="All that ended that long ago."
)
@options.dry_run
@options.yes
@options.as_json
@options.general
@click.pass_obj
def archive(
    given: Given, *, ids: tuple[str, ...], days: int | None, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Compress what was sent and what came back of batches that have ended.

    All of it can be read as before: what somebody opens is put back as it was. Needs all results on disk.
    """
    if bool(ids) == (days is not None):
        raise click.UsageError("Name batches, or say --older-than DAYS.")
    with opened(given) as desk:
        house = desk.bench.housekeeping
        if days is None:
            targets = [desk.bench.finder.known(id_) for id_ in ids]
            unique = {stored.id: stored for target in targets for stored in target.batches}
            chosen = house.require_archivable(unique.values())
        else:
            chosen = house.archivable(timedelta(days=days), datetime.now(UTC))
        plain_bytes = sum(each.plain_bytes for each in chosen)
        if chosen and not as_json:
            rows = ((each.stored.id, each.stored.job_name, bytes_text(each.plain_bytes)) for each in chosen)
            out_table(("ID", "JOB", "SIZE"), rows, right=(2,))
        packed_bytes: dict[str, int] = {}
        what = f"Compress what was sent and came back of {counted(len(chosen), 'batch', 'batches')}"
        if not chosen:
            say("There is nothing to archive.")
        elif dry_run:
            say(f"{what}, {bytes_text(plain_bytes)}.")
        else:
            desk.bench.require_writable("archive anything")
            agree(f"{what}, {bytes_text(plain_bytes)}", yes=yes, unharmed="Nothing was archived.")
            for each in chosen:
                now_bytes = packed_bytes[each.stored.id] = desk.wait(house.archive(each.stored))
                say(f"{each.stored.id}: {bytes_text(each.plain_bytes)} take {bytes_text(now_bytes)} now.")
            say(f"{bytes_text(plain_bytes - sum(packed_bytes.values()))} are free.")
        if as_json:
            out_json([_object(each, packed_bytes.get(each.stored.id)) for each in chosen])


def _object(each: Archivable, packed_bytes: int | None) -> dict[str, Any]:
    return {
        "id": each.stored.id,
        "name": each.stored.job_name,
        "plain_bytes": each.plain_bytes,
        "archived_bytes": packed_bytes,
    }
