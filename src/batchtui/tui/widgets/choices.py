"""One of a few on a line, and yes or no: what forms are made of."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from batchtui.tui.widgets.literal import assemble

_GAPS = "●   "
"""What stands around a name."""


class Choices(Static, can_focus=True):
    """One of a few, side by side; left and right choose."""

    DEFAULT_CSS = """
    Choices { height: 1; padding: 0 1; background: $panel; }
    Choices:focus { background: $primary 20%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "choose(1)", "Next", show=False, id="choice-next", tooltip="The next choice"),
        Binding("left,h", "choose(-1)", "Before", show=False, id="choice-before", tooltip="The choice before"),
    ]

    class Changed(Message):
        """Another one was chosen."""

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._names = names
        self._chosen = 0

    @property
    def value(self) -> str:
        """The one chosen."""
        return self._names[self._chosen]

    def on_mount(self) -> None:
        """Show them."""
        self.update(self._line())

    def action_choose(self, step: int) -> None:
        """Choose the next one, or the one before."""
        self._choose((self._chosen + step) % len(self._names))

    def on_click(self, event: Click) -> None:
        """Choose the one clicked on."""
        offset = event.get_content_offset(self)
        if offset is not None:
            end = 0
            for number, name in enumerate(self._names):
                end += len(name) + len(_GAPS)
                if offset.x < end:
                    self._choose(number)
                    return

    def _choose(self, number: int) -> None:
        if number != self._chosen:
            self._chosen = number
            self.update(self._line())
            self.post_message(self.Changed())

    def _line(self) -> Content:
        return assemble(
            *(
                (f"● {name}  ", "bold $text-primary")
                if name == self.value
                else (f"○ {name}  ", "$foreground-muted")
                for name in self._names
            )
        )


class Toggle(Static, can_focus=True):
    """Yes or no; space turns it round, enter is left to the form."""

    DEFAULT_CSS = """
    Toggle { height: 1; padding: 0 1; }
    Toggle:focus { background: $primary 20%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "turn", "Turn round", show=False, id="toggle", tooltip="Yes or no"),
    ]

    class Changed(Message):
        """It was turned round."""

    def __init__(self, label: str, *, value: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._label = label
        self.value = value

    def on_mount(self) -> None:
        """Show it."""
        self.update(self._line())

    def action_turn(self) -> None:
        """Turn it round."""
        self.value = not self.value
        self.update(self._line())
        self.post_message(self.Changed())

    def on_click(self) -> None:
        """Turn it round."""
        self.action_turn()

    def _line(self) -> Content:
        return assemble(
            ("[x] ", "bold $text-primary") if self.value else ("[ ] ", "$foreground-muted"), self._label
        )
