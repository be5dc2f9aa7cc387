"""The line in which a filter is typed."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.widgets import Input


class FilterLine(Horizontal):
    """A filter: hidden while it is empty and nobody types. Enter keeps it, escape takes it away.

    `hint` says what can be typed.

    The input is made when it is first wanted, because its styles take a while to parse.
    """

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

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self._input: Input | None = None

    def compose(self) -> ComposeResult:
        """Lay out the prompt."""
        yield Static(" / ", markup=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return "" if self._input is None else self._input.value

    async def open(self) -> None:
        """Show the line and take the focus."""
        from batchtui.tui.widgets.dialogs import LineInput

        if self._input is None:
            self._input = LineInput(placeholder=self._hint)
            await self.mount(self._input)
        self.add_class("-shown")
        self._input.focus()

    def action_clear(self) -> None:
        """Take the filter away and hide the line."""
        if self._input is not None:
            self._input.value = ""
        self.action_keep()

    def action_keep(self) -> None:
        """Keep what is typed and go back to the list."""
        self.set_class(bool(self.text), "-shown")
        self.post_message(self.Left())

    def on_input_changed(self, event: "Input.Changed") -> None:
        """Pass on what is typed."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: "Input.Submitted") -> None:
        """Keep it."""
        event.stop()
        self.action_keep()
