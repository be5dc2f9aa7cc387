"""Searching both sides of a comparison, which narrows the list to the hits."""

from collections.abc import Collection

from textual import on, work

from batchtui.domain.comparison import Comparison
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.search import Search
from batchtui.tui.diff_source import DiffHunt
from batchtui.tui.messages import ErrorMet
from batchtui.tui.screens.diff_list import DiffList
from batchtui.tui.widgets.filter_line import FindLine


class DiffSearch(DiffList):
    """A list of pairs whose whole answers can be searched."""

    async def action_find(self) -> None:
        """Type what to search for."""
        if reason := self.why_not("find"):
            self.notify(reason, severity="warning", timeout=4, markup=False)
        else:
            await self.find_line.open()

    @on(FindLine.Asked)
    def _asked(self, event: FindLine.Asked) -> None:
        try:
            self.search(Search(event.text, regex=event.regex, match_case=event.match_case))
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))

    def search(self, search: Search) -> None:
        """Narrow the list to the pairs in which either side holds a text."""
        if self.comparison is not None:
            self.hunt = DiffHunt(search)
            self._seek(self.hunt, self.comparison)

    @work(group="search", exclusive=True)
    async def _seek(self, hunt: DiffHunt, comparison: Comparison) -> None:
        """Search all pairs; hits are shown as they are found. Cancelled, it keeps those it has."""

        def show(hits: Collection[int]) -> None:
            hunt.hits.update(hits)
            self.show_rows()

        self.show_rows()
        try:
            hunt.hits = set(await self.comparisons.search(comparison, hunt.search, show))
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
        finally:
            hunt.is_over = True
            if hunt is self.hunt and self.is_running:
                self.show_rows()

    def end_search(self) -> bool:
        """Stop a search, or forget the hits of one that is over; False if there is none."""
        if self.hunt is None:
            return False
        if not self.hunt.is_over:
            self.workers.cancel_group(self, "search")
        else:
            self.hunt = None
            self.show_rows()
        return True
