"""What can be asked for while results are read: looking at one in an editor, searching all batches."""

from textual.app import App

from batchtui.tui.flows.outside import edited
from batchtui.tui.messages import EditorAsked, SearchAsked
from batchtui.tui.present.notices import Notice
from batchtui.tui.screens.results import ResultsScreen
from batchtui.tui.screens.search import SearchScreen
from batchtui.tui.session import Session
from batchtui.tui.text import clean
from batchtui.tui.toasts import tell

_NAMES = {"markdown": "result.md", "prose": "result.md", "json": "result.json"}


async def about_results(app: App[None], session: Session, asked: EditorAsked | SearchAsked) -> None:
    """Do what is asked."""
    if isinstance(asked, EditorAsked):
        await _look_in_editor(app, asked.text, asked.kind)
    else:
        await _search_everywhere(app, session)


async def _look_in_editor(app: App[None], text: str, kind: str) -> None:
    """Open a private copy of a text in the user's editor; what is changed in it is dropped, and told so."""
    text = clean(text)
    left = await edited(app, text, _NAMES.get(kind, "result.txt"))
    if left is not None and left != text:
        tell(app, Notice("The copy was changed; what came back from the API stays as it is."))


async def _search_everywhere(app: App[None], session: Session) -> None:
    """Search all batches, and open the one that the user chooses, with its hits."""
    opened = await app.push_screen_wait(SearchScreen(session))
    if opened is not None:
        session.opened = opened
        await app.switch_mode("results")
        if isinstance(app.screen, ResultsScreen):
            app.screen.show_opened()
