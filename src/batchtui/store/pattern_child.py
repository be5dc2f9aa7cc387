"""The process that looks for a pattern in result files; `pattern_search` starts it and says what it answers.

It is run as a script and not as a module, so that the rest of the store is not imported.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import BinaryIO

from batchtui.domain.result import searched_text
from batchtui.domain.search import Search

ENDED, TOO_LONG, NO_FILE = -1, -2, -3

LINE_SECONDS = 1.0
"""How long the pattern may take over one line."""

TELL_SECONDS = 0.05


class _TooLongError(Exception):
    """The pattern takes too long over one line."""


def main() -> None:
    """Read a search, whether lines have any form, and paths, each a line of JSON.

    For each hit 8 bytes are written: where its line begins.
    """

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    signal.signal(signal.SIGALRM, give_up)
    asked = sys.stdin.buffer
    search = Search(**json.loads(asked.readline()))
    searched = _searched_in_any_form if json.loads(asked.readline()) else searched_text
    for path in asked:
        try:
            with open(json.loads(path), "rb", buffering=1 << 20) as file:  # noqa: PTH123  # pathlib costs 10 ms
                _look(file, search, searched)
            _tell(array("q", [ENDED]))
        except FileNotFoundError:
            _tell(array("q", [NO_FILE]))
        except _TooLongError:
            _tell(array("q", [TOO_LONG]))
            return


def _look(file: BinaryIO, search: Search, searched: Callable[[bytes], str]) -> None:
    hits = array("q")
    told_at = 0.0
    needles = search.needles()
    for offset, line in _lines(file):
        if needles and not _may_hold(line, needles, search):
            continue
        signal.setitimer(signal.ITIMER_REAL, LINE_SECONDS)
        if search.finds(searched(line)):
            hits.append(offset)
        if hits and time.monotonic() - told_at > TELL_SECONDS:
            signal.setitimer(signal.ITIMER_REAL, 0)
            _tell(hits)
            hits = array("q")
            told_at = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0)
    _tell(hits)


def _searched_in_any_form(line: bytes) -> str:
    from batchtui.domain.result_forms import result_line

    return searched_text(result_line(line))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    offset = 0
    for line in file:
        yield offset, line
        offset += len(line)


def _may_hold(line: bytes, needles: Sequence[bytes], search: Search) -> bool:
    """Return whether a line may hold the text, by its bytes."""
    small = line if search.match_case else line.lower()
    # A text block names itself twice. Where there are two of them, the text may begin in one and end in the other.
    return any(needle in small for needle in needles) or line.count(b'"text"') > 2


def _tell(hits: array[int]) -> None:
    sys.stdout.buffer.write(hits.tobytes())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
