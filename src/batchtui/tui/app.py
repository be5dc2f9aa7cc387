"""The app: its rooms, what is always running, and what the screens ask of it."""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from batchtui.config import Config
from batchtui.domain.errors import AuthError, BatchtuiError, NoKeyError, UnclearSubmissionError
from batchtui.services.workbench import Workbench
from batchtui.tui import bindings, messages, rooms, themes
from batchtui.tui.present.notices import Notice, error_notice, report_notices
from batchtui.tui.screens.batches import BatchesScreen
from batchtui.tui.screens.room import Room
from batchtui.tui.session import Session
from batchtui.tui.toasts import tell
from batchtui.tui.typing_ahead import TypingAhead
from batchtui.tui.widgets.key_bar import keys_here
from batchtui.tui.working import Work, begin

if TYPE_CHECKING:
    from batchtui.services.poll import PollState
    from batchtui.services.profiles import Profiles
    from batchtui.services.sync import SyncReport
    from batchtui.tui.screens.first_start import CheckKey

PAINTED_SECONDS = 0.05
"""How long the terminal gets for the first paint before anything else wants the processor."""

LOOK_SECONDS = 1.0
"""How often the store is looked at for what other processes wrote."""

AGAIN_SECONDS = 30.0
"""How long the same trouble is not told of again, and how long the poller rests after a trouble of the store."""


