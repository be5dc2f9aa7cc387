"""Texts that the user changes in an editor of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from batchtui.cli.report import report
from batchtui.domain.errors import InputError, RefusedError

T = TypeVar("T")


def edited(text: str, suffix: str, take: Callable[[str], T]) -> T:
    """Let the user change a text and return what `take` makes of it.

    Where `take` raises an `InputError` it is told, and the user may go on with the text as it stands by then.
    Raises `RefusedError` if nothing was changed.
    """
    with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:
        path = Path(folder) / f"request{suffix}"
        path.write_text(text, encoding="utf-8")
        while True:
            code = run_editor(path)
            after = path.read_text(encoding="utf-8", errors="replace")
            if code or after == text:
                what = f"The editor ended with code {code}." if code else "Nothing was changed."
                raise RefusedError(what, unharmed="Nothing was sent.")
            try:
                return take(after)
            except InputError as error:
                if not sys.stdin.isatty():
                    raise
                report(error)
                if not click.confirm("Go on editing?", err=True, default=True):
                    raise


def run_editor(path: Path) -> int:
    """Open a file in $VISUAL or $EDITOR, wait for its end and return its exit code; it is not given the key."""
    from batchtui.tui.programs import editor_command, environment

    command = editor_command()
    with _interrupts_left_to_others():
        return subprocess.run(  # noqa: S603  # the user's own editor, and no shell
            [*command, os.fspath(path)], env=environment(), check=False
        ).returncode


@contextmanager
def _interrupts_left_to_others() -> Iterator[None]:
    """Leave Ctrl-C to the program that has the terminal; a handler, unlike SIG_IGN, is not handed on to it."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
