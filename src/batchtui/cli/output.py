"""What goes to stdout and what to stderr: data there, messages here, and no outside text unclean."""

from __future__ import annotations

import codecs
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from batchtui.domain.errors import BatchtuiError
from batchtui.tui.text import clean, clean_line

GAP = "  "


def say(text: str) -> None:
    """Tell the user something on stderr."""
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def out(text: str) -> None:
    """Print a line, or several, of data for people on stdout."""
    with writing():
        sys.stdout.write(clean(text) + "\n")


def out_bytes(data: bytes) -> None:
    """Print bytes on stdout exactly as they are."""
    rest = memoryview(data)
    with writing():
        # Where Python does not buffer, one write need not take all.
        while rest:
            rest = rest[sys.stdout.buffer.write(rest) :]


def out_json(value: object) -> None:
    """Print the one JSON document of a command."""
    from batchtui.services.read import to_json

    out_bytes(to_json(value) + b"\n")


def out_document(chunks: Iterable[bytes]) -> None:
    """Print a document piece by piece: as it is into a pipe or a file, cleaned onto a terminal."""
    if not sys.stdout.isatty():
        for chunk in chunks:
            out_bytes(chunk)
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in chunks:
        with writing():
            sys.stdout.write(clean(decoder.decode(chunk)))


def flush() -> None:
    """Bring everything printed so far to the reader."""
    with writing():
        sys.stdout.flush()


@contextmanager
def writing() -> Iterator[None]:
    """Say in words that stdout cannot be written; a reader that has gone away is not an error to talk about."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BatchtuiError(f"The output could not be written: {error.strerror}.") from error


def out_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> None:
    """Print aligned columns, those with the numbers of `right` flush right; every cell is outside text."""
    for line in table_lines(header, rows, right):
        out(line)


def table_lines(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Yield the lines that `out_table` prints."""
    lines = [list(header), *([clean_line(cell) for cell in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    flush_right = set(right)
    for line in lines:
        cells = []
        for number, (cell, width) in enumerate(zip(line, widths, strict=True)):
            padding = " " * (width - _width(cell))
            cells.append(padding + cell if number in flush_right else cell + padding)
        yield GAP.join(cells).rstrip()


def out_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and values, one pair a line."""
    listed = [(name, clean_line(value)) for name, value in pairs]
    width = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        out(f"{name:<{width}}{GAP}{value}".rstrip())


def rfc3339(at: datetime | None) -> str | None:
    """Return a time as it stands in JSON: UTC, with a Z."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class LiveLine:
    """One line on stderr that changes in place; nothing at all where stderr is no terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[K{clean_line(text, width)}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Remove the line, so that something else can be said."""
        self.show("")


def _width(text: str) -> int:
    """Return the columns a text takes, near enough to align a table."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) or unicodedata.category(char) == "Cf" else _cells(char) for char in text
    )


def _cells(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
