"""`queue`: the failed rows of all jobs, what is decided about them, and sending them again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any

import click

from batchtui.cli import options
from batchtui.cli.ask import price
from batchtui.cli.desk import Desk, opened
from batchtui.cli.fresh import found_at_home
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, out_table, say
from batchtui.cli.retry import agree_to, edit_rows, left_words, question, send_plans
from batchtui.cli.send import print_sent
from batchtui.cli.shapes import queue_group_object, queue_row_object, retry_object
from batchtui.domain.errors import RefusedError
from batchtui.domain.human import count, counted
from batchtui.domain.queue import QueueGroup, QueueRow
from batchtui.services.find import Target
from batchtui.services.queue import Queue
from batchtui.services.retry import RetryPlan

MESSAGE_CHARS = 60

NOTHING = "Nothing waits: no row has failed without an answer since."

Decide = Callable[[Target, Collection[str]], Coroutine[Any, Any, int]]

Narrowed = list[tuple[Target, list[str]]]
"""Jobs, or one batch, and the custom_ids of the rows that are meant of each."""


@click.group("queue")
@options.general
def queue() -> None:
    """See and change the rows that failed and were not answered since, of one job or all; send them again.

    Nothing has to be put into the queue, and a row is in it until it has an answer.
    """


@queue.command("list")
@click.argument("id_", metavar="[JOB]", required=False, type=options.TARGET)
@click.option("--rows", "by_row", is_flag=True, help="One line a row, and not a line for rows that failed alike.")
@options.as_json
@options.general
@click.pass_obj
def list_queue(given: Given, id_: str | None, *, by_row: bool, as_json: bool) -> None:
    """List what waits, why it failed, and what to do about it."""
    with opened(given) as desk:
        found = desk.bench.queue
        if by_row:
            rows = [(target, row) for target in _targets(desk, id_) for row in found.rows(target)]
            if as_json:
                out_json([queue_row_object(target.job, row) for target, row in rows])
                return
            _print_rows(rows) if rows else say(NOTHING)
            return
        groups = found.groups(None if id_ is None else _targets(desk, id_)[0])
        if as_json:
            out_json([queue_group_object(group) for group in groups])
            return
        _print_groups(groups) if groups else say(NOTHING)


@queue.command("run")
@click.argument("id_", metavar="[JOB]", required=False, type=options.TARGET)
@options.only_cause
@options.some_rows
@options.max_cost
@options.dry_run
@options.yes
@options.as_json
@options.general
@click.pass_obj
def run(
    given: Given,
    id_: str | None,
    *,
    only: str | None,
    custom_ids: tuple[str, ...],
    max_cost_usd: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Send what can go out as it is now, of one job or all.

    That is what only has to be sent again, and what was changed or chosen.
    """
    config = given.config()
    with opened(given, config) as desk:
        bench = desk.bench
        if not dry_run:
            bench.require_writable("send")
        targets = _targets(desk, id_)
        plans, left = _plans(desk, targets, only, custom_ids)
        for words in left:
            say(words)
        if not plans:
            raise RefusedError(
                "Nothing in the queue goes out as it is.",
                unharmed="Nothing was sent.",
                todo="`batchtui queue list` shows what waits and why.",
            )
        cap_usd = config.max_cost_usd if max_cost_usd is None else max_cost_usd
        batches = [stored for target in targets for stored in target.batches if stored.attempt == 1]
        estimate = sum((plan.estimate for plan in plans[1:]), plans[0].estimate)
        agree_to(plans, f"{question(plans, batches)} — {price(estimate)}", desk, cap_usd, dry_run=dry_run, yes=yes)
        answers = []
        outcomes = send_plans(desk, plans, cap_usd, dry_run=dry_run)
        for plan, (prepared, sent) in zip(plans, outcomes, strict=True):
            answers.append(retry_object(plan, prepared, sent.batches if sent else ()))
            if sent is not None and not as_json:
                print_sent(sent)
        if as_json:
            out_json(answers)


@queue.command("edit")
@click.argument("id_", metavar="[JOB]", required=False, type=options.TARGET)
@options.only_cause
@options.some_rows
@options.settings
@click.option(
    "-t", "--template", type=options.TEXT, metavar="T", help="Make the requests anew from their data rows."
)
@options.as_json
@options.general
@click.pass_obj
def edit(
    given: Given,
    id_: str | None,
    *,
    only: str | None,
    custom_ids: tuple[str, ...],
    settings: tuple[tuple[str, object], ...],
    template: str | None,
    as_json: bool,
) -> None:
    """Change the requests of rows before they are sent again: with --set, with a template, else in $EDITOR."""
    with opened(given) as desk:
        found = desk.bench.queue
        chosen = _narrowed(desk, id_, only, custom_ids)
        changed = 0
        for target, ids in chosen:
            if template is not None:
                changed += desk.wait(found.rerender(target, ids, desk.bench.templates.load(template)))
            if settings:
                changed += desk.wait(found.edit(target, ids, dict(settings)))
            if template is None and not settings:
                edit_rows(desk, target, only, ids)
                changed += len(ids)
        _tell(changed, "changed", as_json=as_json)


