"""What comes of the text in hand: of one row at once, of all rows a little later."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.tui.composing import Composing
from batchtui.tui.drafts import Answer, Look
from batchtui.tui.present import compose as present
from batchtui.tui.present.compose import VIEWS, Body, View
from batchtui.tui.widgets.table_model import Cell

if TYPE_CHECKING:
    from batchtui.services.compose import Survey

SURVEY_QUIET_SECONDS = 0.4
"""How long nothing is changed before all rows are gone through again."""


class Trying:
    """Tries the row in hand and goes through all rows, never on the event loop; `tell` hears of every outcome.

    `look` and `body` belong together: what was tried, and its text in the view. `survey` is of the text that all
    rows were gone through with last; while `is_counting` that is an older one.
    """

    def __init__(self, composing: Composing, tell: Callable[[], None]) -> None:
        self.view: View = VIEWS[0]
        self.look: Look | None = None
        self.body = Body("")
        self.title: list[Cell] = []
        self.survey: Survey | BatchtuiError | None = None
        self.is_counting = False
        self._composing = composing
        self._tell = tell
        self._wanted = asyncio.Event()
        self._answer: Answer | None = None

    def want(self) -> None:
        """Try the row as soon as the last try is done."""
        self._wanted.set()

    def next_view(self) -> None:
        """Go on to the next view there is."""
        composing = self._composing
        after = VIEWS[VIEWS.index(self.view) + 1 :] + VIEWS
        self.view = next(view for view in after if present.can_view(view, composing.answer, composing.draft))
        self.want()

    async def follow(self) -> None:
        """Try the row whenever that is wanted: one try after another, so that the newest is told last."""
        composing = self._composing
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            look, draft, answer = await composing.look_at_row(), composing.draft, composing.answer
            if answer is not self._answer:
                self._answer, self.view = answer, "answer"
            if not present.can_view(self.view, answer, draft):
                self.view = VIEWS[0]
            view = self.view
            self.body = await asyncio.to_thread(present.body, view, draft, look, answer)
            self.look, self.title = look, present.preview_title(view, look, answer, draft)
            self._tell()

    async def go_through(self) -> None:
        """Go through all rows once nothing has changed for a while; cancel it when something does."""
        self.is_counting = True
        await asyncio.sleep(SURVEY_QUIET_SECONDS)
        try:
            self.survey = await self._composing.survey()
        except BatchtuiError as error:
            self.survey = error
        self.is_counting = False
        # The number of rows, which is known now, stands in what is said of the row too.
        self.want()
