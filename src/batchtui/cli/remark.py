"""`flag` and `note`: what a person says of results and jobs."""

from __future__ import annotations

import click

from batchtui.cli import options
from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, say
from batchtui.domain.human import counted


@click.command("flag")
@click.argument("id_", metavar="ID", type=options.TEXT)
@click.argument("custom_ids", metavar="CUSTOM_ID...", nargs=-1, required=True, type=options.TEXT)
@click.option("--off", is_flag=True, help="Take the flag away.")
@options.as_json
@options.general
@click.pass_obj
def flag(given: Given, id_: str, *, custom_ids: tuple[str, ...], off: bool, as_json: bool) -> None:
    """Flag results of a batch, or final answers of a job, that are on disk.

    `results --only flagged` shows them, with those that a check does not hold for; `--filter flag:by:person` them
    alone. The API knows nothing of it.
    """
    with opened(given) as desk:
        remarks = desk.bench.remarks
        keys = remarks.keys(desk.bench.finder.known(id_), custom_ids)
        done = desk.wait(remarks.flag(keys, on=not off))
        if as_json:
            out_json({"custom_ids": list(dict.fromkeys(custom_ids)), "flagged": not off})
        else:
            say(f"{counted(done, 'result')} {'without a flag now' if off else 'flagged'}.")


@click.command("note")
@click.argument("id_", metavar="ID", type=options.TEXT)
@click.argument("text", metavar="TEXT", type=options.TEXT)
@click.option(
    "--row",
    "custom_ids",
    multiple=True,
    type=options.TEXT,
    metavar="CUSTOM_ID",
    help="On a result, not on the job.",
)
@options.as_json
@options.general
@click.pass_obj
def note(given: Given, id_: str, *, text: str, custom_ids: tuple[str, ...], as_json: bool) -> None:
    """Write a note on a job, or on results of it, in place of the one it had; an empty TEXT takes it away."""
    with opened(given) as desk:
        remarks = desk.bench.remarks
        target = desk.bench.finder.known(id_)
        if custom_ids:
            done = desk.wait(remarks.note(remarks.keys(target, custom_ids), text))
        else:
            desk.wait(remarks.note_job(target.job.id, text))
        if as_json:
            out_json({"job": target.job.id, "custom_ids": list(dict.fromkeys(custom_ids)), "note": text.strip()})
        elif custom_ids:
            say(f"{'Noted on' if text.strip() else 'No note any more on'} {counted(done, 'result')}.")
        else:
            say(f"{'Noted on' if text.strip() else 'No note any more on'} {target.job.name}.")
