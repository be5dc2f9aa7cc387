"""The lines of a file of requests."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from batchtui.domain.errors import InputError


def request_lines(typed: str) -> Iterator[bytes]:
    """Yield the lines of a file, which is opened with the first of them; raises `InputError`.

    A leading `~` is the home directory. A pipe or a device is refused: waiting for it could not be ended, not
    even by quitting.
    """
    path = Path(os.path.expanduser(typed))  # noqa: PTH111 - this one leaves what it cannot do
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise InputError(
                f"{typed}: is a pipe or a device.",
                unharmed="Nothing was written and nothing was sent.",
                todo="Give a plain file here; `batchtui submit` reads pipes.",
            )
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise InputError(
            f"{typed}: {(error.strerror or str(error)).lower()}.",
            unharmed="Nothing was written and nothing was sent.",
            todo="Give a file that can be read.",
        ) from error
