"""Searching what came back: the line to type it in, the hits, and walking through them."""

from textual import on, work

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKeys
from batchtui.tui.messages import ErrorMet
from batchtui.tui.results_source import Found, Hunt, Query
from batchtui.tui.screens.result_list import ResultList
from batchtui.tui.screens.room import explained
from batchtui.tui.widgets.filter_line import FindLine
from batchtui.tui.widgets.reading_pane import TextView


class ResultSearch(ResultList):
    """A list whose whole answers can be searched.

    All results of the target are searched, however narrowed the list is, so that the hits hold when it is narrowed
    otherwise; walked through are those shown.
    """

    async def action_find(self) -> None:
        """Type what to search for."""
        await self.find_line.open()

    @on(FindLine.Asked)
    def _asked(self, event: FindLine.Asked) -> None:
        try:
            self.search(Search(event.text, regex=event.regex, match_case=event.match_case))
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))

    def search(self, search: Search) -> None:
        """Search from now on, and go to the first hit."""
        if self.target is not None:
            self.hunt = Hunt(search)
            self._seek(self.hunt, Query(self.target))

    @work(group="search", exclusive=True)
    async def _seek(self, hunt: Hunt, query: Query) -> None:
        """Search all results; hits are shown as they are found. Cancelled, it keeps those it has."""
        cursor = self.table.cursor_index

        def show(hits: ResultKeys) -> None:
            is_first = not hunt.hits
            hunt.add(hits)
            if is_first:
                self._show_hits()
                if self.table.cursor_index == cursor:
                    self._go_to_hit_from(cursor - 1, 1)
            self.show_status()

        self.show_status()
        self.show_rows()
        try:
            hunt.hits = await self.reader.search(query.everything, hunt.search, show)
        except BatchtuiError as error:
            self.post_message(ErrorMet(error))
        finally:
            hunt.is_over = True
            if hunt is self.hunt and self.is_running:
                self._show_hits()

    def _show_hits(self) -> None:
        if self.hunt is not None and self.found is not None:
            self.hunt.place(self.found.keys)
        with self.painted_once():
            self.show_rows()
            self.show_status()
            self.show_row()

    def show_found(self, found: Found) -> None:
        """Show these rows; where others have come, search them too."""
        has_grown = self.found is not None and len(found.keys) > len(self.found.keys) and not self.is_narrowed
        super().show_found(found)
        if has_grown and self.hunt is not None and self.hunt.is_over:
            self.hunt = Hunt(self.hunt.search)
            self._seek(self.hunt, Query(found.query.target))

    def show_row(self) -> None:
        """Show the row under the cursor."""
        raise NotImplementedError

    def end_search(self) -> bool:
        """Stop a search, or forget the hits of one that is over; False if there is none."""
        hunt = self.hunt
        if hunt is None:
            return False
        if not hunt.is_over:
            self.workers.cancel_group(self, "search")
        else:
            self.hunt = None
            self._show_hits()
        return True

    @explained
    def action_go_hit(self, step: int) -> None:
        """Go to the next hit or the one before: in the text that is read, or else in another row."""
        view = self.query_one(TextView)
        if not (view.has_focus and view.go_to_hit(step)):
            self._go_to_hit_from(self.table.cursor_index, step)

    def why_not_go(self, action: str) -> str:
        """Return why it cannot be gone to a hit or a failed row."""
        if action.startswith("go_hit"):
            if self.hunt is None:
                return "Nothing is searched for: ctrl+f searches."
            return "" if self.hunt.places else "Nothing is found in the rows shown."
        if self.found is not None and self.found.failed is None:
            return "Which rows have failed is being looked for."
        return "" if self.found is not None and self.found.failed else "No row shown here has failed."

    def _go_to_hit_from(self, index: int, step: int) -> None:
        if self.hunt is None or self.found is None:
            return
        position = self.hunt.places.step(index, step)
        if position is not None:
            self.table.move_to(self.found.keys[position])
