"""From rows of data to checked request lines, as a stream, with what is wrong collected on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from batchtui.domain.errors import DataError, InputError, RenderError
from batchtui.domain.lint import CheckedRequest, Linter, Problem
from batchtui.services.worker import Stop

if TYPE_CHECKING:
    from batchtui.domain.template.render import Renderer
    from batchtui.services.rows import Row, Rows

LISTED_OF_A_RULE = 100
"""How many problems of a kind are told one by one; all are counted."""

FAILING_SECONDS = 5.0
"""How long rows that fail may take in all before the rest is not tried any more."""

ROWS_BETWEEN_PAUSES = 64

TELLING_SECONDS = 0.5
"""How often it is told how many rows were read."""

_TYPED = "; put `| typed` at the end of its text, and before that `| int` for a number"

HINTS = {
    "custom_id-pattern": "; `| slug` in custom_id makes any text fit",
    "custom_id-duplicate": "; put {{ row_number }} into custom_id, or leave one of the rows out",
    "max_tokens-type": _TYPED,
    "messages-type": _TYPED,
}
"""What to change in a template where its rendered request breaks a rule."""

Where = Callable[[Mapping[str, Any], int], bool]
OnRows = Callable[[int], None]


@dataclass(slots=True)
class Making:
    """Makes a request of every chosen row.

    `where` chooses rows, `limit` takes the first of those chosen. What is wrong with a row goes to `linter` as a
    problem on the line of the data where the row begins, or its number where there are no lines. `rows` counts
    those that were read, `chosen` those of them that were asked for. `on_rows` is told now and then how many rows
    were read.
    """

    renderer: Renderer
    linter: Linter
    stop: Stop
    template: str
    where: Where | None
    limit: int | None
    on_rows: OnRows | None = None
    rows: int = 0
    chosen: int = 0
    _tell_at: float = field(default_factory=lambda: time.monotonic() + TELLING_SECONDS)

    def read(self, rows: Rows) -> Iterator[tuple[CheckedRequest, Row]]:
        """Yield each request without an error and its row; raises `StoppedError` when it may stop."""
        failing_seconds = 0.0
        for row in self._chosen(rows):
            began = time.perf_counter()
            try:
                rendered = self.renderer.render(row.values, row.number)
            except RenderError as error:
                self.linter.add(_problem(error, "template", row))
                failing_seconds += time.perf_counter() - began
                if failing_seconds > FAILING_SECONDS:
                    message = f"after {self.chosen:,} rows the rest was not tried, because so many fail"
                    self.linter.add(Problem(row.line or row.number, "", "unfinished", message))
                    return
                continue
            value = {"custom_id": rendered.custom_id, "params": rendered.params}
            before = len(self.linter.problems)
            request = self.linter.judge(row.number, rendered.line, value)
            if len(self.linter.problems) > before:
                self._name(before, row)
            if request is not None:
                yield request, row
        if not self.chosen and not self.linter.error_count:
            message = f"none of {self.rows:,} rows was chosen" if self.rows else "there are no rows"
            self.linter.add(Problem(1, "", "empty", message))

    def _chosen(self, rows: Rows) -> Iterator[Row]:
        if self.limit == 0:
            return
        try:
            for row in rows:
                self.stop.check()
                self.rows += 1
                if self.rows % ROWS_BETWEEN_PAUSES == 0:
                    # Lets go of the interpreter, or a key press waits for 5 ms each time it needs it.
                    time.sleep(0)
                if self.on_rows is not None and time.monotonic() > self._tell_at:
                    self.on_rows(self.rows)
                    self._tell_at = time.monotonic() + TELLING_SECONDS
                if self._is_wanted(row):
                    self.chosen += 1
                    yield row
                    if self.chosen == self.limit:
                        return
        except DataError as error:
            message = f"{_words(error).removeprefix(f'{rows.source}: ')} The rows after it were not read."
            self.linter.add(Problem(error.line or self.rows + 1, "", "data", message))

    def _is_wanted(self, row: Row) -> bool:
        if self.where is None:
            return True
        try:
            return self.where(row.values, row.number)
        except RenderError as error:
            self.linter.add(_problem(error, "where", row))
            return False

    def _name(self, first: int, row: Row) -> None:
        """Say in new problems of which row they are and what to change in the template."""
        for number in range(first, len(self.linter.problems)):
            problem = self.linter.problems[number]
            message = f"{self.template}, row {row.number:,}: {problem.message}{HINTS.get(problem.rule, '')}"
            self.linter.problems[number] = replace(problem, line=row.line or row.number, message=message)


def row_line(row: Row) -> bytes:
    """Return a data row as one line of JSON, without a newline; what JSON has no word for becomes text.

    Half a character (a lone surrogate) and a number of any size stay what they are.
    """
    try:
        return msgspec.json.encode(row.values, enc_hook=str)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(row.values, separators=(",", ":"), default=str).encode("ascii")


def _problem(error: RenderError, rule: str, row: Row) -> Problem:
    return Problem(row.line or row.number, "", rule, _words(error))


def _words(error: InputError) -> str:
    return f"{error.what} {error.todo}".rstrip()
