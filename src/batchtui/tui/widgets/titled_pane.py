"""A line that says what is below it."""

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from batchtui.tui.widgets.literal import literal


class TitledPane(Vertical):
    """A title line, brighter while the focus is in the pane; what follows it is composed by the subclass."""

    DEFAULT_CSS = """
    TitledPane {
        height: 1fr;
        background: $surface;
        & > .titled-pane--title {
            height: 1;
            padding: 0 1;
            background: $panel;
            color: $text-muted;
            text-style: bold;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        &:focus-within > .titled-pane--title { color: $foreground; }
    }
    """

    @staticmethod
    def title() -> Static:
        """Return the line, to be composed first."""
        return Static(classes="titled-pane--title")

    def set_title(self, title: Content) -> None:
        """Show another title."""
        self.query_one(".titled-pane--title", Static).update(literal(title), layout=False)
