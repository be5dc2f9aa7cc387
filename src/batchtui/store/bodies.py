"""The files of lines of a batch, plain or archived, and the one door through which they are read.

An archived body lies compressed beside its place. It is put back there when it is first wanted, so that what the
index says of it holds all the time and no reader needs to know.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from batchtui.domain.errors import StoreError
from batchtui.store.files import Files, file_errors, line_of, new_private, remove, rows_beside, sync_directory

CHUNK_BYTES = 1 << 16
"""How much is read at once; what is unpacked of it can be a thousand times as much."""

_GZIP = 31
"""What zlib calls a file that `gunzip` understands."""

_SIZE_BITS = 32
"""How much of the size of a file gzip writes at its end."""

Sizes = tuple[int, int]
"""The bytes of bodies as they were, and compressed."""


class Bodies:
    """Archives the bodies of batches and brings them back. Every method raises `StoreError`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def is_archived(self, batch_id: str) -> bool:
        """Return whether something of a batch lies here compressed."""
        paths = self._paths(batch_id)
        with file_errors(self._files.home):
            return any(archive_of(path).exists() and not path.exists() for path in paths)

    def archive(self, batch_id: str) -> Sizes:
        """Compress what is here of a batch; takes some seconds for a large one, so not on the event loop.

        Each file is read back and compared before the plain one is removed.
        """
        sizes = [pack(path) for path in self._paths(batch_id) if _plain_bytes(path) is not None]
        return sum(size for size, _ in sizes), sum(size for _, size in sizes)

    def bring_back(self, batch_id: str) -> None:
        """Put what is archived of a batch back in place, which may take seconds; does nothing where nothing is."""
        for path in self._paths(batch_id):
            with file_errors(path):
                if not path.exists():
                    unpack(path)

    def plain_bytes(self, batch_id: str) -> int:
        """Return the bytes of a batch that could be archived."""
        return sum(_plain_bytes(path) or 0 for path in self._paths(batch_id))

    def _paths(self, batch_id: str) -> tuple[Path, ...]:
        if not self._files.can_hold(batch_id):
            return ()
        requests = self._files.requests_path(batch_id)
        return requests, rows_beside(requests), self._files.results_path(batch_id)


def archive_of(path: Path) -> Path:
    """Return where a body is when it is archived."""
    return path.with_name(f"{path.name}.gz")


def descriptor_of(path: Path) -> int:
    """Open a body for reading and put it back in place first if it is archived.

    Raises OSError, and `StoreError` if the archive is damaged.
    """
    while True:
        try:
            return os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            # Another process may archive it again between the two.
            if not unpack(path):
                raise


def open_body(path: Path) -> FileIO:
    """Open a body as `descriptor_of` does, without a buffer."""
    return FileIO(descriptor_of(path))


def read_line(path: Path, offset: int, length: int) -> bytes:
    """Return exactly these bytes of a body; raises `StoreError` if there is no such file or it is shorter."""
    with file_errors(path), open_body(path) as file:
        return line_of(file, path, offset, length)


