"""A comparison as one HTML file to read and to pass on: no script, nothing from elsewhere, no text as markup."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from batchtui.domain.diff import diff_lines, fold
from batchtui.domain.diff.model import DiffLine, Fold, JsonChange, Segment
from batchtui.domain.human import count, counted
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
from batchtui.services.read import to_json

ROWS_MAX = 2_000
"""How many rows a browser opens and scrolls without trouble."""

TEXT_CHARS_MAX = 100_000
LINES_MAX = 1_000
"""What is shown of one row at most: characters of a side that are compared, and lines of the diff."""

OPEN_ROWS = 20

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OVERRIDE = re.compile("[\u202d\u202e]")
"""What makes any text run the other way, so that it reads otherwise than it is."""

_PICTURES = 0x2400
_PICTURE_OF_DELETE = "\u2421"

_STYLE = """
:root{color-scheme:light dark;--line:#d0d7de;--soft:#f6f8fa;--dim:#59636e;--old:#ffebe9;--new:#dafbe1;
--old-word:#ffb8b0;--new-word:#8be5a0}
@media (prefers-color-scheme:dark){:root{--line:#3d444d;--soft:#161b22;--dim:#9198a1;--old:#3a1d1f;--new:#14301f;
--old-word:#8e3a38;--new-word:#1f6f3c}}
body{font:15px/1.5 system-ui,sans-serif;max-width:110rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
th,td{border:1px solid var(--line);padding:.2rem .6rem;text-align:start;vertical-align:top}
th{background:var(--soft);font-weight:600}
td.n{text-align:end;font-variant-numeric:tabular-nums}
td.h{font-weight:600}
p.d,span.d{color:var(--dim)}
details{border:1px solid var(--line);border-radius:6px;margin:.6rem 0;overflow-x:auto}
summary{padding:.4rem .8rem;background:var(--soft);cursor:pointer}
summary b{margin-inline-end:.8rem}
details p{padding:0 .8rem}
table.w{table-layout:fixed;width:100%;margin:0;font:13px/1.45 ui-monospace,monospace}
table.w col.k{width:4rem}
table.w td{border:0;padding:0 .5rem;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
table.w td.k{color:var(--dim);text-align:end;user-select:none}
td.o{background:var(--old)}
td.a{background:var(--new)}
td.o mark{background:var(--old-word);color:inherit}
td.a mark{background:var(--new-word);color:inherit}
td.f{color:var(--dim);text-align:center}
bdi,td.x{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
"""

_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


def html_chunks(
    report: Report, rows: Iterable[DiffRow], total: int, *, ignore_white_space: bool
) -> Iterator[bytes]:
    """Yield the file; `total` is how many rows there are, of which the first `ROWS_MAX` are written."""
    yield "\n".join([*_head(report), *_rows_head(total)]).encode()
    for number, row in enumerate(islice(rows, ROWS_MAX)):
        yield ("\n" + _row(row, is_open=number < OPEN_ROWS, ignore_white_space=ignore_white_space)).encode()
    yield b"\n</body>\n</html>\n"


def _head(report: Report) -> Iterator[str]:
    comparison = report.comparison
    left, right = comparison.left.name, comparison.right.name
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{_plain(left)} vs {_plain(right)}</title>"
    yield f"<style>{_STYLE}</style></head>"
    yield "<body>"
    yield f"<h1>A: {_bdi(left)}<br>B: {_bdi(right)}</h1>"
    joined = "custom_id" if comparison.on is None else f"the column {comparison.on}"
    counts = ", ".join(f"{count(number)} {word}" for word, number in kind_counts(comparison))
    yield f"<p>{_bdi(counts)}. <span class=d>Joined on {_bdi(joined)}.</span></p>"
    for note in comparison.notes:
        yield f"<p class=d>{_bdi(note)}</p>"
    yield _table(("", "A", "B", "B against A"), totals_table(comparison), numbers_from=1)
    for line in tally_lines(report.tally):
        yield f"<p>{_bdi(line)}</p>"
    if report.changes is not None:
        yield "<h2>Requests</h2>"
        yield f"<p>{_bdi(changes_sentence(report.changes))}</p>"
    if report.changes is not None and report.changes.groups:
        yield _table(("what", "A", "B", "where"), changes_lines(report.changes))
    if report.matrix is not None:
        yield "<h2>Labels</h2>"
        yield f"<p>{_bdi(matrix_sentence(report.matrix))} A is down, B is across.</p>"
        first, *others = matrix_table(report.matrix)
        yield _table(first, others, numbers_from=1)


def _rows_head(total: int) -> Iterator[str]:
    yield "<h2>Rows</h2>"
    if total > ROWS_MAX:
        yield (
            f"<p class=d>The first {count(ROWS_MAX)} of {counted(total, 'row')}; {count(total - ROWS_MAX)} are "
            "left out, because a browser would open them slowly. JSON and diff files have all of them.</p>"
        )
    elif not total:
        yield "<p class=d>There are no rows to show.</p>"


def _row(row: DiffRow, *, is_open: bool, ignore_white_space: bool) -> str:
    facts = facts_of(row.kind, (row.left_type, row.right_type), row.similarity)
    if row.opinion is not None:
        facts.append(f"a person: {VERDICT_WORDS[row.opinion]}")
    if row.judged is not None:
        facts.append(f"a judge: {VERDICT_WORDS[row.judged]}")
    parts = [
        f"<details{' open' if is_open else ''}><summary><b>{_bdi(row.custom_id)}</b>"
        f"<span class=d>{_bdi(' · '.join(facts))}</span></summary>"
    ]
    changes = row.json_changes
    if changes is not None:
        parts.append(_json_table(changes))
    left, right = row.left or "", row.right or ""
    longest = max(len(left), len(right))
    if longest > TEXT_CHARS_MAX:
        left, right = left[:TEXT_CHARS_MAX], right[:TEXT_CHARS_MAX]
        parts.append(f"<p class=d>Only the first {count(TEXT_CHARS_MAX)} of {counted(longest, 'character')}.</p>")
    lines = fold(diff_lines(well_formed(left), well_formed(right), ignore_white_space=ignore_white_space))
    parts.append('<table class="w"><colgroup><col class="k"><col><col class="k"><col></colgroup>')
    parts += [_line(line) for line in lines[:LINES_MAX]]
    parts.append("</table>")
    if len(lines) > LINES_MAX:
        parts.append(f"<p class=d>{counted(len(lines) - LINES_MAX, 'more line')} not shown.</p>")
    parts.append("</details>")
    return "\n".join(parts)


def _line(line: DiffLine | Fold) -> str:
    if isinstance(line, Fold):
        return f'<tr><td class="f" colspan="4">{counted(line.count, "equal line")}</td></tr>'
    left, right = _cells(line, line.left_number, line.left, "o"), _cells(line, line.right_number, line.right, "a")
    return f"<tr>{left}{right}</tr>"


def _cells(line: DiffLine, number: int | None, segments: Sequence[Segment], class_: str) -> str:
    if number is None:
        return '<td class="k"></td><td></td>'
    # Of a line that is new as a whole no word is more so than another.
    text = "".join(
        f"<mark>{_plain(one.text)}</mark>" if one.changed and line.kind == "changed" else _plain(one.text)
        for one in segments
    )
    coloured = f' class="{class_}"' if line.kind != "same" else ""
    return f'<td class="k">{count(number)}</td><td dir="auto"{coloured}>{text}</td>'


def _json_table(changes: Sequence[JsonChange]) -> str:
    if not changes:
        return "<p class=d>The same JSON, written in another way.</p>"
    shown = [
        (
            change.path,
            "" if change.kind == "added" else to_json(change.left).decode(),
            "" if change.kind == "removed" else to_json(change.right).decode(),
        )
        for change in changes[:LINES_MAX]
    ]
    return _table(("key", "A", "B"), shown)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers_from: int | None = None) -> str:
    cells = "".join(f"<th>{_bdi(cell)}</th>" for cell in head)
    lines = [f"<table><tr>{cells}</tr>"]
    for row in rows:
        made = "".join(
            f'<td class="{"n" if numbers_from is not None and at >= numbers_from else "x"}" dir="auto">'
            f"{_plain(cell)}</td>"
            for at, cell in enumerate(row)
        )
        lines.append(f"<tr>{made}</tr>")
    return "\n".join([*lines, "</table>"])


def _bdi(text: str) -> str:
    return f"<bdi>{_plain(text)}</bdi>"


def _plain(text: str) -> str:
    """Return text that is only text in HTML; control characters are seen as their pictures."""
    return html.escape(_CONTROL.sub(_picture, _OVERRIDE.sub("\ufffd", well_formed(text))))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return _PICTURE_OF_DELETE if code == 0x7F else chr(_PICTURES + code)
