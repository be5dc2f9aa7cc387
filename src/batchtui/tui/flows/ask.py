"""Questions and answers, as coroutines for a worker of the app."""

from textual.app import App

from batchtui.tui.present.questions import Notice, Question
from batchtui.tui.text import clean, clean_line
from batchtui.tui.widgets.dialogs import ConfirmScreen


async def agreed(app: App[None], question: Question) -> bool:
    """Ask, and return whether the answer was a plain yes."""
    return await app.push_screen_wait(
        ConfirmScreen(question.title, question.body, confirm_label=question.confirm, danger=question.is_danger)
    )


def tell(app: App[None], notice: Notice) -> None:
    """Show a toast; errors stay longer."""
    app.notify(
        clean(notice.text),
        title=clean_line(notice.title),
        severity="error" if notice.is_error else "information",
        timeout=12 if notice.is_error else 6,
        markup=False,
    )
