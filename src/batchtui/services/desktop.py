"""Notices of the desktop this program runs on."""

from __future__ import annotations

import asyncio
import html
import os
import shutil
from contextlib import suppress

from batchtui.services.hooks import clean_environ

COMMAND = "notify-send"
TIMEOUT_SECONDS = 5.0


def has_desktop() -> bool:
    """Return whether this process belongs to a desktop session that can be asked to show something."""
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) and shutil.which(COMMAND) is not None


async def notify(title: str, text: str) -> None:
    """Have the desktop show a notice; `text` is clean. One that cannot, or does not answer, is left alone."""
    # What looks like markup is obeyed by some.
    arguments = ("--app-name=batchtui", "--", title, html.escape(text, quote=False))
    try:
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=clean_environ(os.environ, ()),
            start_new_session=True,
        )
    except OSError:
        return
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
