"""The clipboard: by a program of the desktop where there is one, else by the terminal."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping

from textual.app import App

from batchtui.domain.human import bytes_text
from batchtui.tui.programs import environment
from batchtui.tui.text import clean

PATIENCE_SECONDS = 3.0
"""How long a program may take."""

TERMINAL_BYTES = 75_000
"""What many terminals take at most: 100 kB of base64."""


async def put(app: App[None], text: str, what: str) -> str:
    """Bring text to the clipboard and return what can be said of that; `what` it is, as in `the id`.

    A program of the desktop tells whether it took the text. A terminal does not, so then nothing is claimed but
    that it was sent. What a terminal could obey is replaced before, because text is pasted into terminals.
    """
    text = clean(text)
    for command in commands(os.environ):
        if await _taken(command, text):
            return f"Copied {what}"
    app.copy_to_clipboard(text)
    size_bytes = len(text.encode())
    much = f"; it is {bytes_text(size_bytes)}, and many take no more than {bytes_text(TERMINAL_BYTES)}"
    return f"Sent {what} to the terminal's clipboard{much if size_bytes > TERMINAL_BYTES else ''}"


def commands(environ: Mapping[str, str]) -> list[list[str]]:
    """Return what may put text on the clipboard of the screen that the user looks at, best first.

    Over SSH that is another machine's, which only the terminal reaches.
    """
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return []
    wanted: list[list[str]] = []
    if sys.platform == "darwin":
        wanted.append(["pbcopy"])
    if environ.get("WAYLAND_DISPLAY"):
        wanted.append(["wl-copy"])
    if environ.get("DISPLAY"):
        wanted += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
    found = [(shutil.which(program, path=environ.get("PATH")), arguments) for program, *arguments in wanted]
    return [[program, *arguments] for program, arguments in found if program is not None]


async def _taken(command: list[str], text: str) -> bool:
    """Give text to a program, and return whether it says that it took it."""
    nowhere = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=nowhere, stderr=nowhere, env=environment()
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await process.communicate(text.encode())
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode == 0
