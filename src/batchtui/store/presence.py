"""Which processes on this home are alive, so that what a dead one left is not taken for work in progress."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batchtui.store.files import PRIVATE_FILE, file_errors, make_directory


class Presence:
    """A lock file held for the life of an open store; the system lets go of it however the process ends.

    `token` names it and is written beside what is under way. It is better than a process id, which is given to
    another process after a while.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        make_directory(directory)
        with file_errors(directory):
            self._sweep()
            self.token, file = self._enter()
        self._file: int | None = file

    def is_alive(self, token: str) -> bool:
        """Return whether the store that wrote this token is still open somewhere."""
        if token == self.token:
            return True
        path = self._path(token)
        with file_errors(path):
            try:
                file = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                return False
            try:
                return not _locked(file, fcntl.LOCK_SH)
            finally:
                os.close(file)

    def close(self) -> None:
        """Leave; twice does no harm."""
        if self._file is None:
            return
        with file_errors(self._directory):
            self._path(self.token).unlink(missing_ok=True)
            os.close(self._file)
        self._file = None

    def _enter(self) -> tuple[str, int]:
        """Create and lock a file; once more if somebody swept it away between the two."""
        while True:
            token = secrets.token_hex(8)
            file = os.open(self._path(token), os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE)
            if _locked(file, fcntl.LOCK_EX) and os.fstat(file).st_nlink:
                return token, file
            os.close(file)

    def _sweep(self) -> None:
        """Remove the files of the dead."""
        for path in self._directory.glob("*.lock"):
            try:
                file = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue
            try:
                if _locked(file, fcntl.LOCK_SH):
                    path.unlink(missing_ok=True)
            finally:
                os.close(file)

    def _path(self, token: str) -> Path:
        return self._directory / f"{token}.lock"


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file that one process at a time can hold, waiting for it."""
    with file_errors(path):
        file = os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            os.close(file)
            raise
    try:
        yield
    finally:
        os.close(file)


def _locked(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
