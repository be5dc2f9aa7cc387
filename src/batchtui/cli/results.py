"""`results`: read, sum up or export what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import click

from batchtui.cli import options
from batchtui.cli.desk import Desk, opened
from batchtui.cli.fresh import brought_home, whole_job
from batchtui.cli.options import Given
from batchtui.cli.output import LiveLine, out_document, out_json, say
from batchtui.cli.result_text import groups_object, numbers_object, print_groups, print_numbers, text_chunks
from batchtui.domain import result
from batchtui.domain.errors import RefusedError
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.human import bytes_text, count, counted
from batchtui.domain.search import Search
from batchtui.domain.selection import FAILED, ResultKey, Selection
from batchtui.services.find import Target

ONLY = (
    result.SUCCEEDED,
    FAILED,
    result.ERRORED,
    result.EXPIRED,
    result.CANCELED,
    result.TRUNCATED,
    result.REFUSED,
    result.FLAGGED,
)

Wanted = Literal["text", "jsonl", "csv", "md", "parquet", "sqlite"]

FORMATS: tuple[Wanted, ...] = ("text", "jsonl", "csv", "md", "parquet", "sqlite")

SUFFIXES: dict[str, Wanted] = {
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".md": "md",
    ".parquet": "parquet",
    ".sqlite": "sqlite",
    ".db": "sqlite",
}
"""What the name of a file says of its format."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which rows are wanted."""

    only: str | None
    grep: str | None
    regex: bool
    match_case: bool
    where: str | None
    final: bool

    @property
    def narrows(self) -> bool:
        return bool(self.only or self.grep or self.where)

    def selection(self, desk: Desk, target: Target) -> Selection:
        where = parse_result_filter(self.where or "")
        return desk.bench.reader.selection(target, only=self.only, final=self.final, where=where)

    def keys(self, desk: Desk, target: Target) -> Sequence[ResultKey]:
        selection = self.selection(desk, target)
        if self.grep is None:
            return desk.bench.reader.keys(selection)
        search = Search(self.grep, regex=self.regex, match_case=self.match_case)
        return desk.wait(desk.bench.reader.search(selection, search))


@dataclass(frozen=True, slots=True)
class _Form:
    """What becomes of the rows; `path` is None for stdout."""

    format: Wanted
    as_json: bool
    join: bool
    guard_formulas: bool
    one_file_a_row: bool
    path: Path | None
    overwrite: bool


