"""The files a template may read: regular ones of bounded size, below the folders it was given."""

from __future__ import annotations

import base64
import mimetypes
import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from jinja2 import TemplateRuntimeError

MAX_FILE_BYTES = 24_000_000
"""Bytes of a file at most: as base64 they are the 32 MB of one request (API docs)."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


class FileError(TemplateRuntimeError):
    """A file cannot be read, or may not be; the message names it and says why."""


class Files:
    """Reads files for templates; relative paths are below `folder`, symbolic links are followed and then judged."""

    def __init__(self, folder: Path | None, allowed: Sequence[Path]) -> None:
        self._folder = folder
        self._roots = [Path(os.path.realpath(root)) for root in (folder, *allowed) if root is not None]

    def read(self, name: object) -> bytes:
        """Return the bytes of a file; raises FileError."""
        # An undefined value says itself what is missing, and only when it is written.
        named = str(name)
        if not isinstance(name, str | Path) or not named:
            raise FileError(f"a file is named by text, this is {name!r:.80}")
        path = self._allowed(named)
        try:
            # Not blocking, so that a pipe is refused and not waited for.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise FileError(f"the file {name} cannot be read: {error.strerror} ({path})") from error
        with ExitStack() as closing:
            closing.callback(os.close, descriptor)
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise FileError(f"{name} is not a file ({path})")
            if facts.st_size > MAX_FILE_BYTES:
                raise FileError(
                    f"the file {name} has {facts.st_size:,} bytes, {MAX_FILE_BYTES:,} at most can be sent"
                )
            try:
                # Of a file that grows meanwhile, no more than was measured.
                with open(descriptor, "rb", closefd=False) as file:
                    return file.read(facts.st_size)
            except OSError as error:
                raise FileError(f"the file {name} cannot be read: {error.strerror} ({path})") from error

    def text(self, name: object, encoding: str = "utf-8") -> str:
        """Return the text of a file, without a byte order mark; raises FileError."""
        data = self.read(name)
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except LookupError as error:
            raise FileError(f"there is no text encoding {encoding!r}") from error
        except UnicodeError as error:
            raise FileError(
                f"the file {name} is not {encoding} text; name its encoding, as in readfile('latin-1')"
            ) from error

    def base64(self, name: object) -> str:
        """Return the bytes of a file as base64; raises FileError."""
        return base64.b64encode(self.read(name)).decode("ascii")

    def media_type(self, name: object) -> str:
        """Return what a file is, by its first bytes where they say it and else by its suffix; raises FileError."""
        data = self.read(name)
        for magic, media_type in _MAGIC:
            if data.startswith(magic):
                return media_type
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return "image/webp"
        guessed, _ = mimetypes.guess_type(str(name))
        if guessed is None:
            raise FileError(f"what kind of file {name} is cannot be known from its first bytes or its suffix")
        return guessed

    def _allowed(self, name: str) -> str:
        if "\0" in name:
            raise FileError("the name of a file holds a NUL character")
        if not self._roots:
            raise FileError(
                f"the file {name} may not be read: the data has no folder, and no other folder is allowed"
            )
        try:
            path = os.path.realpath(self._roots[0] / name)
        except OSError as error:
            raise FileError(f"the file {name} cannot be found: {error.strerror}") from error
        if not any(Path(path).is_relative_to(root) for root in self._roots):
            roots = ", ".join(map(str, self._roots))
            raise FileError(
                f"the file {name} may not be read: {path} is not below {roots} (--allow takes other folders)"
            )
        return path
