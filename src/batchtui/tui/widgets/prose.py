"""Markdown made easy to read: marks become looks, lists hang, tables stand in columns.

It stays one text of lines, so that it is scrolled and selected like any other, and nothing in it acts. The line
breaks of the source stay. A text of 2 KB takes about a millisecond of processor time, 64 KB some 30.
"""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from batchtui.tui.widgets.highlight import Span
from batchtui.tui.widgets.prose_inline import Piece, inline
from batchtui.tui.widgets.wrap import wrap_offsets

PROSE_CHARACTERS_MAX = 64 * 1024
"""Up to which length a text is made easy to read; a longer one is shown as its source."""

CONTENT_CELLS_MIN = 8
"""What is left for words however deep they are indented."""

# No two parts of a pattern can take the same white space: in a long line they would try every place between them.
_FENCE = re.compile(r"\s*(`{3,}|~{3,})([^`]*)$")
_HEADING = re.compile(r" {0,3}(#{1,6})(\s.*)?$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*$")
_RULE = re.compile(r" {0,3}([-*_])(?:\s*\1){2,}\s*$")
_QUOTE = re.compile(r" {0,3}((?:>\s?)+)(.*)$")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])\s+(?:\[([ xX])\]\s+)?(.*)$")
_INDENT = re.compile(r"\s*")
_DELIMITERS = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$")
_PIPE = re.compile(r"(?<!\\)\|")


def prose(lines: Sequence[str], width: int) -> list[Piece]:
    """Return the lines of a cleaned text without tabs as they are shown in `width` cells.

    A line without indent may be longer than that; those that hang are broken here.
    """
    return list(_Reader(lines, width).pieces())


def _unclosed(heading: str) -> str:
    """Return a heading without the marks that may stand at its end."""
    text = heading.strip()
    bare = text.rstrip("#")
    return bare.rstrip() if not bare or bare[-1].isspace() else text


