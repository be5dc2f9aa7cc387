"""A diff that `patch` applies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batchtui.domain.diff.lines import split_lines
from batchtui.domain.diff.matching import Gap, equal_runs, gaps_between
from batchtui.domain.diff.words import Numbers

NO_NEWLINE = "\\ No newline at end of file\n"

_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\]')
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def unified(left: str, right: str, left_name: str, right_name: str, context: int = 3) -> str:
    """Return a unified diff, empty for equal texts; `patch` makes exactly the right of the left with it.

    Names with control characters, quotes or backslashes are quoted as git does.
    """
    if left == right:
        return ""
    lefts, rights = split_lines(left), split_lines(right)
    numbers = Numbers()
    runs = equal_runs(numbers.of(lefts), numbers.of(rights))
    gaps = [gap for gap, _ in gaps_between(runs, len(lefts), len(rights)) if gap[0] < gap[1] or gap[2] < gap[3]]
    pieces = [f"--- {_name(left_name)}\n", f"+++ {_name(right_name)}\n"]
    for hunk in _hunks(gaps, context):
        pieces += _written(hunk, lefts, rights, context)
    return "".join(pieces)


def _name(name: str) -> str:
    if _UNSAFE.search(name):
        return f'"{_UNSAFE.sub(_escaped, name)}"'
    return f"{name}\t" if " " in name else name


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], f"\\{ord(match[0]):03o}")


def _hunks(gaps: list[Gap], context: int) -> Iterator[list[Gap]]:
    """Yield changes with no more than twice the context between them together."""
    hunk: list[Gap] = []
    for gap in gaps:
        if hunk and gap[0] - hunk[-1][1] > 2 * context:
            yield hunk
            hunk = []
        hunk.append(gap)
    if hunk:
        yield hunk


def _written(hunk: list[Gap], lefts: list[str], rights: list[str], context: int) -> Iterator[str]:
    before = min(context, hunk[0][0])
    start, right_start = hunk[0][0] - before, hunk[0][2] - before
    after = min(context, len(lefts) - hunk[-1][1])
    end, right_end = hunk[-1][1] + after, hunk[-1][3] + after
    yield f"@@ -{_range(start, end)} +{_range(right_start, right_end)} @@\n"
    done = start
    for gap in hunk:
        yield from (_line(" ", line) for line in lefts[done : gap[0]])
        yield from (_line("-", line) for line in lefts[gap[0] : gap[1]])
        yield from (_line("+", line) for line in rights[gap[2] : gap[3]])
        done = gap[1]
    yield from (_line(" ", line) for line in lefts[done:end])


def _range(start: int, end: int) -> str:
    size = end - start
    if size == 1:
        return str(start + 1)
    return f"{start + 1 if size else start},{size}"


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n{NO_NEWLINE}"
