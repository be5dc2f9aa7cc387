"""Questions that stand over a screen: yes or no, and one line of text."""

import math
from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from batchtui.tui.text import clean_line
from batchtui.tui.widgets.literal import literal, literal_line
from batchtui.tui.widgets.navigation import MOVE_BINDINGS, lines_to_move

DIALOG_CSS = """
    align: center middle;
    & > Vertical {
        width: 72;
        max-width: 95%;
        height: auto;
        max-height: 95%;
        padding: 0 2;
        background: $surface;
        border: round $primary;
        border-title-color: $text-primary;
        border-title-style: bold;
    }
    &.-danger > Vertical { border: round $error; border-title-color: $text-error; }
    #dialog-body { height: auto; max-height: 60vh; margin: 1 0; }
    #dialog-buttons { height: auto; align-horizontal: right; }
    #dialog-buttons Button { margin-left: 2; }
    .keys { color: $foreground-muted; text-align: right; }
"""

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A frame over a screen with a title and, below, what `KEYS` says; a subclass lays out what is between.

    The app keeps from it every key that was pressed before it was shown: that one was meant for another place.
    """

    DEFAULT_CSS = f"Dialog {{ {DIALOG_CSS} }}"

    KEYS: ClassVar[str] = ""
    """The keys that work, in a few words; empty where buttons tell."""

    def __init__(self, title: str | Content, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._frame_title = title
        self.shown_at_seconds = math.inf

    def compose(self) -> ComposeResult:
        """Lay out the frame."""
        with Vertical() as frame:
            frame.border_title = _title(self._frame_title)
            yield from self.compose_body()
            if self.KEYS:
                yield Static(literal(self.KEYS), classes="keys")

    def compose_body(self) -> ComposeResult:
        """Lay out what the frame holds."""
        raise NotImplementedError

    def retitle(self, title: str | Content) -> None:
        """Show another title."""
        self.query_one(Vertical).border_title = _title(title)

    @on(events.Mount)
    def _shown(self) -> None:
        self.shown_at_seconds = monotonic()


class ConfirmScreen(Dialog[bool]):
    """Ask before something is done; dismisses with True only for a plain yes.

    The button that does nothing has the focus at first, so that enter alone never spends or deletes. `y` says
    yes, `n` and escape say no. Every `str` is shown as it is; give `Content` for styled lines.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes", id="confirm-yes", tooltip="Do it"),
        Binding("n,escape", "dismiss(False)", "No", id="confirm-no", tooltip="Do nothing and go back"),
        Binding("left", "app.focus_previous", "Left", show=False, id="confirm-left", tooltip="Button before"),
        Binding("right", "app.focus_next", "Right", show=False, id="confirm-right", tooltip="Next button"),
        *MOVE_BINDINGS,
    ]

    def __init__(
        self,
        title: str | Content,
        body: Sequence[str | Content] = (),
        *,
        confirm_label: str = "Yes",
        cancel_label: str = "Cancel",
        danger: bool = False,
    ) -> None:
        super().__init__(title, classes="-danger" if danger else None)
        self._body = body
        self._confirm_label = confirm_label
        self._cancel_label = cancel_label
        self._danger = danger

    def compose_body(self) -> ComposeResult:
        """Lay out body and buttons."""
        with VerticalScroll(id="dialog-body", can_focus=False):
            yield Static(_lines(self._body))
        with Horizontal(id="dialog-buttons"):
            yield Button(literal_line(f"{self._cancel_label} (n)"), id="dialog-cancel")
            yield Button(
                literal_line(f"{self._confirm_label} (y)"),
                id="dialog-confirm",
                variant="error" if self._danger else "primary",
            )

    def show(self, title: str | Content, body: Sequence[str | Content]) -> None:
        """Ask something else instead, which the same answers fit."""
        self.retitle(title)
        self.query_one("#dialog-body Static", Static).update(_lines(body))

    def on_mount(self) -> None:
        """Put the focus on the button that does nothing."""
        self.query_one("#dialog-cancel").focus()

    def action_go(self, where: str) -> None:
        """Scroll a body that is longer than the screen."""
        body = self.query_one("#dialog-body")
        if where in {"first", "last"}:
            body.scroll_to(y=0 if where == "first" else body.max_scroll_y, animate=False)
        else:
            body.scroll_relative(y=lines_to_move(where, body.size.height), animate=False)

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        await self.action_dismiss(event.button.id == "dialog-confirm")


class PromptScreen(Dialog[str | None]):
    """Ask for one line of text; dismisses with the text as typed, or with None for escape.

    `check` is given what was typed and returns what is wrong with it, or an empty string. A `password` is shown
    as dots. What is pasted passes the door for outside text, so no control character gets into the answer.
    """

    DEFAULT_CSS = """
    PromptScreen {
        #dialog-error { color: $text-error; height: auto; margin: 1 0 0 0; display: none; }
        #dialog-error.-shown { display: block; }
        .keys { margin: 1 0 0 0; }
    }
    """

    KEYS = "enter accept · esc cancel"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="prompt-cancel", tooltip="Go back without an answer"),
    ]

    def __init__(
        self,
        title: str | Content,
        *,
        help: str | Content = "",  # noqa: A002 - what it is
        value: str = "",
        placeholder: str = "",
        password: bool = False,
        check: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(title)
        self._help = help
        self._value = value
        self._placeholder = placeholder
        self._password = password
        self._check = check

    def compose_body(self) -> ComposeResult:
        """Lay out help, input and the place for an error."""
        with VerticalScroll(id="dialog-body", can_focus=False):
            yield Static(literal(self._help))
        yield LineInput(self._value, placeholder=self._placeholder, password=self._password)
        yield Static(id="dialog-error")

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        problem = self._check(event.value) if self._check else ""
        if problem:
            self.query_one("#dialog-error", Static).update(literal(problem))
            self.query_one("#dialog-error").add_class("-shown")
        else:
            await self.action_dismiss(event.value)

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#dialog-error").remove_class("-shown")


class LineInput(Input):
    """An `Input` into which nothing unsafe gets: neither as its first value nor by pasting."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(
            clean_line(value),
            placeholder=clean_line(placeholder),
            password=password,
            id=id,
            classes=classes,
        )

    def on_paste(self, event: events.Paste) -> None:
        """Insert the first line of what was pasted, cleaned."""
        event.prevent_default()
        event.stop()
        line = clean_line(event.text.strip().partition("\n")[0].rstrip())
        self.replace(line, *self.selection)


def _lines(body: Sequence[str | Content]) -> Content:
    return Content("\n").join([literal(line) for line in body])


def _title(text: str | Content) -> Content:
    """Return a frame's title with a space on both sides."""
    return Content.assemble(
        " ", literal(text) if isinstance(text, Content) else literal_line(text, max_length=60), " "
    )
