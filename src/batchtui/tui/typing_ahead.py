"""Keys that were typed faster than the screens could follow."""

from collections import deque
from typing import TYPE_CHECKING

from textual.app import App
from textual.events import Event, Key, Paste

if TYPE_CHECKING:
    from textual.widget import Widget

KEYS_MAX = 256
"""More than are ever under way at once."""


class TypingAhead:
    """Sees to it that a key counts where the user saw it go.

    Textual gives a key to the widget that has the focus when the key comes, and looks its binding up once it has
    bubbled up to the app. By then the key before may have moved the focus into a line to type in, which never saw
    this one.
    """

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._aimed: deque[tuple[Key, Widget | None]] = deque(maxlen=KEYS_MAX)

    def wanted(self, event: Event) -> Event | None:
        """Return the event to go on with: a key anew if it belongs to a line that has not seen it.

        None for a key that was pressed before the question on top was to be seen: it is no answer to it.
        """
        if not isinstance(event, Key | Paste):
            return event
        if event.time < getattr(self._app.screen, "shown_at_seconds", 0):
            return None
        if isinstance(event, Paste):
            return event
        focused = self._app.focused
        if not event.is_forwarded:
            self._aimed.append((event, focused))
            return event
        target = next((widget for key, widget in self._aimed if key is event), focused)
        if focused is None or focused is target or not focused.check_consume_key("y", "y"):
            return event
        again = Key(event.key, event.character)
        self._aimed.append((again, focused))
        return again
