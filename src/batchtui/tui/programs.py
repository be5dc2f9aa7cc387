"""Programs of the user: which they are, and what they may know."""

import os
import shlex
import shutil

from batchtui.domain.errors import InputError

SECRETS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""Variables that no other program is given."""

EDITORS = ("sensible-editor", "nano", "vi")
"""What is tried where neither VISUAL nor EDITOR names one."""


def environment() -> dict[str, str]:
    """Return what a program of the user gets to see of our environment: all but the key."""
    return {name: value for name, value in os.environ.items() if name not in SECRETS}


def editor_command() -> list[str]:
    """Return the command of the user's editor, its program with the whole path; raises `InputError` without one."""
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
