"""Programs of the user that borrow the terminal from the screens."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from textual.app import App, SuspendNotSupported

from batchtui.domain.errors import InputError
from batchtui.tui.programs import editor_command, environment


async def edited(app: App[None], text: str, name: str) -> str | None:
    """Lend the terminal to $VISUAL or $EDITOR with a private copy of a text, and return what became of it.

    `name` is the file name the editor shows. None means that it ended with an error, as `:cq` in vi, by which
    people say that nothing shall be taken. Polls and downloads go on meanwhile. Raises `InputError` if there is no
    editor, if the terminal cannot be lent, or if what it left is no UTF-8.
    """
    command = editor_command()
    with tempfile.TemporaryDirectory(prefix="batchtui-") as directory:
        path = Path(directory, Path(name).name)
        _write(path, text)
        try:
            code = await lent(app, [*command, str(path)])
        except SuspendNotSupported as error:
            raise InputError("This terminal cannot be lent to an editor.", todo="Edit it here.") from error
        return None if code else _read(path, command[0])


async def lent(app: App[None], command: Sequence[str], text: bytes | None = None) -> int:
    """Lend the terminal to a program until it ends, and return its exit code; `text` is what it gets on stdin.

    It knows no key. Raises `SuspendNotSupported` where the terminal cannot be lent, and OSError.
    """
    with app.batch_update(), app.suspend():
        stdin = None if text is None else asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=stdin, env=environment())
        try:
            await process.communicate(text)
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
    app.refresh()
    return code


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(text.encode())


def _read(path: Path, program: str) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"What {program} left cannot be read: {error}.", unharmed="The text is as it was before."
        ) from error
