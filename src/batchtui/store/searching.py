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
from pathlib import Path
from typing import NamedTuple, TypeVar

from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.domain.result import searched_text
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKeys, Selection, pack, unpack
from batchtui.store import selecting
from batchtui.store.bodies import borrowed
from batchtui.store.database import Database
from batchtui.store.files import file_errors
from batchtui.store.final import Finals
from batchtui.store.pattern_search import PatternSearch

ROWS_AT_ONCE = 4_000
"""How many places of lines are read from the index at once."""

BLOCK_BYTES = 1 << 18
"""How much is read and looked through at once, unless one line is longer. It stays in the caches of a processor."""

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
        with file_errors(path), borrowed(path) as readable, readable.open("rb", buffering=0) as file:
            for stretch in self._stretches(download_key):
                if stop.is_set():
                    return
                yield from needles.find(file, stretch, stop)

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
        with file_errors(path), borrowed(path) as readable:
            for offset in pattern.offsets(readable):
                seq = bisect_left(offsets, offset)
                # A download that runs may have written more lines than the index has yet, and one that has just
                # taken the place of this has others.
                if seq < len(offsets) and offsets[seq] == offset:
                    yield seq

    def _stretches(self, download_key: int) -> Iterator[_Stretch]:
        """Yield where the lines of a download are, some at a time."""
        for first in count(0, ROWS_AT_ONCE):
            some = "FROM results WHERE download_key = ? AND seq >= ? AND seq < ?"
            values = (download_key, first, first + ROWS_AT_ONCE)
            with self._database.snapshot() as connection:
                place = f"SELECT offset, length {some} ORDER BY seq"
                begin = connection.execute(f"{place} LIMIT 1", values).fetchone()
                if begin is None:
                    return
                end = connection.execute(f"{place} DESC LIMIT 1", values).fetchone()
                put_together = connection.execute(
                    f"SELECT seq {some} AND coalesce(text_blocks, 2) > 1", values
                ).fetchall()
            lines = partial(self._read, f"SELECT seq, offset, length {some} ORDER BY seq", values)
            yield _Stretch(begin[0], sum(end), set(chain.from_iterable(put_together)), lines)

    def _read(self, query: str, values: tuple[int, ...]) -> Lines:
        with self._database.reading() as connection:
            return connection.execute(query, values).fetchall()


class _Stretch(NamedTuple):
    """Lines that follow each other in a file, from byte `begin` to `end`.

    Of those in `put_together`, which are numbers, the text stands in several blocks, and their bytes say nothing.
    `lines` reads the places of all, which takes longer than looking through their bytes.
    """

    begin: int
    end: int
    put_together: set[int]
    lines: Callable[[], Lines]


class _Needles:
    """Finds lines by their bytes, and looks at the text of those alone."""

    def __init__(self, search: Search, needles: Sequence[bytes]) -> None:
        self._search = search
        self._needles = needles

    def find(self, file: FileIO, stretch: _Stretch, stop: threading.Event) -> Iterator[int]:
        """Yield the number of each line that holds the text, until it is to stop."""
        lines = stretch.lines() if stretch.put_together else []
        starts = [offset for _, offset, _ in lines]
        for begin, block in _blocks(file, stretch.begin, stretch.end):
            if stop.is_set():
                return
            places = list(self._places(begin, block))
            if places and not lines:
                lines = stretch.lines()
                starts = [offset for _, offset, _ in lines]
            candidates = {bisect_right(starts, at) - 1 for at in places} if lines else set()
            if stretch.put_together:
                rows = range(bisect_left(starts, begin), bisect_left(starts, begin + len(block)))
                candidates.update(row for row in rows if lines[row][0] in stretch.put_together)
            for row in sorted(candidates):
                seq, offset, length = lines[row]
                if self._search.finds(searched_text(os.pread(file.fileno(), length, offset))):
                    yield seq

    def _places(self, begin: int, block: bytes) -> Iterator[int]:
        """Yield a byte of each line in a block that has one of the needles."""
        small = block if self._search.match_case else block.lower()
        for needle in self._needles:
            at = small.find(needle)
            while at >= 0:
                yield begin + at
                end = small.find(b"\n", at)
                at = small.find(needle, end) if end >= 0 else -1


def _blocks(file: FileIO, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield a part of a file in blocks of about `BLOCK_BYTES`, each with where it begins; they end with a line."""
    size = BLOCK_BYTES
    while begin < end:
        wanted = min(size, end - begin)
        block = os.pread(file.fileno(), wanted, begin)
        if len(block) == wanted < end - begin:
            block = block[: block.rfind(b"\n") + 1]
            if not block:
                size *= 2
                continue
        elif not block:
            return  # Another file has taken its place.
        yield begin, block
        begin += len(block)
        size = BLOCK_BYTES
