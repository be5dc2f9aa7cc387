"""Opening the screens."""

from __future__ import annotations

import gc
import sys
from functools import partial

import click

from batchtui.cli.ask import NobodyToAskError
from batchtui.cli.desk import Desk
from batchtui.cli.options import Given
from batchtui.config import Config


def require_terminal() -> None:
    """Raise where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NobodyToAskError(
            "The screens need a terminal.", todo="`batchtui --help` lists the commands, which do not."
        )


def open_screens(given: Given, desk: Desk, config: Config) -> str:
    """Run the screens until the user leaves them, and return the profile to go on with, empty for none.

    Where they crash, the exit code tells.
    """
    # Imports and first paint only make objects that stay; the app switches it on again after them.
    gc.disable()
    from batchtui.composition import check_key
    from batchtui.services.profiles import Profiles
    from batchtui.tui.app import BatchtuiApp

    app = BatchtuiApp(desk.bench, config, partial(check_key, config), Profiles(given.places().config))
    if config.keys:
        from batchtui.tui.keymap import check_keymap

        check_keymap(config.keys)
        app.set_keymap(config.keys)
    app.run(mouse=not given.no_mouse)
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)
    return app.next_profile
