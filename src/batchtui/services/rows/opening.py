"""From what a user names to rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from batchtui.domain.errors import DataError, InputError
from batchtui.services.rows.data import Data, copied, open_data
from batchtui.services.rows.model import Kind, Rows

STDIN = "-"

KINDS: tuple[str, ...] = get_args(Kind)

SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".parquet": "parquet",
}

BEGINNINGS: tuple[tuple[bytes, Kind], ...] = ((b"SQLite format 3\0", "sqlite"), (b"PAR1", "parquet"))

HEAD_BYTES = 4096

TEXT_KINDS = frozenset({"csv", "tsv", "json", "jsonl"})

UNREADABLE_SUFFIXES = {
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "Save the spreadsheet as CSV (UTF-8)."),
    **dict.fromkeys(
        (".gz", ".zip", ".bz2", ".xz", ".zst"),
        "Unpack it first, or pipe it in, as in `gunzip -c rows.csv.gz | batchtui … -d -`.",
    ),
}


def open_rows(
    source: str,
    *,
    format: str | None = None,  # noqa: A002  # the word of the options and of the docs
    query: str | None = None,
    encoding: str | None = None,
    types: bool = True,
) -> Rows:
    """Open rows of data: a file, a folder, or `-` for stdin, which is read to its end here.

    `format` is one of `KINDS`; without it the suffix decides, and where it does not, the first bytes. `query` is a
    table or a SELECT of a SQLite file. `encoding` is that of a text file, which is UTF-8 otherwise unless a byte
    order mark says more. With `types` off every cell of a CSV file is text. Raises `DataError`, and `InputError`
    for options that do not fit.
    """
    if format is not None and format not in KINDS:
        raise InputError(f"{format!r} is no kind of data.", todo=f"Kinds are {', '.join(KINDS)}.")
    kind = format or _kind_by_name(source)
    data = copied(sys.stdin.buffer, "stdin") if source == STDIN else open_data(Path(source), source)
    try:
        return _of_data(data, kind or _kind_by_content(data), query=query, encoding=encoding, types=types)
    except BaseException:
        data.close()
        raise


def _of_data(data: Data, kind: str, *, query: str | None, encoding: str | None, types: bool) -> Rows:
    _require_fitting(kind, query, encoding)
    if kind == "jsonl":
        from batchtui.services.rows.json_lines import JsonLinesRows

        return JsonLinesRows(data.as_text(encoding))
    from batchtui.services.rows.delimited import DelimitedRows

    return DelimitedRows(data.as_text(encoding), "tsv" if kind == "tsv" else "csv", types=types)


def _kind_by_name(source: str) -> Kind | None:
    if source == STDIN:
        return None
    if Path(source).is_dir():
        return "folder"
    suffix = Path(source).suffix.lower()
    if suffix in UNREADABLE_SUFFIXES:
        raise DataError(f"{source}: this is no data that can be read here.", todo=UNREADABLE_SUFFIXES[suffix])
    return SUFFIXES.get(suffix)


def _kind_by_content(data: Data) -> Kind:
    head = data.head(HEAD_BYTES)
    for beginning, kind in BEGINNINGS:
        if head.startswith(beginning):
            return kind
    return "csv"


def _require_fitting(kind: str, query: str | None, encoding: str | None) -> None:
    if query is not None and kind != "sqlite":
        raise InputError(f"A query is for SQLite files, and this is {kind}.", todo="Leave out --query.")
    if encoding is not None and kind not in TEXT_KINDS:
        raise InputError(f"An encoding is for files of text, and this is {kind}.", todo="Leave out --encoding.")
