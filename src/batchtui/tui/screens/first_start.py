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
from batchtui.secrets import KEY_VARIABLE, Key, delete_key, key_status, save_key, sdk_login
from batchtui.services.workbench import Profile
from batchtui.tui.present.header import host
from batchtui.tui.widgets.dialogs import DIALOG_CSS, LineInput
from batchtui.tui.widgets.literal import assemble, literal

CheckKey = Callable[[Key | None], Awaitable[None]]
"""Makes one free call with a key that is not stored yet, or with a login; raises an `ApiError` if it is no use."""


class FirstStartScreen(ModalScreen[str]):
    """Take a key, check it, keep it in the keyring; or go on with a login of the SDK, where there is one.

    Dismisses with a sentence on what was done, which is empty for escape.
    """

    CSS_PATH = "first_start.tcss"
    DEFAULT_CSS = f"FirstStartScreen {{ {DIALOG_CSS} }}"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('')", "Without a key", id="key-later", tooltip="Look at what is stored here"),
        Binding("ctrl+l", "login", "Use the login", id="key-login", tooltip="Go on with the login that was found"),
        Binding("ctrl+q", "app.quit", "Quit", id="key-quit", tooltip="Quit", priority=True),
    ]

    def __init__(self, profile: Profile, check_key: CheckKey, why: str) -> None:
        super().__init__()
        self._profile = profile
        self._check_key = check_key
        self._why = why
        self._is_busy = False
        self._login = "" if os.environ.get(KEY_VARIABLE) else sdk_login(os.environ)
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
                if self._login:
                    yield Static(
                        assemble(
                            "\nOr go on with ",
                            (self._login, "bold"),
                            " (",
                            ("ctrl+l", "bold $text-primary"),
                            "): a key of this profile in the keyring is removed then.",
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
            await self.action_dismiss("The key is in the keyring.")
        finally:
            self._is_busy = False

    def action_login(self) -> None:
        """Go on with what the SDK finds."""
        if self._login and not self._is_busy:
            self._go_on()

    @work(group="key", exclusive=True)
    async def _go_on(self) -> None:
        """Check the login, and remove the key that would be used in its place."""
        self._is_busy = True
        try:
            self._report("Checking the login with one free call …")
            await self._check_key(None)
            status = await asyncio.to_thread(key_status, self._profile.name, os.environ)
            if status.in_keyring is not None:
                await asyncio.to_thread(delete_key, self._profile.name)
        except BatchtuiError as error:
            self._report(str(error), is_error=True)
        else:
            await self.action_dismiss(f"Going on with {self._login}.")
        finally:
            self._is_busy = False

    def _report(self, text: str, *, is_error: bool = False) -> None:
        report = self.query_one("#report", Static)
        report.update(literal(text))
        report.set_class(is_error, "-error")
