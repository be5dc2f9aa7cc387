"""The user's templates, files in the home, and the ones that are shipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from batchtui.domain.errors import InputError, RefusedError, UnknownIdError, os_reason
from batchtui.store.files import file_errors, make_directory, remove, write_private
from batchtui.store.presence import alone

if TYPE_CHECKING:
    from batchtui.domain.template.model import Template

SUFFIX = ".yaml"
SUFFIXES = frozenset({SUFFIX, ".yml"})
MAX_TEMPLATE_BYTES = 16_000_000

UNCHANGED = "Nothing was changed."

_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,100}\Z")


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """A template in a list; `problem` is why it cannot be used, empty where it can.

    One that is `shipped` is read-only. `changed_at` is None for it, because it comes with the program.
    """

    name: str
    origin: Literal["home", "shipped"]
    description: str
    problem: str
    path: Path
    changed_at: datetime | None


Entries = list[TemplateEntry]
"""By this name because a method called `list` hides the type from the class it is in."""


class Templates:
    """Templates by name, and any file by its path.

    A template in the home is NAME.yaml in its folder and hides a shipped one of its name. Every call may block for
    as long as a file takes. Raises `StoreError` where the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parsed: dict[Path, tuple[tuple[int, int], TemplateEntry]] = {}

    def list(self) -> Entries:
        """Return all templates, those of the home first, each by name."""
        with file_errors(self._folder):
            paths = sorted(path for path in self._folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))
        own = [self._entry(path) for path in paths]
        names = {entry.name for entry in own}
        return own + [entry for entry in _shipped_entries() if entry.name not in names]

    def read(self, name_or_path: str) -> str:
        """Return the exact text of a template: one in the home, a shipped one, or the file at a path.

        Raises `UnknownIdError` if there is none, and `InputError` if it is no text.
        """
        return _read(self._find(name_or_path), name_or_path)

    def load(self, name_or_path: str) -> Template:
        """Return a template ready to use; raises `TemplateError` beside what `read` raises."""
        from batchtui.domain.template.parse import parse_template

        path = self._find(name_or_path)
        return parse_template(_read(path, name_or_path), path.stem)

    def path(self, name: str) -> Path:
        """Return where the template of this name is in the home, or would be; raises `InputError` for a bad one."""
        if not _NAME.match(name) or Path(name).suffix in SUFFIXES:
            raise InputError(
                f"{name[:200]!r} cannot be the name of a template.",
                unharmed=UNCHANGED,
                todo="Use 1 to 100 of the characters a-z A-Z 0-9 . _ and -, no dot at the beginning, no .yaml.",
            )
        return self._folder / f"{name}{SUFFIX}"

    def save(self, name: str, text: str, *, replace: bool, expected: str | None = None) -> Path:
        """Write a template of the home and return its path.

        With `replace` it may be there already; `expected` is its text as the caller knows it. Raises `RefusedError`
        if it is there and may not be, or has another text than expected by now.
        """
        path = self.path(name)
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise InputError(
                f"{name}: character {error.start + 1:,} cannot be written as UTF-8.", unharmed=UNCHANGED
            ) from error
        with self._alone():
            if path.exists() and not replace:
                raise _taken(name)
            if expected is not None and (not path.exists() or _read(path, name) != expected):
                raise RefusedError(
                    f"{name} was {'changed' if path.exists() else 'removed'} meanwhile.",
                    unharmed="It was not overwritten, and your text is still here.",
                    todo="Save your text under another name, or open the template again.",
                )
            write_private(path, data)
        return path

    def rename(self, old: str, new: str) -> Path:
        """Give a template of the home another name; raises `RefusedError` if that is taken."""
        path = self.path(new)
        with self._alone():
            own = self._own(old)
            if path.exists():
                raise _taken(new)
            with file_errors(own):
                own.rename(path)
        return path

    def duplicate(self, old: str, new: str) -> Path:
        """Write the text of a template to the home under another name; raises `RefusedError` if that is taken."""
        return self.save(new, self.read(old), replace=False)

    def delete(self, name: str) -> None:
        """Remove a template of the home; the jobs made from it keep its text."""
        with self._alone():
            remove(self._own(name))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        make_directory(self._folder)
        with alone(self._folder / ".lock"):
            yield

    def _find(self, name_or_path: str) -> Path:
        own = self._folder / f"{name_or_path}{SUFFIX}"
        if _NAME.match(name_or_path):
            if own.is_file():
                return own
            shipped = {entry.name: entry.path for entry in _shipped_entries()}
            if name_or_path in shipped:
                return shipped[name_or_path]
        path = Path(name_or_path)
        if not name_or_path or not _is_there(path):
            raise UnknownIdError(
                f"There is no template {name_or_path!r}, and no such file.",
                todo="`batchtui template list` shows the templates.",
            )
        return path

    def _own(self, name: str) -> Path:
        path = self.path(name)
        if path.exists() or path.is_symlink():
            return path
        if any(entry.name == name for entry in _shipped_entries()):
            raise RefusedError(
                f"{name} is shipped with batchtui and stays as it is.",
                unharmed=UNCHANGED,
                todo="Duplicate it and change the copy.",
            )
        raise UnknownIdError(f"There is no template {name!r} in the home.", unharmed=UNCHANGED)

    def _entry(self, path: Path) -> TemplateEntry:
        with file_errors(path):
            # A symlink that leads nowhere is a template with a problem.
            status = path.stat() if path.exists() else path.lstat()
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._parsed.get(path)
        if known is None or known[0] != stamp:
            known = (stamp, _parsed(path, datetime.fromtimestamp(status.st_mtime, UTC)))
            self._parsed[path] = known
        return known[1]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # A name that is too long, or leads through a folder that may not be read.
        return False


def _parsed(path: Path, changed_at: datetime) -> TemplateEntry:
    from batchtui.domain.template.parse import parse_template

    problem = description = ""
    try:
        if not _NAME.match(path.stem):
            raise InputError(f"{path.name[:200]!r} cannot be the name of a template.", todo="Rename the file.")
        description = parse_template(_read(path, path.stem), path.stem).description
    except InputError as error:
        problem = f"{error.what} {error.todo}".rstrip()
    return TemplateEntry(path.stem, "home", description, problem, path, changed_at)


def _shipped_entries() -> list[TemplateEntry]:
    from batchtui.domain.template.shipped import examples_folder, shipped_templates

    folder = examples_folder() / "templates"
    return [
        TemplateEntry(name, "shipped", template.description, "", folder / f"{name}{SUFFIX}", None)
        for name, template in sorted(shipped_templates().items())
    ]


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEMPLATE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {os_reason(error)}.", unharmed=UNCHANGED) from error
    if len(data) > MAX_TEMPLATE_BYTES:
        raise InputError(f"{name}: over {MAX_TEMPLATE_BYTES:,} bytes is too large for a template.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {line:,}: it is not UTF-8.", todo="Save the file as UTF-8.") from error


def _taken(name: str) -> RefusedError:
    return RefusedError(
        f"There is a template {name!r} already.", unharmed="It was not overwritten.", todo="Choose another name."
    )
