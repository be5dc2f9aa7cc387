"""Templates as they are being written, and what comes of trying them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from batchtui.services.recent import DataChoice

if TYPE_CHECKING:
    from batchtui.domain.template.model import Template
    from batchtui.services.compose import Preview, Trial
    from batchtui.services.templates import TemplateEntry


class TemplateKey(NamedTuple):
    """Which template: one of the list, or the one a job was made from."""

    kind: Literal["listed", "job"]
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A template as its file is now; `text` is None where it is as it was, or where there is `trouble`."""

    entry: TemplateEntry
    text: str | None
    trouble: str = ""


@dataclass(slots=True)
class Draft:
    """A template as it is being written.

    `saved` is what its file held when it was last read or written, `text` what it shall be; `trouble` is why the
    file cannot be read. For the template of a job `saved` is as it was sent, `today` the text by that name now,
    empty if there is none, and there is no `entry`.
    """

    key: TemplateKey
    saved: str
    text: str
    entry: TemplateEntry | None = None
    choice: DataChoice | None = None
    today: str = ""
    trouble: str = ""
    was_changed_elsewhere: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it has a file in the home; any other is saved as a copy."""
        return self.entry is not None and self.entry.origin == "home"

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.text != self.saved

    def follow(self, found: Found) -> None:
        """Take over what the file is now, unless there are changes: those stay, and it is marked."""
        self.entry = found.entry
        self.trouble = found.trouble
        if found.text is None or found.text == self.saved:
            return
        if self.is_changed and self.text != found.text:
            self.was_changed_elsewhere = True
        else:
            self.saved = self.text = found.text


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending one row: which row, of which text, and the trial itself."""

    number: int
    text: str
    trial: Trial


@dataclass(frozen=True, slots=True)
class DataFacts:
    """Data that were opened; `count` is None until all rows were read once."""

    choice: DataChoice
    kind: str
    columns: tuple[str, ...]
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a text does with one row.

    `problems` stop it before that: a template that does not parse, or data that cannot be read. Without data there
    is a template and no preview.
    """

    number: int
    text: str
    template: Template | None = None
    data: DataFacts | None = None
    preview: Preview | None = None
    problems: tuple[str, ...] = ()