@contextmanager
def borrowed(path: Path) -> Iterator[Path]:
    """Give a path under which a body can be read for a while; one that is archived stays so. Raises OSError."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(6)}.part")
    try:
        yield part if not path.exists() and _write_unpacked(archive_of(path), part) else path
    finally:
        part.unlink(missing_ok=True)


def size_of(path: Path, expected_bytes: int | None) -> int | None:
    """Return the bytes of a body, None if it is not there. Raises `StoreError`.

    Of one that is archived only the lowest 32 bits are known; if these are as expected, so is the rest.
    """
    plain_bytes = _plain_bytes(path)
    if plain_bytes is not None:
        return plain_bytes
    packed = archive_of(path)
    with file_errors(packed):
        try:
            with packed.open("rb", buffering=0) as file:
                end = os.pread(file.fileno(), _SIZE_BITS // 8, max(0, packed.stat().st_size - _SIZE_BITS // 8))
        except FileNotFoundError:
            return _plain_bytes(path)
    low = int.from_bytes(end, "little")
    return expected_bytes if expected_bytes is not None and low == expected_bytes % (1 << _SIZE_BITS) else low


def pack(path: Path) -> Sizes:
    """Compress a body if it is there and return its bytes before and after; raises `StoreError`."""
    packed = archive_of(path)
    part = packed.with_name(f"{packed.name}.part")
    with file_errors(path), _alone_in(path.parent):
        if not path.exists():
            return 0, 0
        with _whole(part):
            written = _compress(path, part)
            if _digest(_unpacked(part)) != written:
                raise StoreError(
                    f"{part}: what was written reads back as something else.",
                    unharmed=f"{path.name} was left as it is.",
                    todo="Check the disk.",
                )
            part.rename(packed)
        sync_directory(path.parent)
        sizes = path.stat().st_size, packed.stat().st_size
        path.unlink()
        sync_directory(path.parent)
        return sizes


def unpack(path: Path) -> bool:
    """Put an archived body back in place and return whether it is there. Raises OSError, and as `descriptor_of`."""
    try:
        with _alone_in(path.parent):
            if path.exists():
                return True
            part = path.with_name(f"{path.name}.unpacked.part")
            with _whole(part):
                if not _write_unpacked(archive_of(path), part):
                    return False
                part.rename(path)
            sync_directory(path.parent)
            archive_of(path).unlink()
            return True
    except FileNotFoundError:
        return False


def put_in_place(part: Path, place: Path) -> None:
    """Give a new body its name, in place of the one before, archived or not; raises OSError."""
    with _alone_in(place.parent):
        part.replace(place)
        if archive_of(place).exists():
            sync_directory(place.parent)
            archive_of(place).unlink()


def drop_archive(path: Path) -> None:
    """Remove the archive of a body that is in place; raises `StoreError`."""
    with file_errors(path), _alone_in(path.parent):
        if path.exists():
            archive_of(path).unlink(missing_ok=True)


def drop_bodies(directory: Path) -> None:
    """Remove a directory with all bodies, if it is there; raises `StoreError`."""
    if directory.is_dir():
        with file_errors(directory), _alone_in(directory):
            remove(directory)


def is_busy(directory: Path) -> bool:
    """Return whether a process archives something in a directory right now, or brings it back."""
    with file_errors(directory):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Be the only one who archives in a directory or brings back; the system lets go of it when a process dies."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _whole(part: Path) -> Iterator[None]:
    """Begin without what a killed process left of a file, and leave nothing of it if it does not get its name."""
    part.unlink(missing_ok=True)
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _plain_bytes(path: Path) -> int | None:
    with file_errors(path):
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return None


def _compress(path: Path, part: Path) -> bytes:
    """Write a file compressed, on the disk when this returns, and return what tells its content from any other."""
    digest, packer = hashlib.sha256(), zlib.compressobj(wbits=_GZIP)
    with path.open("rb", buffering=0) as plain, new_private(part) as file:
        while chunk := plain.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(packer.compress(chunk))
        file.write(packer.flush())
        file.flush()
        os.fsync(file.fileno())
    return digest.digest()


def _digest(chunks: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


def _unpacked(packed: Path) -> Iterator[bytes]:
    """Yield what was compressed; raises OSError, and `StoreError` if it is not whole."""
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        with packed.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield unpacker.decompress(chunk)
        is_whole = unpacker.eof and not unpacker.unused_data
    except zlib.error:
        is_whole = False
    if not is_whole:
        raise StoreError(
            f"{packed}: the archive is damaged.",
            unharmed="It was left as it is.",
            todo="Put a copy of it back, or remove it; results come again if the API still has them.",
        )


def _write_unpacked(packed: Path, part: Path) -> bool:
    """Write what was compressed to a new file, on the disk when this returns; False if there is no archive."""
    if not packed.exists():
        return False
    with new_private(part) as file:
        for chunk in _unpacked(packed):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return True
