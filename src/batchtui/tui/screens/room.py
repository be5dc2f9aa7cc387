"""What the rooms have in common: a top line, a list with a pane, a filter, and the keys at the bottom."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from batchtui.domain.errors import BatchtuiError
from batchtui.tui import bindings
from batchtui.tui.messages import CompareAsked, ErrorMet
from batchtui.tui.present.batches import spend_today, utc_now
from batchtui.tui.present.header import HeaderFacts, header
from batchtui.tui.session import Session
from batchtui.tui.widgets.filter_line import FilterLine
from batchtui.tui.widgets.key_bar import KeyBar
from batchtui.tui.widgets.table_model import Cell
from batchtui.tui.widgets.top_line import TopLine
from batchtui.tui.widgets.virtual_table import VirtualTable

P = ParamSpec("P")
R = TypeVar("R", bound="Room")

_ZOOMS = ("", "-only-list", "-only-pane")


def told(method: Callable[Concatenate[R, P], None]) -> Callable[Concatenate[R, P], None]:
    """Let the app tell what keeps a method from what it does, as a store that cannot be read."""

    @wraps(method)
    def run(room: R, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(room, *args, **kwargs)
        except BatchtuiError as error:
            room.post_message(ErrorMet(error))

    return run


def explained(method: Callable[Concatenate[R, P], None]) -> Callable[Concatenate[R, P], None]:
    """Let an action method run only if nothing speaks against it; else tell what does, or what went wrong."""
    action = method.__name__.removeprefix("action_")
    run_told = told(method)

    @wraps(method)
    def run(room: R, /, *args: P.args, **kwargs: P.kwargs) -> None:
        reason = room.why_not(action)
        if reason:
            room.notify(reason, severity="warning", timeout=4, markup=False)
        else:
            run_told(room, *args, **kwargs)

    return run


class Room(Screen[None]):
    """A screen with a list and, beside or below it, a pane about the row under the cursor."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - declared so by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (15, "-tall")]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = bindings.ROOM

    ROOM: ClassVar[str]
    """The name of the room."""

    SORTS: ClassVar[tuple[str, ...]]
    """The columns it can be sorted by; the first is the order when nothing was chosen."""

    FILTER_HINT: ClassVar[str]
    """What can be typed to narrow the list."""

    table = getters.query_one(".list", VirtualTable)
    filter_line = getters.query_one(FilterLine)

    def __init__(self, session: Session, size: Size) -> None:
        """Make it for a terminal of this size; made for none, it would be laid out and styled twice."""
        super().__init__(
            classes=f"{_reached(size.width, self.HORIZONTAL_BREAKPOINTS)} "
            f"{_reached(size.height, self.VERTICAL_BREAKPOINTS)}"
        )
        self.session = session
        self.sort = self.SORTS[0]
        self.reverse = False

    def compose(self) -> ComposeResult:
        """Lay out the frame around list and pane."""
        yield TopLine(self.top_line)
        yield from self.compose_head()
        with Container(classes="panes"):
            yield from self.compose_panes()
        yield FilterLine(self.FILTER_HINT)
        yield from self.compose_foot()
        yield KeyBar(self.why_not)

    def compose_head(self) -> ComposeResult:
        """Lay out what stands between the top line and the list, if anything."""
        yield from ()

    def compose_foot(self) -> ComposeResult:
        """Lay out what stands between the filter and the keys, if anything."""
        yield from ()

    def compose_panes(self) -> ComposeResult:
        """Lay out a table of class `list` and something of class `pane`."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:
        """Return why an action cannot be done now, or nothing if it can."""
        raise NotImplementedError

    def fill(self) -> None:
        """Show the list anew, as it is filtered and sorted now."""
        raise NotImplementedError

    def top_line(self, width: int) -> list[Cell]:
        """Return the line on top."""
        now, workbench = utc_now(), self.session.workbench
        facts = HeaderFacts(
            self.ROOM,
            workbench.profile.name,
            workbench.profile.base_url,
            workbench.profile.read_only,
            self.session.poll,
            spend_today(self.session.batches, now),
            self.session.doing,
        )
        return header(facts, width, now)

    def on_mount(self) -> None:
        """Follow what is shown on top."""
        self.session.poll_changed.subscribe(self, lambda _state: self.query_one(TopLine).refresh())
        self.session.activity_changed.subscribe(self, lambda _nothing: self.query_one(TopLine).refresh())
        self.table.focus()

    async def action_filter(self) -> None:
        """Type a filter."""
        await self.filter_line.open()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.sort_by(self.SORTS[(self.SORTS.index(self.sort) + 1) % len(self.SORTS)])

    def action_sort_reverse(self) -> None:
        """Turn the order round."""
        self.sort_by(self.sort)

    def sort_by(self, name: str) -> None:
        """Sort by a column, or turn the order round if it is sorted by that one."""
        self.reverse = not self.reverse if name == self.sort else False
        self.sort = name
        self.fill()

    def action_compare_sides(self) -> None:
        """Ask for two sides, and compare them."""
        self.post_message(CompareAsked())

    def action_zoom(self) -> None:
        """Give the room to list and pane, to the list, to the pane, in turn."""
        current = next((zoom for zoom in _ZOOMS[1:] if self.has_class(zoom)), "")
        self.zoom(_ZOOMS[(_ZOOMS.index(current) + 1) % len(_ZOOMS)])

    def zoom(self, name: str) -> None:
        """Give the room to one of the two, or to both for an empty name."""
        for zoom in _ZOOMS[1:]:
            self.set_class(zoom == name, zoom)
        pane = self.query_one(".pane")
        if name == "-only-pane":
            _focusable(pane).focus()
        else:
            self.table.focus()

    async def action_back(self) -> None:
        """Leave the pane, the filter, and at last the room."""
        if self.leave_pane():
            return
        if self.filter_line.text:
            self.filter_line.action_clear()
        else:
            await self.go_to_room("batches")

    async def go_to_room(self, name: str) -> None:
        """Go to another room, at once: the next key is for that one."""
        await self.run_action(f"app.room({name!r})")

    def leave_pane(self) -> bool:
        """Go back from the pane to the list, and tell whether that was where the focus was."""
        pane = self.query_one(".pane")
        if not pane.has_focus and not pane.has_focus_within:
            return False
        if self.has_class("-only-pane"):
            self.zoom("")
        self.table.focus()
        return True

    @contextmanager
    def painted_once(self) -> Iterator[None]:
        """Paint once after several changes, and let the keys follow."""
        with self.app.batch_update():
            yield
        self.refresh_bindings()

    def show_sort(self) -> None:
        """Show the arrow where it is not the usual order."""
        is_usual = self.sort == self.SORTS[0] and not self.reverse
        self.table.set_sort(None if is_usual else self.sort, reverse=self.reverse)

    @on(VirtualTable.HeaderSelected)
    def _header_selected(self, event: VirtualTable.HeaderSelected[Any]) -> None:
        if event.column_key in self.SORTS:
            self.sort_by(event.column_key)

    @on(FilterLine.Left)
    def _left_filter(self) -> None:
        self.table.focus()


def _reached(cells: int, breakpoints: Sequence[tuple[int, str]]) -> str:
    """Return the class of the last breakpoint that a width or height has reached."""
    return [name for at, name in breakpoints if cells >= at][-1]


def _focusable(pane: Widget) -> Widget:
    """Return what takes the focus of a pane: itself, or the first of its widgets that can."""
    if pane.can_focus:
        return pane
    return next((child for child in pane.query("*") if child.can_focus), pane)
