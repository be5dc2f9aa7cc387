"""Where something stands in a template, and what is wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Where a value stands in a template: `("params", "messages", 0, "content")`."""


class Place(NamedTuple):
    """Where a string begins: `line` counts from 1; `is_block` says that each of its lines is one of the file."""

    line: int
    is_block: bool

    def line_of(self, line_inside: int) -> int:
        """Return the line of the file for a line of the string, as near as can be known."""
        return self.line + line_inside - 1 if self.is_block else self.line


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One thing wrong with a template; `line` counts from 1, None where none can be named."""

    line: int | None
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line is not None else self.message
