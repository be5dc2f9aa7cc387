"""What is read of the pair under the cursor, and what differs in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from batchtui.domain.comparison import Comparison, Pair
from batchtui.domain.diff import as_json, diff_lines, fold, json_changes, unified
from batchtui.domain.diff.model import JsonChange
from batchtui.domain.result import read_object
from batchtui.services.compare import Comparisons
from batchtui.tui.present import bodies
from batchtui.tui.widgets.diff_layout import Note, Row
from batchtui.tui.widgets.table_model import Cell

View = Literal["output", "thinking", "request", "usage"]
VIEWS: tuple[View, ...] = ("output", "thinking", "request", "usage")
"""What of a pair can be compared, in the order of the key that goes through them."""

LONG_CHARACTERS = 64 * 1024
"""From how many characters of both texts on they are not compared on the event loop."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What is compared; None where a side has nothing."""

    left: str | None
    right: str | None

    @property
    def is_long(self) -> bool:
        """Whether comparing them could hold up a key."""
        return len(self.left or "") + len(self.right or "") > LONG_CHARACTERS


class DiffReading:
    """Which view is read and how: white space or not, JSON as JSON or as text, equal lines folded or not."""

    def __init__(self, comparisons: Comparisons) -> None:
        self._comparisons = comparisons
        self.view: View = "output"
        self.ignores_white_space = False
        self.is_plain = False
        self.is_folded = True

    @property
    def manner(self) -> tuple[View, bool, bool, bool]:
        """What it is read by, so that it is known when the same is read in the same way."""
        return self.view, self.ignores_white_space, self.is_plain, self.is_folded

    def go_on(self, step: int) -> None:
        """Read another view."""
        self.view = VIEWS[(VIEWS.index(self.view) + step) % len(VIEWS)]

    def texts(self, comparison: Comparison, pair: Pair) -> Texts:
        """Return what the view compares of a pair; reads files and raises `StoreError`."""
        if self.view == "output":
            return Texts(*self._comparisons.texts(comparison, pair))
        if self.view == "request":
            return Texts(*(_pretty(params) for params in self._comparisons.requests(comparison, pair)))
        if self.view == "usage":
            return Texts(*(None if row is None else bodies.usage_body(row).text for row in (pair.left, pair.right)))
        return Texts(*(_thinking(line) for line in self._comparisons.lines(comparison, pair)))

    def unified(self, comparison: Comparison, pair: Pair) -> str:
        """Return what the view compares as a unified diff."""
        texts = self.texts(comparison, pair)
        return unified(texts.left or "", texts.right or "", comparison.left.name, comparison.right.name)

    def title(self, comparison: Comparison, pair: Pair) -> list[Cell]:
        """Return the line over the diff: the views, the one shown standing out, how it is read, and whose it is."""
        cells = [Cell(f"{view}  ", "strong" if view == self.view else "muted") for view in VIEWS]
        how = [
            *(["white space ignored"] if self.ignores_white_space else []),
            *(["as text"] if self.is_plain else []),
            *([] if self.is_folded else ["all lines"]),
        ]
        return [*cells, *(Cell(f"{word}  ", "accent") for word in how), Cell(pair.custom_id, "muted")]

    def rows(self, comparison: Comparison, pair: Pair, texts: Texts) -> list[Row]:
        """Return what differs, and what there is to say of it; reads no file, so it may be called in a thread."""
        missing = [
            Note(f"{_NOTHING[self.view]} on the {word}: {side.name}")
            for word, side, text in (
                ("left", comparison.left, texts.left),
                ("right", comparison.right, texts.right),
            )
            if text is None
        ]
        if len(missing) == 2:
            return list(missing)
        both = None if self.is_plain or missing else as_json(texts.left or "", texts.right or "")
        if both is not None and self.view != "usage":
            return list(self._json_rows(*both))
        return [*missing, *self._text_rows(texts.left or "", texts.right or "")]

    def _text_rows(self, left: str, right: str) -> Iterator[Row]:
        lines = diff_lines(left, right, ignore_white_space=self.ignores_white_space)
        if all(line.kind == "same" for line in lines):
            yield Note("Nothing differs." if left == right else "Nothing differs but white space.")
            yield from lines
        elif self.is_folded:
            yield from fold(lines)
        else:
            yield from lines

    def _json_rows(self, left: object, right: object) -> Iterator[Row]:
        """Yield what differs value by value, or the whole documents with their keys in one order."""
        changes = json_changes(left, right)
        if not changes:
            yield Note("Nothing differs: the same JSON. p shows it as text.")
        elif self.is_folded:
            for change in changes:
                yield from self._json_change(change)
            yield Note("All else is equal. c shows it, p shows JSON as text.")
            return
        yield from diff_lines(_sorted(left), _sorted(right), ignore_white_space=self.ignores_white_space)

    def _json_change(self, change: JsonChange) -> Iterator[Row]:
        yield Note(f"{change.path or '(all of it)'}  {change.kind}")
        are_texts = isinstance(change.left, str) and isinstance(change.right, str)
        left = "" if change.kind == "added" else _shown(change.left, is_text=are_texts)
        right = "" if change.kind == "removed" else _shown(change.right, is_text=are_texts)
        yield from fold(diff_lines(left, right))


_NOTHING: dict[View, str] = {
    "output": "No answer",
    "thinking": "No thinking",
    "request": "The request is not known",
    "usage": "No answer",
}


def _pretty(params: dict[str, Any] | None) -> str | None:
    return None if params is None else bodies.pretty(params)


def _sorted(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _shown(value: object, *, is_text: bool) -> str:
    """Return a value of JSON; only where a text stands on both sides it stands without quotes."""
    return str(value) if is_text else json.dumps(value, indent=2, ensure_ascii=False)


def _thinking(line: bytes | None) -> str | None:
    """Return what the model thought, None where there is no thinking."""
    if line is None:
        return None
    try:
        result = read_object(line).get("result")
    except ValueError:
        return None
    message = result.get("message") if isinstance(result, dict) else None
    if not isinstance(message, dict) or not bodies.has_thinking(message):
        return None
    return bodies.thinking_body(message).text
