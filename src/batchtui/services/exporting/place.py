"""Files and folders that appear only when everything is in them."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from batchtui.domain.errors import InputError, StoreError, os_reason

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})
"""What file systems without hard links say."""

SYNC_BYTES = 32_000_000
"""After how much written it goes to the disk."""

_NAME_CHARS_MAX = 100
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def usual(typed: str) -> Path:
    """Return the path that was typed; a leading `~` is the home directory."""
    return Path(os.path.expanduser(typed))  # noqa: PTH111 - this one leaves what it cannot do


def refusal(path: Path, *, overwrite: bool = False, folder: bool = False) -> InputError | None:
    """Return what speaks against a new file or folder there, as far as that is known before; nothing is touched."""
    try:
        mode = path.lstat().st_mode
        if folder and stat.S_ISDIR(mode) and not any(path.iterdir()):
            return None
    except FileNotFoundError:
        return None if path.parent.is_dir() else _unusable(path, f"there is no folder {path.parent}")
    except OSError as error:
        return _unusable(path, os_reason(error))
    except ValueError:
        return _unusable(path, "that cannot be a name")
    if folder:
        return InputError(
            f"{path} exists.", unharmed="It was not touched.", todo="Name a folder that does not exist yet."
        )
    if stat.S_ISDIR(mode):
        return _unusable(path, "that is a folder")
    if not stat.S_ISREG(mode):
        # A file put in its place would surprise whoever made the link or reads the pipe.
        return _unusable(path, "that is a link, a pipe or a device")
    return None if overwrite else _exists(path)


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a private empty file beside `path` to write to; it gets its name when the context ends without error.

    What is left then is readable for whom new files of this user are, or for whom the file overwritten was. Raises
    `InputError` if there must not or cannot be such a file, `StoreError` if it cannot be written to its end; the
    file there before stays as it was then.
    """
    if (error := refusal(path, overwrite=overwrite)) is not None:
        raise error
    part = _part(path)
    with _told(path):
        usual_mode = _create(part)
    try:
        with _told(path):
            yield part
            with suppress(FileNotFoundError):
                usual_mode = stat.S_IMODE(path.lstat().st_mode)
            _settle(part, usual_mode)
            if overwrite:
                part.replace(path)
            else:
                _rename_to_nothing(part, path)
            _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_through(part: Path, chunks: Iterable[bytes]) -> None:
    """Write chunks to a file; while the next ones are made, those before go to the disk on a thread of their own.

    Without that a large file would be written to memory first, and the disk would begin when all is there.
    """
    with ThreadPoolExecutor(1) as syncing, part.open("wb") as file:
        under_way: Future[None] | None = None
        waiting_bytes = 0
        for chunk in chunks:
            file.write(chunk)
            waiting_bytes += len(chunk)
            if waiting_bytes >= SYNC_BYTES and (under_way is None or under_way.done()):
                if under_way is not None:
                    under_way.result()
                file.flush()
                under_way, waiting_bytes = syncing.submit(os.fsync, file.fileno()), 0
        if under_way is not None:
            under_way.result()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a private empty folder beside `path` to fill; it gets its name when the context ends without error.

    Raises as `new_file` does. A folder that holds anything is never replaced.
    """
    if (error := refusal(path, folder=True)) is not None:
        raise error
    part = _part(path)
    with _told(path):
        part.mkdir()
        usual_mode = stat.S_IMODE(part.stat().st_mode)
        part.chmod(_PRIVATE_FOLDER)
    try:
        with _told(path):
            yield part
            part.chmod(usual_mode)
            # One file after another would take minutes for as many as there are rows.
            os.sync()
            part.rename(path)
            _sync(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


class FileNames:
    """Names of files made from custom_ids: safe on every system, none twice."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._next: dict[str, int] = {}

    def create(self, folder: Path, wanted: str) -> Path:
        """Create a file for a custom_id in a folder and return its path; `-2`, `-3`, … if the name is taken."""
        name = safe_name(wanted)
        number = self._next.get(name, 1)
        while True:
            path = folder / f"{name}{f'-{number}' if number > 1 else ''}{self._suffix}"
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                number += 1
                continue
            if number > 1:
                self._next[name] = number + 1
            return path


def safe_name(text: str) -> str:
    """Return a file name made from a text: ASCII letters, digits, `.`, `_` and `-`, and no name of a device."""
    name = _NOT_IN_A_NAME.sub("-", text)[:_NAME_CHARS_MAX].strip(".-")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return name or "row"


def _part(path: Path) -> Path:
    return path.with_name(f".batchtui-{secrets.token_hex(6)}.part")


def _create(part: Path) -> int:
    """Create a private file and return the mode that new files of this user have."""
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        os.fchmod(descriptor, _PRIVATE_FILE)
    finally:
        os.close(descriptor)
    return mode


def _settle(part: Path, mode: int) -> None:
    """See that a file survives a power cut, and give it its mode."""
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename_to_nothing(part: Path, path: Path) -> None:
    """Rename a file, but not over one that has come meanwhile."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.is_symlink() or path.exists():
            raise _exists(path) from error
        part.rename(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreError(
                f"{path}: {os_reason(error)}.",
                unharmed="No file was left half written.",
                todo="Make room, or name another place.",
            ) from error
        raise _unusable(path, os_reason(error)) from error


def _exists(path: Path) -> InputError:
    return InputError(
        f"{path} exists.",
        unharmed="It was not touched.",
        todo="Name another file, or overwrite it with --force.",
    )


def _unusable(path: Path, why: str) -> InputError:
    return InputError(
        f"{path}: {why}.",
        unharmed="No file was left half written.",
        todo="Name a plain file in a folder that can be written.",
    )
