"""The profiles of config.toml, changed without touching what else is in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.config import DEFAULT_BASE_URL, DEFAULT_PROFILE, ProfileConfig, read_file
from batchtui.domain.errors import InputError, RefusedError, UnknownIdError
from batchtui.domain.origin import check_base_url
from batchtui.store.files import file_errors, make_directory, write_private

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")

UNCHANGED = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A profile as it stands in config.toml; `is_chosen` is the one in use when none is named."""

    name: str
    base_url: str
    workspace_id: str | None
    is_chosen: bool


Entries = list[ProfileEntry]
"""By this name because a method called `list` hides the type from the class it is in."""


class Profiles:
    """Lists, adds, chooses and removes profiles; comments and all other settings stay as they are.

    Every method raises `ConfigError` if the file cannot be understood, and `StoreError` if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(self) -> Entries:
        """Return all profiles by name; `default` is there without being written down."""
        file = read_file(self._path)
        known = {name: (profile.server, profile.workspace_id) for name, profile in file.profiles.items()}
        known.setdefault(DEFAULT_PROFILE, (DEFAULT_BASE_URL, None))
        return [
            ProfileEntry(name, base_url, workspace_id, name == file.profile)
            for name, (base_url, workspace_id) in sorted(known.items())
        ]

    def add(
        self, name: str, *, base_url: str | None = None, workspace_id: str | None = None, region: str | None = None
    ) -> None:
        """Write down a profile; raises `RefusedError` if there is one of that name, `InputError` for a bad one.

        With a `region` it is one of Claude Platform on AWS.
        """
        if not _NAME.match(name):
            raise InputError(
                f"{name[:200]!r} cannot be the name of a profile.",
                unharmed=UNCHANGED,
                todo="Use up to 64 of the characters a-z A-Z 0-9 . _ and -, a letter or digit first.",
            )
        if name in read_file(self._path).profiles:
            raise RefusedError(
                f"There is a profile {name} already.",
                unharmed="It was not changed.",
                todo=f"Choose another name, or change it in {self._path}.",
            )
        given = {
            "kind": "aws" if region else None,
            "base_url": check_base_url(base_url) if base_url else None,
            "region": region,
            "workspace_id": workspace_id,
        }
        try:
            ProfileConfig(**{setting: value for setting, value in given.items() if value}).check()
        except ValueError as error:
            raise InputError(f"{error}.", unharmed=UNCHANGED) from error
        document = self._document()
        from tomlkit import table

        profile = table()
        profile.update({setting: value for setting, value in given.items() if value})
        if "profiles" not in document:
            document["profiles"] = table(is_super_table=True)
        document["profiles"][name] = profile
        self._write(document)

    def use(self, name: str) -> None:
        """Make a profile the one in use when none is named; raises `UnknownIdError` if it is not there."""
        self._require(name)
        document = self._document()
        document["profile"] = name
        self._write(document)

    def remove(self, name: str) -> None:
        """Take a profile out of the file; its batches, and its key in the keyring, stay. Raises as below."""
        self.require_removable(name)
        document = self._document()
        del document["profiles"][name]
        if document.get("profile") == name:
            del document["profile"]
        self._write(document)

    def require_removable(self, name: str) -> None:
        """Raise `UnknownIdError` if there is no such profile, `RefusedError` if it is not written down."""
        self._require(name)
        if name not in read_file(self._path).profiles:
            raise RefusedError(f"The profile {name} is always there.", unharmed=UNCHANGED)

    def _require(self, name: str) -> None:
        names = [entry.name for entry in self.list()]
        if name not in names:
            raise UnknownIdError(
                f"There is no profile {name[:200]!r}.", unharmed=UNCHANGED, todo=f"Known are: {', '.join(names)}."
            )

    def _document(self) -> TOMLDocument:
        import tomlkit

        with file_errors(self._path):
            text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        return tomlkit.parse(text)

    def _write(self, document: TOMLDocument) -> None:
        make_directory(self._path.parent)
        # What the file is a link to is changed, and the link stays.
        write_private(self._path.resolve(), (document.as_string().rstrip() + "\n").encode())
        read_file(self._path)
