"""A diff that `patch` applies."""

from __future__ import annotations


def unified(left: str, right: str, left_name: str, right_name: str, context: int = 3) -> str:
    """Return a unified diff, empty for equal texts; `patch` makes exactly the right of the left with it."""
    raise NotImplementedError
