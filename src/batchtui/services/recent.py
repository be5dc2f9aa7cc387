"""Which data was composed with lately, so that it need not be named again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from batchtui.store.files import file_errors, write_private

KEPT = 30
"""How many choices are remembered."""


@dataclass(frozen=True, slots=True)
class DataChoice:
    """Which rows of which data: `values` win over the row, `where` is an expression, `limit` cuts off the rest."""

    source: str
    query: str = ""
    encoding: str = ""
    where: str = ""
    limit: int | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Used:
    """A choice of data, and the name of the template it was made for."""

    template: str
    choice: DataChoice


class RecentData:
    """The choices of data last made in one home, in a file of their own; every call blocks.

    They are a help and no record: a file that holds anything else counts as empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(self) -> list[Used]:
        """Return the choices, newest first. Raises `StoreError` if the file is there and cannot be opened."""
        import msgspec

        try:
            with file_errors(self._path):
                return msgspec.json.decode(
                    self._path.read_bytes() if self._path.exists() else b"[]", type=_UsedList
                )
        except msgspec.MsgspecError:
            return []

    def remember(self, used: Used) -> Sequence[Used]:
        """Put a choice on top, and return all. Raises `StoreError` if it cannot be written."""
        import msgspec

        kept = [used, *(one for one in self.list() if one != used)][:KEPT]
        write_private(self._path, msgspec.json.encode(kept))
        return kept


_UsedList = list[Used]
