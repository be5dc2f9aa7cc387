"""Telling people and hooks what there is to tell, from the screens."""

import asyncio
import os
from functools import partial
from typing import Any

from textual.app import App

from batchtui.domain.errors import BatchtuiError
from batchtui.services.workbench import Workbench
from batchtui.tui import messages
from batchtui.tui.present.desktop import TITLE, desktop_text, notice_sequence
from batchtui.tui.present.notices import news_notices
from batchtui.tui.toasts import tell
from batchtui.tui.working import begin


class Herald:
    """Tells what is news: as toasts with a bell, as a notice of the desktop, and to the hooks.

    It is asked whenever the store has changed, so that it also tells what another process has found out and could
    not tell anybody.
    """

    def __init__(self, app: App[Any], workbench: Workbench) -> None:
        self._app = app
        self._workbench = workbench
        self._telling = asyncio.Lock()
        self._hooks_wanted = False
        self._is_running_hooks = False

    async def begin(self) -> None:
        """Say that there are screens, before the first poll."""
        await self._workbench.notices.begin("screen", "desktop")

    async def tell(self, *, after_poll: bool) -> None:
        """Tell what was not told yet; `after_poll` also looks for what has become news by its time or its size."""
        notices = self._workbench.notices
        async with self._telling:
            if after_poll:
                await notices.look()
            shown = news_notices(await notices.claim("screen"))
            for notice in shown:
                tell(self._app, notice)
            if shown and self._workbench.profile.notify.bell:
                self._app.bell()
            await self._tell_desktop()
        self._hooks_wanted = notices.has_hooks
        if self._hooks_wanted and not self._is_running_hooks:
            self._is_running_hooks = True
            begin(self._app, self._run_hooks, "hooks")

    async def _tell_desktop(self) -> None:
        from batchtui.services.desktop import has_desktop, notify

        if not notice_sequence(os.environ, "") and not has_desktop():
            return
        for notice in news_notices(await self._workbench.notices.claim("desktop")):
            text = desktop_text(notice)
            if sequence := notice_sequence(os.environ, text):
                self._write(sequence)
            else:
                begin(self._app, partial(notify, TITLE, text), "desktop")

    def _write(self, sequence: str) -> None:
        """Write a sequence between two paints; what `App.bell` does, which has no public way for another."""
        driver = self._app._driver
        if driver is not None and not self._app.is_headless:
            driver.write(sequence)

    async def _run_hooks(self) -> None:
        try:
            while self._hooks_wanted:
                self._hooks_wanted = False
                for error in await self._workbench.notices.run_hooks():
                    self._app.post_message(messages.ErrorMet(error))
        except BatchtuiError as error:
            self._app.post_message(messages.ErrorMet(error))
        finally:
            self._is_running_hooks = False
