"""What stands inside a line of Markdown: emphasis, code, links. One pass, however many marks there are."""

import re
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from batchtui.tui.widgets.highlight import LONGEST_PARAGRAPH, Span

_TOKEN = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)"
    r"|(?P<link>!?\[(?P<label>[^\[\]]*)\]\((?P<url>[^()\s]+)(?:\s+\"[^\"]*\")?\))"
    r"|<(?P<auto>https?://[^\s<>]+)>"
    r"|(?P<bare>https?://[^\s<>)\]]+)"
    r"|(?P<mark>\*{1,3}|_{1,3}|~~)"
)
_TICKS = re.compile("`+")
_LOOKS = {1: "emphasis", 2: "strong", 3: "strong"}


class Piece(NamedTuple):
    """A text to show and the looks in it, in order and without overlap."""

    text: str
    spans: list[Span]


class _Edit(NamedTuple):
    """Some characters of the source that are shown otherwise."""

    start: int
    end: int
    shown: str


def inline(source: str, base: str = "") -> Piece:
    """Return a line without its marks, and how its parts look; what is in none has the look `base`, if any.

    The target of a link stands after its words, so that it is never hidden. Very long lines stay as they are.
    """
    if len(source) > LONGEST_PARAGRAPH or not _TOKEN.search(source):
        return Piece(source, [Span(0, len(source), base)] if base and source else [])
    line = _Line(source)
    return line.piece(base)


class _Line:
    """Takes a line apart."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._edits: list[_Edit] = []
        self._looks: list[Span] = []
        self._open: dict[str, tuple[int, int]] = {}
        self._read()

    def piece(self, base: str) -> Piece:
        """Return what is shown of it."""
        edits = sorted(self._edits)
        shown, at = [], 0
        for edit in edits:
            shown += [self._source[at : edit.start], edit.shown]
            at = edit.end
        shown.append(self._source[at:])
        text = "".join(shown)
        ends = [edit.end for edit in edits]
        shifts = [0, *accumulate(len(edit.shown) - (edit.end - edit.start) for edit in edits)]

        def place(at: int) -> int:
            return at + shifts[bisect_right(ends, at)]

        looks = [Span(place(look.start), place(look.end), look.look) for look in self._looks]
        return Piece(text, _apart(looks, len(text), base))

    def _read(self) -> None:
        at = 0
        runs: list[tuple[int, int]] | None = None
        while found := _TOKEN.search(self._source, at):
            start, at = found.span()
            if found["escaped"]:
                self._edits.append(_Edit(start, start + 1, ""))
            elif found["ticks"]:
                runs = [run.span() for run in _TICKS.finditer(self._source)] if runs is None else runs
                at = self._code(start, at, runs)
            elif found["link"]:
                self._link(start, at, found["label"], found["url"])
            elif found["auto"]:
                self._edits += [_Edit(start, start + 1, ""), _Edit(at - 1, at, "")]
                self._looks.append(Span(start + 1, at - 1, "link"))
            elif found["bare"]:
                self._looks.append(Span(start, at, "link"))
            else:
                self._mark(start, at, found["mark"])

    def _code(self, start: int, end: int, runs: list[tuple[int, int]]) -> int:
        """Take a code span, if it is closed; return where to go on."""
        length = end - start
        first = bisect_right(runs, (start, end))
        close = next((run for run in runs[first : first + 64] if run[1] - run[0] == length), None)
        if close is None:
            return end
        self._edits += [_Edit(start, end, ""), _Edit(*close, "")]
        self._looks.append(Span(end, close[0], "code"))
        return close[1]

    def _link(self, start: int, end: int, label: str, url: str) -> None:
        before = start + (2 if self._source[start] == "!" else 1)
        after = before + len(label)
        target = "" if label == url else f" ({url})" if label else url
        self._edits += [_Edit(start, before, ""), _Edit(after, end, target)]
        self._looks.append(Span(before, after, "link"))

    def _mark(self, start: int, end: int, kind: str) -> None:
        """Open or close an emphasis where a mark can be one."""
        before = self._source[start - 1] if start else " "
        after = self._source[end] if end < len(self._source) else " "
        inside_word = kind[0] == "_" and before.isalnum() and after.isalnum()
        if not before.isspace() and not inside_word:
            if kind in self._open:
                self._close(kind, start, end)
                return
            if len(kind) == 3 and kind[:1] in self._open and kind[:2] in self._open:
                # The one that began later ends first.
                inner = 1 if self._open[kind[:1]] > self._open[kind[:2]] else 2
                self._close(kind[:inner], start, start + inner)
                self._close(kind[inner:], start + inner, end)
                return
        if not after.isspace() and not inside_word:
            self._open[kind] = (start, end)

    def _close(self, kind: str, start: int, end: int) -> None:
        opened = self._open.pop(kind)
        self._edits += [_Edit(*opened, ""), _Edit(start, end, "")]
        self._looks.append(Span(opened[1], start, "faint" if kind == "~~" else _LOOKS[len(kind)]))


def _apart(looks: list[Span], length: int, base: str) -> list[Span]:
    """Return looks without overlap: of several in one place the one that began last."""
    borders = sorted(
        [(look.start, 1, number) for number, look in enumerate(looks)]
        + [(look.end, 0, number) for number, look in enumerate(looks)]
    )
    pieces: list[Span] = []
    active: list[int] = []
    at = 0
    for position, begins, number in [*borders, (length, 1, -1)]:
        look = looks[active[-1]].look if active else base
        if look and position > at:
            pieces.append(Span(at, position, look))
        at = max(at, position)
        if begins:
            active.append(number)
        elif number in active:
            active.remove(number)
    return pieces
