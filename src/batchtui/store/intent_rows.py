"""The rows of intents."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from batchtui.domain.job import Intent
from batchtui.store.columns import read_time
from batchtui.store.presence import Presence

_SELECT = """
    SELECT i.id, i.job_id, j.name, i.profile, i.base_url, i.attempt, i.part, i.parts, i.request_count, i.body_bytes,
        i.sha256, i.state, i.created_at, i.sent_at, i.settled_at, i.batch_id,
        i.error, i.betas, i.estimate_usd, i.not_before, i.owner
    FROM intents i JOIN jobs j ON j.id = i.job_id
"""

DIED = "batchtui ended while it was sending."


def select(connection: sqlite3.Connection, presence: Presence, rest: str, *values: object) -> list[Intent]:
    """Return intents by the rest of a statement after its FROM.

    One whose sender is no longer alive reads as unclear.
    """
    return [_intent(row, presence) for row in connection.execute(_SELECT + rest, values)]


def select_open(connection: sqlite3.Connection, presence: Presence, rest: str, *values: object) -> list[Intent]:
    """Return the intents without an outcome, oldest first; `rest` is more of the WHERE."""
    return select(
        connection,
        presence,
        f"WHERE i.state IN ('draft', 'waiting', 'sending', 'unclear') {rest} ORDER BY i.created_at, i.part",
        *values,
    )


def _intent(row: tuple[Any, ...], presence: Presence) -> Intent:
    *told, created_at, sent_at, settled_at, batch_id, error, betas, estimate_usd, not_before, owner = row
    times = (datetime.fromisoformat(created_at), read_time(sent_at), read_time(settled_at))
    more = (tuple(msgspec.json.decode(betas)), estimate_usd, read_time(not_before))
    values: list[Any] = [*told, *times, batch_id, error, *more]
    intent = Intent(*values)
    if intent.state == "sending" and not presence.is_alive(owner):
        return replace(intent, state="unclear", error=DIED)
    return intent
