"""Looking for a text in the result files."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from io import FileIO
from itertools import chain, count, groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.domain.result import searched_text
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKeys, Selection, pack, unpack
from batchtui.store import selecting
from batchtui.store.database import Database
from batchtui.store.files import file_errors
from batchtui.store.final import Finals
from batchtui.store.pattern_search import PatternSearch

ROWS_AT_ONCE = 4_000
"""How many places of lines are read from the index at once."""

BLOCK_BYTES = 1 << 20
"""How much is read and looked through at once, unless one line is longer."""

TELL_SECONDS = 0.1
"""How long hits wait for more, but for the first."""

H = TypeVar("H")
T = TypeVar("T")

Found = tuple[int, ResultKeys]
"""Key of a batch and those of its results that hold the text."""

Lines = list[tuple[int, int, int]]
"""Number, first byte and length of lines that follow each other in a file."""


class Searcher:
    """Searches results on a thread of the store, or in a process of its own where Python could not be stopped."""

    def __init__(self, database: Database, finals: Finals, path_of: Callable[[int], Path]) -> None:
        self._database = database
        self._finals = finals
        self._path_of = path_of

    async def search(
        self, selection: Selection, search: Search, on_hits: Callable[[ResultKeys], object] | None
    ) -> ResultKeys:
        """Return what `Results.search` says."""
        return await self._on_thread(lambda tell, stop: self._search(selection, search, tell, stop), on_hits)

    async def everywhere(self, search: Search, on_hits: Callable[[int, ResultKeys], object] | None) -> list[Found]:
        """Return what `Results.search_everywhere` says."""
        told = None if on_hits is None else lambda found: on_hits(*found)
        return await self._on_thread(lambda tell, stop: self._everywhere(search, tell, stop), told)

    async def _on_thread(
        self, work: Callable[[Callable[[H], object], threading.Event], T], on_hits: Callable[[H], object] | None
    ) -> T:
        """Do work on a thread; what it tells is told on the event loop, until the caller is cancelled."""
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def told(hits: H) -> None:
            if on_hits is not None and not stop.is_set():
                on_hits(hits)

        def tell(hits: H) -> None:
            if not stop.is_set():
                loop.call_soon_threadsafe(told, hits)

        try:
            return await self._database.on_reader(lambda: work(tell, stop))
        finally:
            stop.set()

    def _search(
        self, selection: Selection, search: Search, tell: Callable[[ResultKeys], object], stop: threading.Event
    ) -> ResultKeys:
        with self._database.snapshot() as connection:
            downloads = selecting.shown(connection, selection.batch_keys)
            narrowed = selecting.narrowing(connection, self._finals, downloads, selection)
            wanted = set(selecting.keys(connection, self._finals, selection).packed) if narrowed else None
        hits: set[int] = set()
        waiting: list[int] = []
        told_at = 0.0
        for key in self._hits(downloads, search, stop):
            if wanted is not None and key not in wanted:
                continue
            hits.add(key)
            waiting.append(key)
            if time.monotonic() - told_at > TELL_SECONDS:
                tell(ResultKeys(waiting))
                waiting.clear()
                told_at = time.monotonic()
        if waiting:
            tell(ResultKeys(waiting))
        with self._database.snapshot() as connection:
            keys = selecting.keys(connection, self._finals, selection)
        return ResultKeys(key for key in keys.packed if key in hits)

    def _everywhere(self, search: Search, tell: Callable[[Found], object], stop: threading.Event) -> list[Found]:
        with self._database.reading() as connection:
            downloads = connection.execute(
                "SELECT key, download_key FROM batches WHERE download_key IS NOT NULL"
                " ORDER BY created_at DESC, key DESC"
            ).fetchall()
        found: list[Found] = []
        errors: list[StoreError] = []
        hits = self._hits(downloads, search, stop, on_error=errors.append)
        for batch_key, packed in groupby(hits, lambda key: unpack(key)[0]):
            of_batch = set(packed)
            with self._database.snapshot() as connection:
                keys = selecting.keys(connection, self._finals, Selection((batch_key,)))
            found.append((batch_key, ResultKeys(key for key in keys.packed if key in of_batch)))
            tell(found[-1])
        if errors:
            raise errors[0]
        return found

    def _hits(
        self,
        downloads: Iterable[tuple[int, int]],
        search: Search,
        stop: threading.Event,
        *,
        on_error: Callable[[StoreError], object] | None = None,
    ) -> Iterator[int]:
        """Yield the packed keys of all lines that hold the text, file by file, each in its order.

        With `on_error` a file that cannot be read does not keep the others from being searched.
        """
        needles = search.needles()
        with ExitStack() as opened:
            if needles and not search.regex:
                find = partial(self._by_bytes, _Needles(search, needles), stop)
            else:
                find = partial(self._by_pattern, opened.enter_context(PatternSearch(search, stop)))
            for batch_key, download_key in downloads:
                if stop.is_set():
                    return
                try:
                    for seq in find(batch_key, download_key):
                        yield pack((batch_key, seq))
                except UnknownIdError:
                    continue  # Forgotten since the search began.
                except StoreError as error:
                    if on_error is None:
                        raise
                    on_error(error)

    def _by_bytes(
        self, needles: _Needles, stop: threading.Event, batch_key: int, download_key: int
    ) -> Iterator[int]:
        path = self._path_of(batch_key)
        with file_errors(path), path.open("rb", buffering=0) as file:
            for lines, put_together in self._lines(download_key):
                for block in _cut(lines):
                    if stop.is_set():
                        return
                    yield from needles.find(file, block, put_together)

    def _by_pattern(self, pattern: PatternSearch, batch_key: int, download_key: int) -> Iterator[int]:
        with self._database.reading() as connection:
            offsets = array(
                "q",
                chain.from_iterable(
                    connection.execute(
                        "SELECT offset FROM results WHERE download_key = ? ORDER BY seq", (download_key,)
                    ).fetchall()
                ),
            )
        path = self._path_of(batch_key)
        with file_errors(path):
            for offset in pattern.offsets(path):
                seq = bisect_left(offsets, offset)
                # A download that runs may have written more lines than the index has yet, and one that has just
                # taken the place of this has others.
                if seq < len(offsets) and offsets[seq] == offset:
                    yield seq

    def _lines(self, download_key: int) -> Iterator[tuple[Lines, set[int]]]:
        """Yield the lines of a download, some at a time, and which have a text put together from several blocks."""
        for first in count(0, ROWS_AT_ONCE):
            some = "download_key = ? AND seq >= ? AND seq < ?"
            values = (download_key, first, first + ROWS_AT_ONCE)
            with self._database.snapshot() as connection:
                lines: Lines = connection.execute(
                    f"SELECT seq, offset, length FROM results WHERE {some} ORDER BY seq", values
                ).fetchall()
                put_together = connection.execute(
                    f"SELECT seq FROM results WHERE {some} AND coalesce(text_blocks, 2) > 1", values
                ).fetchall()
            if not lines:
                return
            yield lines, set(chain.from_iterable(put_together))


class _Needles:
    """Finds lines by their bytes, and looks at the text of those alone."""

    def __init__(self, search: Search, needles: Sequence[bytes]) -> None:
        self._search = search
        self._needles = needles

    def find(self, file: FileIO, lines: Lines, put_together: set[int]) -> Iterator[int]:
        """Yield the number of each line that holds the text; of `put_together` ones the bytes say nothing."""
        _, begin, _ = lines[0]
        _, offset, length = lines[-1]
        block = os.pread(file.fileno(), offset + length - begin, begin)
        small = block if self._search.match_case else block.lower()
        starts = [offset - begin for _, offset, _ in lines]
        candidates = (
            {row for row, (seq, _, _) in enumerate(lines) if seq in put_together} if put_together else set()
        )
        for needle in self._needles:
            at = small.find(needle)
            while at >= 0:
                row = bisect_right(starts, at)
                candidates.add(row - 1)
                at = small.find(needle, starts[row]) if row < len(starts) else -1
        for row in sorted(candidates):
            seq, offset, length = lines[row]
            if self._search.finds(searched_text(block[starts[row] : starts[row] + length])):
                yield seq


def _cut(lines: Lines) -> Iterator[Lines]:
    """Yield lines in blocks of about `BLOCK_BYTES`."""
    first = 0
    while first < len(lines):
        end = lines[first][1] + BLOCK_BYTES
        last = max(first + 1, bisect_right(lines, end, lo=first, key=itemgetter(1)) - 1)
        yield lines[first:last]
        first = last
