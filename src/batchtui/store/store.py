"""The store as services and screens have it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from batchtui.paths import Places
from batchtui.store.batches import Batches
from batchtui.store.database import Database
from batchtui.store.files import Files, make_directory
from batchtui.store.intents import Intents
from batchtui.store.jobs import Jobs
from batchtui.store.leases import Leases
from batchtui.store.leftover import is_anything_left
from batchtui.store.presence import Presence

if TYPE_CHECKING:
    from batchtui.store.bodies import Bodies
    from batchtui.store.bulk import Bulk
    from batchtui.store.check import Check, Finding
    from batchtui.store.comparing import Comparing
    from batchtui.store.figures import Figures
    from batchtui.store.models import Models
    from batchtui.store.opinions import Opinions
    from batchtui.store.queue import Queue
    from batchtui.store.remarks import Remarks
    from batchtui.store.requests import Requests
    from batchtui.store.results import Results
    from batchtui.store.templates import Templates
    from batchtui.store.told import Looks, Told

T = TypeVar("T")


class Store:
    """Everything that is remembered in one home.

    Reads are plain calls, fast enough for any thread. Writes are awaited and happen one after another on a thread
    of the store; a write is done even if the caller is cancelled while waiting for it. Several processes may have
    the same home open. Whatever the disk or the database refuses is a `StoreError` that names the file. What the
    list of batches does not need is imported when it is first asked for.
    """

    def __init__(self, database: Database, files: Files, presence: Presence) -> None:
        self._database = database
        self._presence = presence
        self.files = files
        self.jobs = Jobs(database, presence)
        self.batches = Batches(database, files, presence)
        self.intents = Intents(database, files, presence)
        self.leases = Leases(database, presence)

    @classmethod
    def open(cls, places: Places) -> Store:
        """Open the store of a home, creating what is missing, and finish or undo what a dead process left.

        Raises `NewerStoreError` if a newer version wrote it, `StoreError` if it cannot be used.
        """
        make_directory(places.home)
        with ExitStack() as opened:
            database = Database(places.database)
            opened.callback(database.close)
            presence = Presence(places.home / "open")
            opened.callback(presence.close)
            files = Files(places, presence.token)
            if is_anything_left(database, files):
                from batchtui.store.recovery import recover

                recover(database, files, presence)
            opened.pop_all()
        return cls(database, files, presence)

    @cached_property
    def requests(self) -> Requests:
        """The request lines of batches."""
        from batchtui.store.requests import Requests

        return Requests(self._database, self.files)

    @cached_property
    def results(self) -> Results:
        """The results that have come home."""
        from batchtui.store.results import Results

        return Results(self._database, self.files, self._presence)

    @cached_property
    def remarks(self) -> Remarks:
        """What a person says of results."""
        from batchtui.store.remarks import Remarks

        return Remarks(self._database)

    @cached_property
    def bodies(self) -> Bodies:
        """The files of lines, plain or archived."""
        from batchtui.store.bodies import Bodies

        return Bodies(self.files)

    @cached_property
    def bulk(self) -> Bulk:
        """Results in bulk, as exports take them."""
        from batchtui.store.bulk import Bulk

        return Bulk(self._database, self.files)

    @cached_property
    def comparing(self) -> Comparing:
        """The answers of sides that are compared."""
        from batchtui.store.comparing import Comparing

        return Comparing(self._database, self.files)

    @cached_property
    def models(self) -> Models:
        """Which models servers have."""
        from batchtui.store.models import Models

        return Models(self._database)

    @cached_property
    def templates(self) -> Templates:
        """What requests were made from."""
        from batchtui.store.templates import Templates

        return Templates(self._database)

    @cached_property
    def queue(self) -> Queue:
        """What is decided about rows that failed."""
        from batchtui.store.queue import Queue

        return Queue(self._database, self.files)

    @cached_property
    def told(self) -> Told:
        """What there is to tell, and whom it was told."""
        from batchtui.store.told import Told

        return Told(self._database)

    @cached_property
    def looks(self) -> Looks:
        """When servers were asked last."""
        from batchtui.store.told import Looks

        return Looks(self._database)

    @cached_property
    def opinions(self) -> Opinions:
        """What people find better, and who judges."""
        from batchtui.store.opinions import Opinions

        return Opinions(self._database)

    @cached_property
    def figures(self) -> Figures:
        """What batches came to, for statistics."""
        from batchtui.store.figures import Figures

        return Figures(self._database)

    def close(self) -> None:
        """Wait for what is being written, then let go of everything; once is enough, twice does no harm."""
        self._database.close()
        self._presence.close()

    async def on_reader(self, work: Callable[[], T]) -> T:
        """Run something that reads on a thread of the store: of these there are few, and each has its own cache."""
        return await self._database.on_reader(work)

    def version(self) -> int:
        """Return a number that changes when anything was written, here or by another process.

        It is comparable only with numbers got on the same thread.
        """
        return self._database.version()

    @property
    def _checker(self) -> Check:
        from batchtui.store.check import Check

        return Check(self._database, self.files, self._presence)

    def check(self) -> list[Finding]:
        """Return what is wrong with the database or the files; a large store takes seconds."""
        return self._checker.findings()

    async def repair(self) -> list[str]:
        """Finish what was left half done and build the index anew where it does not fit the files.

        Returns what was done, one sentence each.
        """
        return await self._database.on_writer(self._checker.repair)
