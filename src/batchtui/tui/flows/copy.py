"""`y`: one of several texts to the clipboard."""

import asyncio

from textual.app import App

from batchtui.tui.clipboard import put
from batchtui.tui.messages import CopyAsked
from batchtui.tui.present.notices import Notice
from batchtui.tui.session import Session
from batchtui.tui.text import clean_line
from batchtui.tui.toasts import tell
from batchtui.tui.widgets.menu import MenuScreen


async def copy(app: App[None], _session: Session, wanted: CopyAsked) -> None:
    """Let the user choose, and bring what was chosen to the clipboard."""
    chosen = await app.push_screen_wait(MenuScreen("Copy", [(key, words) for key, words, _ in wanted.choices]))
    for key, words, source in wanted.choices:
        if key == chosen:
            text = source if isinstance(source, str) else await asyncio.to_thread(source)
            told = await put(app, text, words)
            tell(app, Notice(f"{told}: {clean_line(text, max_length=60)}"))
