"""The services that need a store and nothing else."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from batchtui.store import Store

if TYPE_CHECKING:
    from batchtui.services.adopt import Adoptions
    from batchtui.services.export import Exports
    from batchtui.services.housekeeping import Housekeeping
    from batchtui.services.read import Reader
    from batchtui.services.recent import RecentData
    from batchtui.services.remarks import Remarks
    from batchtui.services.stats import Stats
    from batchtui.services.templates import Templates


class Library:
    """What can be done with what is stored, whatever the profile and without a network.

    Like those of a `Workbench`, a service is imported and made when it is first asked for.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def reader(self) -> Reader:
        """Reading results."""
        from batchtui.services.read import Reader

        return Reader(self.store)

    @cached_property
    def remarks(self) -> Remarks:
        """What a person says of jobs and results."""
        from batchtui.services.remarks import Remarks

        return Remarks(self.store)

    @cached_property
    def exports(self) -> Exports:
        """Writing results to files."""
        from batchtui.services.export import Exports

        return Exports(self.store)

    @cached_property
    def housekeeping(self) -> Housekeeping:
        """Room on the disk."""
        from batchtui.services.housekeeping import Housekeeping

        return Housekeeping(self.store)

    @cached_property
    def adoptions(self) -> Adoptions:
        """Attaching requests to batches made elsewhere."""
        from batchtui.services.adopt import Adoptions

        return Adoptions(self.store)

    @cached_property
    def stats(self) -> Stats:
        """What batches came to."""
        from batchtui.services.stats import Stats

        return Stats(self.store)

    @cached_property
    def templates(self) -> Templates:
        """The user's templates and the shipped ones."""
        from batchtui.services.templates import Templates

        return Templates(self.store.files.templates)

    @cached_property
    def recent_data(self) -> RecentData:
        """Which data was composed with lately."""
        from batchtui.services.recent import RecentData

        return RecentData(self.store.files.templates.with_name("recent-data.json"))