class _Reader:
    """Goes through the lines of a text once."""

    def __init__(self, lines: Sequence[str], width: int) -> None:
        self._lines = lines
        self._width = width
        self._at = 0
        self._in_list = False

    def pieces(self) -> Iterator[Piece]:
        """Yield what is shown."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if not line.strip():
                yield Piece("", [])
            elif match := _FENCE.match(line):
                yield from self._code(match[1], match[2].strip())
            elif "|" in line and self._is_table():
                yield from self._table(line)
            else:
                yield from self._line(line)

    def _line(self, line: str) -> Iterator[Piece]:
        indent = _INDENT.match(line)
        margin = indent.group() if indent else ""
        if match := _HEADING.match(line):
            self._in_list = False
            yield inline(_unclosed(match[2] or ""), "heading")
        elif _RULE.match(line):
            self._in_list = False
            rule = "─" * min(self._width, 40)
            yield Piece(rule, [Span(0, len(rule), "faint")])
        elif match := _QUOTE.match(line):
            bars = "│ " * min(match[1].count(">"), 8)
            yield from self._hanging(bars, [Span(0, len(bars), "faint")], inline(match[2], "quote"), bars)
        elif match := _ITEM.match(line):
            self._in_list = True
            mark = "•" if match[2] in "-*+" else match[2]
            box = "" if match[3] is None else "☐ " if match[3] == " " else "☑ "
            lead = f"{match[1]}{mark} {box}"
            look = Span(len(match[1]), len(lead), "key")
            yield from self._hanging(lead, [look], inline(match[4]), " " * cell_len(lead))
        elif self._is_underlined() and not margin:
            self._at += 1
            yield inline(line, "heading")
        elif len(margin) >= 4 and not self._in_list:
            yield Piece(line, [Span(0, len(line), "code")])
        else:
            self._in_list = self._in_list and bool(margin)
            yield from self._hanging(margin, [], inline(line[len(margin) :].rstrip("\\ ")), margin)

    def _is_underlined(self) -> bool:
        return self._at < len(self._lines) and _UNDERLINE.match(self._lines[self._at]) is not None

    def _is_table(self) -> bool:
        if self._at == len(self._lines) or "-" not in self._lines[self._at]:
            return False
        below = self._lines[self._at]
        return _DELIMITERS.match(below.strip()) is not None and len(_cells(below)) == len(
            _cells(self._lines[self._at - 1])
        )

    def _code(self, fence: str, language: str) -> Iterator[Piece]:
        """Yield fenced code, up to the fence that ends it or to the end."""
        if language:
            yield Piece(f"  {language}", [Span(0, len(language) + 2, "faint")])
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            match = _FENCE.match(line)
            if match and match[1].startswith(fence) and not match[2].strip():
                return
            yield from self._hanging("  ", [], Piece(line, [Span(0, len(line), "code")]), "  ")

    def _table(self, head: str) -> Iterator[Piece]:
        """Yield a table whose columns fit the width, longer cells broken into lines."""
        below = _cells(self._lines[self._at])
        self._at += 1
        rows = [_cells(head)]
        while self._at < len(self._lines) and "|" in self._lines[self._at]:
            rows.append(_cells(self._lines[self._at]))
            self._at += 1
        count = len(below)
        table = [
            [inline(cell, "" if number else "strong") for cell in _exactly(row, count)]
            for number, row in enumerate(rows)
        ]
        natural = [max(cell_len(row[column].text) for row in table) for column in range(count)]
        widths = _fitted(natural, self._width - 3 * (count - 1))
        aligned = [_alignment(cell) for cell in below]
        for number, row in enumerate(table):
            yield from _table_lines(row, widths, aligned)
            if number == 0:
                rule = "─┼─".join("─" * width for width in widths)
                yield Piece(rule, [Span(0, len(rule), "faint")])

    def _hanging(self, lead: str, looks: list[Span], content: Piece, indent: str) -> Iterator[Piece]:
        """Yield a line after a lead, and what of it does not fit after an indent."""
        if not lead:
            yield content
            return
        for number, line in enumerate(_broken(content, max(CONTENT_CELLS_MIN, self._width - cell_len(lead)))):
            before = indent if number else lead
            bars = [Span(0, len(before), "faint")] if number and not before.isspace() else []
            yield Piece(before + line.text, [*(bars if number else looks), *_moved(line.spans, len(before))])


def _broken(piece: Piece, width: int) -> Iterator[Piece]:
    """Yield a piece as lines of at most so many cells."""
    starts = wrap_offsets(piece.text, width)
    if len(starts) == 1:
        yield piece
        return
    for start, end in zip(starts, [*starts[1:], len(piece.text)], strict=True):
        line = piece.text[start:end].rstrip()
        last = start + len(line)
        spans = [
            Span(max(span.start, start) - start, min(span.end, last) - start, span.look)
            for span in piece.spans
            if span.end > start and span.start < last
        ]
        yield Piece(line, spans)


def _moved(spans: Sequence[Span], by: int) -> list[Span]:
    return [Span(span.start + by, span.end + by, span.look) for span in spans]


def _cells(line: str) -> list[str]:
    """Return the cells of a row of a table."""
    return [cell.strip() for cell in _PIPE.split(line.strip().removeprefix("|").removesuffix("|"))]


def _exactly(cells: list[str], count: int) -> list[str]:
    """Return so many cells, the last with what is too much."""
    if len(cells) > count:
        return [*cells[: count - 1], " | ".join(cells[count - 1 :])]
    return cells + [""] * (count - len(cells))


def _alignment(cell: str) -> str:
    return "center" if cell.startswith(":") and cell.endswith(":") else "right" if cell.endswith(":") else "left"


def _fitted(natural: list[int], room: int) -> list[int]:
    """Return widths of columns that fit into a room, taken from the widest ones."""
    narrow = max(1, room // len(natural))
    rest, wide = room, len(natural)
    limit = narrow
    for width in sorted(natural):
        limit = max(1, rest // wide)
        if width > limit:
            break
        rest, wide = rest - width, wide - 1
    return [max(1, min(width, limit)) for width in natural] if wide else [max(1, width) for width in natural]


def _table_lines(row: Sequence[Piece], widths: Sequence[int], aligned: Sequence[str]) -> Iterator[Piece]:
    """Yield the lines of one row."""
    broken = [list(_broken(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, broken))):
        text, spans = "", list[Span]()
        for column, lines in enumerate(broken):
            if column:
                spans.append(Span(len(text), len(text) + 3, "faint"))
                text += " │ "
            cell = lines[number] if number < len(lines) else Piece("", [])
            room = max(0, widths[column] - cell_len(cell.text))
            before = {"right": room, "center": room // 2}.get(aligned[column], 0)
            spans += _moved(cell.spans, len(text) + before)
            text += " " * before + cell.text + " " * (room - before)
        yield Piece(text, spans)
