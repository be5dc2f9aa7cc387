"""Questions and answers, as coroutines for a worker of the app."""

from textual.app import App

from batchtui.tui.present.questions import Question
from batchtui.tui.widgets.dialogs import ConfirmScreen


async def agreed(app: App[None], question: Question) -> bool:
    """Ask, and return whether the answer was a plain yes."""
    return await app.push_screen_wait(
        ConfirmScreen(question.title, question.body, confirm_label=question.confirm, danger=question.is_danger)
    )
