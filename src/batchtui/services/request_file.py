"""Request lines from where the user has them: a file, a pipe, or stdin."""

from __future__ import annotations

import io
import os
import select
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.domain.errors import InputError, os_reason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 1 << 20

_UNHARMED = "Nothing was written and nothing was sent."


def file_lines(typed: str) -> Iterator[bytes]:
    """Yield the lines of a file, which is opened with the first of them; raises `InputError`.

    A leading `~` is the home directory. A pipe or a device is refused: waiting for it could not be ended.
    """
    path = Path(os.path.expanduser(typed))  # noqa: PTH111 - this one leaves what it cannot do
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise InputError(
                f"{typed}: is a pipe or a device.",
                unharmed=_UNHARMED,
                todo="Give a plain file here; `batchtui submit` reads pipes.",
            )
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise _unreadable(typed, error) from error


class RequestLines:
    """The lines of a file, a pipe or stdin; `source` is its name for messages.

    They may be read in another thread: `close` ends a wait for more of them there. Reading raises `InputError`.
    """

    def __init__(self, descriptor: int, source: str, *, closes: bool) -> None:
        self.source = source
        self._file = _Endable(descriptor, source, closes=closes)

    def __iter__(self) -> Iterator[bytes]:
        return iter(io.BufferedReader(self._file, BUFFER_BYTES))

    def close(self) -> None:
        """Read no more; once is enough, twice does no harm."""
        self._file.end()


def open_lines(file: Path) -> RequestLines:
    """Open a file or a pipe, or stdin for `-`; raises `InputError`."""
    if str(file) == "-":
        return RequestLines(sys.stdin.fileno(), "stdin", closes=False)
    try:
        with file.open("rb") as opened:
            return RequestLines(os.dup(opened.fileno()), str(file), closes=True)
    except OSError as error:
        raise _unreadable(str(file), error) from error


class _Endable(io.RawIOBase):
    """A file that is read in one thread until it ends, or until another thread says that it shall."""

    def __init__(self, descriptor: int, source: str, *, closes: bool) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._source = source
        self._closes = closes
        self._reading = threading.Lock()
        self._ended, self._end = os.pipe()
        self._is_over = False

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Wait for bytes and put them into a buffer; return how many there are, 0 at the end."""
        with self._reading:
            if self._is_over or self._ended in select.select([self._descriptor, self._ended], [], [])[0]:
                raise InputError(f"{self._source}: it was not read to its end.", unharmed=_UNHARMED)
            try:
                return os.readv(self._descriptor, [buffer])
            except OSError as error:
                raise _unreadable(self._source, error) from error

    def end(self) -> None:
        """End the wait there is, and let none begin."""
        if self._is_over:
            return
        os.close(self._end)
        with self._reading:
            self._is_over = True
            os.close(self._ended)
            if self._closes:
                os.close(self._descriptor)


def _unreadable(source: str, error: OSError) -> InputError:
    return InputError(
        f"{source}: {os_reason(error)}.",
        unharmed=_UNHARMED,
        todo="Give a file that can be read, or - for stdin.",
    )
