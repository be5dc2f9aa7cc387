"""The files of a folder as rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from batchtui.services.rows.data import unreadable
from batchtui.services.rows.model import Row, Rows, no_such_row


class FolderRows(Rows):
    """All files below a folder, in the order of their paths: path (from the folder on), name, stem, suffix, size.

    Hidden files and folders are left out, and so are links that lead out of the folder or to another folder. Bytes
    of names that are not UTF-8 stay in `path`, so that the file can be opened, and are U+FFFD in the rest. `size`
    is in bytes.
    """

    columns = ("path", "name", "stem", "suffix", "size")

    def __init__(self, source: str) -> None:
        self.source = source
        self.kind = "folder"
        self.folder = Path(source)
        self._top = os.path.realpath(source)
        self._paths = sorted(self._found(self._top, ""), key=PurePath)

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, range(1, len(self._paths) + 1))

    def at(self, number: int) -> Row:
        """Return one row."""
        if not 1 <= number <= len(self._paths):
            raise no_such_row(self, number)
        return self._row(number)

    def count(self) -> int:
        """Return how many files there are."""
        return len(self._paths)

    def close(self) -> None:
        """Do nothing: no file is open."""

    def _row(self, number: int) -> Row:
        path = self._paths[number - 1]
        try:
            size_bytes = (self.folder / path).stat().st_size
        except OSError as error:
            raise unreadable(str(self.folder / path), error) from error
        name = PurePath(os.fsencode(path).decode("utf-8", "replace"))
        return Row(
            number,
            {"path": path, "name": name.name, "stem": name.stem, "suffix": name.suffix, "size": size_bytes},
        )

    def _found(self, directory: str, prefix: str) -> Iterator[str]:
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        yield from self._found(entry.path, f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False) or (entry.is_symlink() and self._holds(entry.path)):
                        yield prefix + entry.name
        except OSError as error:
            raise unreadable(directory, error) from error

    def _holds(self, link: str) -> bool:
        """Return whether a link leads to a file in the folder."""
        target = Path(os.path.realpath(link))
        return target.is_relative_to(self._top) and target.is_file()
