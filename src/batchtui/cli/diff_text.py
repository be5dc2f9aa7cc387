"""A comparison for people on a terminal or in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from batchtui.cli.output import out, table_lines, writing
from batchtui.domain.comparison import Comparison
from batchtui.domain.diff import diff_lines, fold
from batchtui.domain.diff.model import DiffLine, Fold, JsonChange, Segment
from batchtui.domain.human import count, counted
from batchtui.services.diff_rows import DiffRow, Report
from batchtui.services.exporting.diff_words import (
    VERDICT_WORDS,
    changes_lines,
    changes_sentence,
    facts_of,
    kind_counts,
    matrix_sentence,
    matrix_table,
    tally_lines,
    totals_table,
)
from batchtui.services.read import to_json
from batchtui.tui.text import clean, clean_line

_RESET, _BOLD, _DIM, _RED, _GREEN, _REVERSE, _NOT_REVERSE = (
    f"\x1b[{code}m" for code in ("0", "1", "2", "31", "32", "7", "27")
)


def has_colour() -> bool:
    """Return whether stdout is a terminal that may be sent colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_lines(lines: Iterable[str]) -> None:
    """Print what the other functions here yield."""
    for line in lines:
        out(line)


def summary_lines(comparison: Comparison, white_space_only: int) -> Iterator[str]:
    """Yield how many rows became what, and the totals of both sides."""
    yield f"A  {clean_line(comparison.left.name)}"
    yield f"B  {clean_line(comparison.right.name)}"
    counts = ", ".join(f"{count(number)} {word}" for word, number in kind_counts(comparison))
    spaces = f" ({count(white_space_only)} of the changed in white space only)" if white_space_only else ""
    yield f"{counts}{spaces}"
    yield ""
    yield from table_lines(("", "A", "B", "B AGAINST A"), totals_table(comparison), right=(1, 2, 3))


def report_lines(found: Report) -> Iterator[str]:
    """Yield what people and judges prefer, and if it was asked for how the requests and the labels differ."""
    yield from tally_lines(found.tally)
    if found.changes is not None:
        yield ""
        yield changes_sentence(found.changes)
    if found.changes is not None and found.changes.groups:
        yield from table_lines(("REQUEST", "A", "B", "WHERE"), changes_lines(found.changes))
    if found.matrix is not None:
        yield ""
        yield clean_line(matrix_sentence(found.matrix)) + " A is down, B is across."
        head, *rows = matrix_table(found.matrix)
        yield from table_lines([clean_line(label) for label in head], rows, right=range(1, len(head)))


def print_rows(rows: Iterable[DiffRow], *, ignore_white_space: bool, colour: bool) -> None:
    """Print rows with what is different in each."""
    paint = _Paint(colour=colour)
    for row in rows:
        for line in row_lines(row, paint, ignore_white_space=ignore_white_space):
            # Every text in it is clean, and what is not is ours.
            with writing():
                sys.stdout.write(line + "\n")


def text_chunks(head: Iterable[str], rows: Iterable[DiffRow], *, ignore_white_space: bool) -> Iterator[bytes]:
    """Yield lines and rows as they are printed without colours."""
    yield "".join(line + "\n" for line in head).encode()
    paint = _Paint(colour=False)
    for row in rows:
        lines = row_lines(row, paint, ignore_white_space=ignore_white_space)
        yield "".join(line + "\n" for line in lines).encode()


class _Paint:
    """Puts colours around text, or leaves it alone."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, *codes: str) -> str:
        return f"{''.join(codes)}{text}{_RESET}" if self._colour and text else text

    def segments(self, segments: Sequence[Segment], *, marked: bool = False) -> str:
        """Return a line without its end; what is `marked` are the words that differ."""
        made = []
        for number, segment in enumerate(segments, 1):
            text = segment.text.removesuffix("\n") if number == len(segments) else segment.text
            shown = clean(text.removesuffix("\r") if not segment.changed else text)
            has_mark = marked and self._colour and segment.changed and shown
            made.append(f"{_REVERSE}{shown}{_NOT_REVERSE}" if has_mark else shown)
        return "".join(made)


def row_lines(row: DiffRow, paint: _Paint, *, ignore_white_space: bool) -> Iterator[str]:
    """Yield the lines that show one row, an empty one last."""
    facts = facts_of(row.kind, (row.left_type, row.right_type), row.similarity)
    if row.opinion is not None:
        facts.append(f"a person: {VERDICT_WORDS[row.opinion]}")
    if row.judged is not None:
        facts.append(f"a judge: {VERDICT_WORDS[row.judged]}")
    yield f"{paint(clean_line(row.custom_id), _BOLD)}  {paint(clean_line(', '.join(facts)), _DIM)}"
    changes = row.json_changes if row.kind == "changed" else None
    if changes is not None:
        yield from _json_lines(changes, paint)
    elif row.kind != "same":
        yield from _text_lines(row, paint, ignore_white_space=ignore_white_space)
    yield ""


def _json_lines(changes: Sequence[JsonChange], paint: _Paint) -> Iterator[str]:
    if not changes:
        yield paint("  the same JSON, written in another way", _DIM)
    for change in changes:
        path = clean_line(change.path) or "(all)"
        if change.kind != "added":
            yield paint(f"- {path}: {_json(change.left)}", _RED)
        if change.kind != "removed":
            yield paint(f"+ {path}: {_json(change.right)}", _GREEN)


def _text_lines(row: DiffRow, paint: _Paint, *, ignore_white_space: bool) -> Iterator[str]:
    added: list[str] = []
    for line in fold(diff_lines(row.left or "", row.right or "", ignore_white_space=ignore_white_space)):
        if isinstance(line, Fold) or line.kind == "same":
            yield from added
            added.clear()
            yield _quiet(line, paint)
            continue
        # Of a line that is new or gone as a whole no word is more so than another.
        marked = line.kind == "changed"
        if line.left:
            # Removed lines of a run come before those that took their place, as in any diff.
            yield paint(f"- {paint.segments(line.left, marked=marked)}", _RED)
        if line.right:
            added.append(paint(f"+ {paint.segments(line.right, marked=marked)}", _GREEN))
    yield from added


def _quiet(line: DiffLine | Fold, paint: _Paint) -> str:
    if isinstance(line, Fold):
        return paint(f"  … {counted(line.count, 'equal line')}", _DIM)
    return f"  {paint.segments(line.right)}"


def _json(value: object) -> str:
    return clean_line(to_json(value).decode())
