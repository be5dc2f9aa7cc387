"""Setting params of requests: one a line."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static, TextArea

from batchtui.domain.errors import BatchtuiError
from batchtui.tui.present.notices import error_notice
from batchtui.tui.present.queue import parse_changes
from batchtui.tui.text import clean
from batchtui.tui.widgets.dialogs import Dialog
from batchtui.tui.widgets.literal import literal

HELP = "One param a line, by its path: max_tokens=2048, thinking.budget_tokens=4000. A value is JSON, or text."

Apply = Callable[[Mapping[str, Any]], Awaitable[int]]
"""Sets params, and returns of how many requests; raises a `BatchtuiError` if they cannot be sent like that."""


class ParamsScreen(Dialog[int | None]):
    """Ask for params and set them; dismisses with the number of requests, or None. What is wrong is shown here."""

    DEFAULT_CSS = """
    ParamsScreen {
        .help { color: $foreground-muted; margin: 1 0 0 0; }
        #now { max-height: 8; height: auto; margin: 1 0; color: $foreground-muted; }
        TextArea, TextArea:focus { height: 7; border: none; background: $panel; padding: 0 1; }
        #report { height: auto; max-height: 10; margin: 1 0 0 0; }
        #report Static { color: $text-error; }
        .keys { margin: 1 0 0 0; }
    }
    """
    KEYS = "ctrl+s set them · esc cancel"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="params-cancel", tooltip="Change nothing"),
        Binding("ctrl+s", "accept", "Set", id="params-accept", tooltip="Set these params"),
    ]

    def __init__(self, title: str, current: str, apply: Apply) -> None:
        super().__init__(title)
        self._current = current
        self._apply = apply
        self._is_checking = False

    def compose_body(self) -> ComposeResult:
        """Lay out what there is, the text, and the place for what is wrong with it."""
        yield Static(literal(HELP), classes="help")
        with VerticalScroll(id="now", can_focus=False):
            yield Static(literal(self._current))
        yield ParamsArea(tab_behavior="focus", soft_wrap=True, compact=True)
        with VerticalScroll(id="report", can_focus=False):
            yield Static()

    def on_mount(self) -> None:
        """Begin to type."""
        self.query_one(TextArea).focus()

    def action_accept(self) -> None:
        """Set what is typed."""
        if not self._is_checking:
            self._check()

    @work(group="check", exclusive=True)
    async def _check(self) -> None:
        self._is_checking = True
        try:
            number = await self._apply(parse_changes(self.query_one(TextArea).text))
        except BatchtuiError as error:
            self._report(error_notice(error).text)
        else:
            await self.action_dismiss(number)
        finally:
            self._is_checking = False

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._report("")

    def _report(self, text: str) -> None:
        self.query_one("#report Static", Static).update(literal(text))


class ParamsArea(TextArea):
    """Some lines to type in; escape is for the dialog."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        self.replace(clean(event.text), *self.selection, maintain_selection_offset=False)
