"""`results`: read or export what came back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from batchtui.cli import options
from batchtui.cli.desk import Desk, opened
from batchtui.cli.fresh import brought_home, whole_job
from batchtui.cli.options import Given
from batchtui.cli.output import out_bytes, say
from batchtui.domain import result
from batchtui.domain.errors import InputError, RefusedError
from batchtui.domain.human import counted
from batchtui.domain.search import Search
from batchtui.domain.selection import FAILED, ResultKey, StoredResult
from batchtui.services.find import Target
from batchtui.services.read import Reader, to_json
from batchtui.tui.text import clean, clean_line

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

Write = Callable[[bytes], object]


@click.command("results")
@click.argument("id_", metavar="ID", type=options.TEXT)
@click.option("--only", type=click.Choice(ONLY), help="Only these rows.")
@click.option("--grep", type=options.TEXT, metavar="TEXT", help="Only rows whose output holds this text.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "jsonl"]), default="text", help="jsonl: the exact lines."
)
@click.option("--out", "path", type=click.Path(path_type=Path), metavar="PATH", help="Write to a file instead.")
@click.option("--force", is_flag=True, help="Overwrite that file.")
@click.option("--join", is_flag=True, help="Put the request beside each result.")
@click.option("--final", is_flag=True, help="One answer a custom_id, over all attempts of the job.")
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
    format_: str,
    path: Path | None,
    force: bool,
    join: bool,
    final: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Print the results of a batch or job, in input order. They are downloaded first if need be."""
    with destination(path, force=force) as write, opened(given) as desk:
        reader = desk.bench.reader
        target = _target(desk, id_, final=final, offline=offline)
        selection = reader.selection(target, only=only, final=final)
        keys = desk.wait(reader.search(selection, Search(grep))) if grep else reader.keys(selection)
        if as_json:
            _write_array(reader, keys, write, join=join)
        elif format_ == "text":
            _write_text(reader, keys, write, join=join)
        else:
            _write_lines(reader, keys, write, join=join)
    if path is not None:
        say(f"{counted(len(keys), 'result')} written to {path}.")
    elif not keys:
        say("No result is like that." if only or grep else "There are no results.")


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
                f"The results of {target.name} are gone: the API drops them 29 days after creation.",
                todo="Send the requests again if you need them.",
            )
        raise RefusedError(
            f"The results of {target.name} are not here.", todo="Leave out --offline to download them."
        )
    if len(ready) < len(target.batches):
        say(f"{counted(len(target.batches) - len(ready), 'batch', 'batches')} of {target.name} without results.")
    return target


def _write_text(reader: Reader, keys: Sequence[ResultKey], write: Write, *, join: bool) -> None:
    for row in reader.rows(keys):
        parts = [_header(row)]
        if join:
            line = reader.request_line(row)
            parts.append("> " + clean_line(line.decode("utf-8", "replace")) if line else "> request not known")
        text = clean(reader.text(row)).strip()
        if text:
            parts.append(text)
        write("\n".join([*parts, "", ""]).encode())


def _header(row: StoredResult) -> str:
    facts = row.facts
    words = [facts.custom_id or f"line {row.seq + 1}", facts.type, *facts.flags]
    if facts.error_type and facts.error_type != facts.type:
        words.append(facts.error_type)
    if facts.error_message:
        words.append(facts.error_message)
    return "  ".join(clean_line(word) for word in words)


def _write_lines(reader: Reader, keys: Sequence[ResultKey], write: Write, *, join: bool) -> None:
    for row in reader.rows(keys):
        write((to_json(reader.as_object(row, join=True)) if join else reader.line(row)) + b"\n")


def _write_array(reader: Reader, keys: Iterable[ResultKey], write: Write, *, join: bool) -> None:
    before = b"["
    for row in reader.rows(keys):
        write(before + to_json(reader.as_object(row, join=join)))
        before = b",\n"
    write(b"[]\n" if before == b"[" else b"]\n")


@contextmanager
def destination(path: Path | None, *, force: bool) -> Iterator[Write]:
    """Give a function that writes to stdout, or to a file that appears only when everything is in it.

    Raises `InputError` for a file that exists, unless it may be overwritten, or cannot be written.
    """
    if path is None:
        yield out_bytes
        return
    try:
        if path.is_dir() or (path.exists() and not force):
            raise InputError(
                f"{path} exists.", unharmed="It was not touched.", todo="Give --force to overwrite a file."
            )
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        with part.open("xb") as file:
            try:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{path}: {(error.strerror or str(error)).lower()}.",
            unharmed="No file was left half written.",
            todo="Name a place that can be written.",
        ) from error