class BatchtuiApp(App[None]):
    """The screens on a workbench, which the caller closes.

    The first paint shows what is stored; whatever it does not need is imported when it is first wanted.
    `check_key` is for the screen that takes a key, `profiles` those there are to choose from. When the app has
    ended, `next_profile` is the one it shall be opened with again, empty for none.
    """

    TITLE = "batchtui"
    CSS_PATH = Path(__file__).parent / "screens" / "room.tcss"
    DEFAULT_MODE = "batches"
    BINDINGS: ClassVar[list[BindingType]] = bindings.APP

    def __init__(
        self, workbench: Workbench, config: Config, check_key: "CheckKey", profiles: "Profiles | None" = None
    ) -> None:
        super().__init__()
        self.profiles = profiles
        self.next_profile = ""
        self._check_key = check_key
        self._troubles: dict[str, float] = {}
        self._is_asking_for_key = False
        self._poll_trouble = ""
        self._typing_ahead = TypingAhead(self)
        for theme in themes.THEMES:
            self.register_theme(theme)
        self._knows_theme = config.theme in self.available_themes
        self.theme = config.theme if self._knows_theme else themes.DARK.name
        self.session = Session(self, workbench, config)

    def get_default_screen(self) -> Screen[Any]:
        """Return the first screen; as a mode of its own it would be styled twice."""
        return BatchesScreen(self.session, self.size)

    def _maker(self, make: rooms.Make) -> Callable[[], Screen[Any]]:
        return lambda: make(self.session, self.size)

    async def on_event(self, event: events.Event) -> None:
        """Pass an event on; a key where the user saw it go, if anywhere."""
        if (wanted := self._typing_ahead.wanted(event)) is not None:
            await super().on_event(wanted)

    def on_mount(self) -> None:
        """Begin what is always running, once the first screen is painted."""
        self.add_mode("batches", self.get_default_screen)
        for name, make in rooms.ROOMS.items():
            self.add_mode(name, self._maker(make))
        self.session.reported.subscribe(self, self._reported)
        self.session.poll_changed.subscribe(self, self._poll_changed)
        self.call_after_refresh(self.set_timer, PAINTED_SECONDS, self._begin)

    def _begin(self) -> None:
        if not gc.isenabled():
            # What is there now stays: looking through it again and again would show as delayed keys.
            gc.freeze()
            gc.enable()
        self.start(rooms.import_ahead, "ahead")
        self.set_interval(LOOK_SECONDS, lambda: self.start(self.session.look, "look"))
        self.start(self._poll, "poller")
        if any(intent.state == "unclear" for intent in self.session.intents):
            self.post_message(messages.SettleAsked())
        if not self._knows_theme:
            known = ", ".join(sorted(self.available_themes))
            tell(self, Notice(f"There is no theme {self.session.config.theme!r}. Known are: {known}"))

    def start(self, work: Work, group: str = "flow") -> None:
        """Run something that outlives the screen it came from; what goes wrong is told."""
        begin(self, partial(self._guarded, work), group)

    async def _guarded(self, work: Work) -> None:
        try:
            await work()
            await self.session.look()
        except UnclearSubmissionError:
            self.post_message(messages.SettleAsked())
        except BatchtuiError as error:
            self.tell_trouble(error)

    async def _poll(self) -> None:
        while True:
            try:
                await self.session.poll_on()
            except BatchtuiError as error:
                self.tell_trouble(error)
                await asyncio.sleep(AGAIN_SECONDS)

    def tell_trouble(self, error: BatchtuiError) -> None:
        """Tell what went wrong, but not the same again and again; where the key is wrong, ask for another."""
        if isinstance(error, NoKeyError) or (isinstance(error, AuthError) and error.refuses_key):
            self.ask_for_key(error.what)
        elif monotonic() - self._troubles.get(str(error), -AGAIN_SECONDS) >= AGAIN_SECONDS:
            self._troubles[str(error)] = monotonic()
            tell(self, error_notice(error))

    def _poll_changed(self, state: "PollState") -> None:
        if state.error is not None:
            if state.error.what != self._poll_trouble:
                self.tell_trouble(state.error)
            self._poll_trouble = state.error.what
        elif not state.polling:
            self._poll_trouble = ""

    def _reported(self, report: "SyncReport") -> None:
        self.start(self.session.look, "look")
        for notice in report_notices(report):
            tell(self, notice)

    def ask_for_key(self, why: str) -> None:
        """Open the screen that takes a key, unless it is open."""
        from batchtui.tui.screens.first_start import FirstStartScreen

        async def ask() -> None:
            bench = self.session.workbench
            try:
                done = await self.push_screen_wait(FirstStartScreen(bench.profile, self._check_key, why))
            finally:
                self._is_asking_for_key = False
            if done:
                await bench.gateway.forget_key()
                tell(self, Notice(done))
                self.session.poller.refresh()

        if not self._is_asking_for_key:
            self._is_asking_for_key = True
            self.start(ask, "key")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action of the screen, the key, and the themes in the palette."""
        for key in keys_here(screen, screen.why_not if isinstance(screen, Room) else lambda _action: ""):
            binding = key.active.binding
            if binding.tooltip and not binding.action.startswith(("go(", "app.focus")):
                words = f"{binding.description}  ({key.keys[0]})"
                yield SystemCommand(words, binding.tooltip, self._runner(key.action, key.active.node))
        yield SystemCommand("API key", "Give another key to the keyring", lambda: self.ask_for_key("Another key."))
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    def _runner(self, action: str, node: DOMNode) -> Callable[[], Coroutine[Any, Any, bool]]:
        return lambda: self.run_action(action, node)

    async def action_help(self) -> None:
        """Show the keys that work here."""
        from batchtui.tui.screens.help import HelpScreen

        screen = self.screen
        why_not = screen.why_not if isinstance(screen, Room) else lambda _action: ""
        await self.push_screen(HelpScreen(keys_here(screen, why_not)))

    def delay_update(self, delay: float = 0.0) -> None:
        """Change rooms without the pause in which Textual hides how a screen comes about: ours come as a whole."""

    async def action_room(self, name: str) -> None:
        """Go to a room."""
        self.session.opened = None
        await self.switch_mode(name)

    def action_begin(self, what: Literal["profile", "search"]) -> None:
        """Choose another profile, or search all batches."""
        self.post_message(messages.ProfileAsked() if what == "profile" else messages.SearchAsked())

    def action_refresh_now(self) -> None:
        """Ask the API now."""
        self.session.poller.refresh()

    def action_pause(self) -> None:
        """Stop asking the API, or go on."""
        self.session.poller.toggle_pause()

    async def action_quit(self) -> None:
        """Quit, after a question if something is being sent or would be lost."""
        await self.leave()

    async def leave(self, next_profile: str = "") -> None:
        """Quit as `action_quit` does; `next_profile` is the one that the screens shall be opened with again."""
        from batchtui.tui.present.questions import quit_question

        question = quit_question(is_sending=self.session.is_sending, unsaved=self.session.unsaved)

        def leave(agreed: bool | None) -> None:
            if agreed:
                self.next_profile = next_profile
                self.exit()

        if question is None:
            leave(agreed=True)
            return
        from batchtui.tui.widgets.dialogs import ConfirmScreen

        screen = ConfirmScreen(question.title, question.body, confirm_label=question.confirm, danger=True)
        await self.push_screen(screen, leave)

    @on(messages.Asked)
    def _asked(self, message: messages.Asked) -> None:
        from batchtui.tui.flows.dispatch import flow

        self.start(partial(flow, self, self.session, message))

    @on(messages.ErrorMet)
    def _error_met(self, message: messages.ErrorMet) -> None:
        self.tell_trouble(message.error)
