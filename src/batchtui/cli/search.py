"""`search`: a text in the results of all batches on disk."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import click

from batchtui.cli import options
from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.output import out, out_json, say
from batchtui.domain.human import counted
from batchtui.domain.result import searched_text
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKeys
from batchtui.services.workbench import Workbench
from batchtui.store.bulk import BulkRow
from batchtui.tui.text import clean_line

BEFORE_CHARS, AFTER_CHARS = 30, 90
"""How much is shown around what was found."""


@click.command("search")
@click.argument("text", type=options.TEXT)
@click.option("--regex", is_flag=True, help="It is a regular expression.")
@click.option("--match-case", is_flag=True, help="Capital letters are others than small ones.")
@click.option("--limit", type=click.IntRange(1, 10**9), metavar="N", help="The first N of each batch.")
@options.as_json
@options.general
@click.pass_obj
def search(given: Given, *, text: str, regex: bool, match_case: bool, limit: int | None, as_json: bool) -> None:
    """Look for a text in the whole output and the errors of all results on disk, newest batch first."""
    wanted = Search(text, regex=regex, match_case=match_case)
    with opened(given) as desk:
        found = desk.wait(desk.bench.reader.search_everywhere(wanted))
        if as_json:
            out_json([hit for key, keys in found for hit in _objects(desk.bench, key, keys[:limit], wanted)])
        else:
            for batch_key, keys in found:
                _print(desk.bench, batch_key, keys, wanted, limit)
    if not found and not as_json:
        say("Nothing was found.")


def _print(bench: Workbench, batch_key: int, keys: ResultKeys, wanted: Search, limit: int | None) -> None:
    stored = bench.store.batches.by_key(batch_key)
    name = f"  {stored.job_name}" if stored.job_name != stored.id else ""
    out(f"{stored.id}{clean_line(name)}  {counted(len(keys), 'result')}")
    for row, text in islice(_texts(bench, keys), limit):
        out(f"  {clean_line(row.custom_id or f'line {row.seq + 1}')}  {clean_line(excerpt(text, wanted))}")
    if limit is not None and len(keys) > limit:
        out(f"  … and {len(keys) - limit:,} more")


def _objects(bench: Workbench, batch_key: int, keys: ResultKeys, wanted: Search) -> Iterator[dict[str, Any]]:
    stored = bench.store.batches.by_key(batch_key)
    for row, text in _texts(bench, keys):
        yield {
            "batch_id": row.batch_id,
            "job": stored.job_id,
            "name": stored.job_name,
            "custom_id": row.custom_id,
            "attempt": row.attempt,
            "type": row.type,
            "excerpt": excerpt(text, wanted),
        }


def _texts(bench: Workbench, keys: ResultKeys) -> Iterator[tuple[BulkRow, str]]:
    for block in bench.store.bulk.blocks(keys):
        for row, line in zip(map(BulkRow._make, block.rows), block.lines, strict=True):
            yield row, searched_text(line)


def excerpt(text: str, wanted: Search) -> str:
    """Return the first place in a text where something was found, with a little around it."""
    start, end = next(wanted.spans(text), (0, 0))
    first, last = max(0, start - BEFORE_CHARS), min(len(text), end + AFTER_CHARS)
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
