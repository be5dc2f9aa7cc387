"""The body of a create, made from a file of request lines without holding it in memory."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from batchtui.domain.errors import StoreError
from batchtui.domain.request import BODY_HEAD, BODY_TAIL

BLOCK_BYTES = 512 * 1024


def body_blocks(lines: Path, block_bytes: int = BLOCK_BYTES) -> Generator[bytes, None, None]:
    """Yield the create body for a file with one request a line, whether or not the last line ends with a newline.

    Raises OSError where the file cannot be read.
    """
    with lines.open("rb") as file:
        held = BODY_HEAD
        newline = b""
        while block := file.read(block_bytes):
            # The newline at the very end is no comma, so each block's last byte waits for the next block.
            rest, last = (block[:-1], b"\n") if block.endswith(b"\n") else (block, b"")
            yield held + (newline + rest).replace(b"\n", b",")
            held, newline = b"", last
        yield held + BODY_TAIL


def check_body(lines: Path, body_bytes: int) -> None:
    """Raise StoreError unless the file makes a create body of exactly that many bytes; no line is read for it."""
    try:
        with lines.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 1))
            size -= file.read(1) == b"\n"
    except OSError as error:
        raise StoreError(
            f"The request file {lines} cannot be read: {error.strerror}.",
            unharmed="Nothing was sent.",
            todo="Check that the file is there and readable.",
        ) from error
    actual = len(BODY_HEAD) + size + len(BODY_TAIL)
    if actual != body_bytes:
        raise StoreError(
            f"The request file {lines} makes {actual:,} bytes and not the {body_bytes:,} that were prepared.",
            unharmed="Nothing was sent.",
            todo="Prepare the submission again.",
        )
