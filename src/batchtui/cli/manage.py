"""`cancel`, `delete`, `rename`, `adopt`."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path

import click

from batchtui.cli import options
from batchtui.cli.ask import agree
from batchtui.cli.desk import Desk, opened
from batchtui.cli.fresh import brought_home, mention_elsewhere, refreshed
from batchtui.cli.look import print_batches
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, say
from batchtui.cli.send import where
from batchtui.cli.shapes import batch_object
from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import RefusedError
from batchtui.domain.human import count, counted
from batchtui.services.manage import UNHARMED, deletion
from batchtui.services.request_file import open_lines


@click.command("cancel")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=options.TARGET)
@options.yes
@options.as_json
@options.general
@click.pass_obj
def cancel(given: Given, ids: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Ask the API to cancel running batches. What is answered by then is kept and billed."""
    with opened(given) as desk:
        bench = desk.bench
        bench.require_writable("cancel")
        running = _running(desk, ids)
        names = ", ".join(dict.fromkeys(stored.job_name for stored in running))
        total = sum(stored.batch.counts.total for stored in running)
        agree(
            f"Cancel {counted(len(running), 'batch', 'batches')} of {counted(total, 'request')} ({names}) "
            f"at {where(desk)}",
            yes=yes,
            unharmed="Nothing was canceled.",
        )
        canceled = []
        for stored in running:
            mention_elsewhere(bench, stored)
            canceled.append(desk.wait(bench.management.cancel(stored)))
        if as_json:
            out_json([batch_object(stored) for stored in canceled])
        else:
            print_batches(canceled)


def _running(desk: Desk, ids: tuple[str, ...]) -> list[StoredBatch]:
    running: dict[str, StoredBatch] = {}
    for id_ in ids:
        target = desk.wait(desk.bench.finder.find(id_))
        still = {stored.id: stored for stored in target.batches if not stored.batch.has_ended}
        if not still:
            why = "has ended" if target.batches else "has no batch yet"
            raise RefusedError(
                f"{target.name} {why}, there is nothing to cancel.",
                unharmed="Nothing was canceled.",
            )
        running |= still
    return list(running.values())


@click.command("delete")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=options.TARGET)
@click.option("--local", "only_here", is_flag=True, help="Only what is kept here; the API keeps the batch.")
@click.option("--remote", "only_remote", is_flag=True, help="Only at the API; what is kept here stays.")
@options.yes
@options.as_json
@options.general
@click.pass_obj
def delete(
    given: Given, ids: tuple[str, ...], *, only_here: bool, only_remote: bool, yes: bool, as_json: bool
) -> None:
    """Delete ended batches at the API and everything that is kept of them here, or only one of the two.

    With --remote, results that are not on disk yet are downloaded first.
    """
    if only_here and only_remote:
        raise click.UsageError("--local and --remote exclude each other; without them both is deleted.")
    with opened(given) as desk:
        bench = desk.bench
        bench.require_writable("delete")
        prepared = brought_home if only_remote else refreshed
        targets = [desk.wait(prepared(bench, desk.wait(bench.finder.find(id_)))) for id_ in ids]
        chosen = {stored.id: stored for target in targets for stored in target.batches}
        if not chosen:
            raise RefusedError("There is no batch to delete.", unharmed=UNHARMED)
        here, remote = not only_remote, not only_here
        for stored in chosen.values():
            bench.management.require_deletable(stored, here=here, remote=remote)
        agree(deletion(chosen.values(), here=here, remote=remote), yes=yes, unharmed=UNHARMED)
        for stored in chosen.values():
            desk.wait(bench.management.delete(stored, here=here, remote=remote))
        if as_json:
            out_json([{"id": id_, "here": here, "remote": remote} for id_ in chosen])
        else:
            say(f"{counted(len(chosen), 'batch', 'batches')} deleted.")


@click.command("rename")
@click.argument("id_", metavar="ID", type=options.TARGET)
@click.argument("name", metavar="NAME", type=options.TEXT)
@options.as_json
@options.general
@click.pass_obj
def rename(given: Given, id_: str, name: str, as_json: bool) -> None:
    """Give a job another name."""
    if not name.strip():
        raise click.BadParameter("a name needs letters", param_hint="NAME")
    with opened(given) as desk:
        target = desk.wait(desk.bench.finder.find(id_))
        job = desk.wait(desk.bench.management.rename(target.job.id, name.strip()))
        if as_json:
            out_json({"job": job.id, "name": job.name})
        else:
            say(f"{target.job.name} is now {job.name}.")


@click.command("adopt")
@click.argument("id_", metavar="ID", type=options.TARGET)
@click.option("--requests", "file", metavar="FILE", type=options.readable_file, help="The file it was made from.")
@click.option("--partial", is_flag=True, help="The file has only some of its requests; these can be retried.")
@options.as_json
@options.general
@click.pass_obj
def adopt(given: Given, id_: str, *, file: Path | None, partial: bool, as_json: bool) -> None:
    """Bring in a batch made elsewhere, with its requests.

    The file is kept beside it; if its results can be had, they are compared with it first.
    """
    lines = None if file is None else open_lines(file)
    with opened(given) as desk, closing(lines) if lines else nullcontext():
        bench = desk.bench
        target = desk.wait(bench.finder.find(id_))
        if target.is_job and len(target.batches) != 1:
            raise RefusedError(
                f"{target.name} is a job of {counted(len(target.batches), 'batch', 'batches')}.",
                unharmed="Nothing was changed.",
                todo="Name one batch by its id.",
            )
        if lines is not None:
            target = desk.wait(brought_home(bench, target))
            desk.wait(bench.adoptions.attach(target.batches[0], lines, lines.source, is_partial=partial))
        stored = bench.store.batches.get(target.batches[0].id)
        if stored.requests_known and bench.adoptions.lacks_requests(stored):
            known = bench.store.requests.count(stored.key)
            say(
                f"{count(known)} of {counted(stored.batch.counts.total, 'request')} are known; the rest can follow."
            )
        if as_json:
            out_json(batch_object(stored))
        else:
            print_batches([stored])
