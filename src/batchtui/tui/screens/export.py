"""Writing results to a file: which format, where, and what is beside each row."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from batchtui.services.export import FORMATS, Format
from batchtui.services.exporting.place import refusal, usual
from batchtui.tui.text import clean_line
from batchtui.tui.widgets.choices import Choices, Toggle
from batchtui.tui.widgets.dialogs import DIALOG_CSS, ConfirmScreen, LineInput
from batchtui.tui.widgets.literal import literal, literal_line
from batchtui.tui.widgets.paths import PathSuggester

HELP: dict[Format, str] = {
    "jsonl": "The exact lines of the API, byte for byte.",
    "csv": "A table: ids, outcome, text, tokens, cost.",
    "md": "To read and to pass on: a section for each row.",
    "parquet": "The table of CSV with types, for data tools.",
    "sqlite": "The table of CSV as a SQLite database.",
}
JOINED_LINES = "A JSON object a row: result, request and data row."


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What the user wants written, and where."""

    path: Path
    format: Format
    join: bool
    guard_formulas: bool
    one_file_a_row: bool
    overwrite: bool


class ExportScreen(ModalScreen[ExportChoice | None]):
    """Ask for format and place of an export; dismisses with them, or None. Nothing is written here."""

    CSS_PATH = "export.tcss"
    DEFAULT_CSS = f"ExportScreen {{ {DIALOG_CSS} }}"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Write", id="export-accept", tooltip="Write the file"),
        Binding("escape", "dismiss", "Cancel", id="export-cancel", tooltip="Go back, nothing is written"),
        Binding("down", "app.focus_next", "Down", show=False, id="export-down", tooltip="Next field"),
        Binding("up", "app.focus_previous", "Up", show=False, id="export-up", tooltip="Field before"),
    ]

    format = getters.query_one("#format", Choices)
    path = getters.query_one("#path", LineInput)
    join = getters.query_one("#join", Toggle)
    guard = getters.query_one("#guard", Toggle)
    each = getters.query_one("#each", Toggle)

    def __init__(self, rows: str, name: str) -> None:
        """Ask about `rows`, as in `12 marked rows`; `name` is the beginning of the name proposed for the file."""
        super().__init__()
        self._rows = rows
        self._stem = clean_line(name)
        self._proposed = f"{self._stem}.{FORMATS[0]}"

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        with Vertical() as frame:
            frame.border_title = literal_line(f" Export {self._rows} ")
            yield Label("Format", markup=False)
            yield Choices(FORMATS, id="format")
            yield Static(id="help")
            yield Label("File", markup=False)
            path = LineInput(self._proposed, id="path")
            path.suggester = PathSuggester()
            yield path
            yield Static(literal(f"Names without a folder go to {Path.cwd()}"), id="where")
            yield Toggle("Request and data row beside each", id="join")
            yield Toggle("Keep spreadsheets from running text as formulas", value=True, id="guard")
            yield Toggle("One file a row, in a new folder", id="each")
            yield Static(id="report")
            yield Static(
                literal("enter write · tab next · ← → format · space yes or no · esc cancel"), classes="keys"
            )

    def on_mount(self) -> None:
        """Start with the format."""
        self._show()
        self.format.focus()

    @on(Choices.Changed)
    @on(Toggle.Changed)
    def _show(self) -> None:
        """Show what belongs to the format, and propose its suffix unless another name was typed."""
        chosen = self._format
        self.query_one("#help", Static).update(
            literal(JOINED_LINES if chosen == "jsonl" and self.join.value else HELP[chosen])
        )
        self.guard.display = chosen == "csv"
        self.each.display = chosen == "md"
        proposed = self._stem if self._each else f"{self._stem}.{chosen}"
        if self.path.value == self._proposed:
            self.path.value = proposed
            self._proposed = proposed
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
        error = await asyncio.to_thread(refusal, path, overwrite=False, folder=self._each)
        overwrite = error is not None and not self._each
        if overwrite:
            error = await asyncio.to_thread(refusal, path, overwrite=True)
        if error is not None:
            self._report(f"{error.what} {error.todo}")
        elif not overwrite or await self._overwrites(path):
            await self.action_dismiss(
                ExportChoice(path, self._format, self.join.value, self.guard.value, self._each, overwrite)
            )

    async def _overwrites(self, path: Path) -> bool:
        return await self.app.push_screen_wait(
            ConfirmScreen("Overwrite the file?", [str(path)], confirm_label="Overwrite", danger=True)
        )

    @property
    def _format(self) -> Format:
        return cast("Format", self.format.value)

    @property
    def _each(self) -> bool:
        return self._format == "md" and self.each.value

    def _report(self, text: str) -> None:
        self.query_one("#report", Static).update(literal(text))
