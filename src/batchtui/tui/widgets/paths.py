"""Completes the path of a file while it is typed."""

import asyncio
from pathlib import Path

from textual.suggester import Suggester

from batchtui.tui.text import clean_line

ENTRIES_MAX = 2000
"""How many entries of a directory are looked at."""


class PathSuggester(Suggester):
    """Suggests the first file or directory, by name, that what is typed is the beginning of."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole path for a beginning, or None."""
        return await asyncio.to_thread(complete, value) if value.strip() else None


def complete(typed: str) -> str | None:
    """Return what a path that is being typed could become; directories end in a slash."""
    head, slash, beginning = typed.rpartition("/")
    directory = Path(head + slash).expanduser()
    try:
        with_limit = zip(range(ENTRIES_MAX), directory.iterdir(), strict=False)
        names = sorted(entry.name for _, entry in with_limit if entry.name.startswith(beginning))
        hidden = beginning.startswith(".")
        name = next((name for name in names if hidden or not name.startswith(".")), None)
        if name is None or clean_line(name) != name:
            return None
        return f"{head}{slash}{name}{'/' if (directory / name).is_dir() else ''}"
    except (OSError, RuntimeError, ValueError):
        return None
