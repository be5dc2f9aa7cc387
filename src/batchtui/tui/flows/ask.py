"""Questions and answers, as coroutines for a worker of the app."""

import asyncio

from textual.app import App
from textual.widgets import Input

from batchtui.tui.present.questions import Question
from batchtui.tui.widgets.dialogs import ConfirmScreen

LOOK_SECONDS = 0.1
"""How often it is looked whether the user is free for a question."""


async def agreed(app: App[None], question: Question) -> bool:
    """Ask, and return whether the answer was a plain yes.

    While the user types or is asked something else it waits: a `y` that was meant for another place is no yes.
    """
    while app.screen.is_modal or isinstance(app.focused, Input):  # noqa: ASYNC110 - no event tells of both
        await asyncio.sleep(LOOK_SECONDS)
    return await app.push_screen_wait(
        ConfirmScreen(question.title, question.body, confirm_label=question.confirm, danger=question.is_danger)
    )