def _command(name: str, done: str, help_: str, deciding: Callable[[Queue], Decide]) -> None:
    """Add a command that decides something about rows."""

    @queue.command(name, help=help_)
    @click.argument("id_", metavar="[JOB]", required=False, type=options.TARGET)
    @options.only_cause
    @options.some_rows
    @options.as_json
    @options.general
    @click.pass_obj
    def decide(
        given: Given, id_: str | None, *, only: str | None, custom_ids: tuple[str, ...], as_json: bool
    ) -> None:
        with opened(given) as desk:
            work = deciding(desk.bench.queue)
            chosen = _narrowed(desk, id_, only, custom_ids)
            number = sum(desk.wait(work(target, ids)) for target, ids in chosen)
            _tell(number, done, as_json=as_json)


_command("hold", "held", "Keep rows from being sent until they are released.", lambda found: found.hold)
_command("release", "released", "Let rows go that are held, or were given up.", lambda found: found.release)
_command("drop", "dropped", "Let rows stay as they failed; `restore` undoes it.", lambda found: found.drop)
_command("restore", "restored", "Take dropped rows into the queue again.", lambda found: found.restore)
_command(
    "choose",
    "chosen",
    "Let rows go out as they are that would not: truncated, refused or flagged answers, invalid requests.",
    lambda found: found.choose,
)


def _targets(desk: Desk, id_: str | None) -> list[Target]:
    if id_ is None:
        return desk.bench.queue.jobs()
    return [desk.wait(found_at_home(desk.bench, id_))]


def _narrowed(desk: Desk, id_: str | None, only: str | None, custom_ids: Sequence[str]) -> Narrowed:
    """Return the rows that a command is about; one of the three has to be given."""
    if id_ is None and only is None and not custom_ids:
        raise click.UsageError("Say which rows: give a JOB, --only or --row.")
    found: Narrowed = []
    for target in _targets(desk, id_):
        if custom_ids and id_ is not None:
            found.append((target, list(custom_ids)))
            continue
        rows = desk.bench.queue.rows(target, custom_ids or None)
        found.append((target, [row.custom_id for row in rows if only in {None, row.cause, row.failure.type}]))
    found = [(target, ids) for target, ids in found if ids]
    if not found:
        raise RefusedError(
            "No row in the queue is like that.",
            unharmed="Nothing was changed.",
            todo="`batchtui queue list --rows` shows all of them.",
        )
    return found


def _plans(
    desk: Desk, targets: Sequence[Target], only: str | None, custom_ids: Collection[str]
) -> tuple[list[RetryPlan], list[str]]:
    """Return what would be sent of each job, and in words what would not."""
    plans: list[RetryPlan] = []
    left: list[str] = []
    for target in targets:
        try:
            plan = desk.bench.retries.plan(target, only=only, custom_ids=custom_ids or None)
        except RefusedError as error:
            if len(targets) == 1:
                raise
            left.append(str(error))
            continue
        if plan.rows:
            plans.append(plan)
        if words := left_words(plan):
            left.append(f"{target.name}, not sent: {', '.join(words)}.")
    return plans, left


def _tell(number: int, done: str, *, as_json: bool) -> None:
    if as_json:
        out_json({"rows": number})
    else:
        say(f"{counted(number, 'row')} {done}.")


def _print_groups(groups: Sequence[QueueGroup]) -> None:
    out_table(
        ("JOB", "ROWS", "CAUSE", "VERDICT", "STATE", "ATTEMPT", "WHY", "MESSAGE"),
        (
            (
                group.job_name,
                count(group.count),
                group.cause,
                group.verdict.replace("_", " "),
                _state(group.state, group.edited),
                count(group.attempt),
                group.why,
                group.message[:MESSAGE_CHARS],
            )
            for group in groups
        ),
        right=(1, 5),
    )


def _print_rows(rows: Sequence[tuple[Target, QueueRow]]) -> None:
    out_table(
        ("JOB", "ROW", "CAUSE", "VERDICT", "STATE", "ATTEMPT", "MESSAGE"),
        (
            (
                target.job.name,
                row.custom_id,
                row.cause,
                row.verdict.replace("_", " "),
                _state(row.state, int(row.is_edited)),
                count(row.failure.attempt),
                (row.failure.error_message or "")[:MESSAGE_CHARS],
            )
            for target, row in rows
        ),
        right=(5,),
    )


def _state(state: str, edited: int) -> str:
    words = state.replace("_", " ")
    return f"{words}, edited" if edited else words
