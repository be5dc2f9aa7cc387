"""The lines about one row, found by its custom_id: an index of these took as long to write as the rows."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right

from batchtui.store.ordinals import request_count
from batchtui.store.overviews import overview


def lines_about(
    connection: sqlite3.Connection, batch_key: int, download_key: int, custom_id: str
) -> list[int] | None:
    """Return the numbers of the lines that a custom_id can be in, found without reading the others.

    None where all must be read: the requests are not known, or the download is not finished.
    """
    summed = overview(connection, download_key)
    known = connection.execute(
        "SELECT ordinal FROM requests WHERE batch_key = ? AND custom_id = ?", (batch_key, custom_id)
    ).fetchone()
    first = request_count(connection, batch_key) if known is None else known[0]
    if summed is None or (known is None and not first):
        return None
    query = "SELECT ordinal FROM results WHERE download_key = ? AND seq = ?"

    def ordinal(seq: int) -> int:
        return int(connection.execute(query, (download_key, seq)).fetchone()[0])

    begin = bisect_left(summed.input_order, first, key=ordinal)
    # The lines of no request come last.
    end = len(summed.input_order) if known is None else bisect_right(summed.input_order, first, begin, key=ordinal)
    return summed.input_order[begin:end].tolist()
