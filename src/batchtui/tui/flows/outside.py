"""Programs of the user that borrow the terminal, and what they may know."""

import asyncio
import os
import shlex
import shutil
import tempfile
from pathlib import Path

from textual.app import App, SuspendNotSupported

from batchtui.domain.errors import InputError

SECRETS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""Variables that no other program is given."""

EDITORS = ("sensible-editor", "nano", "vi")
"""What is tried where neither VISUAL nor EDITOR names one."""


def environment() -> dict[str, str]:
    """Return what a program of the user gets to see of our environment: all but the key."""
    return {name: value for name, value in os.environ.items() if name not in SECRETS}


async def edited(app: App[None], text: str, name: str) -> str | None:
    """Lend the terminal to $VISUAL or $EDITOR with a private copy of a text, and return what became of it.

    `name` is the file name the editor shows. None means that it ended with an error, as `:cq` in vi, by which
    people say that nothing shall be taken. Polls and downloads go on meanwhile. Raises `InputError` if there is no
    editor, if the terminal cannot be lent, or if what it left is no UTF-8.
    """
    command = _editor()
    with tempfile.TemporaryDirectory(prefix="batchtui-") as directory:
        path = Path(directory, Path(name).name)
        _write(path, text)
        try:
            with app.batch_update(), app.suspend():
                process = await asyncio.create_subprocess_exec(*command, str(path), env=environment())
                try:
                    code = await process.wait()
                finally:
                    if process.returncode is None:
                        process.terminate()
        except SuspendNotSupported as error:
            raise InputError("This terminal cannot be lent to an editor.", todo="Edit it here.") from error
        app.refresh()
        return None if code else _read(path, command[0])


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _read(path: Path, program: str) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"What {program} left cannot be read: {error}.", unharmed="The text is as it was before."
        ) from error


def _editor() -> list[str]:
    """Return the command of the user's editor, its program with the whole path."""
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        words = shlex.split(wanted)
    except ValueError as error:
        raise InputError(f"EDITOR cannot be read: {error}.", todo="Set EDITOR to a program, as `nano`.") from error
    tried = [words[0]] if words else list(EDITORS)
    program = next((found for found in map(shutil.which, tried) if found), None)
    if program is None:
        raise InputError(
            f"The editor {' or '.join(tried)} was not found.", todo="Set EDITOR to a program that edits a file."
        )
    return [program, *words[1:]]
