"""Going on with another profile."""

import os
import string
from typing import TYPE_CHECKING, cast

from textual.app import App

from batchtui.domain.errors import RefusedError
from batchtui.secrets import KEY_VARIABLE
from batchtui.tui.flows.ask import asked
from batchtui.tui.messages import ProfileAsked
from batchtui.tui.present.header import host
from batchtui.tui.session import Session
from batchtui.tui.widgets.menu import MenuScreen

if TYPE_CHECKING:
    from batchtui.tui.app import BatchtuiApp

KEYS = string.digits[1:] + string.ascii_lowercase.replace("j", "").replace("k", "")
"""What profiles are chosen by; j and k move the cursor."""


async def choose_profile(app: App[None], session: Session, _wanted: ProfileAsked) -> None:
    """Ask for one of the profiles, and open the screens again with it."""
    ours = cast("BatchtuiApp", app)
    in_force = session.workbench.profile.name
    others = [entry for entry in ours.profiles.list() if entry.name != in_force] if ours.profiles else []
    if not others:
        raise RefusedError(
            f"{in_force} is the only profile.",
            unharmed="Nothing was changed.",
            todo="`batchtui profile add NAME` adds one for another key or server.",
        )
    by_key = dict(zip(KEYS, others, strict=False))
    words = [(key, f"{entry.name} at {host(entry.base_url)}") for key, entry in by_key.items()]
    title = f"Profile (now {in_force})"
    if os.environ.get(KEY_VARIABLE):
        title = "Profile (the key is from the environment)"
    chosen = await asked(app, MenuScreen(title, words))
    if chosen is not None:
        await ours.leave(by_key[chosen].name)
