"""From what a user names to rows."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import get_args

from batchtui.domain.errors import DataError, InputError
from batchtui.services.rows.data import Data, copied, open_data, unreadable
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

BINARY_KINDS = frozenset({"folder", "parquet", "sqlite"})

_JSON = re.compile(rb"\s*(?:\{|\[\s*[{\]])")

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
    if not source or "\0" in source:
        raise InputError("The data has no name.", todo="Give a file, a folder, or - for stdin.")
    kind = format or _kind_by_name(source)
    if source != STDIN and kind in {"folder", "sqlite"}:
        return _at_path(source, kind, query=query, encoding=encoding)
    data = copied(sys.stdin.buffer, "stdin") if source == STDIN else open_data(Path(source), source)
    try:
        kind = kind or next((kind for begin, kind in BEGINNINGS if data.head(len(begin)) == begin), None)
        if kind in {"folder", "sqlite"}:
            data.close()
            if data.folder is None:
                raise InputError(f"{data.source}: a {kind} cannot be read from a pipe.", todo="Give its path.")
            return _at_path(source, kind, query=query, encoding=encoding)
        return _of_data(data, kind, query=query, encoding=encoding, types=types)
    except BaseException:
        data.close()
        raise


def _at_path(source: str, kind: str, *, query: str | None, encoding: str | None) -> Rows:
    _require_fitting(kind, query, encoding)
    if kind == "folder":
        from batchtui.services.rows.folder import FolderRows

        return FolderRows(source)
    from batchtui.services.rows.table import TableRows

    return TableRows(source, query)


def _of_data(data: Data, kind: str | None, *, query: str | None, encoding: str | None, types: bool) -> Rows:
    _require_fitting(kind or "text", query, encoding)
    if kind == "parquet":
        from batchtui.services.rows.parquet import ParquetRows

        return ParquetRows(data)
    data.make_text(encoding)
    kind = kind or ("json" if _JSON.match(data.head(HEAD_BYTES)) else "csv")
    if kind in {"json", "jsonl"}:
        from batchtui.services.rows.json_array import JsonRows
        from batchtui.services.rows.json_lines import JsonLinesRows, is_in_lines

        return JsonLinesRows(data) if kind == "jsonl" or is_in_lines(data) else JsonRows(data)
    from batchtui.services.rows.delimited import DelimitedRows

    return DelimitedRows(data, "tsv" if kind == "tsv" else "csv", types=types)


def _kind_by_name(source: str) -> Kind | None:
    if source == STDIN:
        return None
    try:
        if Path(source).is_dir():
            return "folder"
    except OSError as error:
        raise unreadable(source, error) from error
    suffix = Path(source).suffix.lower()
    if suffix in UNREADABLE_SUFFIXES:
        raise DataError(f"{source}: this is no data that can be read here.", todo=UNREADABLE_SUFFIXES[suffix])
    return SUFFIXES.get(suffix)


def _require_fitting(kind: str, query: str | None, encoding: str | None) -> None:
    if query is not None and kind != "sqlite":
        raise InputError(f"A query is for SQLite files, and this is {kind}.", todo="Leave out --query.")
    if encoding is not None and kind in BINARY_KINDS:
        raise InputError(f"An encoding is for files of text, and this is {kind}.", todo="Leave out --encoding.")
