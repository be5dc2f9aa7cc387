"""What a process that died left half done is finished or undone by the next one that opens the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

from batchtui.domain.errors import StoreError
from batchtui.store import download_rows, requests
from batchtui.store.database import Database
from batchtui.store.files import PREPARED, Files
from batchtui.store.intent_rows import DIED
from batchtui.store.leftover import is_anything_left
from batchtui.store.presence import Presence

Step = tuple[str, Callable[[], object]]
"""What a step does, as a sentence, and the step."""


def recover(database: Database, files: Files, presence: Presence) -> list[str]:
    """Finish or undo what is half done, and return what was done, or could not be, one sentence each.

    What cannot be done stays as it is, for `Store.check` to find: it must not keep the store from opening. The
    write lock is held meanwhile, so that nothing in progress elsewhere is taken for left behind.
    """
    if not is_anything_left(database, files):
        return []

    def work(connection: sqlite3.Connection) -> list[str]:
        done: list[str] = []
        for steps in (
            _intents(connection, presence),
            _spools(connection, files, presence),
            _downloads(connection, files, presence),
            _requests(connection, files),
        ):
            for sentence, step in steps:
                try:
                    step()
                except StoreError as error:
                    done.append(str(error))
                else:
                    done.append(sentence)
        return done

    return database.transact(work)


def tidy_spools(connection: sqlite3.Connection, files: Files, presence: Presence) -> None:
    """Drop the spools that no open submission needs, as the database is in the transaction under way."""
    for _, step in _spools(connection, files, presence):
        step()


def _intents(connection: sqlite3.Connection, presence: Presence) -> Iterator[Step]:
    mark = "UPDATE intents SET state = 'unclear', error = ? WHERE id = ?"
    for intent_id, owner in connection.execute("SELECT id, owner FROM intents WHERE state = 'sending'").fetchall():
        if not presence.is_alive(owner):
            sentence = f"{intent_id}: unclear, because batchtui ended while it was sent."
            yield sentence, partial(connection.execute, mark, (DIED, intent_id))


def _spools(connection: sqlite3.Connection, files: Files, presence: Presence) -> Iterator[Step]:
    for name in files.spools():
        if name.startswith(PREPARED):
            token = name.removeprefix(PREPARED).partition("-")[0]
            if not presence.is_alive(token):
                yield f"{name}: dropped, it was never sent.", partial(files.drop_spool, name)
            continue
        row = connection.execute("SELECT state, batch_id FROM intents WHERE id = ?", (name,)).fetchone()
        state, batch_id = row or ("", "")
        if state == "closed":
            yield (
                f"{batch_id}: its requests were put in place.",
                partial(files.put_requests_in_place, name, batch_id),
            )
        elif state in {"", "discarded"}:
            yield f"{name}: dropped, it belongs to no submission.", partial(files.drop_spool, name)


def _downloads(connection: sqlite3.Connection, files: Files, presence: Presence) -> Iterator[Step]:
    rows = connection.execute(
        "SELECT d.key, d.owner, d.state, b.id FROM downloads d JOIN batches b ON b.key = d.batch_key"
        " WHERE d.state <> 'kept'"
    ).fetchall()
    for key, owner, state, batch_id in rows:
        if presence.is_alive(owner):
            continue
        if state == "finished":
            sentence = f"{batch_id}: its results were put in place."
            yield sentence, partial(download_rows.keep, connection, files, batch_id, key)
        else:
            sentence = f"{batch_id}: a download that was cut off was dropped."
            yield sentence, partial(download_rows.drop, connection, files, batch_id, key)


def _requests(connection: sqlite3.Connection, files: Files) -> Iterator[Step]:
    rows = connection.execute("SELECT id FROM batches WHERE requests = 'unindexed'").fetchall()
    for (batch_id,) in rows:
        yield f"{batch_id}: its requests were indexed.", partial(requests.index, connection, files, batch_id)
