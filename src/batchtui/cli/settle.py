"""`settle`: what became of submissions whose outcome is unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from operator import add
from pathlib import Path

import click

from batchtui.cli import options
from batchtui.cli.ask import agree, price
from batchtui.cli.desk import Desk, opened
from batchtui.cli.options import Given
from batchtui.cli.output import out, out_json, say
from batchtui.cli.report import report_waiting
from batchtui.cli.send import UNSENT, preflight, where
from batchtui.cli.shapes import batch_object, open_object
from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import InputError, RefusedError, UnclearSubmissionError, UnknownIdError
from batchtui.domain.estimate import Estimate, require_affordable
from batchtui.domain.human import ago, bytes_text, counted, local_time
from batchtui.domain.job import Intent, IntentState
from batchtui.services.settle import OpenSubmission
from batchtui.services.submit import require_here

UNCHANGED = "Nothing was changed."


@click.command("settle")
@click.argument("job", metavar="[JOB]", required=False, type=options.TARGET)
@click.option("--adopt", metavar="ID", type=options.TEXT, help="This batch is the one that was sent.")
@click.option("--resend", is_flag=True, help="Nothing was created: send it now.")
@click.option("--discard", is_flag=True, help="Give it up and drop its requests.")
@click.option("--hold", is_flag=True, help="Keep parts that wait for room back as drafts.")
@click.option("--resume", is_flag=True, help="Let drafts go out as soon as there is room.")
@click.option(
    "--out", "path", type=click.Path(path_type=Path), metavar="PATH", help="Write its request lines to a new file."
)
@options.yes
@options.as_json
@options.general
@click.pass_obj
def settle(
    given: Given,
    *,
    job: str | None,
    adopt: str | None,
    resend: bool,
    discard: bool,
    hold: bool,
    resume: bool,
    path: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Settle drafts and submissions whose outcome is unknown.

    Without an option they are shown, with the batches they may have become. JOB is a job's name or id, or the id
    of a submission. Exits with 4 while one is unclear.
    """
    if bool(adopt) + resend + discard + hold + resume + (path is not None) > 1:
        raise click.UsageError("Give one of --adopt, --resend, --discard, --hold, --resume and --out.")
    config = given.config()
    with opened(given, config) as desk:
        found = desk.wait(desk.bench.settlements.look())
        chosen = [one for one in found if job is None or _is_meant(one.intent, job)]
        if job is not None and not chosen:
            raise UnknownIdError(f"No open submission is known as {job!r}.", todo="`batchtui settle` shows them.")
        if path is not None:
            _write_out(desk, chosen, path)
            return
        if adopt:
            settled = [_adopt(desk, chosen, adopt, yes=yes)]
        elif resend:
            settled = _resend(desk, chosen, config.max_cost_usd, yes=yes)
        elif resume:
            settled = _resume(desk, chosen, config.max_cost_usd, yes=yes)
        elif discard or hold:
            (_discard if discard else _hold)(desk, chosen, yes=yes)
            settled = []
        else:
            _print(chosen, as_json=as_json)
            return
        if as_json:
            out_json([batch_object(stored) for stored in settled])
        for stored in settled:
            say(f"{stored.id} is {stored.job_name}.")


def _is_meant(intent: Intent, text: str) -> bool:
    return text in {intent.job_name, intent.job_id, intent.id}


def _print(found: list[OpenSubmission], *, as_json: bool) -> None:
    if as_json:
        out_json([open_object(one) for one in found])
    elif not found:
        say("Nothing is open: every submission has its batch.")
    else:
        for one in found:
            _print_one(one)
    unclear = sum(one.intent.state == "unclear" for one in found)
    if unclear:
        raise UnclearSubmissionError(
            f"{counted(unclear, 'submission')} unclear.",
            unharmed="Nothing is sent again by itself.",
            todo="Give --adopt ID if a batch shown is the one, --resend if there is none, --discard to give it up.",
        )


def _print_one(one: OpenSubmission) -> None:
    intent = one.intent
    when = f", sent {ago(datetime.now(UTC) - intent.sent_at)}" if intent.sent_at and intent.state != "draft" else ""
    out(f"{_name(intent)}: {intent.state}{when}  [{intent.id}]")
    if intent.error:
        out(f"  {intent.error}")
    for stored in one.candidates:
        counts = stored.batch.counts
        out(
            f"  may be {stored.id}: {counted(counts.total, 'request')}, {stored.batch.status}, "
            f"created {local_time(stored.batch.created_at, seconds=True)}"
        )
    if not one.is_here:
        out(f"  it is for {intent.base_url}: settle it with --base-url {intent.base_url}")
    elif intent.state == "unclear" and not one.candidates:
        out("  no batch of that size and time is in the list")


def _name(intent: Intent) -> str:
    return (
        f"{intent.job_name}, attempt {intent.attempt}, part {intent.part} of {intent.parts}, "
        f"{counted(intent.request_count, 'request')} ({bytes_text(intent.body_bytes)})"
    )


def _names(intents: list[Intent]) -> str:
    jobs = ", ".join({intent.job_name: None for intent in intents})
    requests = counted(sum(intent.request_count for intent in intents), "request")
    size = bytes_text(sum(intent.body_bytes for intent in intents))
    return f"{requests} ({size}, {len(intents):,} parts) of {jobs}"


