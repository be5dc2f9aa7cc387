"""The line at the bottom: the keys that matter most here."""

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from batchtui.tui.widgets.literal import assemble


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One action and its keys; `why_not` says why it cannot be done now, if so."""

    keys: tuple[str, ...]
    active: ActiveBinding
    why_not: str

    @property
    def action(self) -> str:
        """What is done, as an action string."""
        return self.active.binding.action


def keys_here(screen: Screen[object], why_not: Callable[[str], str], *, only_shown: bool = False) -> list[KeyHelp]:
    """Return the keys that do something on a screen: of the widget with the focus, of the screen, of the app.

    `only_shown` leaves out those that are for the list of keys alone.
    """
    grouped: dict[str, list[ActiveBinding]] = {}
    is_typing = screen.focused is not None and screen.focused.check_consume_key("a", "a")
    for key, active in screen.active_bindings.items():
        if is_typing and active.node in {screen, screen.app} and "+" not in key:
            continue
        if only_shown and not active.binding.show:
            continue
        group = grouped.get(active.binding.action, [])
        if active.binding.show and group and not group[0].binding.show:
            # The key that is shown says where the action stands.
            del grouped[active.binding.action]
            group = [active, *group]
        else:
            group = [*group, active]
        grouped[active.binding.action] = group
    return [
        KeyHelp(
            tuple(dict.fromkeys(screen.app.get_key_display(active.binding) for active in group)),
            group[0],
            why_not(group[0].binding.action) if group[0].node is screen else "",
        )
        for group in grouped.values()
    ]


class KeyBar(Widget):
    """Keys with a word each, as many as fit; those that cannot be used now are dimmed. A click presses one."""

    DEFAULT_CSS = """
    KeyBar { height: 1; background: $panel; color: $foreground; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, why_not: Callable[[str], str]) -> None:
        super().__init__()
        self._why_not = why_not
        self._ends: list[tuple[int, KeyHelp]] = []

    def on_mount(self) -> None:
        """Follow what the keys do."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def render(self) -> Content:
        """Draw the keys; the last two, help and quit, stay whatever the width."""
        shown = keys_here(self.screen, self._why_not, only_shown=True)
        texts = {key: f" {key.keys[0]} {key.active.binding.description} " for key in shown}
        always = shown[-2:]
        width = self.size.width - sum(len(texts[key]) for key in always)
        self._ends, parts, used = [], [], 0
        for key in shown:
            length = len(texts[key])
            if key not in always:
                if length > width:
                    continue
                width -= length
            used += length
            self._ends.append((used, key))
            dim = bool(key.why_not) or not key.active.enabled
            parts += [
                (f" {key.keys[0]} ", "$foreground-muted" if dim else "bold $text-primary"),
                (f"{key.active.binding.description} ", "$foreground-disabled" if dim else "$foreground-muted"),
            ]
        return assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does."""
        event.stop()
        for end, key in self._ends:
            if event.x < end:
                await self.app.run_action(key.action, key.active.node)
                return
