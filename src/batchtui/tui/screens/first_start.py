"""Asking for the key: at the first start, and when it is refused or shall be another."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from batchtui.domain.errors import BatchtuiError
from batchtui.secrets import KEY_VARIABLE, Key, save_key
from batchtui.services.workbench import Profile
from batchtui.tui.present.header import host
from batchtui.tui.widgets.dialogs import DIALOG_CSS, LineInput
from batchtui.tui.widgets.literal import assemble, literal

CheckKey = Callable[[Key], Awaitable[None]]
"""Makes one free call with a key that is not stored yet; raises an `ApiError` if it is of no use."""


class FirstStartScreen(ModalScreen[bool]):
    """Take a key, check it, keep it in the keyring; dismisses with True when that is done, False for escape."""

    CSS_PATH = "first_start.tcss"
    DEFAULT_CSS = f"FirstStartScreen {{ {DIALOG_CSS} }}"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Without a key", id="key-later", tooltip="Look at what is stored here"),
        Binding("ctrl+q", "app.quit", "Quit", id="key-quit", tooltip="Quit", priority=True),
    ]

    def __init__(self, profile: Profile, check_key: CheckKey, why: str) -> None:
        super().__init__()
        self._profile = profile
        self._check_key = check_key
        self._why = why
        self._is_busy = False
        self._variable = f"Or set {KEY_VARIABLE}."
        if os.environ.get(KEY_VARIABLE):
            self._variable = f"{KEY_VARIABLE} is set, and goes before the keyring: change it there."

    def compose(self) -> ComposeResult:
        """Lay out what is asked for, and the ways round it."""
        with Vertical() as frame:
            frame.border_title = " Your API key "
            with VerticalScroll(id="dialog-body", can_focus=False):
                yield Static(literal(self._why), id="why")
                yield Static(
                    assemble(
                        "Paste the key for ",
                        (host(self._profile.base_url), "bold"),
                        ". It is checked with one free call and kept in the keyring of this system, for profile ",
                        (self._profile.name, "bold"),
                        ". It is never written to a file.",
                    )
                )
            yield LineInput(placeholder="sk-ant-…", password=True, id="key")
            yield Static(id="report")
            yield Static(
                assemble(
                    ("enter", "bold $text-primary"),
                    " check and keep   ",
                    ("esc", "bold $text-primary"),
                    " look around without   ",
                    ("ctrl+q", "bold $text-primary"),
                    " quit\n",
                    (f"{self._variable} `batchtui demo` needs no key.", "$foreground-muted"),
                ),
                id="ways",
            )

    def on_mount(self) -> None:
        """Start typing."""
        self.query_one("#key").focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._is_busy:
            self._keep(event.value)

    @work(group="key", exclusive=True)
    async def _keep(self, typed: str) -> None:
        """Check the key and store it, or say what is wrong with it and what else can be done."""
        self._is_busy = True
        try:
            key = Key(typed)
            self._report("Checking the key with one free call …")
            await self._check_key(key)
            self._report("The key is good. Asking the keyring to keep it …")
            await asyncio.to_thread(save_key, self._profile.name, key)
        except BatchtuiError as error:
            self._report(str(error), is_error=True)
        else:
            await self.action_dismiss(True)
        finally:
            self._is_busy = False

    def _report(self, text: str, *, is_error: bool = False) -> None:
        report = self.query_one("#report", Static)
        report.update(literal(text))
        report.set_class(is_error, "-error")
