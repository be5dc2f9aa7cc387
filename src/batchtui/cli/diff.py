"""`diff`, `prefer`: two sides row by row, and which answer a person finds better."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from batchtui.cli import options
from batchtui.cli.desk import Desk, opened
from batchtui.cli.options import Given
from batchtui.cli.output import out_bytes, out_document, out_json, say
from batchtui.cli.sides import compared
from batchtui.domain.comparison import KINDS, Comparison, Kind
from batchtui.domain.errors import UnknownIdError
from batchtui.domain.filter import ResultFilter, ResultTerm, parse_result_filter
from batchtui.domain.human import bytes_text, counted

if TYPE_CHECKING:
    from batchtui.domain.opinion import Verdict
    from batchtui.services.diff_rows import Report

DIFFERS = 3

Wanted = Literal["text", "md", "html", "json", "diff"]

FORMATS: tuple[Wanted, ...] = ("text", "md", "html", "json", "diff")

SUFFIXES: dict[str, Wanted] = {
    ".html": "html",
    ".htm": "html",
    ".md": "md",
    ".json": "json",
    ".diff": "diff",
    ".patch": "diff",
}
"""What the name of a file says of its format."""

DIFFERENT: frozenset[Kind] = frozenset(KINDS) - {"same"}

on_column = click.option(
    "--on", type=options.TEXT, metavar="COLUMN", help="Join on this column of the data rows, not on custom_id."
)
where_rows = click.option(
    "--where",
    type=options.TEXT,
    metavar="FILTER",
    help="Only rows of which either side is like this, as 'error:overloaded tokens>500'.",
)
limit_rows = click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N of these rows.")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows are wanted; without `only` all that differ."""

    only: Kind | None = None
    where: str | None = None
    limit: int | None = None
    sort: Literal["input", "change", "custom_id"] = "input"

    def positions(self, desk: Desk, comparison: Comparison) -> array[int]:
        """Return where they are among the pairs."""
        comparisons = desk.bench.comparisons
        if self.sort == "change":
            desk.wait(comparisons.rank(comparison))
        kinds = DIFFERENT if self.only is None else frozenset({self.only})
        where = parse_result_filter(self.where or "")
        return desk.wait(comparisons.find(comparison, kinds=kinds, where=where, sort=self.sort))


