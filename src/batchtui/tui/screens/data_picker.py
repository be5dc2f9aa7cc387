"""Choosing data rows: a file, a folder, or a table or query of a SQLite file."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from batchtui.domain.errors import BatchtuiError, InputError
from batchtui.services.recent import DataChoice
from batchtui.tui.open_rows import absolute, look_into
from batchtui.tui.present.data import choice_words, found_words, given_fields, parse_fields
from batchtui.tui.widgets.dialogs import DIALOG_CSS, LineInput
from batchtui.tui.widgets.literal import literal, literal_line
from batchtui.tui.widgets.paths import PathSuggester

QUIET_SECONDS = 0.15
"""How long nothing is typed before it is looked what the path leads to."""

FIELDS = (
    ("source", "Rows", "a CSV, TSV, JSON, JSONL, SQLite or Parquet file, or a folder of files"),
    ("query", "Query", "for SQLite: a table, or SELECT …"),
    ("where", "Where", "only rows where this holds, as row.stars < 3"),
    ("limit", "First", "only so many rows"),
    ("values", "Set", "name=value for every row, as language=French"),
    ("encoding", "Encoding", "of a text file that is not UTF-8, as cp1252"),
)


class DataPicker(ModalScreen[DataChoice | None]):
    """Ask for data rows; dismisses with a choice that could be opened, or None. What is wrong is shown here."""

    CSS_PATH = "data_picker.tcss"
    DEFAULT_CSS = f"DataPicker {{ {DIALOG_CSS} }}"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="data-cancel", tooltip="Keep the rows there were"),
        Binding("down", "app.focus_next", "Down", show=False, id="data-down", tooltip="Next field"),
        Binding("up", "app.focus_previous", "Up", show=False, id="data-up", tooltip="Field before"),
    ]

    def __init__(self, choice: DataChoice | None, recent: Iterable[DataChoice]) -> None:
        super().__init__()
        self._choice = choice
        self._is_taking = False
        self._recent: list[DataChoice] = []
        for one in recent:
            if one not in self._recent:
                self._recent.append(one)

    def compose(self) -> ComposeResult:
        """Lay out the fields, what was found, and what was used before."""
        given = given_fields(self._choice)
        with Vertical() as frame:
            frame.border_title = literal_line(" Data rows ")
            with Container(id="fields"):
                for key, title, hint in FIELDS:
                    yield Label(title, markup=False)
                    field = LineInput(given[key], placeholder=hint, id=key)
                    if key == "source":
                        field.suggester = PathSuggester()
                    yield field
            yield Static(id="found")
            if self._recent:
                yield Label("Used before", markup=False)
                yield OptionList(*(Option(literal_line(choice_words(one), max_length=300)) for one in self._recent))
            yield Static(literal("enter take them · tab next · → complete · esc cancel"), classes="keys")

    def on_mount(self) -> None:
        """Start with the path."""
        self.query_one("#source").focus()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if not self._is_taking:
            self._find()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._is_taking = True
        self._take()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._is_taking = True
        for key, value in given_fields(self._recent[event.option_index]).items():
            self.query_one(f"#{key}", LineInput).value = value
        self._take()

    @work(group="find", exclusive=True)
    async def _find(self) -> None:
        """Say what the path leads to, as far as that is quick to know."""
        await asyncio.sleep(QUIET_SECONDS)
        if not self.is_current:
            return
        try:
            choice = self._typed()
            self._report(found_words(await asyncio.to_thread(look_into, choice)) if choice.source else "")
        except BatchtuiError as error:
            self._report(str(error), is_error=True)

    @work(group="find", exclusive=True)
    async def _take(self) -> None:
        """Dismiss with what was typed if it can be opened."""
        try:
            choice = self._typed()
            if not choice.source:
                raise InputError("Give the path of a file or a folder.")
            self._report("Opening …")
            await asyncio.to_thread(look_into, choice)
        except BatchtuiError as error:
            self._report(str(error), is_error=True)
            self._is_taking = False
        else:
            await self.action_dismiss(absolute(choice))

    def _typed(self) -> DataChoice:
        return parse_fields({key: self.query_one(f"#{key}", LineInput).value.strip() for key, _, _ in FIELDS})

    def _report(self, text: str, *, is_error: bool = False) -> None:
        if not self.is_current:
            # It was left while the path was being looked into.
            return
        found = self.query_one("#found", Static)
        found.update(literal(text))
        found.set_class(is_error, "-error")