@click.command("results")
@click.argument("id_", metavar="ID", type=options.TARGET)
@click.option("--only", type=click.Choice(ONLY), help="Only these rows.")
@click.option("--grep", type=options.TEXT, metavar="TEXT", help="Only rows whose whole output or error holds this.")
@click.option("--regex", is_flag=True, help="The text to grep for is a regular expression.")
@click.option("--match-case", is_flag=True, help="Capital letters are others than small ones.")
@click.option(
    "--filter",
    "where",
    type=options.TEXT,
    metavar="EXPR",
    help="Only these rows, as 'error:overloaded tokens>500'.",
)
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Default: by the name of the file, else text."
)
@click.option("--out", "path", type=click.Path(path_type=Path), metavar="PATH", help="Write to a file instead.")
@click.option("--force", is_flag=True, help="Overwrite that file.")
@click.option("--join", is_flag=True, help="Put request and data row beside each result.")
@click.option("--raw-cells", is_flag=True, help="CSV: leave text that a spreadsheet may run as a formula as it is.")
@click.option("--one-file-a-row", is_flag=True, help="Markdown: --out is a new folder with a file for each row.")
@click.option("--final", is_flag=True, help="One answer a custom_id, over all attempts of the job.")
@click.option("--stats", is_flag=True, help="Print tokens, cost and lengths of these rows instead.")
@click.option("--groups", is_flag=True, help="Print equal errors, stop reasons, models and flags instead.")
@options.offline
@options.as_json
@options.general
@click.pass_obj
def results(
    given: Given,
    *,
    id_: str,
    only: str | None,
    grep: str | None,
    regex: bool,
    match_case: bool,
    where: str | None,
    format_: Wanted | None,
    path: Path | None,
    force: bool,
    join: bool,
    raw_cells: bool,
    one_file_a_row: bool,
    final: bool,
    stats: bool,
    groups: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Print or export the results of a batch or job, in input order. They are downloaded first if need be."""
    choice = _Choice(only, grep, regex, match_case, where, final)
    if (regex or match_case) and not grep:
        raise click.UsageError("--regex and --match-case go with --grep.")
    if stats or groups:
        if (stats and groups) or format_ or path or join or grep:
            raise click.UsageError("--stats and --groups stand alone: with --only, --filter, --final and --json.")
        with opened(given) as desk:
            _sum_up(desk, choice, _target(desk, id_, final=final, offline=offline), groups=groups, as_json=as_json)
        return
    form = _Form(_format(format_, path, as_json=as_json), as_json, join, not raw_cells, one_file_a_row, path, force)
    _check(form)
    with opened(given) as desk:
        target = _target(desk, id_, final=final, offline=offline)
        keys = choice.keys(desk, target)
        _give(desk, keys, form)
    if path is None and not keys:
        say("No result is like that." if choice.narrows else "There are no results.")


def _format(given: Wanted | None, path: Path | None, *, as_json: bool) -> Wanted:
    if as_json and given not in {None, "text"}:
        raise click.UsageError(f"--json is an array, not {given}.")
    return given or ("text" if path is None or as_json else SUFFIXES.get(path.suffix.lower(), "text"))


def _check(form: _Form) -> None:
    """Refuse what cannot be before anything is downloaded."""
    if form.one_file_a_row and (form.format != "md" or form.path is None):
        raise click.UsageError("--one-file-a-row goes with --format md and --out FOLDER.")
    if form.path is None:
        if form.format in {"parquet", "sqlite"}:
            raise click.UsageError(f"--format {form.format} needs --out FILE.")
        return
    from batchtui.services.exporting.place import refusal

    if (error := refusal(form.path, overwrite=form.overwrite, folder=form.one_file_a_row)) is not None:
        raise error
    if form.format == "parquet":
        from batchtui.services.exporting.parquet import require_parquet

        require_parquet()


def _give(desk: Desk, keys: Sequence[ResultKey], form: _Form) -> None:
    """Print the rows, or write them to the file."""
    exports, reader = desk.bench.exports, desk.bench.reader
    if form.path is not None and form.format != "text":
        line = LiveLine()
        written = desk.wait(
            exports.write(
                keys,
                form.path,
                form.format,
                join=form.join,
                guard_formulas=form.guard_formulas,
                one_file_a_row=form.one_file_a_row,
                overwrite=form.overwrite,
                on_progress=lambda done: line.show(f"{count(done)} of {counted(len(keys), 'row')} …"),
            )
        )
        line.clear()
        say(f"{counted(written.rows, 'result')} written to {written.path}, {bytes_text(written.file_bytes)}.")
        return
    if form.as_json:
        chunks = exports.stream(keys, "json", join=form.join)
    elif form.format == "text":
        chunks = text_chunks(reader, keys, join=form.join)
    else:
        stream = cast("Literal['jsonl', 'csv', 'md']", form.format)
        chunks = exports.stream(keys, stream, join=form.join, guard_formulas=form.guard_formulas)
    if form.path is None:
        out_document(chunks)
        return
    from batchtui.services.exporting.place import new_file

    with new_file(form.path, overwrite=form.overwrite) as part, part.open("wb") as file:
        file.writelines(chunks)
    say(f"{counted(len(keys), 'result')} written to {form.path}.")


def _sum_up(desk: Desk, choice: _Choice, target: Target, *, groups: bool, as_json: bool) -> None:
    selection = choice.selection(desk, target)
    if groups:
        facets = desk.bench.reader.facets(selection)
        total = len(desk.bench.reader.keys(selection))
        if as_json:
            out_json(groups_object(facets))
        else:
            print_groups(facets, total)
        return
    numbers = desk.bench.reader.numbers(selection)
    if as_json:
        out_json(numbers_object(numbers))
    else:
        print_numbers(numbers, target.name)


def _target(desk: Desk, id_: str, *, final: bool, offline: bool) -> Target:
    """Return the batches meant, with their results on disk; raises `RefusedError` if there are none."""
    bench = desk.bench
    target = bench.finder.known(id_) if offline else desk.wait(bench.finder.find(id_))
    if final:
        target = whole_job(bench, target)
    if not offline:
        target = desk.wait(brought_home(bench, target))
    ready = [stored for stored in target.batches if stored.results in {"complete", "partial"}]
    running = [stored for stored in target.batches if not stored.batch.has_ended]
    if not ready:
        if not target.batches:
            raise RefusedError(
                f"{target.name} has no batch yet: its requests were not sent, or it is unknown whether they were.",
                todo="`batchtui settle` shows them.",
            )
        if running:
            raise RefusedError(
                f"{target.name} still runs: results come when it has ended.",
                todo=f"`batchtui watch {target.name}` waits for it.",
            )
        if any(stored.results == "gone" for stored in target.batches):
            raise RefusedError(
                f"The results of {target.name} are not on disk, and the API has dropped them.",
                todo="Send the requests again if you need them.",
            )
        raise RefusedError(
            f"The results of {target.name} are not here.", todo="Leave out --offline to download them."
        )
    if len(ready) < len(target.batches):
        say(f"{counted(len(target.batches) - len(ready), 'batch', 'batches')} of {target.name} without results.")
    return target
