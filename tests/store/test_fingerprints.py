"""Fingerprints come with the results, and can be made of them again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from batchtui.domain.comparison import Side
from batchtui.store import Store
from tests.store.making import bring, errored, expired, foreign, succeeded


async def test_made_again_they_are_as_they_were(store: Store, home: Path) -> None:
    lines = [
        succeeded("a", "One."),
        errored("b"),
        expired("größe"),
        succeeded("d", "Cut", stop_reason="max_tokens"),
        b"no result",
        succeeded("e", "Of no known price", model="unheard-of"),
    ]
    stored = await foreign(store, "batch-1", len(lines))
    await bring(store, "batch-1", lines)
    side = Side("batch-1", "batch:batch-1", (stored.key,))
    before = store.comparing.answers(side)
    assert not before.anew
    assert before.answers.names == [b"a", b"b", "größe".encode(), b"d", b"", b"e"]
    connection = sqlite3.connect(home / "batchtui.db")
    with connection:
        connection.execute("DELETE FROM fingerprints")
        connection.execute("UPDATE results SET text_hash = x''")
    connection.close()
    again = store.comparing.answers(side)
    assert (again.answers, again.totals) == (before.answers, before.totals)
    await store.comparing.keep(again.anew)
    kept = store.comparing.answers(side)
    assert (kept.answers, kept.totals, kept.anew) == (before.answers, before.totals, {})
    assert (before.totals.succeeded, before.totals.failed, before.totals.truncated) == (3, 3, 1)
