"""The bytes behind rows of text: always UTF-8, and readable from any place as often as wanted."""

from __future__ import annotations

import codecs
import io
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NoReturn

from batchtui.domain.errors import DataError, InputError, StoreError, os_reason

MAX_RECORD = 32 * 1024 * 1024
"""Bytes or characters of one line, cell or element at most; the API takes no larger Messages request."""

CHUNK_BYTES = 256 * 1024

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""How a file may begin; UTF-32 goes first because its mark begins like that of UTF-16."""

UTF_8 = "utf-8"

NO_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""Encodings of Python that no file of text has, and that can make what is no text."""


class Data:
    """A file, held open; a pipe is copied to a private temporary file, which nobody else can open.

    Readings are independent of each other. A file that changes between or during them raises `DataError`.
    """

    def __init__(self, file: IO[bytes], source: str, folder: Path | None) -> None:
        self.source = source
        self.folder = folder
        self._file = file
        self._begin = 0
        self._state = _state(file)

    @property
    def end(self) -> int:
        """Return where the file ends, in bytes of the file as it is."""
        return self._state[0]

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        return self.reading().read(size)

    def make_text(self, encoding: str | None) -> None:
        """See that from now on the bytes are UTF-8 without a byte order mark.

        Without an encoding a byte order mark decides, else it has to be UTF-8, which shows when it is read. Any
        other is translated into a private temporary file, which takes the place of this one.
        """
        if encoding is not None:
            _require_encoding(encoding)
        head = self.head(4)
        mark, marked = next((pair for pair in BYTE_ORDER_MARKS if head.startswith(pair[0])), (b"", UTF_8))
        wanted = encoding or marked
        if codecs.lookup(wanted).name == UTF_8:
            self._begin = len(mark) if marked == UTF_8 else 0
            return
        copy = _private_copy(text.encode() for text in self.decoded(wanted, 0 if encoding else len(mark)))
        self._file.close()
        self._file, self._state = copy, _state(copy)
        self.make_text(UTF_8)

    def reading(self, offset: int = 0, *, in_lines: bool = False) -> io.BufferedReader:
        """Return a stream of the bytes from an offset on; `in_lines`, a line too large raises `DataError`."""
        self._require_unchanged()
        return io.BufferedReader(_Reading(self, self._begin + offset, in_lines=in_lines), CHUNK_BYTES)

    def text(self, offset: int = 0) -> io.TextIOWrapper:
        """Return a stream of the lines of text from a byte offset on, their ends as they are."""
        return io.TextIOWrapper(self.reading(offset, in_lines=True), encoding=UTF_8, newline="")

    def text_head(self, size: int) -> str:
        """Return the first characters."""
        try:
            return self.text().read(size)
        except UnicodeDecodeError:
            self.fail_at_bad_bytes()

    def decoded(self, encoding: str = UTF_8, offset: int = 0, line: int = 1) -> Iterator[str]:
        """Yield the text in pieces; raises `DataError` with line and byte where it is in another encoding."""
        decoder = codecs.getincrementaldecoder(encoding)()
        reading = self.reading(offset)
        at = self._begin + offset
        while True:
            chunk = reading.read(CHUNK_BYTES)
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += (pending + chunk)[: error.start].decode(encoding, "replace").count("\n")
                byte = error.object[error.start : error.start + 1].hex() or "nothing"
                at += error.start - len(pending)
                raise _wrong_encoding(self.source, encoding, line, at, byte) from error
            yield text
            if not chunk:
                return
            line += text.count("\n")
            at += len(chunk)

    def fail_at_bad_bytes(self) -> NoReturn:
        """Raise the `DataError` that says where the bytes are no UTF-8; only called where they are not."""
        for _ in self.decoded():
            pass
        raise DataError(f"{self.source}: it is not UTF-8.", todo="Save it as UTF-8.")

    def pread(self, size: int, offset: int) -> bytes:
        """Return bytes of the file as it is."""
        try:
            data = os.pread(self._file.fileno(), size, offset)
        except OSError as error:
            raise unreadable(self.source, error) from error
        if not data:
            self._require_unchanged()
        return data

    def close(self) -> None:
        """Close the file; a temporary one is gone then."""
        self._file.close()

    def _require_unchanged(self) -> None:
        if _state(self._file) != self._state:
            raise DataError(f"{self.source}: it has changed since it was opened.", todo="Open it again.")


