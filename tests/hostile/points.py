"""Where a submission is killed, and what the next start may find then.

An outcome is the state of each part in order, as `world.account` gives it; () is nothing but the input file.
"""

from __future__ import annotations

from .child import Stop

Outcomes = set[tuple[str, ...]]

NOTHING: Outcomes = {()}
DRAFT: Outcomes = {("draft",)}
UNCLEAR: Outcomes = {("unclear",)}
ARRIVED: Outcomes = {("unclear+",)}
EITHER: Outcomes = {("unclear",), ("unclear+",)}
KNOWN: Outcomes = {("known",)}

_CREATE = "batchtui.api.anthropic_gateway:AnthropicGateway.create"
_BODY = "batchtui.api.anthropic_gateway:_async_blocks"
_PLACE = "batchtui.store.files:Files.put_requests_in_place"
_SENT = "batchtui.services.submit:Submissions.send_intent"
_INTENTS = "batchtui.store.intents:Intents"

ONE_PART: dict[str, tuple[Stop, Outcomes]] = {
    "the database half made": (Stop("batchtui.store.migrations:upgrade"), NOTHING),
    "the database made": (Stop("batchtui.store.migrations:upgrade", "after"), NOTHING),
    "before the spool": (Stop("batchtui.store.files:Files.new_spool"), NOTHING),
    "in the middle of the spool": (Stop("batchtui.domain.lint:Linter.read", nth=8), NOTHING),
    "spool written, not synced": (Stop("os:fsync"), NOTHING),
    "spool synced": (Stop("os:fsync", "after"), NOTHING),
    "before the intent": (Stop("batchtui.services.submit:Submissions._write_down"), NOTHING),
    "spool moved, intent not committed": (Stop("batchtui.store.files:Files.keep_spool", "after"), NOTHING),
    "intent committed": (Stop("batchtui.services.submit:Submissions._write_down", "after"), DRAFT),
    "before it is marked sending": (Stop(f"{_INTENTS}.mark_sending"), DRAFT),
    "marked sending": (Stop(f"{_INTENTS}.mark_sending", "after"), UNCLEAR),
    "at the first byte of the body": (Stop(_BODY), UNCLEAR),
    "in the middle of the body": (Stop(_BODY, nth=5), UNCLEAR),
    "body sent, no answer read": (Stop(_BODY, "after"), EITHER),
    "answer read, not written down": (Stop(_CREATE, "after"), ARRIVED),
    "batch written down, not committed": (Stop(f"{_INTENTS}._close", "after"), ARRIVED),
    "intent closed, file not moved": (Stop(_PLACE), KNOWN),
    "in the middle of the move": (Stop("batchtui.store.files:remove"), KNOWN),
    "file moved, not indexed": (Stop(_PLACE, "after"), KNOWN),
    "in the middle of the index": (Stop("batchtui.store.requests:_Reader._row", nth=6), KNOWN),
    "indexed, not committed": (Stop("batchtui.store.requests:index", "after"), KNOWN),
    "sent, nothing said yet": (Stop("batchtui.cli.send:print_sent"), KNOWN),
}

THREE_PARTS: dict[str, tuple[Stop, Outcomes]] = {
    "cut, in the middle of the parts": (Stop("batchtui.store.files:Files.new_spool", nth=3), NOTHING),
    "some spools moved": (Stop("batchtui.store.files:Files.keep_spool", nth=2), NOTHING),
    "all intents committed": (
        Stop("batchtui.services.submit:Submissions._write_down", "after"),
        {("draft", "draft", "draft")},
    ),
    "between parts 1 and 2": (Stop(_SENT, "after"), {("known", "draft", "draft")}),
    "in the body of part 2": (Stop(_BODY, nth=5), {("known", "unclear", "draft")}),
    "part 2 answered, not written down": (Stop(_CREATE, "after", 2), {("known", "unclear+", "draft")}),
    "part 3 closed, not moved": (Stop(_PLACE, nth=3), {("known", "known", "known")}),
}

FED: dict[str, tuple[Stop, Outcomes]] = {
    "before a waiting part": (Stop(_SENT), {("known", "waiting", "waiting")}),
    "waiting part marked sending": (
        Stop(f"{_INTENTS}.mark_sending", "after"),
        {("known", "unclear", "waiting")},
    ),
    "in the body of a waiting part": (Stop(_BODY, nth=2), {("known", "unclear", "waiting")}),
    "waiting part answered": (Stop(_CREATE, "after"), {("known", "unclear+", "waiting")}),
    "waiting part closed, not moved": (Stop(_PLACE), {("known", "known", "waiting")}),
    "between two waiting parts": (Stop(_SENT, "after"), {("known", "known", "waiting")}),
}
"""Points of a `sync` that sends the second and third part of a job whose first has ended."""
