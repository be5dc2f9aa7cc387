"""What can be asked for while results are read: an editor, a flag, a note, a search of all batches."""

from textual.app import App

from batchtui.domain.human import counted
from batchtui.tui.flows.ask import asked
from batchtui.tui.flows.outside import edited
from batchtui.tui.messages import EditorAsked, FlagAsked, NoteAsked, SearchAsked
from batchtui.tui.present.notices import Notice
from batchtui.tui.screens.results import ResultsScreen
from batchtui.tui.screens.search import SearchScreen
from batchtui.tui.session import Session
from batchtui.tui.text import clean
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.dialogs import PromptScreen

_NAMES = {"markdown": "result.md", "prose": "result.md", "json": "result.json"}


async def about_results(
    app: App[None], session: Session, wanted: EditorAsked | SearchAsked | FlagAsked | NoteAsked
) -> None:
    """Do what is asked."""
    match wanted:
        case EditorAsked():
            await _look_in_editor(app, wanted.text, wanted.kind)
        case SearchAsked():
            await _search_everywhere(app, session)
        case FlagAsked():
            await _flag(app, session, wanted)
        case NoteAsked():
            await _note(app, session, wanted)


async def _flag(app: App[None], session: Session, wanted: FlagAsked) -> None:
    """Turn the flag of results; the same key takes it back, so nothing is asked."""
    count, on = await session.workbench.remarks.turn_flags(wanted.keys)
    _show_remarks(session, wanted)
    if count > 1:
        tell(app, Notice(f"{counted(count, 'result')} {'flagged' if on else 'without a flag now'}"))


async def _note(app: App[None], session: Session, wanted: NoteAsked) -> None:
    """Write one note on results; an empty one takes away what stood there."""
    count = len(wanted.keys)
    about = "this result" if count == 1 else f"{count:,} results, in place of what they had"
    words = f"It stands beside {about}; nothing is sent. An empty one takes it away."
    text = await asked(app, PromptScreen("Note", help=words, value=wanted.note))
    if text is not None and (text != wanted.note or count > 1):
        await session.workbench.remarks.note(wanted.keys, text)
        _show_remarks(session, wanted)


def _show_remarks(session: Session, wanted: FlagAsked | NoteAsked) -> None:
    session.results_arriving.publish(frozenset(stored.id for stored in wanted.target.batches))


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