@click.command("diff")
@click.argument("a", type=options.TARGET)
@click.argument("b", type=options.TARGET)
@click.option(
    "--only",
    type=click.Choice(KINDS),
    help="Only rows whose answer changed, whose outcome did, that are on the left or right alone, or are the same.",
)
@click.option("--stat", is_flag=True, help="No rows: totals, changes of the requests, labels, who prefers what.")
@on_column
@click.option("--ignore-space", is_flag=True, help="White space is no difference.")
@where_rows
@limit_rows
@click.option(
    "--sort",
    type=click.Choice(("input", "change", "custom_id")),
    default="input",
    show_default=True,
    help="The order of the rows; change: what changed most comes first.",
)
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Default: by the name of the file, else text."
)
@click.option("--out", "path", type=click.Path(path_type=Path), metavar="PATH", help="Write to a file instead.")
@click.option("--force", is_flag=True, help="Overwrite that file.")
@options.offline
@options.as_json
@options.general
@click.pass_obj
def diff(
    given: Given,
    *,
    a: str,
    b: str,
    only: Kind | None,
    stat: bool,
    on: str | None,
    ignore_space: bool,
    where: str | None,
    limit: int | None,
    sort: Literal["input", "change", "custom_id"],
    format_: Wanted | None,
    path: Path | None,
    force: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Compare two sides row by row: what changed from A to B.

    A side is a batch, a job (its final answers), JOB#2 for its second attempt, @1 for the newest batch, or a JSONL
    file of results. Results are downloaded first if need be. Exit code 3 when any row differs, whichever rows are
    shown, and 0 when none does; with --ignore-space white space is no difference.
    """
    if as_json and format_ not in {None, "json"}:
        raise click.UsageError(f"--json is JSON, not {format_}.")
    if stat and (format_ not in {None, "text", "json"} or path is not None):
        raise click.UsageError("--stat is for people or --json; a file has all of it.")
    if stat and (only or where or limit):
        raise click.UsageError("--stat is of all rows: it goes without --only, --where and --limit.")
    chosen: Wanted = "json" if as_json else format_ or _format_of(path)
    if path is not None:
        _require_new(path, overwrite=force)
    with opened(given) as desk:
        comparison = compared(desk, a, b, on=on, offline=offline)
        spaces = _in_white_space_only(desk, comparison) if ignore_space else set()
        choice = Choice(only, where, limit, sort)
        asked = _Asked(comparison, spaces, ignore_space, choice)
        if stat:
            _print_stat(desk, asked, as_json=chosen == "json")
        elif path is not None:
            _write(desk, asked, path, chosen, overwrite=force)
        else:
            _print(desk, asked, chosen)
        differs = len(comparison.pairs) - comparison.summary.same > len(spaces)
    if differs:
        raise click.exceptions.Exit(DIFFERS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be shown; `spaces` are pairs that differ in white space alone, where that is no difference."""

    comparison: Comparison
    spaces: set[int]
    ignore_space: bool
    choice: Choice

    def positions(self, desk: Desk) -> array[int]:
        """Return the rows to show, and say how many there are beyond the limit."""
        found = self.choice.positions(desk, self.comparison)
        if self.spaces and self.choice.only != "same":
            found = array(found.typecode, [position for position in found if position not in self.spaces])
        limit = self.choice.limit
        if limit is not None and len(found) > limit:
            say(f"{counted(len(found) - limit, 'more row')} not shown.")
            return found[:limit]
        return found


def _format_of(path: Path | None) -> Wanted:
    return "text" if path is None else SUFFIXES.get(path.suffix.lower(), "text")


def _require_new(path: Path, *, overwrite: bool) -> None:
    """Refuse what cannot be before anything is downloaded."""
    from batchtui.services.exporting.place import refusal

    if (error := refusal(path, overwrite=overwrite)) is not None:
        raise error


def _in_white_space_only(desk: Desk, comparison: Comparison) -> set[int]:
    from batchtui.services.diff_rows import in_white_space_only

    return desk.wait(asyncio.to_thread(in_white_space_only, desk.bench.comparisons, comparison))


def _print_stat(desk: Desk, asked: _Asked, *, as_json: bool) -> None:
    from batchtui.cli.diff_text import print_lines, report_lines, summary_lines
    from batchtui.services.diff_rows import head_object, report_object

    found = desk.wait(desk.bench.diff_exports.report(asked.comparison, with_requests=True))
    if as_json:
        spaces = {"white_space_only": len(asked.spaces)} if asked.ignore_space else {}
        out_json({**head_object(asked.comparison), **spaces, **report_object(found)})
        return
    print_lines(summary_lines(asked.comparison, len(asked.spaces)))
    print_lines(report_lines(found))


def _print(desk: Desk, asked: _Asked, format_: Wanted) -> None:
    from batchtui.cli.diff_text import has_colour, print_lines, print_rows
    from batchtui.services.diff_export import WITH_REQUESTS

    exports = desk.bench.diff_exports
    positions = asked.positions(desk)
    found = desk.wait(exports.report(asked.comparison, with_requests=format_ in WITH_REQUESTS))
    if format_ == "text":
        print_lines(_head(asked, found))
        print_rows(exports.rows(found, positions), ignore_white_space=asked.ignore_space, colour=has_colour())
        return
    chunks = exports.stream(found, positions, format_, ignore_white_space=asked.ignore_space)
    if format_ == "json":
        # For a program, as with any --json, and not cleaned.
        for chunk in chunks:
            out_bytes(chunk)
    else:
        out_document(chunks)


def _write(desk: Desk, asked: _Asked, path: Path, format_: Wanted, *, overwrite: bool) -> None:
    exports = desk.bench.diff_exports
    positions = asked.positions(desk)
    if format_ != "text":
        written = desk.wait(
            exports.write(
                asked.comparison,
                positions,
                path,
                format_,
                overwrite=overwrite,
                ignore_white_space=asked.ignore_space,
            )
        )
        say(f"{counted(written.rows, 'row')} written to {written.path}, {bytes_text(written.file_bytes)}.")
        return
    from batchtui.cli.diff_text import text_chunks
    from batchtui.services.exporting.place import new_file

    found = desk.wait(exports.report(asked.comparison, with_requests=False))
    rows = exports.rows(found, positions)
    with new_file(path, overwrite=overwrite) as part, part.open("wb") as file:
        file.writelines(text_chunks(_head(asked, found), rows, ignore_white_space=asked.ignore_space))
    say(f"{counted(len(positions), 'row')} written to {path}.")


def _head(asked: _Asked, found: Report) -> Iterator[str]:
    """Yield what stands above the rows where people read them."""
    from batchtui.cli.diff_text import report_lines, summary_lines

    yield from summary_lines(asked.comparison, len(asked.spaces))
    yield from report_lines(found)
    yield ""


@click.command("prefer")
@click.argument("a", type=options.TARGET)
@click.argument("b", type=options.TARGET)
@click.argument("custom_id", metavar="CUSTOM_ID", type=options.TEXT)
@click.argument("verdict", metavar="left|right|tie|none", type=click.Choice(("left", "right", "tie", "none")))
@on_column
@options.offline
@options.general
@click.pass_obj
def prefer(given: Given, *, a: str, b: str, custom_id: str, verdict: str, on: str | None, offline: bool) -> None:
    """Keep which answer to a row you find better: left is A, right is B, none takes it back.

    It belongs to the two sides: with A and B the other way round it is found again, turned. `batchtui diff A B
    --stat` counts it.
    """
    with opened(given) as desk:
        bench = desk.bench
        comparison = compared(desk, a, b, on=on, offline=offline)
        if not _has_row(desk, comparison, custom_id):
            raise UnknownIdError(
                f"Neither side has a row {custom_id!r}.",
                unharmed="Nothing was changed.",
                todo=f"`batchtui diff {a} {b}` shows the rows.",
            )
        decided = None if verdict == "none" else cast("Verdict", verdict)
        desk.wait(bench.judging.decide(comparison, custom_id, decided))
        from batchtui.services.exporting.diff_words import votes_sentence

        say(votes_sentence(bench.judging.tally(comparison).person))


def _has_row(desk: Desk, comparison: Comparison, custom_id: str) -> bool:
    comparisons = desk.bench.comparisons
    named = ResultFilter((ResultTerm("id", custom_id),))
    like_it = desk.wait(comparisons.find(comparison, kinds=frozenset(KINDS), where=named))
    return any(pair.custom_id == custom_id for pair in comparisons.pairs(comparison, like_it))
