"""Comparisons to files: a report to read, rows for programs, a diff for `patch`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Literal, get_args

from batchtui.domain.comparison import Comparison
from batchtui.domain.diff import unified
from batchtui.domain.unicode import well_formed
from batchtui.services.compare import Comparisons
from batchtui.services.diff_rows import DiffRow, Report, head_object, report, report_object, row_object, rows
from batchtui.services.export import Exported
from batchtui.services.exporting.diff_html import ROWS_MAX, html_chunks
from batchtui.services.exporting.diff_markdown import diff_markdown_chunks
from batchtui.services.exporting.place import new_file, safe_name
from batchtui.services.judging import Judging
from batchtui.services.read import to_json
from batchtui.services.worker import Stop, in_thread

Format = Literal["html", "md", "json", "diff"]

FORMATS: tuple[Format, ...] = get_args(Format)

WITH_REQUESTS = frozenset({"html", "md"})
"""The formats that tell how requests and labels changed."""

NOWHERE = "/dev/null"
"""What `patch` calls the file that is not there."""


class DiffExports:
    """Writes comparisons to files that appear only when everything is in them; `docs/compare.md` says what is."""

    def __init__(self, comparisons: Comparisons, judging: Judging) -> None:
        self._comparisons = comparisons
        self._judging = judging

    async def report(self, comparison: Comparison, *, with_requests: bool) -> Report:
        """Return what there is to say of a comparison beside its rows, how requests and labels changed if wanted.

        Raises `StoreError` and `DataError`.
        """
        return await report(self._comparisons, self._judging, comparison, with_requests=with_requests)

    async def write(
        self,
        comparison: Comparison,
        positions: Sequence[int],
        path: Path,
        format: Format,  # noqa: A002 - what it is
        *,
        overwrite: bool = False,
        ignore_white_space: bool = False,
    ) -> Exported:
        """Write the rows at these positions, in their order, to a file; the rest of the report is of all rows.

        If it is cancelled nothing is left. Raises `InputError` if there must not or cannot be such a file, and
        `StoreError` or `DataError` if the answers cannot be read or the disk is full.
        """
        found = await self.report(comparison, with_requests=format in WITH_REQUESTS)

        def work(stop: Stop) -> Exported:
            with new_file(path, overwrite=overwrite) as part:
                with part.open("wb") as file:
                    for chunk in self.stream(found, positions, format, ignore_white_space=ignore_white_space):
                        stop.check()
                        file.write(chunk)
                file_bytes = part.stat().st_size
            written = min(len(positions), ROWS_MAX) if format == "html" else len(positions)
            return Exported(path, written, file_bytes)

        return await in_thread(work)

    def rows(self, found: Report, positions: Sequence[int]) -> Iterator[DiffRow]:
        """Yield the rows at these positions; it blocks."""
        return rows(self._comparisons, found.comparison, positions, found.opinions, found.verdicts)

    def stream(
        self,
        found: Report,
        positions: Sequence[int],
        format: Format,  # noqa: A002 - what it is
        *,
        ignore_white_space: bool = False,
    ) -> Iterator[bytes]:
        """Yield what a file would hold, row by row; it blocks."""
        wanted = self.rows(found, positions)
        if format == "html":
            return html_chunks(found, wanted, len(positions), ignore_white_space=ignore_white_space)
        if format == "md":
            return diff_markdown_chunks(found, wanted)
        if format == "json":
            return json_chunks(found, wanted)
        return patch_chunks(wanted)


def json_chunks(found: Report, wanted: Iterator[DiffRow]) -> Iterator[bytes]:
    """Yield one JSON object, its rows one a line."""
    head = to_json({**head_object(found.comparison), **report_object(found)})
    yield head.removesuffix(b"}") + b',"rows":['
    for number, row in enumerate(wanted):
        yield (b",\n" if number else b"\n") + to_json(row_object(row, text_diff(row)))
    yield b"]}\n"


def text_diff(row: DiffRow) -> str | None:
    """Return the diff of the texts of a row, None where they are the same."""
    return unified(well_formed(row.left or ""), well_formed(row.right or ""), "a", "b") or None


def patch_chunks(wanted: Iterator[DiffRow]) -> Iterator[bytes]:
    """Yield a diff that makes the answers of the right of those of the left, each a file named by its custom_id.

    A custom_id that cannot be the name of a file gets one that can.
    """
    taken: set[str] = set()
    for row in wanted:
        left, right = well_formed(row.left or ""), well_formed(row.right or "")
        name = _file_name(row.custom_id, taken)
        yield unified(
            left,
            right,
            NOWHERE if row.left is None else f"a/{name}",
            NOWHERE if row.right is None else f"b/{name}",
        ).encode()


def _file_name(custom_id: str, taken: set[str]) -> str:
    """Return a name for the file of a row, and take it; file systems that do not tell A from a are thought of."""
    wanted = safe_name(custom_id)
    names = chain((wanted,), (f"{wanted}-{number}" for number in count(2)))
    name = next(name for name in names if name.casefold() not in taken)
    taken.add(name.casefold())
    return name
