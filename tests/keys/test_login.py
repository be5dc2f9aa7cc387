"""Credentials the SDK finds by itself: found where it finds them, without importing it."""

from __future__ import annotations

import json
from pathlib import Path

import anthropic
import pytest

from batchtui.secrets import sdk_login

CONFIG = {"version": "1.0", "authentication": {"type": "user_oauth"}, "base_url": "https://api.anthropic.com"}
CREDENTIALS = {"version": "1.0", "type": "oauth_token", "access_token": "at-1", "expires_at": 4_000_000_000}
FEDERATION = {
    "ANTHROPIC_FEDERATION_RULE_ID": "rule",
    "ANTHROPIC_ORGANIZATION_ID": "organization",
    "ANTHROPIC_IDENTITY_TOKEN": "token",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def log_in(directory: Path, name: str = "default") -> None:
    for folder, content in (("configs", CONFIG), ("credentials", CREDENTIALS)):
        path = directory / folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
        path.chmod(0o600)


def agrees(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what was found, having seen that the SDK finds something too, or nothing either."""
    found = sdk_login(environ)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    client = anthropic.Anthropic()
    assert bool(found) == bool(client.credentials is not None or client.auth_token)
    return found


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ""),
        ({"ANTHROPIC_AUTH_TOKEN": ""}, ""),
        ({"ANTHROPIC_AUTH_TOKEN": "token"}, "ANTHROPIC_AUTH_TOKEN"),
        (FEDERATION, "a workload identity of the environment"),
        (FEDERATION | {"ANTHROPIC_ORGANIZATION_ID": ""}, ""),
    ],
)
def test_the_environment(environ: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agrees(environ, monkeypatch) == words


def test_a_login_on_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(home / ".config" / "anthropic")
    assert agrees({}, monkeypatch) == "the login default of `ant auth login`"


def test_the_login_that_is_active(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = home / "elsewhere"
    log_in(directory, "work")
    (directory / "active_config").write_text("work\n")
    assert agrees({"ANTHROPIC_CONFIG_DIR": str(directory)}, monkeypatch) == "the login work of `ant auth login`"
    assert sdk_login({"ANTHROPIC_CONFIG_DIR": str(directory), "ANTHROPIC_PROFILE": "work"}).startswith(
        "the login work"
    )
    assert sdk_login({"ANTHROPIC_CONFIG_DIR": str(directory), "ANTHROPIC_PROFILE": "other"}) == ""


@pytest.mark.parametrize("pointer", [b"../configs/default", b"\xff\xfe", b"a\0b", b"x" * 5_000])
def test_a_senseless_pointer_finds_nothing(home: Path, pointer: bytes) -> None:
    log_in(home / ".config" / "anthropic")
    (home / ".config" / "anthropic" / "active_config").write_bytes(pointer)
    assert sdk_login({}) == ""
