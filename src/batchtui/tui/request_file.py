"""The lines of a file of requests."""

import os
from collections.abc import Iterator
from pathlib import Path

from batchtui.domain.errors import InputError


def request_lines(typed: str) -> Iterator[bytes]:
    """Yield the lines of a file, which is opened with the first of them; raises `InputError`.

    A leading `~` is the home directory.
    """
    try:
        with Path(os.path.expanduser(typed)).open("rb") as file:  # noqa: PTH111 - this one leaves what it cannot do
            yield from file
    except OSError as error:
        raise InputError(
            f"{typed}: {(error.strerror or str(error)).lower()}.",
            unharmed="Nothing was written and nothing was sent.",
            todo="Give a file that can be read.",
        ) from error
