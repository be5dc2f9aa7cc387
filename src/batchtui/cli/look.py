"""`list` and `show`: what there is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from batchtui.cli import options
from batchtui.cli.attempts import cost_words, print_attempts, print_history, status_words
from batchtui.cli.desk import opened
from batchtui.cli.fresh import refreshed
from batchtui.cli.options import Given
from batchtui.cli.output import out, out_json, out_pairs, out_table, say
from batchtui.cli.report import report, report_open
from batchtui.cli.shapes import attempted_object, batch_details, batch_object, job_details
from batchtui.domain.batch import BatchFilter, Counts, StoredBatch
from batchtui.domain.human import ago, count, counted, duration, local_time, usd
from batchtui.domain.job import JobSummary, total_counts
from batchtui.domain.result import FLAGGED
from batchtui.services.find import Target
from batchtui.services.workbench import Workbench

STATUSES = ("in_progress", "running", "canceling", "ended", "failed")
"""What `list` can be narrowed to: the words of the API, and those of the list that say it otherwise."""


@click.command("list")
@click.option(
    "--status", type=click.Choice(STATUSES), metavar="S", help=f"Only what is {', '.join(STATUSES[:-1])} or failed."
)
@click.option("--job", type=options.TARGET, metavar="J", help="Only the batches of a job, by its name or id.")
@click.option("--limit", type=click.IntRange(1, 10**9), metavar="N", help="The newest N.")
@click.option("--all-servers", is_flag=True, help="Also what is stored of other servers.")
@options.offline
@options.as_json
@options.general
@click.pass_obj
def list_batches(
    given: Given,
    *,
    status: str | None,
    job: str | None,
    limit: int | None,
    all_servers: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """List the batches of the server, newest first."""
    with opened(given) as desk:
        bench = desk.bench
        if not offline:
            for error in desk.wait(bench.sync.update(all_pages=True)).errors:
                say(f"{error}")
        base_url = None if all_servers else bench.gateway.base_url
        batches = bench.store.batches.list(BatchFilter(job=job, base_url=base_url))
        batches = [stored for stored in batches if status is None or _has_status(stored, status)][:limit]
        if as_json:
            out_json([batch_object(stored) for stored in batches])
        else:
            print_batches(batches)
        if base_url is not None and not batches:
            _mention_other_servers(bench)
        report_open(bench)


@click.command("show")
@click.argument("id_", metavar="ID", type=options.TARGET)
@click.option(
    "--row", "custom_id", type=options.TEXT, metavar="CUSTOM_ID", help="What became of a row in each attempt."
)
@options.offline
@options.as_json
@options.general
@click.pass_obj
def show(given: Given, id_: str, *, custom_id: str | None, offline: bool, as_json: bool) -> None:
    """Show a batch or a job: dates, counts, cost, parts and attempts."""
    with opened(given) as desk:
        bench = desk.bench
        target = bench.finder.known(id_) if offline else desk.wait(_found(bench, id_))
        for stored in target.batches:
            if mismatch := bench.downloads.mismatch(stored):
                report(mismatch)
        if custom_id is not None:
            history = bench.queue.history(target, custom_id)
            if as_json:
                out_json([attempted_object(one) for one in history])
            else:
                print_history(history)
            return
        archived = {stored.id for stored in target.batches if bench.store.bodies.is_archived(stored.id)}
        if not target.is_job:
            stored = target.batches[0]
            if as_json:
                details = batch_details(stored, archived=bool(archived))
                strangers = bench.store.batches.stranger_count(stored.key)
                out_json({**details, **_made(bench, target), "strangers": strangers})
            else:
                out_pairs([*_batch_pairs(stored), *_made_pairs(bench, target)])
            return
        summary = bench.store.jobs.summary(target.job.id)
        if as_json:
            out_json({**job_details(summary, archived), **_made(bench, target)})
        else:
            _print_job(summary, _made_pairs(bench, target))


def _made(bench: Workbench, target: Target) -> dict[str, object]:
    """Return the template it was made from, if any, and how many final answers are flagged."""
    store = bench.store.templates
    kept = store.of_job(target.job.id) if target.is_job else store.of_batch(target.batches[0].key)
    flagged = bench.reader.count(bench.reader.selection(target, final=True)).get(FLAGGED, 0)
    return {"template": kept.name if kept else None, "flagged": flagged}


def _made_pairs(bench: Workbench, target: Target) -> list[tuple[str, str]]:
    made = _made(bench, target)
    return [(name, str(value)) for name, value in made.items() if value]


def _has_status(stored: StoredBatch, status: str) -> bool:
    """Return whether a batch is what the API calls this, or what the list does."""
    batch = stored.batch
    if status == "failed":
        return batch.has_ended and bool(batch.counts.failed)
    return batch.status == {"running": "in_progress"}.get(status, status)


async def _found(bench: Workbench, id_: str) -> Target:
    return await refreshed(bench, await bench.finder.find(id_))


def print_batches(batches: list[StoredBatch]) -> None:
    """Print batches as a table."""
    if not batches:
        say("There are no batches.")
        return
    now = datetime.now(UTC)
    out_table(
        ("ID", "NAME", "STATUS", "REQUESTS", "CREATED", "TOOK", "COST", "PROFILE"),
        (
            (
                stored.id,
                _name(stored),
                status_words(stored),
                count(stored.batch.counts.total),
                ago(now - stored.batch.created_at),
                _took(stored),
                cost_words(stored),
                stored.profile,
            )
            for stored in batches
        ),
        right=(3, 4, 5, 6),
    )


def _name(stored: StoredBatch) -> str:
    marks = []
    if stored.attempt > 1:
        marks.append(f"attempt {stored.attempt}")
    if stored.parts > 1:
        marks.append(f"part {stored.part}/{stored.parts}")
    name = "" if stored.job_name == stored.id else stored.job_name
    return f"{name} ({', '.join(marks)})" if marks else name


def _took(stored: StoredBatch) -> str:
    ended_at = stored.batch.ended_at
    return duration(ended_at - stored.batch.created_at) if ended_at else ""


def _mention_other_servers(bench: Workbench) -> None:
    here = bench.gateway.base_url
    elsewhere = sum(stored.base_url != here for stored in bench.store.batches.list())
    if elsewhere:
        say(
            f"{counted(elsewhere, 'batch', 'batches')} of other servers stored here: "
            "`batchtui list --offline --all-servers` shows them."
        )


def _batch_pairs(stored: StoredBatch) -> list[tuple[str, str]]:
    batch = stored.batch
    pairs = [
        ("id", batch.id),
        ("job", stored.job_name),
        ("profile", f"{stored.profile} at {stored.base_url}"),
        ("status", status_words(stored)),
        ("requests", _counts_words(batch.counts)),
        ("attempt", f"{stored.attempt}, part {stored.part} of {stored.parts}"),
        ("models", ", ".join(stored.models) or "not known"),
        ("cost", f"{cost_words(stored)} ({stored.cost_is})"),
        ("created", local_time(batch.created_at, seconds=True)),
        ("expires", local_time(batch.expires_at, seconds=True)),
        ("cancelled", local_time(batch.cancel_initiated_at, seconds=True)),
        ("ended", local_time(batch.ended_at, seconds=True)),
        ("results", f"{stored.results}, kept by the API until {local_time(batch.results_until)}"),
        ("inputs", "known" if stored.requests_known else "not known: made elsewhere"),
        ("note", stored.note),
    ]
    return [(name, value) for name, value in pairs if value and not (name == "cancelled" and value == "—")]


def _counts_words(counts: Counts) -> str:
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (counts.processing, "processing"),
            (counts.succeeded, "succeeded"),
            (counts.errored, "errored"),
            (counts.canceled, "canceled"),
            (counts.expired, "expired"),
        )
        if number
    ]
    return f"{counts.total:,}" + (f" ({', '.join(parts)})" if parts else "")


def _print_job(summary: JobSummary, made: Iterable[tuple[str, str]]) -> None:
    details = job_details(summary)
    out_pairs(
        [
            ("job", f"{summary.job.name} ({summary.job.id})"),
            ("profile", summary.job.profile),
            ("status", "running" if details["status"] == "in_progress" else details["status"]),
            ("requests", _counts_words(total_counts(summary.batches))),
            ("attempts", count(summary.attempts)),
            ("cost", f"{usd(details['cost_usd'])} ({details['cost_is']})"),
            ("created", local_time(summary.job.created_at, seconds=True)),
            *([("note", summary.job.note)] if summary.job.note else []),
            *made,
        ]
    )
    out("")
    print_attempts(summary)
    for line in _open_lines(summary):
        say(line)


def _open_lines(summary: JobSummary) -> Iterable[str]:
    for intent in summary.open_intents:
        yield (
            f"attempt {intent.attempt}, part {intent.part} of {intent.parts}: {intent.state}, "
            f"{counted(intent.request_count, 'request')}; `batchtui settle {summary.job.id}`"
        )
