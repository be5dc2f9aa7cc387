"""The keys that move in a table or a text: the same everywhere, so that remapping one remaps it in all."""

from textual.binding import Binding, BindingType


def _move(keys: str, where: str, description: str, tooltip: str) -> Binding:
    binding_id = f"move-{where.replace('_', '-')}"
    return Binding(keys, f"go('{where}')", description, show=False, id=binding_id, tooltip=tooltip)


MOVE_BINDINGS: list[BindingType] = [
    _move("up,k", "up", "Up", "Move up a line"),
    _move("down,j", "down", "Down", "Move down a line"),
    _move("pageup", "page_up", "Page up", "Move up a page"),
    _move("pagedown", "page_down", "Page down", "Move down a page"),
    _move("ctrl+u", "half_up", "Half page up", "Move up half a page"),
    _move("ctrl+d", "half_down", "Half page down", "Move down half a page"),
    _move("home,g", "first", "First", "Move to the start"),
    _move("end,G", "last", "Last", "Move to the end"),
]
"""For a widget with an `action_go(where)`; besides `first` and `last` see `lines_to_move`."""


def lines_to_move(where: str, page: int) -> int:
    """Return how many lines a move by lines or pages goes, downwards positive; `page` is the height in lines.

    Raises KeyError for `first` and `last`, which do not go by lines.
    """
    half = max(1, page // 2)
    steps = {"up": -1, "down": 1, "page_up": -page, "page_down": page, "half_up": -half, "half_down": half}
    return steps[where]
