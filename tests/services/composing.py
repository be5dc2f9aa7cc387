"""Templates and rows for the tests of composing."""

from __future__ import annotations

from pathlib import Path

from batchtui.domain.template.model import Template
from batchtui.domain.template.parse import parse_template
from batchtui.services.rows import Rows, open_rows

TEXT = """\
description: Names a river.
custom_id: "row-{{ id }}"
params:
  model: claude-haiku-5-5
  max_tokens: 64
  messages:
    - role: user
      content: "Name a river in {{ country }}. {{ hint }}"
defaults:
  hint: Be quick.
betas: [some-beta-2026]
"""


def template(text: str = TEXT, name: str = "rivers") -> Template:
    return parse_template(text, name)


class Data:
    """CSV files of a test, open until it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: list[Rows] = []

    def lines(self, *lines: str) -> Rows:
        """Return the rows of a new file of these lines."""
        path = self._folder / f"countries-{len(self._opened)}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._opened.append(open_rows(str(path)))
        return self._opened[-1]

    def countries(self, count: int) -> Rows:
        """Return rows with the columns id and country."""
        return self.lines("id,country", *(f"{number},land {number}" for number in range(1, count + 1)))

    def close(self) -> None:
        for rows in self._opened:
            rows.close()