def _adopt(desk: Desk, chosen: list[OpenSubmission], text: str, *, yes: bool) -> StoredBatch:
    ids = {stored.id for one in chosen for stored in one.candidates if stored.id.startswith(text)}
    batch_id = ids.pop() if len(ids) == 1 else text
    fitting = [one for one in chosen if any(stored.id == batch_id for stored in one.candidates)]
    fitting = fitting or [one for one in chosen if one.intent.sent_at] or chosen
    if len(fitting) != 1:
        raise InputError(
            f"There are {len(fitting):,} open submissions it could be.",
            unharmed=UNCHANGED,
            todo="Name the job or the submission too: batchtui settle JOB --adopt ID.",
        )
    intent = fitting[0].intent
    batch = desk.wait(desk.bench.gateway.retrieve(batch_id))
    agree(
        f"Take {batch.id} ({counted(batch.counts.total, 'request')}, created "
        f"{local_time(batch.created_at, seconds=True)}) for {_name(intent)}",
        yes=yes,
        unharmed=UNCHANGED,
    )
    return desk.wait(desk.bench.settlements.adopt(intent, batch))


def _resend(
    desk: Desk, chosen: list[OpenSubmission], max_cost_usd: float | None, *, yes: bool
) -> list[StoredBatch]:
    desk.bench.require_writable("send")
    intents = [intent for intent in _here(_settleable(chosen), desk.bench.gateway.base_url) if not intent.is_held]
    if not intents:
        raise RefusedError(
            "What is held beside a sample was not sent yet.",
            unharmed=UNSENT,
            todo="--resume lets it go out.",
        )
    preflight(desk, yes=yes)
    estimates = _affordable(desk, intents, max_cost_usd)
    batches = []
    for intent, estimate in zip(intents, estimates, strict=True):
        doubt = " (it was sent before: if a batch came of it, this pays twice)" if intent.state == "unclear" else ""
        agree(f"Send {_name(intent)} to {where(desk)} — {price(estimate)}{doubt}", yes=yes, unharmed=UNSENT)
        batches.append(desk.wait(desk.bench.settlements.resend(intent)))
    return batches


def _resume(
    desk: Desk, chosen: list[OpenSubmission], max_cost_usd: float | None, *, yes: bool
) -> list[StoredBatch]:
    desk.bench.require_writable("send")
    drafts = _here(_in_state(chosen, "draft"), desk.bench.gateway.base_url)
    desk.bench.submissions.require_resumable(drafts)
    preflight(desk, yes=yes)
    estimate = reduce(add, _affordable(desk, drafts, max_cost_usd))
    what = _name(drafts[0]) if len(drafts) == 1 else _names(drafts)
    agree(f"Send {what} to {where(desk)} — {price(estimate)}", yes=yes, unharmed=UNSENT)
    batches = desk.wait(desk.bench.submissions.resume(drafts))
    meant = {intent.id for intent in drafts}
    still_open = desk.bench.settlements.open_submissions()
    report_waiting([intent for intent in still_open if intent.id in meant and intent.state == "waiting"])
    return batches


def _affordable(desk: Desk, intents: list[Intent], max_cost_usd: float | None) -> list[Estimate]:
    """Return what each will cost; raises `RefusedError` where all together are over the cap."""
    estimates = [desk.wait(desk.bench.settlements.estimate(intent)) for intent in intents]
    require_affordable(reduce(add, estimates), max_cost_usd)
    return estimates


def _write_out(desk: Desk, chosen: list[OpenSubmission], path: Path) -> None:
    """Write the request lines of open submissions to a new file, in the order they are shown."""
    from batchtui.services.exporting.place import new_file

    with new_file(path, overwrite=False) as part, part.open("wb") as file:
        for one in chosen:
            file.writelines(desk.bench.settlements.lines(one.intent))
    say(f"{path}: {counted(sum(one.intent.request_count for one in chosen), 'request')}")


def _hold(desk: Desk, chosen: list[OpenSubmission], *, yes: bool) -> None:
    del yes  # Nothing is lost by it, so nothing is asked.
    for job_id in {intent.job_id: None for intent in _in_state(chosen, "waiting")}:
        desk.wait(desk.bench.submissions.hold(job_id))
    say("What waited is kept as drafts.")


def _here(intents: list[Intent], base_url: str) -> list[Intent]:
    """Return those for the server in force; raises `RefusedError` if there is none."""
    found = [intent for intent in intents if intent.base_url == base_url]
    if not found:
        require_here(intents[0], base_url)
    return found


def _in_state(chosen: list[OpenSubmission], state: IntentState) -> list[Intent]:
    intents = [one.intent for one in chosen if one.intent.state == state]
    if not intents:
        raise RefusedError(f"There is no submission that is {state}.", unharmed=UNCHANGED)
    return intents


def _discard(desk: Desk, chosen: list[OpenSubmission], *, yes: bool) -> None:
    desk.bench.require_writable("drop requests")
    for intent in _settleable(chosen):
        agree(f"Drop {_name(intent)} and its request lines", yes=yes, unharmed=UNCHANGED)
        desk.wait(desk.bench.settlements.discard(intent))
        say(f"{intent.job_name} is dropped.")


def _settleable(chosen: list[OpenSubmission]) -> list[Intent]:
    intents = [one.intent for one in chosen if one.intent.state != "sending"]
    if not intents:
        raise RefusedError("There is no submission to settle.", unharmed=UNCHANGED)
    return intents
