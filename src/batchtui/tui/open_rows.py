"""The data rows at hand, open for as long as anybody reads them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.domain.errors import InputError
from batchtui.services.recent import DataChoice
from batchtui.services.worker import Stop, in_thread
from batchtui.tui.drafts import DataFacts

if TYPE_CHECKING:
    from batchtui.services.rows import Rows


ROWS_BETWEEN_STOPS = 1_000
"""After how many rows a count looks whether it is still wanted."""


@dataclass(eq=False, slots=True)
class _Opened:
    place: tuple[str, str, str]
    rows: "Rows"
    readers: int = 0
    counting: asyncio.Task[int] | None = None


class OpenRows:
    """Opens rows when they are first wanted, and lets go of them when others are and the last reader is done.

    `version` grows whenever rows are let go of, so that what was made of them can be told from what is made of
    others. `count` is None until all rows were read once.
    """

    def __init__(self) -> None:
        self.version = 0
        self.count: int | None = None
        self._opened: _Opened | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def reading(self, choice: DataChoice) -> "AsyncIterator[Rows]":
        """Open the rows of a choice and keep them open meanwhile; raises what `open_choice` raises."""
        opened = await self._open(choice)
        opened.readers += 1
        try:
            yield opened.rows
        finally:
            opened.readers -= 1
            if not opened.readers and opened is not self._opened:
                opened.rows.close()

    async def counted(self, choice: DataChoice) -> int:
        """Return how many rows there are. All who ask wait for one count, which goes on if they do not."""
        async with self.reading(choice):
            opened = await self._open(choice)
            if opened.counting is None:
                opened.counting = asyncio.create_task(self._count(choice))
            count = await asyncio.shield(opened.counting)
            if opened is self._opened:
                self.count = count
            return count

    async def _count(self, choice: DataChoice) -> int:
        async with self.reading(choice) as rows:
            return await in_thread(partial(_count, rows))

    async def _open(self, choice: DataChoice) -> _Opened:
        async with self._opening:
            place = (choice.source, choice.query, choice.encoding)
            if self._opened is None or self._opened.place != place:
                opening = asyncio.create_task(asyncio.to_thread(open_choice, choice))
                try:
                    rows = await asyncio.shield(opening)
                except asyncio.CancelledError:
                    opening.add_done_callback(_close_unwanted)
                    raise
                self.close()
                self._opened = _Opened(place, rows)
            return self._opened

    def close(self) -> None:
        """Let go of the rows, so that they are opened anew when they are wanted next."""
        opened, self._opened, self.count = self._opened, None, None
        if opened is None:
            return
        self.version += 1
        if opened.counting is not None:
            opened.counting.cancel()
        if not opened.readers:
            opened.rows.close()


def _close_unwanted(opening: "asyncio.Task[Rows]") -> None:
    """Close rows that were opened for somebody who did not wait for them."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _count(rows: "Rows", stop: Stop) -> int:
    """Return how many rows there are, unless nobody wants to know any more."""
    count = 0
    for count, _ in enumerate(rows, 1):
        if not count % ROWS_BETWEEN_STOPS:
            stop.check()
    return count


def open_choice(choice: DataChoice) -> "Rows":
    """Open the rows of a choice; a leading `~` is the home directory. Blocks.

    A pipe, a device and stdin are refused: waiting for them could not be ended, not even by quitting.
    """
    from batchtui.services.rows import open_rows

    source = _expanded(choice.source)
    path = Path(source)
    if source == "-" or (path.exists() and not path.is_file() and not path.is_dir()):
        raise InputError(
            f"{choice.source}: is a pipe or a device.",
            unharmed="Nothing was read.",
            todo="Give a file or a folder here; `batchtui submit` reads pipes.",
        )
    return open_rows(source, query=choice.query or None, encoding=choice.encoding or None)


def look_into(choice: DataChoice) -> DataFacts:
    """Return what there is to be had, and see that the choice can be used; its rows are not counted. Blocks."""
    if choice.where:
        from batchtui.domain.template.expression import expression

        expression(choice.where)
    with open_choice(choice) as rows:
        return DataFacts(choice, rows.kind, rows.columns)


def absolute(choice: DataChoice) -> DataChoice:
    """Return a choice that means the same wherever the program is started next."""
    return replace(choice, source=str(Path(_expanded(choice.source)).absolute()))


def _expanded(source: str) -> str:
    return os.path.expanduser(source)  # noqa: PTH111 - this one leaves what it cannot do
