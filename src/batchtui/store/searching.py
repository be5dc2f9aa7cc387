"""Looking for a text in the result files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from batchtui.domain.result import searched_text
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKeys, Selection, pack
from batchtui.store import selecting
from batchtui.store.database import Database
from batchtui.store.files import file_errors
from batchtui.store.final import Finals

OnHits = Callable[[ResultKeys], object]


async def search(
    database: Database,
    finals: Finals,
    path_of: Callable[[int], Path],
    selection: Selection,
    search: Search,
    on_hits: OnHits | None,
) -> ResultKeys:
    """Return what `Results.search` says."""
    keys, hits = await database.on_reader(lambda: _search(database, finals, path_of, selection, search))
    if on_hits is not None and hits:
        on_hits(ResultKeys(sorted(hits)))
    return ResultKeys(key for key in keys.packed if key in hits)


def _search(
    database: Database, finals: Finals, path_of: Callable[[int], Path], selection: Selection, search: Search
) -> tuple[ResultKeys, set[int]]:
    with database.snapshot() as connection:
        keys = selecting.keys(connection, finals, selection)
        places = {
            batch_key: connection.execute(
                "SELECT seq, offset, length FROM results WHERE download_key = ? ORDER BY seq", (download_key,)
            ).fetchall()
            for batch_key, download_key in selecting.shown(connection, selection.batch_keys)
        }
    wanted = set(keys.packed)
    hits: set[int] = set()
    for batch_key, lines in places.items():
        path = path_of(batch_key)
        with file_errors(path), path.open("rb", buffering=1 << 20) as file:
            for seq, offset, length in lines:
                key = pack((batch_key, seq))
                if key in wanted:
                    file.seek(offset)
                    if search.finds(searched_text(file.read(length))):
                        hits.add(key)
    return keys, hits
