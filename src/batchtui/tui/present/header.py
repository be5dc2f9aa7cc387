"""The line on top: where one is, how fresh the list is, and what today cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from batchtui.domain.errors import (
    ApiError,
    AuthError,
    BatchtuiError,
    KeyringError,
    MissingError,
    NoKeyError,
    RateLimitError,
    ServerError,
    StoreError,
    UnclearError,
    UnreachableError,
)
from batchtui.domain.human import ago, bytes_text, duration
from batchtui.tui.text import clean_line
from batchtui.tui.widgets.table_model import Cell, Tone

if TYPE_CHECKING:
    from batchtui.services.poll import PollState

ROOMS = (
    ("batches", "1", "Batches"),
    ("results", "2", "Results"),
    ("compose", "3", "Compose"),
    ("diff", "4", "Diff"),
    ("queue", "5", "Queue"),
    ("stats", "6", "Stats"),
    ("activity", "7", "Activity"),
)
"""The rooms by name, key and title."""

STALE_PAUSES = 3
SOONEST_STALE_SECONDS = 60.0
"""The list is marked as stale when it is older than so many pauses between polls, but no sooner than this."""

PROFILE = 1
"""The rank of the profile: whose money it is matters more than what the other rooms are called."""

_GAP = "  "


BAR_WIDTH = 12


@dataclass(frozen=True, slots=True)
class Doing:
    """What is under way, in words, and the bytes that are sent of those to send, if it is a body."""

    words: str
    sent_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What the top line says; `doing` is what is under way right now, newest last."""

    room: str
    profile: str
    base_url: str
    read_only: bool
    poll: PollState | None
    spend: str
    doing: tuple[Doing, ...] = ()


def host(base_url: str) -> str:
    """Return the server as people know it."""
    return urlsplit(base_url).netloc or base_url


def header(facts: HeaderFacts, width: int, now: datetime) -> list[Cell]:
    """Return the line in `width` cells: rooms on the left, the rest on the right as far as there is room.

    What matters most has its room before the names of the other rooms have theirs.
    """
    wanted = _parts(facts, now)
    most_wanted = sum(_length(part) + len(_GAP) for rank, part in wanted if rank <= PROFILE)
    left = _rooms(facts.room)
    if _length(left) + most_wanted > width:
        left = _rooms(facts.room, only_current=True)
    room_left = width - _length(left)
    while wanted and sum(_length(part) + len(_GAP) for _, part in wanted) + 1 > room_left:
        wanted.remove(max(wanted, key=lambda item: item[0]))
    right: list[Cell] = []
    for _, part in wanted:
        right += [*part, Cell(_GAP)]
    if right:
        right[-1] = Cell(" ")
    gap = max(0, room_left - _length(right))
    return [*left, Cell(" " * gap), *right]


def sync_state(poll: PollState | None, now: datetime) -> list[Cell]:
    """Return how fresh the list is and when it is asked for again."""
    if poll is None:
        return [Cell("not synced yet", "muted")]
    fresh = Cell("not synced yet", "muted")
    if poll.last_synced_at is not None:
        tone: Tone = "warn" if is_stale(poll, now) else "muted"
        fresh = Cell(f"synced {ago(now - poll.last_synced_at)}", tone)
    then = f" · next {duration(poll.next_at - now)}" if poll.next_at else ""
    if poll.error is not None and not poll.polling:
        again = "" if poll.paused else " · R asks again" if poll.refused else then.replace("next", "again in")
        age = [] if poll.last_synced_at is None else [Cell(" · ", "muted"), fresh]
        return [Cell(f"✗ {error_word(poll.error)}", "bad"), *age, Cell(again, "muted")]
    if poll.polling:
        return [fresh, Cell(" · ", "muted"), Cell("asking", "accent")]
    if poll.paused:
        return [fresh, Cell(" · ", "muted"), Cell("paused", "warn")]
    if poll.elsewhere:
        return [fresh, Cell(" · another batchtui polls", "muted")]
    return [fresh, Cell(then, "muted")]


def is_stale(poll: PollState, now: datetime) -> bool:
    """Return whether the list was read so long ago that it can well be otherwise by now."""
    stale = timedelta(seconds=max(SOONEST_STALE_SECONDS, STALE_PAUSES * poll.pace_seconds))
    return poll.last_synced_at is not None and now - poll.last_synced_at > stale


def error_word(error: BatchtuiError) -> str:
    """Return a few words for an error where a sentence has no room."""
    for kind, words in _ERROR_WORDS:
        if isinstance(error, kind):
            return words
    return clean_line(error.what, max_length=30)


_ERROR_WORDS: tuple[tuple[type[BatchtuiError], str], ...] = (
    (NoKeyError, "no key"),
    (KeyringError, "keyring"),
    (UnreachableError, "unreachable"),
    (AuthError, "key refused"),
    (RateLimitError, "rate limited"),
    (MissingError, "a batch was not found"),
    (ServerError, "server error"),
    (UnclearError, "no clear answer"),
    (ApiError, "refused"),
    (StoreError, "store error"),
)


def _rooms(current: str, *, only_current: bool = False) -> list[Cell]:
    cells = [Cell(" ")]
    for name, key, title in ROOMS:
        is_current = name == current
        words = title if is_current or not only_current else ""
        cells += [Cell(f"{key} ", "muted"), Cell(words, "strong" if is_current else "muted")]
        cells.append(Cell("  " if words else ""))
    return cells


def _parts(facts: HeaderFacts, now: datetime) -> list[tuple[int, list[Cell]]]:
    """Return the parts of the right side, each with the number by which it is left out first."""
    profile = clean_line(facts.profile, max_length=20)
    parts = [
        (PROFILE, [Cell(profile, "accent")]),
        (3, [Cell(clean_line(host(facts.base_url), max_length=40), "muted")]),
    ]
    if facts.read_only:
        parts.append((0, [Cell("read-only", "warn")]))
    if facts.doing:
        parts.append((0, _doing(facts.doing[-1])))
    else:
        parts.append((0, sync_state(facts.poll, now)))
    parts.append((2, [Cell(f"{facts.spend} today", "")]))
    return parts


def _doing(doing: Doing) -> list[Cell]:
    if not doing.total_bytes:
        return [Cell(clean_line(doing.words, max_length=44), "accent")]
    length = BAR_WIDTH * doing.sent_bytes // doing.total_bytes
    is_sent = doing.sent_bytes >= doing.total_bytes
    how_far = f"{bytes_text(doing.sent_bytes)} of {bytes_text(doing.total_bytes)}"
    return [
        Cell("sending ", "accent"),
        Cell("━" * length, "accent"),
        Cell("╌" * (BAR_WIDTH - length), "muted"),
        Cell(" awaiting the answer" if is_sent else f" {how_far}", "accent"),
    ]


def _length(cells: Sequence[Cell]) -> int:
    return sum(len(cell.text) for cell in cells)
