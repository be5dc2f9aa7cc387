"""Why an action cannot be done now, in a sentence a key press can be answered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from batchtui.domain.batch import CANCELING, StoredBatch
from batchtui.domain.job import Intent
from batchtui.tui.present.listing import Item, batches_of, tally

if TYPE_CHECKING:
    from batchtui.domain.comparison import Kind, Summary

READ_ONLY = "This is read-only: nothing is sent, canceled or deleted."
SENDS = frozenset({"retry", "cancel", "submit", "delete", "house"})
ABOUT_A_ROW = frozenset({"retry", "cancel", "delete", "download", "rename", "copy", "compose_again"})


def why_not(action: str, item: Item | None, chosen: Sequence[StoredBatch], *, ours: bool, read_only: bool) -> str:
    """Return what speaks against an action on a row, or nothing.

    `chosen` are the batches of the marked rows or of this one; `ours` says that they are at the server, and of the
    profile, that calls go to.
    """
    if read_only and action in SENDS:
        return READ_ONLY
    if action not in ABOUT_A_ROW:
        return ""
    if item is None:
        return "There is no batch here."
    if action in {"copy", "compose_again"} and not isinstance(item, Intent):
        return ""
    if action == "copy":
        return ""
    if isinstance(item, Intent):
        return "It has not become a batch yet: enter settles it."
    if action == "rename":
        return ""
    if action == "delete":
        return "" if all(stored.batch.has_ended for stored in chosen) else "It still runs: c cancels it."
    if not ours:
        return f"It belongs to profile {chosen[0].profile} at {chosen[0].base_url}: open batchtui with that."
    if action == "retry":
        return why_no_retry(batches_of(item))
    return why_no_cancel(chosen) if action == "cancel" else why_no_download(chosen)


def why_no_retry(batches: Sequence[StoredBatch]) -> str:
    """Return what speaks against sending again what failed of one job, or what was answered badly."""
    if tally(batches).is_running:
        return "It still runs: what failed is known when it has ended."
    if any(can_download(stored) for stored in batches):
        return "Its results are not all here yet: w downloads them."
    return ""


def why_no_cancel(batches: Sequence[StoredBatch]) -> str:
    """Return what speaks against canceling."""
    if any(can_cancel(stored) for stored in batches):
        return ""
    return "It has ended." if all(stored.batch.has_ended for stored in batches) else "It is being canceled already."


def why_no_download(batches: Sequence[StoredBatch]) -> str:
    """Return what speaks against downloading results."""
    if any(can_download(stored) for stored in batches):
        return ""
    if any(not stored.batch.has_ended for stored in batches):
        return "It still runs: its results are downloaded as soon as it has ended."
    if any(stored.results == "complete" for stored in batches):
        return "Its results are on disk already."
    return "The API has dropped its results."


def meant(action: str, chosen: Sequence[StoredBatch]) -> list[StoredBatch]:
    """Return those of some batches that an action would do something with."""
    fits = {"cancel": can_cancel, "download": can_download}.get(action)
    return [stored for stored in chosen if fits is None or fits(stored)]


def can_cancel(stored: StoredBatch) -> bool:
    """Return whether a cancellation would change anything."""
    return not stored.batch.has_ended and stored.batch.status != CANCELING


def can_download(stored: StoredBatch) -> bool:
    """Return whether there are results to be had that are not on disk."""
    return stored.batch.has_ended and stored.results in {"none", "partial"}


NONE_SHOWN: Mapping[Kind, str] = {
    "changed": "No row shown here has changed.",
    "outcome": "No row shown here has another outcome.",
}

NO_ROOM_FOR_TWO = "There is no room for both sides beside each other: it takes 100 columns."

_ABOUT_PAIRS = frozenset({"go_kind", "decide", "beside", "find", "judge", "export", "pager", "copy", "next_kind"})


def why_no_comparison(chosen: Sequence[Item]) -> str:
    """Return what speaks against comparing rows of the list."""
    if len(chosen) > 2:
        return f"Two rows are compared, and {len(chosen):,} are marked."
    if any(isinstance(item, Intent) for item in chosen):
        return "It has not become a batch yet: there is nothing to compare."
    return ""


def why_not_with_pairs(action: str, summary: Summary | None, *, has_pair: bool, read_only: bool) -> str:
    """Return what speaks against an action in a comparison, or nothing; `has_pair` says there is a row."""
    name = action.partition("(")[0]
    if name not in _ABOUT_PAIRS:
        return ""
    if summary is None:
        return "Nothing is compared yet: d asks for two sides."
    if name == "judge" and read_only:
        return READ_ONLY
    if name == "judge" or action.startswith("go_kind('changed'"):
        return "" if summary.changed else "No answer differs between the sides."
    if action.startswith("go_kind('outcome'"):
        return "" if summary.outcome else "No outcome differs between the sides."
    if name in {"decide", "export", "pager", "copy"} and not has_pair:
        return "There is no row here."
    return ""
