"""What a row of data is, and what every kind of data can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import msgspec

from batchtui.domain.errors import DataError

Kind = Literal["csv", "tsv", "json", "jsonl", "sqlite", "parquet", "folder"]

SAMPLE_ROWS = 1_000
"""How many rows are looked at to learn types of columns, and the columns of JSON."""


class Row(msgspec.Struct, frozen=True):
    """One row: `number` counts from 1 over all rows; `line` is where it begins in a text file, None elsewhere."""

    number: int
    values: dict[str, Any]
    line: int | None = None


class Rows(Protocol):
    """Rows of data, read as a stream and as often as wanted; every call may block.

    `source` names them in messages. File filters of a template may read below `folder`, and nowhere if it is None.
    Reading raises `DataError`, which names file and line.
    """

    source: str
    kind: Kind
    columns: tuple[str, ...]
    folder: Path | None

    def __iter__(self) -> Iterator[Row]:
        """Yield all rows; iterations do not disturb each other."""
        ...

    def at(self, number: int) -> Row:
        """Return one row, counting from 1; fast where the rows before it were read before."""
        ...

    def count(self) -> int:
        """Return how many rows there are; the first call may read all of them."""
        ...

    def close(self) -> None:
        """Let go of files; what was read from stdin is gone then."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def no_such_row(rows: Rows, number: int) -> DataError:
    """Return the error for a row that is not there."""
    last = rows.count()
    todo = f"Rows count from 1, and the last one is {last:,}." if last else "There are no rows at all."
    return DataError(f"{rows.source}: there is no row {number:,}.", todo=todo)


def unique_names(names: Iterator[str] | list[str]) -> tuple[str, ...]:
    """Return names of columns that can be told apart.

    White space around a name goes; one without a name is `column_N` by its position, a name that was there before
    gets the first of `_2`, `_3`, … that is free.
    """
    given = [name.strip() or f"column_{position}" for position, name in enumerate(names, 1)]
    taken = set(given)
    unique: list[str] = []
    seen: set[str] = set()
    for name in given:
        chosen, suffix = name, 2
        while chosen in seen or (chosen != name and chosen in taken):
            chosen, suffix = f"{name}_{suffix}", suffix + 1
        seen.add(chosen)
        unique.append(chosen)
    return tuple(unique)
