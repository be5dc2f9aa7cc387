"""Whether a process that died left something half done; usually none did, so this asks for little."""

from __future__ import annotations

from batchtui.store.database import Database
from batchtui.store.files import Files


def is_anything_left(database: Database, files: Files) -> bool:
    """Return whether there is something that `recover` may have to finish or undo."""
    if files.spools():
        return True
    with database.reading() as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM intents WHERE state = 'sending')"
            " OR EXISTS (SELECT 1 FROM downloads WHERE state <> 'kept')"
            " OR EXISTS (SELECT 1 FROM batches WHERE requests = 'unindexed')"
        ).fetchone()
    return bool(row[0])
