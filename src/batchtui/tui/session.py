"""What all screens share: the services, what is in flight, and the signals that tell of changes."""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from textual.app import App
from textual.signal import Signal

from batchtui.config import Config
from batchtui.domain.batch import BatchFilter, StoredBatch
from batchtui.domain.errors import UnknownIdError
from batchtui.domain.job import Intent
from batchtui.services.workbench import Workbench
from batchtui.tui.present.header import Doing
from batchtui.tui.present.listing import RowKey

if TYPE_CHECKING:
    from batchtui.domain.durations import Durations, Typical
    from batchtui.domain.search import Search
    from batchtui.services.find import Target
    from batchtui.services.poll import Poller, PollState
    from batchtui.services.sync import SyncReport
    from batchtui.tui.composing import Composing
    from batchtui.tui.diff_source import Compared
    from batchtui.tui.herald import Herald

FIRST_BATCHES = 200
"""How many batches are read before the first paint; more than a screen shows."""


@dataclass
class Opened:
    """Results that were asked for otherwise than by the cursor of the batches, and what to search in them."""

    target: "Target"
    search: "Search | None" = None


class Session:
    """One run of the screens on one workbench.

    `batches` and `intents` are the list as it was last read, newest first; before the first look only a part.
    `selected` is asked for the row under the cursor, so that what is about it is never about the row before.
    `opened` are the results to show instead, until the user goes to another room.
    `compared` are the two sides compared last.
    `downloads` are the bytes that have come of each batch. `asked` is what a flow is about right now.
    """

    def __init__(self, app: App[None], workbench: Workbench, config: Config) -> None:
        self._app = app
        self.workbench = workbench
        self.config = config
        self.batches_changed: Signal[None] = Signal(app, "batches changed")
        self.results_arriving: Signal[frozenset[str]] = Signal(app, "results arriving")
        self.poll_changed: Signal[PollState] = Signal(app, "poll changed")
        self.activity_changed: Signal[None] = Signal(app, "activity changed")
        self.reported: Signal[SyncReport] = Signal(app, "reported")
        self.batches, self.intents = self._listed(FIRST_BATCHES)
        self.selected: Callable[[], RowKey | None] = lambda: None
        self.opened: Opened | None = None
        self.compared: Compared | None = None
        self.downloads: dict[str, int] = {}
        self.asked: set[Hashable] = set()
        self._version: int | None = None
        self._looking = asyncio.Lock()
        self._arrived: set[str] = set()
        self._has_reported = False
        self._durations: tuple[list[StoredBatch], Durations] | None = None
        self._numbers = count()
        self._doing: dict[int, Doing] = {}
        self._sending: set[int] = set()

    @cached_property
    def poller(self) -> "Poller":
        """What asks the API; made when it begins, after the first paint."""
        return self.workbench.poller(
            on_state=self._on_state, on_report=self._on_report, on_download=self.on_download
        )

    @cached_property
    def herald(self) -> "Herald":
        """What tells people and hooks; made when polling begins."""
        from batchtui.tui.herald import Herald

        return Herald(self._app, self.workbench)

    async def poll_on(self) -> None:
        """Poll, and never return."""
        await self.herald.begin()
        await self.poller.run()

    @cached_property
    def composing(self) -> "Composing":
        """What is being composed; made when the room for it is first entered."""
        from batchtui.tui.composing import Composing

        return Composing(self._app, self.workbench)

    @property
    def unsaved(self) -> list[str]:
        """The names of templates with changes that are in no file."""
        return [draft.key.name for draft in self.composing.unsaved] if "composing" in self.__dict__ else []

    @property
    def poll(self) -> "PollState | None":
        """What the poller is doing, None before it is there."""
        return self.poller.state if "poller" in self.__dict__ else None

    @property
    def doing(self) -> tuple[Doing, ...]:
        """What is under way, newest last."""
        return tuple(self._doing.values())

    @property
    def is_sending(self) -> bool:
        """Whether requests are on their way out right now."""
        return bool(self._sending)

    async def look(self) -> None:
        """Read the list again if the store has changed, by this process or another, and tell the screens."""
        async with self._looking:
            version, after_poll = self.workbench.store.version(), self._has_reported
            if is_new := version != self._version:
                first, self._version = self._version is None, version
                known = {stored.id for stored in self.batches}
                self.batches, self.intents = await asyncio.to_thread(self._listed)
                if not first and any(self._is_new_and_running(stored, known) for stored in self.batches):
                    self.poller.hurry()
                self.batches_changed.publish(None)
            # What one poll finds is told together, and so when it is over.
            is_polling = self.poll is not None and self.poll.polling
            if (is_new or after_poll) and not is_polling:
                self._has_reported = False
                await self.herald.tell(after_poll=after_poll)
        if self._arrived:
            arrived, self._arrived = frozenset(self._arrived), set()
            self.results_arriving.publish(arrived)

    def _is_new_and_running(self, stored: StoredBatch, known: set[str]) -> bool:
        """Return whether another process has sent a batch; the poller may be far from asking for it."""
        return stored.id not in known and not stored.batch.has_ended and self.is_ours(stored)

    def selected_target(self) -> "Target | None":
        """Return the batch or job under the cursor, or None if there is none or it was forgotten meanwhile."""
        key = self.selected()
        return None if key is None or key.kind == "intent" else self._known(key.id)

    def refind(self, target: "Target") -> "Target | None":
        """Return a target as it is in the store now, or None if it was forgotten meanwhile."""
        return self._known(target.job.id if target.is_job else target.batches[0].id)

    def typical(self, running: StoredBatch) -> "Typical | None":
        """Return how long batches like one that runs took, None where none is like it."""
        from batchtui.domain.durations import Durations

        if self._durations is None or self._durations[0] is not self.batches:
            self._durations = self.batches, Durations(self.batches)
        return self._durations[1].like(running)

    def is_ours(self, stored: StoredBatch) -> bool:
        """Return whether calls about a batch go where it is: to its server, with the key of its profile."""
        profile = self.workbench.profile
        return (stored.profile, stored.base_url) == (profile.name, self.workbench.gateway.base_url)

    @contextmanager
    def activity(self, words: str, *, sends: bool = False) -> Iterator["Activity"]:
        """Show that something is under way for as long as the context is open; `sends` holds up quitting."""
        number = next(self._numbers)
        if sends:
            self._sending.add(number)
        activity = Activity(self, number)
        activity.say(words)
        try:
            yield activity
        finally:
            self._sending.discard(number)
            del self._doing[number]
            self.activity_changed.publish(None)

    def show(self, number: int, doing: Doing) -> None:
        """Set what an activity is at."""
        self._doing[number] = doing
        self.activity_changed.publish(None)

    def on_download(self, stored: StoredBatch, received_bytes: int) -> None:
        """Note how far a download is; the screens hear of it at the next look, however often this is called."""
        self.downloads[stored.id] = received_bytes
        self._arrived.add(stored.id)

    def _known(self, id_: str) -> "Target | None":
        try:
            return self.workbench.finder.known(id_)
        except UnknownIdError:
            return None

    def _listed(self, limit: int | None = None) -> tuple[list[StoredBatch], list[Intent]]:
        store = self.workbench.store
        return store.batches.list(BatchFilter(limit=limit)), store.intents.open_ones(self.workbench.profile.name)

    def _on_state(self, state: "PollState") -> None:
        if not state.polling:
            self.downloads.clear()
        self.poll_changed.publish(state)

    def _on_report(self, report: "SyncReport") -> None:
        self._has_reported = True
        self.reported.publish(report)


class Activity:
    """One thing under way; say how far it is."""

    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self._number = number

    def say(self, words: str) -> None:
        """Change the words that stand in the header."""
        self._session.show(self._number, Doing(words))

    def sent(self, sent_bytes: int, total_bytes: int) -> None:
        """Show how much of a body has been sent."""
        self._session.show(self._number, Doing("sending", sent_bytes, total_bytes))
