"""`retry`: send again what failed, as a new attempt of the same job."""

from __future__ import annotations

from collections import Counter

import click

from batchtui.cli import options
from batchtui.cli.ask import agree, price
from batchtui.cli.desk import Desk, opened
from batchtui.cli.fresh import brought_home
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, out_table, say
from batchtui.cli.report import report_problems
from batchtui.cli.send import UNSENT, preflight, print_sent, sending, sending_shown, where
from batchtui.cli.shapes import retry_object
from batchtui.domain.batch import StoredBatch
from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import count, counted
from batchtui.services.find import Target
from batchtui.services.prepare import Prepared, discard
from batchtui.services.retry import RetryPlan
from batchtui.services.submit import Submission
from batchtui.services.workbench import Workbench

MESSAGE_CHARS = 80


@click.command("retry")
@click.argument("id_", metavar="ID", type=options.TEXT)
@click.option("--only", type=options.TEXT, metavar="S", help="Only this outcome or error type, as expired.")
@click.option("--include-invalid", is_flag=True, help="Also rows whose request the API called invalid.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    type=options.ASSIGNMENT,
    metavar="PARAM=VALUE",
    help="Change a param of every row.",
)
@options.max_cost
@options.dry_run
@options.yes
@options.as_json
@options.general
@click.pass_obj
def retry(
    given: Given,
    *,
    id_: str,
    only: str | None,
    include_invalid: bool,
    settings: tuple[tuple[str, object], ...],
    max_cost_usd: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Send again what failed of a batch or job.

    Rows that have succeeded since are left out. Rows whose request is invalid are left out unless it is changed:
    --set max_tokens=2048.
    """
    changes = dict(settings)
    config = given.config()
    with opened(given, config) as desk:
        bench = desk.bench
        if not dry_run:
            bench.require_writable("send")
        target = desk.wait(_ready(desk, id_))
        plan = bench.retries.plan(target, only=only, include_invalid=include_invalid, changes=changes)
        if not plan.by_error:
            _say_nothing_failed(target)
            if as_json:
                out_json(retry_object(plan))
            return
        prepared = desk.wait(_prepared(bench, plan))
        try:
            cap_usd = config.max_cost_usd if max_cost_usd is None else max_cost_usd
            require_affordable(prepared.estimate, cap_usd)
            sent = _send(desk, target, plan, prepared, dry_run=dry_run, yes=yes)
        finally:
            desk.wait(discard(prepared))
        if as_json:
            out_json(retry_object(plan, prepared, sent.batches if sent else ()))
        elif sent is not None:
            print_sent(sent)
        else:
            _print_causes(plan)


async def _ready(desk: Desk, id_: str) -> Target:
    return await brought_home(desk.bench, await desk.bench.finder.find(id_))


async def _prepared(bench: Workbench, plan: RetryPlan) -> Prepared:
    return await bench.count_sample(await bench.retries.prepare(plan))


def _send(
    desk: Desk,
    target: Target,
    plan: RetryPlan,
    prepared: Prepared,
    *,
    dry_run: bool,
    yes: bool,
) -> Submission | None:
    """Ask and send, and return what was sent, None if it is a dry run."""
    report_problems(prepared.source, prepared.problems)
    what = f"{question(plan, target.batches)} — {price(prepared.estimate)}"
    if dry_run:
        say(f"{what}: a dry run, nothing is sent.")
        return None
    preflight(desk, yes=yes)
    agree(f"{what}; {sending(prepared)} to {where(desk)}", yes=yes, unharmed=UNSENT)
    with sending_shown() as on_sent:
        return desk.wait(desk.bench.retries.send(plan, prepared, on_sent))


def question(plan: RetryPlan, batches: tuple[StoredBatch, ...]) -> str:
    """Return what a retry would send, as in `Retry 37 of 1,000: 30 expired, 7 overloaded`."""
    total = sum(stored.batch.counts.total for stored in batches if stored.attempt == batches[0].attempt)
    kinds = Counter(_kind(row.cause) for row in plan.rows)
    listed = ", ".join(f"{number:,} {kind}" for kind, number in kinds.most_common())
    return f"Retry {count(len(plan.rows))} of {count(total)}: {listed}"


def _kind(error_type: str) -> str:
    return error_type.removesuffix("_error" if error_type != "api_error" else "").replace("_", " ")


def _say_nothing_failed(target: Target) -> None:
    running = sum(not stored.batch.has_ended for stored in target.batches)
    if running:
        say(f"{counted(running, 'batch', 'batches')} of {target.name} still running: what fails shows at the end.")
    else:
        say(f"Nothing to retry: no row of {target.name} like that has failed without succeeding since.")


def _print_causes(plan: RetryPlan) -> None:
    sent = {row.verdict for row in plan.rows}
    out_table(
        ("ROWS", "CAUSE", "VERDICT", "MESSAGE"),
        (
            (
                count(cause.count),
                cause.error_type,
                "resend" if cause.verdict in sent else cause.verdict.replace("_", " "),
                cause.message[:MESSAGE_CHARS],
            )
            for cause in plan.by_error
        ),
        right=(0,),
    )
