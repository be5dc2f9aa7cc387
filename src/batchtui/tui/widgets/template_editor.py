"""Where a template is written: every letter goes into the text, escape leaves it."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from batchtui.tui.text import clean

CHARACTERS_MAX = 256 * 1024
"""How long a text can be that is edited here; of a longer one the beginning is shown."""


class TemplateEditor(TextArea):
    """A plain text editor that keeps the indent of a line.

    What a terminal could obey is not shown as it is, and a text with that is not edited.
    `TextArea.Changed` tells of every change. Escape is for the screen, as `back`.
    """

    DEFAULT_CSS = """
    TemplateEditor, TemplateEditor:focus {
        border: none;
        padding: 0;
        background: $surface;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "Done typing", id="editor-leave", tooltip="Leave the text"),
        Binding(
            "ctrl+home", "edge(0)", "Start", show=False, id="editor-start", tooltip="Go to the start of the text"
        ),
        Binding("ctrl+end", "edge(1)", "End", show=False, id="editor-end", tooltip="Go to the end of the text"),
    ]

    def __init__(self) -> None:
        super().__init__(tab_behavior="indent", show_line_numbers=True, soft_wrap=True)
        self.indent_width = 2
        self._given = ""

    def show(self, text: str, *, is_locked: bool = False) -> None:
        """Show another text from its top; undo does not lead back to the one before. One can be locked."""
        self._given = text
        self.read_only = is_locked or not can_be_edited(text)
        self.load_text(clean(text[:CHARACTERS_MAX]) if self.read_only else text)

    @property
    def typed(self) -> str:
        """The text as it was given and changed since; what cannot be edited stays what was given."""
        return self._given if self.read_only else self.text

    def take(self, text: str) -> None:
        """Replace the text with a newer version of it, the cursor staying where it is; undo leads back."""
        if self.read_only or not can_be_edited(text):
            self.show(text)
            return
        cursor = self.cursor_location
        self.replace(text, self.document.start, self.document.end)
        self.move_cursor(cursor)

    def action_edge(self, which: int) -> None:
        """Go to the start of the text or to its end."""
        self.move_cursor(self.document.end if which else self.document.start)

    async def _on_key(self, event: events.Key) -> None:
        # In a text area that indents, escape goes to the next widget; here the binding decides where to.
        if event.key == "escape":
            event.prevent_default()
        elif event.key == "enter" and not self.read_only:
            event.stop()
            event.prevent_default()
            row, column = self.selection.start
            before = self.document.get_line(row)[:column]
            self.replace("\n" + before[: len(before) - len(before.lstrip())], *self.selection)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        if not self.read_only:
            self.replace(clean(event.text), *self.selection, maintain_selection_offset=False)


def can_be_edited(text: str) -> bool:
    """Return whether a text comes out of the editor as it went in, and harms no terminal on the way."""
    if len(text) > CHARACTERS_MAX:
        return False
    # A text area splits where Python does, and joins with the first line end it has found.
    ends = {line[len(line.rstrip("\r\n")) :] for line in text.splitlines(keepends=True)} - {""}
    return len(ends) <= 1 and clean(text) == text.replace("\r\n", "\n")
