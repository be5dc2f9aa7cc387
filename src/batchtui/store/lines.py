"""Cutting bytes into lines."""

from __future__ import annotations

from collections.abc import Iterator


class Lines:
    """Cuts bytes into lines at newlines alone, however they arrive; blank lines are passed over."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self.offset = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield offset and bytes of each line that is complete by now, without its newline."""
        first, *pieces = chunk.split(b"\n")
        self._rest.append(first)
        for piece in pieces:
            yield from self._cut(1)
            self._rest.append(piece)

    def end(self) -> Iterator[tuple[int, bytes]]:
        """Yield what came after the last newline, if it is anything."""
        yield from self._cut(0)

    def _cut(self, newline_bytes: int) -> Iterator[tuple[int, bytes]]:
        line = b"".join(self._rest)
        self._rest.clear()
        if line.strip():
            yield self.offset, line
        self.offset += len(line) + newline_bytes
