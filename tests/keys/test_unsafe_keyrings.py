"""Keyrings that keep no secret; those that exist for it are not installed, so stand-ins bear their names."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import null
from keyring.backends.chainer import ChainerBackend

from batchtui import secrets
from batchtui.domain.errors import KeyringError
from batchtui.secrets import FoundKey, Key

KEY = Key("sk-ant-api03-in-the-keyring-0123")


class MemoryKeyring(KeyringBackend):
    viable = False  # Only chosen by name, never found by other code in this process.
    name = "memory Keyring"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class PlaintextKeyring(MemoryKeyring):
    name = "file PlaintextKeyring"
    __module__ = "keyrings.alt.file"


class ForgetfulKeyring(MemoryKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password[:10]


@pytest.mark.parametrize("backend", [PlaintextKeyring, null.Keyring])
def test_a_keyring_that_keeps_no_secret_is_not_used(
    backend: type[KeyringBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    unsafe = backend()
    unsafe.set_password("batchtui", "default", "sk-ant-in-plain-text")
    monkeypatch.setattr(keyring, "get_keyring", lambda: unsafe)
    with pytest.raises(KeyringError, match="does not keep secrets safe") as caught:
        secrets.save_key("default", KEY)
    assert "ANTHROPIC_API_KEY" in caught.value.todo
    found = secrets.find_key("default", {})
    assert found.key is None
    assert found.source == "sdk"
    assert unsafe.name in found.note
    assert unsafe.name in secrets.key_status("default", {}).problem


def test_in_a_chain_only_the_safe_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, safe = PlaintextKeyring(), MemoryKeyring()
    chain = ChainerBackend()
    monkeypatch.setattr(ChainerBackend, "backends", [plain, safe])
    monkeypatch.setattr(keyring, "get_keyring", lambda: chain)
    secrets.save_key("default", KEY)
    assert plain.kept == {}
    assert secrets.find_key("default", {}) == FoundKey(KEY, "keyring")


def test_a_key_that_was_not_kept_whole_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", ForgetfulKeyring)
    with pytest.raises(KeyringError, match="did not keep it"):
        secrets.save_key("default", KEY)
