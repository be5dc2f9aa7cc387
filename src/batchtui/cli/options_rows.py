"""What the commands take that make requests of a template and rows of data."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli import options
from batchtui.cli.output import LiveLine
from batchtui.domain.human import counted

if TYPE_CHECKING:
    from batchtui.services.rows import Rows

KINDS = ("csv", "tsv", "json", "jsonl", "sqlite", "parquet", "folder")


@dataclass(frozen=True, slots=True)
class Making:
    """What was given of a template and rows of data.

    `values` win over the columns of a row. `where` chooses rows, `limit` takes the first of those. Files may be
    read into requests below the folder of the data and below `allowed`.
    """

    template: str | None = None
    data: str | None = None
    format: str | None = None
    query: str | None = None
    encoding: str | None = None
    types: bool = True
    values: dict[str, Any] = field(default_factory=dict)
    where: str | None = None
    limit: int | None = None
    allowed: tuple[Path, ...] = ()

    def rows(self) -> Rows:
        """Open the rows; stdin is read to its end here. Raises `InputError`, and `UsageError` without data."""
        from batchtui.services.rows import open_rows

        if self.data is None:
            raise click.UsageError("There are no rows: name them with -d, as `-d rows.csv`.")
        return open_rows(self.data, format=self.format, query=self.query, encoding=self.encoding, types=self.types)


def making(*, template: bool = True, choosing: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options of template and data; the command gets them as one argument, `making`.

    Without `template` there is no `-t`, without `choosing` neither `--where` nor `--limit`.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def gathered(*args: Any, **given: Any) -> object:  # noqa: ANN401  # click gives what the options give
            made = Making(
                template=given.pop("template", None),
                data=given.pop("data"),
                format=given.pop("data_format"),
                query=given.pop("query"),
                encoding=given.pop("encoding"),
                types=not given.pop("as_text"),
                values=dict(given.pop("values")),
                where=given.pop("where", None),
                limit=given.pop("limit", None),
                allowed=given.pop("allowed"),
            )
            return command(*args, making=made, **given)

        decorated: Callable[..., Any] = gathered
        for option in reversed((*(_TEMPLATE if template else ()), *_DATA, *(_CHOOSING if choosing else ()))):
            decorated = option(decorated)
        return decorated

    return add


@contextmanager
def rows_shown() -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many rows were read, for as long as it takes."""
    line = LiveLine()
    try:
        yield lambda number: line.show(f"{counted(number, 'row')} read")
    finally:
        line.clear()


_TEMPLATE = (
    click.option("-t", "--template", type=options.TEXT, metavar="T", help="A template, by its name or its path."),
)
_DATA = (
    click.option(
        "-d",
        "--data",
        type=click.Path(allow_dash=True),
        metavar="ROWS",
        help="Rows of data: a file, a folder, or - for stdin.",
    ),
    click.option(
        "--format",
        "data_format",
        type=click.Choice(KINDS),
        help="What the rows are, if their name does not say it.",
    ),
    click.option("--query", type=options.TEXT, metavar="SQL", help="A table or a SELECT of a SQLite file."),
    click.option("--encoding", type=options.TEXT, metavar="NAME", help="Of a text file that is not UTF-8."),
    click.option("--text", "as_text", is_flag=True, help="Every cell of a CSV file is text, numbers too."),
    click.option(
        "--set",
        "values",
        multiple=True,
        type=options.ASSIGNMENT,
        metavar="NAME=VALUE",
        help="A value for every row, before its column; JSON, or text if it is none.",
    ),
    click.option(
        "--allow",
        "allowed",
        multiple=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Files below this folder may be read into requests too.",
    ),
)
_CHOOSING = (
    click.option(
        "--where", type=options.TEXT, metavar="EXPR", help="Only rows for which this holds: `price > 10`."
    ),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N of them."),
)
