"""What differs between two JSON documents."""

from __future__ import annotations

from batchtui.domain.diff.model import JsonChange


def json_changes(left: object, right: object) -> list[JsonChange]:
    """Return each value that is not the same; the order of keys does not matter."""
    raise NotImplementedError


def as_json(left: str, right: str) -> tuple[object, object] | None:
    """Return both texts as JSON documents, None unless both are objects or lists."""
    raise NotImplementedError
