"""The key from prompt to keyring, with a real Secret Service and the command as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..keyring_session import KeyringSession, keyring_session
from .conftest import Done, Server, Shell, in_process

KEY = "sk-ant-api03-0123456789abcdefghij"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyringSession]:
    with keyring_session(tmp_path_factory.mktemp("keyring")) as running:
        yield running


@pytest.fixture
def command(session: KeyringSession, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    for name in ("ANTHROPIC_API_KEY", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(name)
    return Command(session, server, tmp_path / "home")


class Command:
    def __init__(self, session: KeyringSession, server: Server, home: Path) -> None:
        self.server = server
        self._environ = {
            **session.environ,
            "BATCHTUI_HOME": str(home),
            "ANTHROPIC_BASE_URL": server.base_url,
        }

    def __call__(self, *arguments: str, stdin: str = "", **environ: str) -> Done:
        return in_process(*arguments, stdin=stdin.encode(), environ={**self._environ, **environ})


def test_a_key_is_checked_stored_used_and_deleted(command: Command) -> None:
    stored = command("key", "set", stdin=f"{KEY}\n")
    assert stored.code == 0, stored.stderr
    assert command.server.asked("GET") == 1
    listed = command("list", "--json")
    assert (listed.code, listed.json) == (0, []), listed.stderr

    status = command("key", "status", "--json").json
    assert (status["source"], status["in_keyring"]) == ("keyring", "sk-ant-…ghij")
    other = command("key", "status", "--json", ANTHROPIC_API_KEY="another-key-of-some-length").json
    assert other["source"] == "environment"

    assert command("key", "delete", "--yes").code == 0
    assert command("key", "delete", "--yes").code == 1
    assert command("key", "status", "--json").json["source"] == "sdk"
    for done in (stored, listed):
        assert KEY not in done.text + done.stderr


def test_a_key_the_server_refuses_is_not_stored(command: Command) -> None:
    refused = command("key", "set", stdin="sk-ant-invalid-0123456789\n")
    assert refused.code == 1
    assert "sk-ant-invalid" not in refused.stderr
    assert command("key", "status", "--json").json["in_keyring"] is None


@pytest.mark.parametrize("typed", ["", "   \n", "two words", "sk-ant-ż"])
def test_what_is_no_key_is_not_sent_anywhere(server: Server, shell: Shell, typed: str) -> None:
    done = shell("key", "set", stdin=typed.encode())
    assert done.code == 2
    assert server.asked("GET") == 0


def test_without_a_keyring_it_says_what_to_do(server: Server, shell: Shell) -> None:
    done = shell("key", "set", stdin=KEY.encode())
    assert done.code == 1
    assert "ANTHROPIC_API_KEY" in done.stderr
    assert KEY not in done.stderr
    status = shell("key", "status", "--json")
    assert (status.code, status.json["source"]) == (0, "environment")
    assert "0123456789" not in status.text
    assert shell("key", "status").code == 0
