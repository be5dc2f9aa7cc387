"""The files that hold the bodies: where they are, how a line is read, how they are put in place."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from batchtui.domain.errors import StoreError, os_reason
from batchtui.paths import Places

PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600

PREPARED = "prepare-"
"""How the name of a spool begins that no intent has been written for yet; the token of its process follows."""

_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into a `StoreError` that names the file."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{error.filename or path}: {os_reason(error)}.",
            unharmed="Nothing else was changed.",
            todo="Make the directory writable and see that there is room, or name another home with --home.",
        ) from error


def make_directory(path: Path) -> None:
    """Create a directory and what leads to it, for this user only."""
    with file_errors(path):
        path.mkdir(PRIVATE_DIRECTORY, parents=True, exist_ok=True)


def sync_directory(path: Path) -> None:
    """See that names made, moved or removed in a directory survive a power cut."""
    with file_errors(path):
        directory = os.open(path, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def new_private(path: Path) -> BinaryIO:
    """Open a new file for writing that only this user can read; raises OSError, also if it is there already."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE), "wb")


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file for this user only, or leave the one that is there as it is.

    A symlink in its place is replaced and not followed.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    with file_errors(path):
        try:
            with new_private(part) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    sync_directory(path.parent)


def remove(path: Path) -> None:
    """Remove a file or a whole directory, if it is there."""
    with file_errors(path):
        if path.is_dir() and not path.is_symlink():
            # Another process that tidies up at the same time may be faster.
            with suppress(FileNotFoundError):
                shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def line_of(file: BinaryIO, path: Path, offset: int, length: int) -> bytes:
    """Return exactly these bytes of an open file; raises `StoreError` if it is shorter, and OSError."""
    line = os.pread(file.fileno(), length, offset)
    if len(line) != length:
        raise StoreError(
            f"{path}: it is shorter than the index says, {offset + length:,} bytes.",
            unharmed="Nothing was changed.",
            todo="`batchtui doctor --repair` builds the index again from the files.",
        )
    return line


def rows_beside(requests: Path) -> Path:
    """Return where the data rows of request lines are, if they were made from any: one a request, in order."""
    return requests.with_name("rows.jsonl")


def template_beside(requests: Path) -> Path:
    """Return where the exact text of the template of request lines is, if they were made from one."""
    return requests.with_name("template.yaml")


class Files:
    """The request and result lines of batches, and the spools of submissions.

    Ids of batches come from a server and become names of directories: any that could lead elsewhere is refused
    with a `StoreError`.
    """

    def __init__(self, places: Places, token: str) -> None:
        self._batches = places.batches
        self._spool = places.spool
        self.home = places.home
        self.templates = places.templates
        self._token = token
        for directory in (places.home, places.batches, places.spool):
            make_directory(directory)

    def can_hold(self, batch_id: str) -> bool:
        """Return whether a batch of this id can have a directory."""
        return _SAFE_ID.match(batch_id) is not None

    def batch_directory(self, batch_id: str) -> Path:
        """Return the directory of a batch, which need not exist."""
        if not self.can_hold(batch_id):
            raise StoreError(
                f"The server calls a batch {batch_id[:200]!r}, which cannot be the name of a directory.",
                unharmed="Nothing was written.",
                todo="Check the base URL: the ids of the Message Batches API look like msgbatch_01Ab….",
            )
        return self._batches / batch_id

    def requests_path(self, batch_id: str) -> Path:
        """Return where the request lines of a batch are, or would be."""
        return self.batch_directory(batch_id) / "requests.jsonl"

    def results_path(self, batch_id: str) -> Path:
        """Return where the result lines of a batch are, or would be."""
        return self.batch_directory(batch_id) / "results.jsonl"

    def part_path(self, batch_id: str, download_key: int) -> Path:
        """Return where a download that is not finished writes."""
        return self.batch_directory(batch_id) / f"results.jsonl.{download_key}.part"

    def spool_path(self, intent_id: str) -> Path:
        """Return where the request lines of a submission are until its batch is known."""
        return self._spool / intent_id / "requests.jsonl"

    def new_spool(self) -> Path:
        """Return a path for request lines, in a new directory of its own; the file does not exist yet."""
        directory = self._spool / f"{PREPARED}{self._token}-{secrets.token_hex(6)}"
        make_directory(directory)
        return directory / "requests.jsonl"

    def spools(self) -> list[str]:
        """Return the names of all spools, those of intents and prepared ones."""
        with file_errors(self._spool):
            return sorted(entry.name for entry in self._spool.iterdir())

    def sizes(self, batch_id: str) -> tuple[int, int]:
        """Return the bytes of what was sent of a batch, with what it was made from, and of its results."""
        sent = received = 0
        directory = self._batches / batch_id
        if self.can_hold(batch_id) and directory.is_dir():
            with file_errors(directory), os.scandir(directory) as entries:
                for entry in entries:
                    size = entry.stat(follow_symlinks=False).st_size
                    if entry.name.startswith("results."):
                        received += size
                    else:
                        sent += size
        return sent, received

    def batch_directories(self) -> list[Path]:
        """Return all directories of batches."""
        with file_errors(self._batches):
            return sorted(self._batches.iterdir())

    def keep_spool(self, prepared: Path, intent_id: str) -> None:
        """Make a prepared spool the one of an intent."""
        with file_errors(prepared):
            prepared.parent.rename(self._spool / intent_id)
        sync_directory(self._spool / intent_id)
        sync_directory(self._spool)

    def put_requests_in_place(self, intent_id: str, batch_id: str) -> None:
        """Move the lines of a submission to their batch; once that is done, doing it again does nothing.

        What they were made from goes first: where the request lines are, it is too.
        """
        spool, place = self.spool_path(intent_id), self.requests_path(batch_id)
        make_directory(place.parent)
        with file_errors(spool):
            for beside in (rows_beside, template_beside):
                if beside(spool).exists():
                    beside(spool).rename(beside(place))
            try:
                spool.rename(place)
            except FileNotFoundError:
                if not place.exists():
                    raise
        sync_directory(place.parent)
        sync_directory(self._batches)
        remove(spool.parent)

    def drop_spool(self, name: str) -> None:
        """Remove a spool with its lines, if it is there."""
        remove(self._spool / name)
