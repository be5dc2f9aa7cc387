"""`submit`: check, price, ask, spool, send."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from batchtui.cli import options, options_rows
from batchtui.cli.ask import agree, price, require_somebody
from batchtui.cli.desk import Desk, opened
from batchtui.cli.options import Given
from batchtui.cli.options_rows import Making
from batchtui.cli.output import LiveLine, out, out_json, out_table, say
from batchtui.cli.report import report_held, report_problems, report_waiting
from batchtui.cli.shapes import refused_object, submission_object
from batchtui.cli.source import Source, opened_source, require_one
from batchtui.domain.errors import LintError
from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import bytes_text, count, counted, usd
from batchtui.domain.lint import MENDED_RULES
from batchtui.services.prepare import Prepared, discard
from batchtui.services.submit import OnSent, Submission
from batchtui.services.workbench import Workbench

UNSENT = "Nothing was sent."


@click.command("submit")
@click.argument("file", metavar="[FILE|-]", required=False, type=options.readable_file)
@options_rows.making()
@click.option(
    "--template-of", "like", type=options.TARGET, metavar="ID", help="The template a job was made from, as it was."
)
@click.option(
    "--name", type=options.TEXT, metavar="NAME", help="What the job is called; else as the file or the template."
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Send N requests spread over all of them, and hold the others.",
)
@options.mend
@options.max_cost
@options.dry_run
@options.yes
@options.as_json
@options.general
@click.pass_obj
def submit(
    given: Given,
    *,
    file: Path | None,
    making: Making,
    like: str | None,
    name: str | None,
    sample: int | None,
    mend: bool,
    max_cost_usd: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Send requests as a batch: those of a FILE, or those a template makes of rows of data.

    What is over the limits of a batch goes out as several. FILE has one JSON object a line, with a custom_id and
    the params of a Messages request; - reads stdin. With -t and -d each row becomes a request.
    """
    config = given.config()
    require_one(file, making, like)
    with opened_source(file, making, like) as made, opened(given, config) as desk:
        bench = desk.bench
        if not dry_run:
            bench.require_writable("send")
        requests = made(bench)
        job_name = (name or "").strip() or requests.job_name
        try:
            prepared = desk.wait(_prepared(bench, requests, sample=sample, mend=mend))
        except LintError as error:
            if as_json:
                out_json(refused_object(job_name, error.problems))
            raise
        try:
            report_problems(requests.text, prepared.problems, prepared.counts)
            report_mended(prepared)
            cap_usd = config.max_cost_usd if max_cost_usd is None else max_cost_usd
            require_affordable(prepared.now.estimate, cap_usd)
            what = _question(prepared, job_name, where(desk))
            if dry_run:
                say(f"{what}: a dry run, nothing is sent.")
                print_dry(job_name, prepared, as_json=as_json)
                return
            send_agreed(desk, prepared, job_name, what, yes=yes, as_json=as_json)
        finally:
            desk.wait(discard(prepared))


def send_agreed(desk: Desk, prepared: Prepared, job_name: str, what: str, *, yes: bool, as_json: bool) -> None:
    """Send what is prepared if the user agrees to `what`, and print what came of it."""
    preflight(desk, yes=yes)
    agree(what, yes=yes, unharmed=UNSENT)
    with sending_shown() as on_sent:
        sent = desk.wait(desk.bench.submissions.send(prepared, name=job_name, on_sent=on_sent))
    if as_json:
        out_json(submission_object(sent.job.id, sent.job.name, prepared, sent.batches))
    else:
        print_sent(sent)


async def _prepared(bench: Workbench, requests: Source, *, sample: int | None, mend: bool) -> Prepared:
    return await bench.count_sample(await requests.prepare(sample, mend))


def _question(prepared: Prepared, name: str, to: str) -> str:
    now, held = prepared.now, prepared.held
    if not held.parts:
        return f"Send {sending(now)} as “{name}” to {to} — {price(now.estimate)}"
    return (
        f"Send {count(now.request_count)} of {sending(prepared)} as “{name}” to {to} — {price(now.estimate)}; "
        f"the other {count(held.request_count)} ({price(held.estimate)}) wait as drafts "
        f"until `batchtui settle {name} --resume`"
    )


def report_mended(prepared: Prepared) -> None:
    """Say what is not sent as it was given, or could be mended."""
    if prepared.mended:
        betas = f" Betas in the header of the batch: {', '.join(prepared.betas)}." if prepared.betas else ""
        say(f"{counted(prepared.mended, 'request')} mended: params no model takes any more are left out.{betas}")
    elif any(problem.rule in MENDED_RULES for problem in prepared.problems):
        say("--mend leaves such params out, and puts betas into the header of the batch.")


def preflight(desk: Desk, *, yes: bool) -> None:
    """See that somebody can be asked, and that key and server are good before they are; with `yes` sending does."""
    require_somebody(yes=yes, unharmed=UNSENT)
    if not yes:
        desk.wait(desk.bench.gateway.check())


def sending(prepared: Prepared) -> str:
    """Return count and size of what would be sent, as in `120 requests (1.2 MB)`."""
    parts = f", {len(prepared.parts)} parts" if len(prepared.parts) > 1 else ""
    return f"{counted(prepared.request_count, 'request')} ({bytes_text(prepared.body_bytes)}{parts})"


def where(desk: Desk) -> str:
    """Return the server and the profile that would be used."""
    return f"{desk.bench.gateway.base_url} with profile {desk.bench.profile.name}"


@contextmanager
def sending_shown() -> Iterator[OnSent]:
    """Show how much is sent on a terminal, and say what an interruption leaves behind."""
    line = LiveLine()

    def show(sent_bytes: int, total_bytes: int) -> None:
        line.show(f"sending {bytes_text(sent_bytes)} of {bytes_text(total_bytes)}")

    try:
        yield show
    except (asyncio.CancelledError, KeyboardInterrupt):
        line.clear()
        say("Interrupted while sending: `batchtui settle` shows what became of it.")
        raise
    finally:
        line.clear()


def print_sent(sent: Submission) -> None:
    """Print the batches that run now, and say what waits."""
    out_table(
        ("ID", "JOB", "REQUESTS"),
        ((stored.id, stored.job_name, count(stored.batch.counts.total)) for stored in sent.batches),
        right=(2,),
    )
    report_waiting(sent.waiting)
    if not sent.waiting:
        say(f"Sent. `batchtui watch {shlex.quote(sent.job.name)}` waits for the results.")
    report_held(sent.held)


def print_dry(name: str, prepared: Prepared, *, as_json: bool) -> None:
    """Print what would be sent, what is held beside it, and how the price comes about."""
    if as_json:
        out_json(submission_object(None, name, prepared))
        return
    now, held = prepared.now, prepared.held
    estimate = now.estimate
    out(f"{sending(now)}, {price(estimate)}")
    if held.parts:
        out(f"held: {sending(held)}, {price(held.estimate)}")
    out(f"models: {', '.join(prepared.models)}")
    how = "counted by the API on a sample" if estimate.input_counted else "guessed from the length of the text"
    standard = usd(estimate.standard_cost_usd)
    out(f"standard price: at most {standard} outside a batch")
    tried = "; the lower price has output as in your trial" if estimate.output_tried else ""
    out(
        f"tokens: about {count(estimate.input_tokens)} in ({how}), "
        f"at most {count(estimate.output_tokens_max)} out{tried}"
    )
