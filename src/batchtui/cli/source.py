"""What a submission is made from: a file of requests, or a template and rows of data."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli import options
from batchtui.cli.options_rows import Making, rows_shown
from batchtui.cli.output import say
from batchtui.domain.errors import InputError
from batchtui.services.workbench import Workbench

if TYPE_CHECKING:
    from batchtui.domain.template.model import Template
    from batchtui.services.prepare import Prepared
    from batchtui.services.request_file import RequestLines
    from batchtui.services.rows import Rows


@dataclass(frozen=True, slots=True)
class Source:
    """Where requests come from.

    `text` names it in messages, `job_name` is what a job is called that nobody named. `prepare` spools the
    requests; it takes how many to send first, and whether to mend them.
    """

    text: str
    job_name: str
    prepare: Callable[[int | None, bool], Coroutine[Any, Any, Prepared]]


def require_one(file: Path | None, making: Making, like: str | None) -> None:
    """Raise `UsageError` unless there is either a file of requests or a template with rows."""
    templates = [given for given in (making.template, like) if given is not None]
    if len(templates) > 1:
        raise click.UsageError("Give either -t or --template-of.")
    if file is not None and (templates or making.data is not None):
        raise click.UsageError("Give either a FILE of requests, or a template with -t and rows with -d.")
    if file is None and not templates:
        raise click.UsageError("Give a FILE of requests, or a template with -t and rows with -d.")
    if file is not None and making != Making():
        raise click.UsageError("A FILE of requests goes out as it is: that option is for rows of data.")


@contextmanager
def opened_source(file: Path | None, making: Making, like: str | None) -> Iterator[Callable[[Workbench], Source]]:
    """Open what `require_one` let pass, before any home is; raises `InputError`.

    Gives a function that raises it too, for a template that is not known or cannot be used.
    """
    if file is not None:
        from batchtui.services.request_file import open_lines

        with closing(open_lines(file)) as lines:
            yield partial(_of_file, lines)
    else:
        with making.rows() as rows:
            yield partial(_of_rows, rows, making, like)


def _of_file(lines: RequestLines, bench: Workbench) -> Source:
    async def prepare(sample: int | None, mend: bool) -> Prepared:
        # Whatever ends this ends the wait for more lines too, in the thread that reads them.
        with closing(lines):
            return await bench.prepare(lines, lines.source, mend=mend, sample=sample)

    return Source(lines.source, options.TEXT.convert(Path(lines.source).stem, None, None), prepare)


def _of_rows(rows: Rows, making: Making, like: str | None, bench: Workbench) -> Source:
    template = _template(bench, making, like)
    defaults = sorted(template.defaults.keys() - making.values.keys() - set(rows.columns))
    if like is not None and defaults:
        say(f"As in its defaults: {', '.join(defaults)}. What --set gave to {like} is not kept.")

    async def prepare(sample: int | None, mend: bool) -> Prepared:
        with rows_shown() as on_rows:
            return await bench.composer.prepare(
                template,
                rows,
                values=making.values,
                where=making.where,
                limit=making.limit,
                mend=mend,
                allowed=making.allowed,
                sample=sample,
                on_rows=on_rows,
            )

    return Source(rows.source, template.name, prepare)


def _template(bench: Workbench, making: Making, like: str | None) -> Template:
    if like is None:
        return bench.templates.load(str(making.template))
    from batchtui.domain.template.parse import parse_template

    kept = bench.composer.template_of(bench.finder.known(like))
    if kept is None:
        raise InputError(
            f"{like} was not made from a template.",
            unharmed="Nothing was sent.",
            todo="Name a template with -t; `batchtui template list` shows them.",
        )
    return parse_template(kept.text, kept.name)
