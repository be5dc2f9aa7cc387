"""A short list to choose from, by key or by cursor."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from batchtui.tui.widgets.dialogs import Dialog
from batchtui.tui.widgets.literal import assemble


class MenuScreen(Dialog[str | None]):
    """Choose one of a few; dismisses with the key of the choice, or with None for escape."""

    DEFAULT_CSS = """
    MenuScreen {
        & > Vertical { width: 46; padding: 1 2; }
        OptionList { background: $surface; height: auto; max-height: 16; padding: 0; }
        OptionList, OptionList:focus { border: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="menu-cancel", tooltip="Choose nothing"),
        Binding("j", "move(1)", "Down", show=False, id="menu-down", tooltip="Next choice"),
        Binding("k", "move(-1)", "Up", show=False, id="menu-up", tooltip="Choice before"),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._choices = choices

    def compose_body(self) -> ComposeResult:
        """Lay out the choices."""
        yield OptionList(
            *(
                Option(assemble((f" {key} ", "bold $text-primary"), f" {words}"), id=key)
                for key, words in self._choices
            )
        )

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    async def on_key(self, event: events.Key) -> None:
        """Take a choice by its key."""
        if any(key == event.character for key, _ in self._choices):
            event.stop()
            await self.action_dismiss(event.character)

    @on(OptionList.OptionSelected)
    async def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        await self.action_dismiss(event.option_id)
