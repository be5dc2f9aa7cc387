"""Where a template is written: every letter goes into the text, escape leaves it."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from batchtui.tui.text import clean


class TemplateEditor(TextArea):
    """A plain text editor. It shows nothing that a terminal could obey, so such a text is shown but not edited.

    `TextArea.Changed` tells of every change, `Left` that the user is done typing.
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
        Binding("escape", "leave", "Done typing", id="editor-leave", tooltip="Leave the text; keys are keys again"),
    ]

    class Left(Message):
        """Typing is over."""

    def __init__(self) -> None:
        super().__init__(tab_behavior="indent", show_line_numbers=True, soft_wrap=True)
        self.indent_width = 2
        self._given = ""

    def show(self, text: str) -> None:
        """Show another text from its top; undo does not lead back to the one before."""
        self._given = text
        self.read_only = not can_be_edited(text)
        self.load_text(clean(text) if self.read_only else text)

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

    def action_leave(self) -> None:
        """Tell that typing is over."""
        self.post_message(self.Left())

    async def _on_key(self, event: events.Key) -> None:
        # In a text area that indents, escape goes to the next widget; here the binding decides where to.
        if event.key == "escape":
            event.prevent_default()
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        if not self.read_only:
            self.replace(clean(event.text), *self.selection, maintain_selection_offset=False)


def can_be_edited(text: str) -> bool:
    """Return whether a text comes out of the editor as it went in, and harms no terminal on the way."""
    # A text area splits where Python does, and joins with the first line end it has found.
    ends = {line[len(line.rstrip("\r\n")) :] for line in text.splitlines(keepends=True)[:-1]}
    is_uniform = ends <= {"\n"} or ends <= {"\r\n"}
    return is_uniform and clean(text) == text.replace("\r\n", "\n")
