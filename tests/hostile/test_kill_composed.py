"""`kill -9` while a template and rows of data become batches: what they were made from stays with them."""

from __future__ import annotations

import pytest

from .child import Stop
from .points import ARRIVED, DRAFT, KNOWN, NOTHING, ONE_PART, THREE_PARTS, UNCLEAR, Outcomes
from .world import World, account, assert_mendable, settle_all

_PLACE = "batchtui.store.files:Files.put_requests_in_place"
_RENAME = "pathlib:Path.rename"
"""The first one gives the spool the name of its intent, the next three move rows, template and requests."""

POINTS: dict[str, tuple[Stop, Outcomes]] = {
    "in the middle of the rows": (Stop("batchtui.services.making:Making.read", nth=8), NOTHING),
    "requests synced, rows not": (Stop("os:fsync", "after", 1), NOTHING),
    "rows and template synced": (Stop("os:fsync", "after", 3), NOTHING),
    "template written down, intent not": (Stop("batchtui.store.templates:keep", "after"), NOTHING),
    "spool moved, intent not committed": ONE_PART["spool moved, intent not committed"],
    "intent committed": (Stop("batchtui.services.submit:Submissions._write_down", "after"), DRAFT),
    "marked sending": (Stop("batchtui.store.intents:Intents.mark_sending", "after"), UNCLEAR),
    "answer read, not written down": (
        Stop("batchtui.api.anthropic_gateway:AnthropicGateway.create", "after"),
        ARRIVED,
    ),
    "intent closed, files not moved": (Stop(_PLACE), KNOWN),
    "rows moved, template not": (Stop(_RENAME, nth=3), KNOWN),
    "template moved, requests not": (Stop(_RENAME, nth=4), KNOWN),
    "requests moved": (Stop(_RENAME, "after", 4), KNOWN),
    "files moved, not indexed": (Stop(_PLACE, "after"), KNOWN),
    "in the middle of the index": (Stop("batchtui.store.requests:_Reader._row", nth=6), KNOWN),
    "indexed, template not": (Stop("batchtui.store.templates:find_again"), KNOWN),
}


@pytest.mark.parametrize("name", POINTS)
def test_killed_while_one_part_is_made_and_sent(world: World, name: str) -> None:
    stop, outcomes = POINTS[name]
    world.write_rows(12)
    assert world.submit(stop).killed
    assert_outcome(world, outcomes)


@pytest.mark.parametrize("name", THREE_PARTS)
def test_killed_while_parts_are_sent(world: World, name: str) -> None:
    stop, outcomes = THREE_PARTS[name]
    world.requests_a_part = 4
    world.write_rows(12)
    assert world.submit(stop).killed
    assert_outcome(world, outcomes)


def assert_outcome(world: World, outcomes: Outcomes) -> None:
    assert_mendable(world)
    parts = account(world)
    assert tuple(part.state for part in parts) in outcomes
    settle_all(world, parts)
