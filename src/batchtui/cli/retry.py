"""`retry`: send again what failed, as a new attempt of the same job."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

import click

from batchtui.cli import options
from batchtui.cli.ask import agree, price
from batchtui.cli.desk import Desk, opened
from batchtui.cli.editor import edited
from batchtui.cli.fresh import found_at_home
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, out_table, say
from batchtui.cli.report import report_problems
from batchtui.cli.send import UNSENT, preflight, print_sent, sending_shown, where
from batchtui.cli.shapes import retry_object
from batchtui.domain.batch import StoredBatch
from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import bytes_text, count, counted
from batchtui.services.find import Target
from batchtui.services.prepare import Prepared, discard
from batchtui.services.retry import RetryPlan, require_rows
from batchtui.services.submit import Submission
from batchtui.services.workbench import Workbench

MESSAGE_CHARS = 80


@click.command("retry")
@click.argument("id_", metavar="ID", type=options.TARGET)
@options.only_cause
@options.some_rows
@click.option("--include-invalid", is_flag=True, help="Also rows whose request the API called invalid.")
@options.settings
@click.option("--edit", is_flag=True, help="Change the request, or what the requests have in common, in $EDITOR.")
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
    custom_ids: tuple[str, ...],
    include_invalid: bool,
    settings: tuple[tuple[str, object], ...],
    edit: bool,
    max_cost_usd: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Send again what failed of a batch or job.

    Rows that have succeeded since are left out. Rows whose request is invalid are left out unless it is changed:
    --set max_tokens=2048, or --edit. Answers that are truncated, refused or flagged are sent again with --only.
    """
    changes = dict(settings)
    config = given.config()
    with opened(given, config) as desk:
        bench = desk.bench
        if not dry_run:
            bench.require_writable("send")
        target = desk.wait(found_at_home(desk.bench, id_))
        if edit:
            edit_rows(desk, target, only, custom_ids)
        plan = bench.retries.plan(
            target,
            only=only,
            custom_ids=custom_ids or None,
            include_invalid=include_invalid,
            changes=changes,
        )
        if not plan.by_error:
            _say_nothing_failed(target)
            if as_json:
                out_json(retry_object(plan))
            return
        _say_left(plan)
        cap_usd = config.max_cost_usd if max_cost_usd is None else max_cost_usd
        what = f"{question([plan], target.batches)} — {price(plan.estimate)}"
        agree_to([plan], what, desk, cap_usd, dry_run=dry_run, yes=yes)
        ((prepared, sent),) = send_plans(desk, [plan], cap_usd, dry_run=dry_run)
        if as_json:
            out_json(retry_object(plan, prepared, sent.batches if sent else ()))
        elif sent is not None:
            print_sent(sent)
        else:
            _print_causes(plan)


def edit_rows(desk: Desk, target: Target, only: str | None, custom_ids: Sequence[str]) -> None:
    """Let the user change the request of a row in an editor, or what those of several have in common."""
    queue = desk.bench.queue
    chosen = list(custom_ids) or [row.custom_id for row in queue.rows(target) if only in {None, row.cause}]
    if len(chosen) == 1:
        before = queue.request_text(target, chosen[0])
        edited(before, ".json", lambda text: desk.wait(queue.replace_request(target, chosen[0], text)))
    else:
        common = queue.params_in_common(target, chosen)
        before = json.dumps(common, indent=2, ensure_ascii=False) + "\n"
        edited(before, ".json", lambda text: desk.wait(queue.edit_params(target, chosen, common, text)))


def agree_to(
    plans: Sequence[RetryPlan], what: str, desk: Desk, cap_usd: float | None, *, dry_run: bool, yes: bool
) -> None:
    """Ask whether to send retries, by what the index says of them; nothing is spooled yet.

    Raises `RefusedError` where there is nothing to send or all of it costs more than the cap, and as `agree` does.
    """
    for plan in plans:
        require_rows(plan)
    require_affordable(reduce(add, (plan.estimate for plan in plans)), cap_usd)
    if dry_run:
        say(f"{what}: a dry run, nothing is sent.")
        return
    preflight(desk, yes=yes)
    rows = sum(len(plan.rows) for plan in plans)
    size = bytes_text(sum(row.failure.length for plan in plans for row in plan.rows))
    agree(f"{what}; {counted(rows, 'request')} ({size}) to {where(desk)}", yes=yes, unharmed=UNSENT)


def send_plans(
    desk: Desk, plans: Sequence[RetryPlan], cap_usd: float | None, *, dry_run: bool
) -> Iterator[tuple[Prepared, Submission | None]]:
    """Spool retries and send one after the other, unless it is a dry run.

    The cap is held to the price of all that is spooled, before any of it goes out.
    """
    done: list[Prepared] = []
    try:
        for plan in plans:
            done.append(desk.wait(_prepared(desk.bench, plan, is_counted=dry_run or cap_usd is not None)))
            report_problems(done[-1].source, done[-1].problems)
        require_affordable(reduce(add, (prepared.estimate for prepared in done)), cap_usd)
        for plan, prepared in zip(plans, done, strict=True):
            sent = None
            if not dry_run:
                with sending_shown() as on_sent:
                    sent = desk.wait(desk.bench.retries.send(plan, prepared, on_sent))
            yield prepared, sent
    finally:
        for prepared in done:
            desk.wait(discard(prepared))


async def _prepared(bench: Workbench, plan: RetryPlan, *, is_counted: bool) -> Prepared:
    prepared = await bench.retries.prepare(plan)
    return await bench.count_sample(prepared) if is_counted else prepared


def question(plans: Sequence[RetryPlan], batches: Sequence[StoredBatch]) -> str:
    """Return what retries would send, as in `Retry 37 of 1,000: 30 expired, 7 overloaded`."""
    total = sum(stored.batch.counts.total for stored in batches if stored.attempt == batches[0].attempt)
    kinds = Counter(_kind(row.cause) for plan in plans for row in plan.rows)
    listed = ", ".join(f"{number:,} {kind}" for kind, number in kinds.most_common())
    return f"Retry {count(kinds.total())} of {count(total)}: {listed}"


def left_words(plan: RetryPlan) -> list[str]:
    """Return what a retry leaves, in words with numbers."""
    wanted = {
        "of no use to send again": plan.never,
        "given up after the same error again and again": plan.given_up,
        "held or dropped": plan.set_aside,
        "without a known request": plan.without_request,
    }
    return [f"{number:,} {words}" for words, number in wanted.items() if number]


def _say_left(plan: RetryPlan) -> None:
    if words := left_words(plan):
        say(f"Not sent: {', '.join(words)}.")
    if plan.suggested_max_tokens and "max_tokens" not in plan.changes:
        say(f"Truncated answers: --set max_tokens={plan.suggested_max_tokens} gives them twice the room.")


def _kind(error_type: str) -> str:
    return error_type.removesuffix("_error" if error_type != "api_error" else "").replace("_", " ")


def _say_nothing_failed(target: Target) -> None:
    running = sum(not stored.batch.has_ended for stored in target.batches)
    if running:
        say(f"{counted(running, 'batch', 'batches')} of {target.name} still running: what fails shows at the end.")
    elif target.batches and all(stored.results == "gone" for stored in target.batches):
        say(f"The results of {target.name} are gone, here and at the API: nobody knows which rows failed.")
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
