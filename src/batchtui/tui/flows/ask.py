"""Questions and answers, as coroutines for a worker of the app."""

import asyncio
from typing import TypeVar

from textual.app import App

from batchtui.tui.present.questions import Question
from batchtui.tui.widgets.dialogs import ConfirmScreen, Dialog

T = TypeVar("T")

LOOK_SECONDS = 0.1
"""How often it is looked whether the user is free for a question."""


async def agreed(app: App[None], question: Question) -> bool:
    """Ask, and return whether the answer was a plain yes.

    While the user types or is asked something else it waits: a `y` that was meant for another place is no yes.
    """
    screen = ConfirmScreen(question.title, question.body, confirm_label=question.confirm, danger=question.is_danger)
    answer: bool | None = await asked(app, screen)
    return answer is True


async def asked(app: App[None], dialog: Dialog[T]) -> T | None:
    """Ask in a dialog, and return what it is dismissed with; it waits as `agreed` does."""
    while app.screen.is_modal or _is_typing(app):  # noqa: ASYNC110 - no event tells of both
        await asyncio.sleep(LOOK_SECONDS)
    return await app.push_screen_wait(dialog)


def _is_typing(app: App[None]) -> bool:
    """Return whether a letter would go into a text right now."""
    return app.focused is not None and app.focused.check_consume_key("y", "y")
