"""The line in which a filter is typed."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from batchtui.tui.widgets.dialogs import LineInput


class FilterLine(Horizontal):
    """A filter: hidden while it is empty and nobody types. Enter keeps it, escape takes it away."""

    DEFAULT_CSS = """
    FilterLine {
        height: 1;
        background: $panel;
        display: none;
        &.-shown { display: block; }
        & > Static { width: 3; color: $text-accent; text-style: bold; }
        & > Input { border: none; height: 1; padding: 0; background: $panel; width: 1fr; }
        & > Input:focus { border: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", id="filter-clear", tooltip="Take the filter away"),
        Binding("down,tab", "keep", "To the list", show=False, id="filter-keep", tooltip="Keep it, go to the list"),
    ]

    class Changed(Message):
        """Another filter is asked for."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Typing is over; whoever shows the list takes the focus."""

    def compose(self) -> ComposeResult:
        """Lay out the prompt and the input."""
        yield Static(" / ", markup=False)
        yield LineInput(placeholder="words, status:failed, !word")

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(LineInput).value

    def open(self) -> None:
        """Show the line and take the focus."""
        self.add_class("-shown")
        self.query_one(LineInput).focus()

    def action_clear(self) -> None:
        """Take the filter away and hide the line."""
        self.query_one(LineInput).value = ""
        self.action_keep()

    def action_keep(self) -> None:
        """Keep what is typed and go back to the list."""
        self.set_class(bool(self.text), "-shown")
        self.post_message(self.Left())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_keep()
