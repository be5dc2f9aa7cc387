"""Looking for a pattern in a process of its own: it can take for ever, and no other thread would run meanwhile."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from batchtui.domain.errors import InputError, StoreError
from batchtui.domain.search import Search
from batchtui.store import pattern_child
from batchtui.store.files import file_errors
from batchtui.store.pattern_child import ENDED, LINE_SECONDS, NO_FILE, TOO_LONG

STOP_SECONDS = 0.1
"""How often it is looked whether the search is still wanted."""

READ_BYTES = 1 << 16


class PatternSearch:
    """A process that looks for a text in one file after another, until the search is not wanted any more.

    With `any_form` lines may be objects as `results --json` gives them, which costs time.
    """

    def __init__(self, search: Search, stop: threading.Event, *, any_form: bool = False) -> None:
        self._search = search
        self._stop = stop
        self._any_form = any_form

    def __enter__(self) -> PatternSearch:
        # The child needs what is imported here, and no key.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
        with file_errors(Path(sys.executable)):
            self._process = subprocess.Popen(  # noqa: S603  # our own script, and nothing of the search, is run
                [sys.executable, "-P", pattern_child.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        self._asked, self._answers = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        search = self._search
        self._ask({"text": search.text, "regex": search.regex, "match_case": search.match_case})
        self._ask(self._any_form)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        with suppress(BrokenPipeError):
            self._asked.close()
        self._answers.close()
        self._process.wait()

    def offsets(self, path: Path) -> Iterator[int]:
        """Yield where each line begins that holds the text, in the order of the file.

        Raises `FileNotFoundError` if there is no such file, and `InputError` if the pattern takes too long.
        """
        self._ask(str(path))
        rest = b""
        readable = select.poll()
        readable.register(self._answers)
        while not self._stop.is_set():
            if not readable.poll(STOP_SECONDS * 1000):
                continue
            read = os.read(self._answers.fileno(), READ_BYTES)
            if not read:
                raise _ended()
            rest += read
            hits = array("q", rest[: len(rest) // 8 * 8])
            rest = rest[len(hits) * 8 :]
            for hit in hits:
                if hit == ENDED:
                    return
                if hit == NO_FILE:
                    raise FileNotFoundError(path)
                if hit == TOO_LONG:
                    raise InputError(
                        f"/{self._search.text}/ takes more than {LINE_SECONDS:.0f} s for one result.",
                        todo="Say it with fewer repetitions inside of repetitions.",
                    )
                yield hit

    def _ask(self, value: object) -> None:
        try:
            self._asked.write(json.dumps(value).encode() + b"\n")
            self._asked.flush()
        except BrokenPipeError as error:
            raise _ended() from error


def _ended() -> StoreError:
    return StoreError(
        "The process that searches has ended before it was done.",
        unharmed="Nothing was changed.",
        todo="Search again.",
    )
