"""What a person says of a result: a flag, which counts as one of its flags, or a note."""

from __future__ import annotations

from batchtui.domain.result import CHECK, FLAGGED

BY_PERSON = "by:person"
"""The flag that says that a person has set `flagged`."""


def flags_with(flags: str, *, on: bool) -> str:
    """Return flags, written with commas between, as they are with or without the flag of a person.

    `flagged` goes with it unless a check does not hold either. Doing it twice changes nothing more.
    """
    named = [flag for flag in flags.split(",") if flag and flag != BY_PERSON]
    if on:
        return ",".join([*named, *(() if FLAGGED in named else (FLAGGED,)), BY_PERSON])
    if not any(flag.startswith(CHECK) for flag in named):
        named = [flag for flag in named if flag != FLAGGED]
    return ",".join(named)
