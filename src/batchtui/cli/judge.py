"""`judge`: ask a model which of two answers is better, in a batch."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import click

from batchtui.cli import options
from batchtui.cli.ask import price
from batchtui.cli.desk import opened
from batchtui.cli.diff import Choice, limit_rows, on_column, where_rows
from batchtui.cli.options import Given
from batchtui.cli.options_rows import rows_shown
from batchtui.cli.output import say
from batchtui.cli.report import report_problems
from batchtui.cli.send import print_dry, send_agreed, sending
from batchtui.cli.send import where as where_to
from batchtui.cli.sides import compared
from batchtui.domain.estimate import require_affordable
from batchtui.domain.human import counted
from batchtui.services.prepare import Prepared, discard
from batchtui.services.workbench import Workbench


@click.command("judge")
@click.argument("a", type=options.TARGET)
@click.argument("b", type=options.TARGET)
@click.option(
    "-t",
    "--template",
    type=options.TEXT,
    metavar="T",
    help="A template, by its name or its path.  [default: judge]",
)
@on_column
@where_rows
@limit_rows
@click.option("--name", type=options.TEXT, metavar="NAME", help="What the job is called.")
@options.max_cost
@options.dry_run
@options.yes
@options.offline
@options.as_json
@options.general
@click.pass_obj
def judge(
    given: Given,
    *,
    a: str,
    b: str,
    template: str | None,
    on: str | None,
    where: str | None,
    limit: int | None,
    name: str | None,
    max_cost_usd: float | None,
    dry_run: bool,
    yes: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Send the changed rows of A and B as a batch that says which answer is better.

    Each row shows both answers as A and B by turns, so that the place of an answer says nothing. When the results
    are home, `batchtui diff A B --stat` counts the verdicts. `batchtui template show judge` is what is sent; a
    template of your own has row.prompt, row.answer_a, row.answer_b, row.data and row.id.
    """
    config = given.config()
    with opened(given, config) as desk:
        bench = desk.bench
        if not dry_run:
            bench.require_writable("send")
        chosen = bench.templates.load(template) if template is not None else None
        comparison = compared(desk, a, b, on=on, offline=offline)
        choice = Choice("changed", where, limit)
        positions = choice.positions(desk, comparison)[:limit]
        if outcomes := comparison.summary.outcome:
            say(f"{counted(outcomes, 'row')} not judged: there are not two answers where the outcome changed.")
        with rows_shown() as on_rows:
            prepared = desk.wait(
                _counted(bench, bench.judging.compose(comparison, positions, chosen, on_rows=on_rows))
            )
        job_name = (name or "").strip() or bench.judging.job_name(comparison)
        try:
            report_problems(prepared.source, prepared.problems, prepared.counts)
            require_affordable(prepared.estimate, config.max_cost_usd if max_cost_usd is None else max_cost_usd)
            what = f"Send {sending(prepared)} as “{job_name}” to {where_to(desk)} — {price(prepared.estimate)}"
            if dry_run:
                say(f"{what}: a dry run, nothing is sent.")
                print_dry(job_name, prepared, as_json=as_json)
                return
            send_agreed(desk, prepared, job_name, what, yes=yes, as_json=as_json)
        finally:
            desk.wait(discard(prepared))


async def _counted(bench: Workbench, composing: Coroutine[Any, Any, Prepared]) -> Prepared:
    return await bench.count_sample(await composing)
