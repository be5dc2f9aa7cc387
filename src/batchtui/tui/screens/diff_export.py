"""Writing a comparison to a file: which format, and where."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label, Static

from batchtui.services.diff_export import FORMATS, Format
from batchtui.services.exporting.place import refusal, usual
from batchtui.tui.text import clean_line
from batchtui.tui.widgets.choices import Choices
from batchtui.tui.widgets.dialogs import ConfirmScreen, Dialog, LineInput
from batchtui.tui.widgets.literal import literal
from batchtui.tui.widgets.paths import PathSuggester

HELP: dict[Format, str] = {
    "html": "A report for a browser, in one file, with nothing to load.",
    "md": "To read and to pass on: a section for each row.",
    "json": "What `batchtui diff --json` prints, for programs.",
    "diff": "A unified diff of all rows, as patch and editors know it.",
}


@dataclass(frozen=True, slots=True)
class DiffExportChoice:
    """What the user wants written, and where."""

    path: Path
    format: Format
    overwrite: bool


class DiffExportScreen(Dialog[DiffExportChoice | None]):
    """Ask for format and place of a report; dismisses with them, or None. Nothing is written here."""

    CSS_PATH = "diff_export.tcss"
    KEYS = "enter write · tab next · ← → format · esc cancel"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Write", id="diff-export-accept", tooltip="Write the file"),
        Binding("escape", "dismiss", "Cancel", id="diff-export-cancel", tooltip="Go back, nothing is written"),
        Binding("down", "app.focus_next", "Down", show=False, id="diff-export-down", tooltip="Next field"),
        Binding("up", "app.focus_previous", "Up", show=False, id="diff-export-up", tooltip="Field before"),
    ]

    format = getters.query_one("#format", Choices)
    path = getters.query_one("#path", LineInput)

    def __init__(self, rows: str, name: str) -> None:
        """Ask about `rows`, as in `12 marked rows`; `name` is the beginning of the name proposed for the file."""
        super().__init__(f"Export {rows}")
        self._stem = clean_line(name)
        self._proposed = f"{self._stem}.{FORMATS[0]}"

    def compose_body(self) -> ComposeResult:
        """Lay out the fields."""
        yield Label("Format", markup=False)
        yield Choices(FORMATS, id="format")
        yield Static(id="help")
        yield Label("File", markup=False)
        path = LineInput(self._proposed, id="path")
        path.suggester = PathSuggester()
        yield path
        yield Static(literal(f"Names without a folder go to {Path.cwd()}"), id="where")
        yield Static(id="report")

    def on_mount(self) -> None:
        """Start with the format."""
        self._show()
        self.format.focus()

    @on(Choices.Changed)
    def _show(self) -> None:
        """Show what belongs to the format, and propose its suffix unless another name was typed."""
        self.query_one("#help", Static).update(literal(HELP[self._format]))
        proposed = f"{self._stem}.{self._format}"
        if self.path.value == self._proposed:
            self.path.value = self._proposed = proposed
        self._report("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._report("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_accept()

    def action_accept(self) -> None:
        """Go on with what was chosen, unless something speaks against the place."""
        if not self.path.value.strip():
            self._report("Give the name of a file.")
        else:
            self._accept(usual(self.path.value.strip()))

    @work(group="accept", exclusive=True)
    async def _accept(self, path: Path) -> None:
        overwrite = await asyncio.to_thread(refusal, path) is not None
        error = await asyncio.to_thread(refusal, path, overwrite=True)
        if error is not None:
            self._report(f"{error.what} {error.todo}")
        elif not overwrite or await self._overwrites(path):
            await self.action_dismiss(DiffExportChoice(path, self._format, overwrite))

    async def _overwrites(self, path: Path) -> bool:
        return await self.app.push_screen_wait(
            ConfirmScreen("Overwrite the file?", [str(path)], confirm_label="Overwrite", danger=True)
        )

    @property
    def _format(self) -> Format:
        return cast("Format", self.format.value)

    def _report(self, text: str) -> None:
        self.query_one("#report", Static).update(literal(text))
