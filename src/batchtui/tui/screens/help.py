"""The keys that do something here, and why some do not right now."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen

from batchtui.tui.widgets.dialogs import DIALOG_CSS
from batchtui.tui.widgets.facts_pane import FactsPane
from batchtui.tui.widgets.key_bar import KeyHelp
from batchtui.tui.widgets.table_model import Cell

KEYS_WIDTH = 16


class HelpScreen(ModalScreen[None]):
    """A list of keys, for the screen it was opened on."""

    DEFAULT_CSS = f"""
    HelpScreen {{
        {DIALOG_CSS}
        & > Vertical {{ width: 78; height: auto; padding: 1 1; }}
        FactsPane {{ height: auto; max-height: 80vh; }}
    }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help-close", tooltip="Close the list of keys"),
    ]

    def __init__(self, keys: Sequence[KeyHelp]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical() as frame:
            frame.border_title = Content(" Keys here ")
            frame.border_subtitle = Content(" esc closes ")
            yield FactsPane()

    def on_mount(self) -> None:
        """Show the keys."""
        pane = self.query_one(FactsPane)
        pane.show(lines(self._keys))
        pane.focus()


def lines(keys: Sequence[KeyHelp]) -> list[list[Cell]]:
    """Return the list: what the screen does, then how to move and mark, then what works everywhere."""
    of_screen = [key for key in keys if isinstance(key.active.node, Screen)]
    of_app = [key for key in keys if isinstance(key.active.node, App)]
    of_widget = [key for key in keys if key not in of_screen and key not in of_app]
    parts = [[_line(key) for key in part] for part in (of_screen, of_widget, of_app) if part]
    return [line for part in parts for line in ([Cell("")], *part)][1:]


def _line(key: KeyHelp) -> list[Cell]:
    """Return what stands in the list for one action."""
    binding = key.active.binding
    keys = " ".join(key.keys)
    if key.why_not:
        return [Cell(f"{keys:>{KEYS_WIDTH}}  ", "muted"), Cell(f"{binding.description}: {key.why_not}", "muted")]
    return [Cell(f"{keys:>{KEYS_WIDTH}}  ", "accent"), Cell(binding.tooltip or binding.description)]