class _Reading(io.RawIOBase):
    """Reads on from a place of its own; `in_lines`, it stops at a line that would fill the memory."""

    def __init__(self, data: Data, offset: int, *, in_lines: bool) -> None:
        super().__init__()
        self._data = data
        self._begin = self._offset = offset
        self._in_lines = in_lines
        self._line_bytes = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: self._begin, os.SEEK_CUR: self._offset, os.SEEK_END: self._data.end}[whence]
        self._offset = start + offset
        return self._offset - self._begin

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a Buffer, and CPython gives this one
        data = self._data.pread(len(buffer), self._offset)
        buffer[: len(data)] = data
        self._offset += len(data)
        if self._in_lines:
            self._line_bytes = 0 if b"\n" in data or b"\r" in data else self._line_bytes + len(data)
            if self._line_bytes > MAX_RECORD:
                raise too_large(self._data.source, f"the line around byte {self._offset:,}")
        return len(data)


def open_data(path: Path, source: str) -> Data:
    """Open a file; what is no regular file, as a pipe of the shell, is read to its end. Raises `DataError`."""
    try:
        file = path.open("rb")
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return Data(file, source, path.parent)
    except OSError as error:
        raise unreadable(source, error) from error
    with file:
        return copied(file, source)


def copied(stream: IO[bytes], source: str) -> Data:
    """Copy a stream that can be read only once, as stdin; its folder is None."""

    def pieces() -> Iterator[bytes]:
        try:
            while piece := stream.read(CHUNK_BYTES):
                yield piece
        except OSError as error:
            raise unreadable(source, error) from error

    return Data(_private_copy(pieces()), source, None)


def unreadable(source: str, error: OSError) -> DataError:
    """Return the error for a file that the system does not let us read."""
    return DataError(f"{source}: {os_reason(error)}.", todo="Give a file that can be read, or - for stdin.")


def too_large(source: str, what: str, line: int | None = None) -> DataError:
    """Return the error for something that no request could hold, as `line 7`."""
    return DataError(
        f"{source}: {what} is larger than {MAX_RECORD // 1024**2} MiB.",
        todo="See that every quote is closed and every line ends; no request can hold as much.",
        line=line,
    )


def _state(file: IO[bytes]) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _require_encoding(encoding: str) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        is_known = codecs.lookup(encoding).name not in NO_FILES
    except (LookupError, ValueError):
        is_known = False
    if not is_known:
        raise InputError(
            f"{encoding!r} is no encoding of text known here.", todo="Give one as utf-8, utf-16, cp1252 or latin-1."
        )


def _wrong_encoding(source: str, encoding: str, line: int, offset: int, byte: str) -> DataError:
    return DataError(
        f"{source}: line {line:,}: not {encoding.upper()}: byte 0x{byte} at offset {offset:,}.",
        todo="Save it as UTF-8, or name its encoding with --encoding, as cp1252 (Windows) or latin-1.",
        line=line,
    )


def _private_copy(pieces: Iterable[bytes]) -> IO[bytes]:
    """Return a temporary file without a name that holds these bytes; it is gone when it is closed."""
    try:
        with ExitStack() as stack:
            copy = stack.enter_context(tempfile.TemporaryFile())
            copy.writelines(pieces)
            copy.flush()
            stack.pop_all()
            return copy
    except OSError as error:
        raise StoreError(
            f"{tempfile.gettempdir()}: no copy of the data can be made: {os_reason(error)}.",
            unharmed="Nothing was sent.",
            todo="Make room there, or set TMPDIR to a directory with room.",
        ) from error
