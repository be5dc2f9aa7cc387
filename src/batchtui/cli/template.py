"""`template`: the templates, and what they make of rows of data."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli import options, options_rows
from batchtui.cli.desk import opened
from batchtui.cli.editor import run_editor
from batchtui.cli.options import Given
from batchtui.cli.options_rows import Making, rows_shown
from batchtui.cli.output import out, out_bytes, out_json, out_table, rfc3339, say
from batchtui.cli.report import report_problems
from batchtui.cli.shapes import estimate_object, problem_objects
from batchtui.domain.errors import BatchtuiError, InputError, RefusedError, TemplateError, UnknownIdError
from batchtui.domain.human import UNKNOWN, ago, bytes_text, counted

if TYPE_CHECKING:
    from batchtui.domain.job import KeptTemplate
    from batchtui.domain.template.model import Template
    from batchtui.domain.template.problem import TemplateProblem
    from batchtui.services.compose import Survey
    from batchtui.services.rows import Rows
    from batchtui.services.templates import TemplateEntry, Templates
    from batchtui.services.workbench import Workbench

DOES_NOT_HOLD = 1


class NoRequestError(BatchtuiError):
    """A template and a row make no request."""


class BadTextError(BatchtuiError):
    """What was written in an editor is no template yet."""


@click.group("template")
@options.general
def template() -> None:
    """Keep templates, and see what they make of rows of data.

    A template is a YAML file with the params of a request and Jinja2 in its strings. It goes by its name, or by the
    path of a file.
    """


@template.command("list")
@options.as_json
@options.general
@click.pass_obj
def list_templates(given: Given, as_json: bool) -> None:
    """List the templates of the home, and those that are shipped."""
    with opened(given) as desk:
        entries = desk.bench.templates.list()
    if as_json:
        out_json([_entry_object(entry) for entry in entries])
        return
    now = datetime.now(UTC)
    out_table(
        ("NAME", "FROM", "CHANGED", "DESCRIPTION"),
        (
            (
                entry.name,
                entry.origin,
                ago(now - entry.changed_at) if entry.changed_at else UNKNOWN,
                f"cannot be used: {entry.problem}" if entry.problem else entry.description,
            )
            for entry in entries
        ),
    )


@template.command("show")
@click.argument("name", metavar="NAME", required=False, type=options.TEXT)
@click.option(
    "--job", "id_", type=options.TARGET, metavar="ID", help="The one a job or batch was made from, as it was."
)
@click.option(
    "--diff",
    is_flag=True,
    help="With --job, what is different today in the template of that name, or in NAME.",
)
@options.as_json
@options.general
@click.pass_obj
def show(given: Given, name: str | None, *, id_: str | None, diff: bool, as_json: bool) -> None:
    """Print the exact text of a template."""
    if (id_ is None and (name is None or diff)) or (id_ and name and not diff):
        raise click.UsageError("Give the NAME of a template, or --job ID, with --diff and both to compare them.")
    with opened(given) as desk:
        bench = desk.bench
        if id_ is None:
            text = bench.templates.read(str(name))
        else:
            kept = _kept(bench, id_)
            name, text = name or kept.name, kept.text
            if diff:
                text = bench.composer.compare(kept, _today(bench.templates, name, id_))
    if as_json:
        out_json({"name": name, "text": text})
    elif sys.stdout.isatty():
        out(text.removesuffix("\n"))
    else:
        out_bytes(text.encode())


@template.command("new")
@click.argument("name", metavar="NAME", type=options.TEXT)
@click.option("--from", "like", type=options.TEXT, metavar="EXAMPLE", help="Begin with a copy of this template.")
@options.as_json
@options.general
@click.pass_obj
def new(given: Given, name: str, *, like: str | None, as_json: bool) -> None:
    """Write a new template to the home: a small one to begin with, or a copy."""
    from batchtui.tui.present.compose import BEGINNING

    with opened(given) as desk:
        templates = desk.bench.templates
        text = BEGINNING.format(name=name) if like is None else templates.read(like)
        path = templates.save(name, text, replace=False)
    if as_json:
        out_json({"name": name, "path": str(path)})
    else:
        out(str(path))
        say(f"`batchtui template edit {name}` opens it.")


@template.command("edit")
@click.argument("name", metavar="NAME", type=options.TEXT)
@options.general
@click.pass_obj
def edit(given: Given, name: str) -> None:
    """Open a template of the home in $VISUAL or $EDITOR, and check it when that has ended.

    What the editor wrote stays, also if it is no template yet.
    """
    with opened(given) as desk:
        templates = desk.bench.templates
        path = _own(templates, name).path
    code = run_editor(path)
    problems = _problems(templates, name)
    for problem in problems:
        say(f"  {path}:{problem.line or 1}: {problem.message}")
    if problems:
        raise BadTextError(
            f"{name} cannot be used as it is: {counted(len(problems), 'problem')}.",
            unharmed="Your text is kept.",
            todo=f"`batchtui template edit {name}` opens it again.",
        )
    if code:
        raise BadTextError(f"The editor ended with code {code}.", unharmed=f"{name} can be used as it is.")
    say(f"{name} has no problems.")


@template.command("check")
@click.argument("name", metavar="T", type=options.TEXT)
@options_rows.making(template=False)
@options.as_json
@options.general
@click.pass_obj
def check(given: Given, name: str, *, making: Making, as_json: bool) -> None:
    """Say all that is wrong with a template and, with -d, with what it makes of the rows.

    Exits with 1 if there is anything that would stop a submission.
    """
    with opened(given) as desk:
        bench = desk.bench
        problems = _problems(bench.templates, name)
        answer: dict[str, Any] = {
            "name": name,
            "holds": not problems,
            "problems": [{"line": problem.line, "message": problem.message} for problem in problems],
        }
        for problem in problems:
            say(f"  {name}:{problem.line or 1}: {problem.message}")
        if making.data is not None and not problems:
            loaded = bench.templates.load(name)
            with making.rows() as rows, rows_shown() as on_rows:
                columns = _columns(loaded, rows, making)
                survey = desk.wait(
                    bench.composer.survey(
                        loaded,
                        rows,
                        values=making.values,
                        where=making.where,
                        limit=making.limit,
                        allowed=making.allowed,
                        on_rows=on_rows,
                    )
                )
            answer |= columns | _survey_object(survey)
            answer["holds"] = not survey.error_count and survey.requests > 0
            _say_survey(survey, rows.source, columns)
    if as_json:
        out_json(answer)
    else:
        out(f"{name}: {'good' if answer['holds'] else 'does not hold'}")
    if not answer["holds"]:
        raise click.exceptions.Exit(DOES_NOT_HOLD)


@template.command("render")
@options_rows.making(choosing=False)
@click.option("--row", "number", type=click.IntRange(1), default=1, metavar="N", help="Which row, from 1.")
@options.as_json
@options.general
@click.pass_obj
def render(given: Given, *, making: Making, number: int, as_json: bool) -> None:
    """Print the exact request that a template makes of one row; nothing is sent."""
    if making.template is None:
        raise click.UsageError("There is no template: name it with -t, as `-t summarise`.")
    with opened(given) as desk:
        bench = desk.bench
        loaded = bench.templates.load(making.template)
        with making.rows() as rows:
            preview = desk.wait(
                bench.composer.preview(loaded, rows, number, values=making.values, allowed=making.allowed)
            )
    if preview.rendered is None:
        raise NoRequestError(" ".join(preview.problems), unharmed="Nothing was sent.")
    if as_json:
        out_bytes(preview.rendered.line + b"\n")
    else:
        request = {"custom_id": preview.rendered.custom_id, "params": preview.rendered.params}
        out(json.dumps(request, indent=2, ensure_ascii=False))
    for problem in preview.problems:
        say(problem)


def _kept(bench: Workbench, id_: str) -> KeptTemplate:
    kept = bench.composer.template_of(bench.finder.known(id_))
    if kept is None:
        raise InputError(f"{id_} was made without a template.", todo="`batchtui show ID` says what is known of it.")
    return kept


def _today(templates: Templates, name: str, id_: str) -> str:
    try:
        return templates.read(name)
    except UnknownIdError as error:
        raise UnknownIdError(
            error.what, todo=f"`batchtui template show NAME --job {id_} --diff` compares with another, or a file."
        ) from error


def _own(templates: Templates, name: str) -> TemplateEntry:
    entry = next((entry for entry in templates.list() if entry.name == name), None)
    if entry is None:
        raise UnknownIdError(
            f"There is no template {name!r} in the home.", todo=f"`batchtui template new {name}` makes one."
        )
    if entry.origin == "shipped":
        raise RefusedError(
            f"{name} is shipped with batchtui and stays as it is.",
            todo=f"`batchtui template new {name} --from {name}` makes a copy that takes its place.",
        )
    return entry


def _problems(templates: Templates, name: str) -> tuple[TemplateProblem, ...]:
    try:
        templates.load(name)
    except TemplateError as error:
        return error.problems
    return ()


def _entry_object(entry: TemplateEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "origin": entry.origin,
        "description": entry.description,
        "problem": entry.problem or None,
        "path": str(entry.path),
        "changed_at": rfc3339(entry.changed_at),
    }


def _columns(loaded: Template, rows: Rows, making: Making) -> dict[str, list[str]]:
    """Return which columns the template uses, needs and does not find, and which it leaves unused."""
    from batchtui.domain.template.render import Renderer

    renderer = Renderer(loaded, values=making.values)
    return {
        "variables": sorted(renderer.variables),
        "missing": list(renderer.missing(rows.columns)),
        "unused": list(renderer.unused(rows.columns)),
    }


def _survey_object(survey: Survey) -> dict[str, Any]:
    return {
        "rows": survey.rows,
        "chosen": survey.chosen,
        "requests": survey.requests,
        "bytes": survey.body_bytes,
        "parts": list(survey.parts),
        "estimate": estimate_object(survey.estimate),
        "row_problems": problem_objects(survey.problems),
        "row_problem_counts": dict(survey.counts),
    }


def _say_survey(survey: Survey, source: str, columns: dict[str, list[str]]) -> None:
    if columns["missing"]:
        say(f"{source} has no column {', '.join(columns['missing'])}.")
    if columns["unused"]:
        say(f"Columns not used: {', '.join(columns['unused'])}.")
    report_problems(source, survey.problems, survey.counts)
    chosen = "" if survey.chosen == survey.rows else f", {survey.chosen:,} of them chosen"
    size = f" ({bytes_text(survey.body_bytes)})" if survey.requests else ""
    say(f"{counted(survey.rows, 'row')}{chosen}: {counted(survey.requests, 'request')}{size}.")
