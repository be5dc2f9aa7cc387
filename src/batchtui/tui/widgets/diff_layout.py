"""From the lines of a diff to the lines of a screen: cleaned, in one column or two, wrapped as they are wanted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

from batchtui.domain.diff import DiffLine, Fold, Segment
from batchtui.tui.text import clean, clean_line
from batchtui.tui.widgets.wrap import wrap_offsets

Kind = Literal["same", "changed", "removed", "added", "fold", "note"]

Mark = tuple[int, int]
"""A changed piece of a line: its first character and the one after its last."""

TAB_CHARACTERS = 4

WRAPPED_CHARACTERS = 8 * 1024
"""How much of a very long line is wrapped at once, so that no step takes long."""


class Piece(NamedTuple):
    """What one side has on a line, as it can be painted, and what of it is changed, if not all of it."""

    number: int | None
    text: str
    marks: tuple[Mark, ...] = ()

    def marks_in(self, start: int, end: int) -> Iterator[Mark]:
        """Yield what is changed between two characters, counted from the first of them."""
        first = bisect_left(self.marks, start + 1, key=lambda mark: mark[1])
        for begin, stop in self.marks[first:]:
            if begin >= end:
                return
            yield max(begin, start) - start, min(stop, end) - start


class Line(NamedTuple):
    """A line of a diff before it is wrapped. In one column it has one piece: the right one if that is new."""

    kind: Kind
    left: Piece | None
    right: Piece | None


class ScreenLine(NamedTuple):
    """What stands on a line of the screen: of which line, and from where to where of its pieces."""

    line: int
    left: tuple[int, int] | None
    right: tuple[int, int] | None


class Note(NamedTuple):
    """A line between the lines, in words of ours or the path of a change."""

    text: str


Row = DiffLine | Fold | Note


class Layout:
    """The lines of a diff on a screen, laid out as far as they were asked for.

    `lines` are those looked at so far, `places` those of the screen, `is_over` says whether that is all.
    """

    def __init__(self, rows: Sequence[Row] = (), width: int = 1, *, columns: Literal[1, 2] = 1) -> None:
        """Lay out rows with `width` cells for the text of a column."""
        self.lines: list[Line] = []
        self.places: list[ScreenLine] = []
        self.is_over = False
        self._rest = self._screen_lines(rows, width, columns)

    def go_on(self, is_enough: Callable[[ScreenLine], bool]) -> None:
        """Lay out more lines until it is enough, or over."""
        for place in self._rest:
            self.places.append(place)
            if is_enough(place):
                return
        self.is_over = True

    def first_of(self, line: int) -> int:
        """Return the first line of the screen that is of a line, or of one after it."""
        return bisect_left(self.places, line, key=lambda place: place.line)

    def begins_line(self, at: int) -> bool:
        """Return whether a line of the screen is the first of its line."""
        return at == 0 or self.places[at - 1].line != self.places[at].line

    def change_after(self, at: int) -> int | None:
        """Return the first line of the screen after another on which a change begins, None if there is none yet."""
        return next((n for n in range(at + 1, len(self.places)) if self._begins_change(n)), None)

    def change_before(self, at: int) -> int | None:
        """Return the last line of the screen before another on which a change begins."""
        return next((n for n in range(min(at, len(self.places)) - 1, -1, -1) if self._begins_change(n)), None)

    def _begins_change(self, at: int) -> bool:
        return self._is_changed(at) and (at == 0 or not self._is_changed(at - 1))

    def _is_changed(self, at: int) -> bool:
        place = self.places[at]
        line = self.lines[place.line]
        if line.kind not in {"changed", "removed", "added"}:
            return False
        sides = [(line.left, place.left), (line.right, place.right)]
        return any(
            next(piece.marks_in(*span), None) is not None or (line.kind != "changed" and not piece.marks)
            for piece, span in sides
            if piece is not None and span is not None
        )

    def _screen_lines(self, rows: Sequence[Row], width: int, columns: Literal[1, 2]) -> Iterator[ScreenLine]:
        for line in two_columns(rows) if columns == 2 else one_column(rows):
            self.lines.append(line)
            yield from screen_lines(line, len(self.lines) - 1, width, columns=columns)


def two_columns(rows: Iterable[Row]) -> Iterator[Line]:
    """Return the lines of a diff for two columns beside each other."""
    for row in rows:
        if not isinstance(row, DiffLine):
            yield _between(row)
            continue
        left, right = _pieces(row)
        yield Line(row.kind, left, right)


def one_column(rows: Iterable[Row]) -> Iterator[Line]:
    """Return the lines of a diff for one column: what is changed stands there as it was and as it is."""
    for row in rows:
        if not isinstance(row, DiffLine):
            yield _between(row)
            continue
        left, right = _pieces(row)
        if row.kind == "same":
            yield Line("same", left, right)
            continue
        if left is not None:
            yield Line("removed", left, None)
        if right is not None:
            yield Line("added", None, right)


def screen_lines(line: Line, number: int, width: int, *, columns: int) -> Iterator[ScreenLine]:
    """Yield the lines of the screen for a line, with `width` cells for the text of a column.

    In one column a line that is the same on both sides stands there once, as it is on the left.
    """
    left = _wrapped(line.left, width)
    right = _wrapped(line.right if columns == 2 or line.left is None else None, width)
    for left_place, right_place in zip_longest(left, right):
        yield ScreenLine(number, left_place, right_place)


def _wrapped(piece: Piece | None, width: int) -> Iterator[Mark]:
    """Yield from where to where the screen lines of a piece go; one that is empty has one."""
    if piece is None:
        return
    text, start = piece.text, 0
    while True:
        block = text[start : start + WRAPPED_CHARACTERS]
        offsets = wrap_offsets(block, width)
        is_last = start + len(block) == len(text)
        # The last line of a block goes on in the next one.
        ends = [*offsets[1:], len(block)] if is_last or len(offsets) == 1 else offsets[1:]
        for offset, end in zip(offsets, ends, strict=False):
            yield start + offset, start + end
        if is_last:
            return
        start += ends[-1]


def _between(row: Fold | Note) -> Line:
    if isinstance(row, Note):
        return Line("note", Piece(None, clean_line(row.text)), None)
    lines = "1 equal line" if row.count == 1 else f"{row.count:,} equal lines"
    return Line("fold", Piece(None, f"⋯ {lines}"), None)


def _pieces(row: DiffLine) -> tuple[Piece | None, Piece | None]:
    """Return what can be painted of both sides, with the line ends where only they tell the sides apart."""
    ends = (_end(row.left), _end(row.right))
    are_shown = row.kind == "changed" and ends[0] != ends[1]
    if row.kind == "removed":
        return _piece(row.left_number, row.left, ends[0])._replace(marks=()), None
    if row.kind == "added":
        return None, _piece(row.right_number, row.right, ends[1])._replace(marks=())
    return (
        _piece(row.left_number, row.left, ends[0], show_end=are_shown),
        _piece(row.right_number, row.right, ends[1], show_end=are_shown),
    )


def _end(segments: Sequence[Segment]) -> str:
    tail = "".join(segment.text for segment in segments[-2:])
    return "\r\n" if tail.endswith("\r\n") else "\n" if tail.endswith("\n") else ""


def _piece(number: int | None, segments: Sequence[Segment], end: str, *, show_end: bool = False) -> Piece:
    left = sum(len(segment.text) for segment in segments) - len(end)
    parts: list[str] = []
    marks: list[Mark] = []
    at = 0
    for segment in segments:
        text = segment.text[:left]
        left -= len(text)
        text = _paintable(text, at)
        if segment.changed and text:
            marks.append((at, at + len(text)))
        parts.append(text)
        at += len(text)
    if show_end:
        shown = "".join({"\r": "␍", "\n": "␊"}[character] for character in end)
        marks.append((at, at + len(shown)))
        parts.append(shown)
    return Piece(number, "".join(parts), tuple(marks))


def _paintable(text: str, at: int) -> str:
    """Return a text that begins `at` some character of its line, without anything that moves the cursor."""
    text = clean(text).replace("\n", "␊")
    if "\t" not in text:
        return text
    before = at % TAB_CHARACTERS
    return (" " * before + text).expandtabs(TAB_CHARACTERS)[before:]
