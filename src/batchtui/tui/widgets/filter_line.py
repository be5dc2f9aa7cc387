"""The lines at the foot of a room in which a filter or a search is typed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from batchtui.tui.widgets.table_model import Cell
from batchtui.tui.widgets.tones import toned

if TYPE_CHECKING:
    from textual.widgets import Input


class TypedLine(Horizontal):
    """A line to type in, hidden while nobody types; `hint` says what can be typed.

    The input is made when it is first wanted, because its styles take a while to parse.
    """

    DEFAULT_CSS = """
    TypedLine {
        height: 1;
        background: $panel;
        display: none;
        &.-shown { display: block; }
        & > .typed-line--prompt { width: auto; color: $text-accent; text-style: bold; }
        & > .typed-line--aside { width: auto; max-width: 60%; padding: 0 1; color: $text-muted; display: none; }
        & > .typed-line--aside.-shown { display: block; }
        & > Input { border: none; height: 1; padding: 0; background: $panel; width: 1fr; }
        & > Input:focus { border: none; }
    }
    """

    PROMPT: ClassVar[str]

    class Left(Message):
        """Typing is over; whoever shows the list takes the focus."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self._input: Input | None = None

    def compose(self) -> ComposeResult:
        """Lay out the prompt, and a place for what can be said about the text."""
        yield Static(f" {self.PROMPT} ", markup=False, classes="typed-line--prompt")
        yield Static(markup=False, classes="typed-line--aside")

    @property
    def text(self) -> str:
        """What is typed."""
        return "" if self._input is None else self._input.value

    async def open(self) -> None:
        """Show the line and take the focus."""
        typed = await self._made()
        self.add_class("-shown")
        # At once and not at the next turn of the loop: the next key is for this line.
        self.screen.set_focus(typed)

    async def _made(self) -> "Input":
        from batchtui.tui.widgets.dialogs import LineInput

        if self._input is None:
            self._input = LineInput(placeholder=self._hint)
            await self.mount(self._input, before=".typed-line--aside")
        return self._input

    def leave(self) -> None:
        """End typing; the line stays if there is something on it."""
        self.set_class(bool(self.text), "-shown")
        self.post_message(self.Left())

    def say(self, *cells: Cell) -> None:
        """Show something beside the text, nothing without cells."""
        aside = self.query_one(".typed-line--aside", Static)
        aside.update(toned(cells))
        aside.set_class(bool(cells), "-shown")


class FilterLine(TypedLine):
    """A filter: hidden while it is empty and nobody types. Enter keeps it, escape takes it away.

    `complete` returns, for what is typed, the same text with its last word completed, if it can be, and what else
    could stand there.
    """

    PROMPT = "/"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", id="filter-clear", tooltip="Take the filter away"),
        Binding(
            "tab", "complete", "Complete", id="filter-complete", tooltip="Complete the word, or go to the list"
        ),
        Binding("down", "keep", "To the list", show=False, id="filter-keep", tooltip="Keep it, go to the list"),
    ]

    class Changed(Message):
        """Another filter is asked for."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, hint: str) -> None:
        super().__init__(hint)
        self.complete: Callable[[str], tuple[str, str]] | None = None

    async def put(self, text: str) -> None:
        """Ask for this filter, without typing."""
        (await self._made()).value = text
        self.set_class(bool(text), "-shown")

    def action_clear(self) -> None:
        """Take the filter away and hide the line."""
        if self._input is not None:
            self._input.value = ""
        self.leave()

    def action_keep(self) -> None:
        """Keep what is typed and go back to the list."""
        self.leave()

    def action_complete(self) -> None:
        """Complete the last word; where nothing is to be completed, go back to the list."""
        completed = self.complete(self.text)[0] if self.complete else ""
        if self._input is None or not completed or completed == self.text:
            self.leave()
        else:
            self._input.value = completed
            self._input.cursor_position = len(completed)

    def on_input_changed(self, event: "Input.Changed") -> None:
        """Pass on what is typed, and show how it could go on."""
        event.stop()
        self._advise()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: "Input.Submitted") -> None:
        """Keep it."""
        event.stop()
        self.leave()

    def leave(self) -> None:
        """Keep what is typed and go back to the list."""
        self.say()
        super().leave()

    def _advise(self) -> None:
        is_typing = self._input is not None and self._input.has_focus
        advice = self.complete(self.text)[1] if self.complete and is_typing else ""
        self.say(*([Cell(advice, "muted")] if advice else []))


class FindLine(TypedLine):
    """A text to search for in what came back. Enter searches, escape goes back.

    Whether it is a regular expression, and whether letters must match in case, is switched by keys and shown.
    """

    PROMPT = "find"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="find-leave", tooltip="Go back to the list"),
        Binding(
            "ctrl+r", "switch('regex')", "Regex", id="find-regex", tooltip="A regular expression, or plain text"
        ),
        Binding("ctrl+t", "switch('case')", "Case", id="find-case", tooltip="Letters match in case, or in any"),
    ]

    class Asked(Message):
        """A search is asked for."""

        def __init__(self, text: str, *, regex: bool, match_case: bool) -> None:
            super().__init__()
            self.text = text
            self.regex = regex
            self.match_case = match_case

    def __init__(self, hint: str) -> None:
        super().__init__(hint)
        self._regex = False
        self._match_case = False

    async def open(self) -> None:
        """Show the line with what was typed last, ready to be typed over."""
        await super().open()
        if self._input is not None:
            self._input.select_all()
        self._show_switches()

    def leave(self) -> None:
        """Hide the line: what is searched for stands elsewhere."""
        self.remove_class("-shown")
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Go back to the list."""
        self.leave()

    def action_switch(self, what: str) -> None:
        """Switch between regular expressions and plain text, or between matching case and any."""
        if what == "regex":
            self._regex = not self._regex
        else:
            self._match_case = not self._match_case
        self._show_switches()

    def on_input_changed(self, event: "Input.Changed") -> None:
        """Search only when asked to."""
        event.stop()

    def on_input_submitted(self, event: "Input.Submitted") -> None:
        """Ask for the search."""
        event.stop()
        if event.value:
            self.post_message(self.Asked(event.value, regex=self._regex, match_case=self._match_case))
        self.leave()

    def _show_switches(self) -> None:
        switches = {"^r regex": self._regex, "^t case": self._match_case}
        self.say(
            *(
                Cell(f"{'●' if on else '○'} {words}  ", "accent" if on else "muted")
                for words, on in switches.items()
            )
        )
