"""Telling what is news from a command: as a notice of the desktop, and to the hooks."""

from __future__ import annotations

import os
import sys

from batchtui.cli.report import report
from batchtui.domain.errors import HookError
from batchtui.services.workbench import Workbench
from batchtui.tui.present.desktop import TITLE, desktop_text, notice_sequence
from batchtui.tui.present.notices import news_notices


async def begin_telling(bench: Workbench) -> None:
    """Say, before the first poll, that this process tells."""
    await bench.notices.begin("desktop")


async def tell_news(bench: Workbench) -> list[HookError]:
    """Tell what the last poll brought and nobody was told yet; what hooks failed at is said, and returned."""
    from batchtui.services.desktop import has_desktop, notify

    await bench.notices.look()
    environ = os.environ if sys.stderr.isatty() else {}
    if notice_sequence(environ, "") or has_desktop():
        for notice in news_notices(await bench.notices.claim("desktop")):
            text = desktop_text(notice)
            if sequence := notice_sequence(environ, text):
                sys.stderr.write(sequence)
                sys.stderr.flush()
            else:
                await notify(TITLE, text)
    errors = await bench.notices.run_hooks()
    for error in errors:
        report(error)
    return errors
