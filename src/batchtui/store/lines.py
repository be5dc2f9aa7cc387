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
        lines = chunk.split(b"\n")
        self._rest.append(lines.pop())
        if not lines:
            return
        *begun, rest = self._rest
        lines[0] = b"".join([*begun, lines[0]])
        self._rest = [rest]
        for line in lines:
            if line.strip():
                yield self.offset, line
            self.offset += len(line) + 1

    def end(self) -> Iterator[tuple[int, bytes]]:
        """Yield what came after the last newline, if it is anything."""
        line = b"".join(self._rest)
        self._rest.clear()
        if line.strip():
            yield self.offset, line
        self.offset += len(line)
