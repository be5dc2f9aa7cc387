"""A comparison as Markdown to read and to pass on: everything from outside is in fences or in code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batchtui.domain.diff import unified
from batchtui.domain.unicode import well_formed
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
from batchtui.services.exporting.markdown import code, fenced


def diff_markdown_chunks(report: Report, rows: Iterable[DiffRow]) -> Iterator[bytes]:
    """Yield the document, a section for each row."""
    yield ("\n\n".join(_head(report)) + "\n").encode()
    for row in rows:
        yield ("\n" + "\n\n".join(_section(row)) + "\n").encode()


def _head(report: Report) -> Iterator[str]:
    comparison = report.comparison
    yield f"# {_code(comparison.left.name)} against {_code(comparison.right.name)}"
    joined = "custom_id" if comparison.on is None else f"the column {_code(comparison.on)}"
    counts = ", ".join(f"{number:,} {word}" for word, number in kind_counts(comparison))
    yield f"A is {_code(comparison.left.name)}, B is {_code(comparison.right.name)}, joined on {joined}. {counts}."
    yield from (f"> {_code(note)}" for note in comparison.notes)
    yield _table(("", "A", "B", "B against A"), totals_table(comparison))
    yield from tally_lines(report.tally)
    if report.changes is not None:
        yield "## Requests"
        yield changes_sentence(report.changes)
    if report.changes is not None and report.changes.groups:
        changes = [(*map(_code, texts), where) for *texts, where in changes_lines(report.changes)]
        yield _table(("what", "A", "B", "where"), changes)
    if report.matrix is not None:
        yield "## Labels"
        yield f"{_code(matrix_sentence(report.matrix))} A is down, B is across."
        first, *others = matrix_table(report.matrix)
        yield _table(["", *map(_code, first[1:])], [[_code(label), *numbers] for label, *numbers in others])
    yield "## Rows"


def _section(row: DiffRow) -> Iterator[str]:
    yield f"### {_code(row.custom_id)}"
    facts = facts_of(row.kind, (row.left_type, row.right_type), row.similarity)
    if row.opinion is not None:
        facts.append(f"a person: {VERDICT_WORDS[row.opinion]}")
    if row.judged is not None:
        facts.append(f"a judge: {VERDICT_WORDS[row.judged]}")
    yield " · ".join(_code(fact) if "→" in fact else fact for fact in facts)
    if row.left is not None and row.right is not None:
        diff = unified(well_formed(row.left), well_formed(row.right), "A", "B")
        if diff:
            yield fenced(diff, "diff")
        return
    for name, text in (("A", row.left), ("B", row.right)):
        if text is not None:
            yield f"{name}:"
            yield fenced(well_formed(text))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    # A bar ends a cell even within code.
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(text: str) -> str:
    return code(well_formed(text)) if text.strip() else ""
