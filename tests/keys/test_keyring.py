"""Keys in a real Secret Service: kept, found, locked, gone."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchtui import secrets
from batchtui.domain.errors import InputError, KeyringError, NoKeyError
from batchtui.secrets import FoundKey, Key, KeyStatus

from ..keyring_session import KeyringSession, keyring_session

KEY = Key("sk-ant-api03-in-the-keyring-0123")
OTHER = Key("sk-ant-api03-somewhere-else-4567")


@pytest.fixture(scope="module")
def shared_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyringSession]:
    with keyring_session(tmp_path_factory.mktemp("keyring")) as session:
        yield session


@pytest.fixture
def own_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyringSession]:
    with keyring_session(tmp_path / "home") as session:
        use(session, monkeypatch)
        yield session
    gc.collect()  # The backend leaves its connection to the garbage when it raises.


@pytest.fixture
def session(shared_session: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyringSession]:
    use(shared_session, monkeypatch)
    yield shared_session
    for profile in ("default", "work"):
        if secrets.find_key(profile, {}).key:
            secrets.delete_key(profile)


def use(session: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process use the session's keyring: the choice of a backend is made once in a process."""
    import keyring
    from keyring.backends.SecretService import Keyring

    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session.environ["DBUS_SESSION_BUS_ADDRESS"])
    monkeypatch.setattr(keyring, "get_keyring", Keyring)


@pytest.mark.usefixtures("session")
def test_a_saved_key_is_found_by_its_profile() -> None:
    assert secrets.find_key("default", {}) == FoundKey(None, "sdk")
    secrets.save_key("default", KEY)
    secrets.save_key("work", OTHER)
    assert secrets.find_key("default", {}) == FoundKey(KEY, "keyring")
    assert secrets.find_key("work", {}) == FoundKey(OTHER, "keyring")


@pytest.mark.usefixtures("session")
def test_saving_again_replaces_and_deleting_deletes() -> None:
    secrets.save_key("default", OTHER)
    secrets.save_key("default", KEY)
    assert secrets.find_key("default", {}).key == KEY
    secrets.delete_key("default")
    assert secrets.find_key("default", {}) == FoundKey(None, "sdk")
    with pytest.raises(NoKeyError, match="default"):
        secrets.delete_key("default")


@pytest.mark.usefixtures("session")
def test_the_environment_goes_first_unless_it_is_empty() -> None:
    secrets.save_key("default", KEY)
    assert secrets.find_key("default", {"ANTHROPIC_API_KEY": f" {OTHER.reveal()}\n"}) == FoundKey(
        OTHER, "environment"
    )
    for empty in ("", " \n"):
        assert secrets.find_key("default", {"ANTHROPIC_API_KEY": empty}) == FoundKey(KEY, "keyring")


@pytest.mark.usefixtures("session")
def test_the_status_names_every_place() -> None:
    secrets.save_key("default", KEY)
    status = secrets.key_status("default", {"ANTHROPIC_API_KEY": OTHER.reveal()})
    assert status == KeyStatus(OTHER, KEY, "SecretService Keyring")
    assert secrets.key_status("work", {}) == KeyStatus(None, None, "SecretService Keyring")


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_locked_keyring_is_told_and_the_environment_is_the_way_out(own_session: KeyringSession) -> None:
    secrets.save_key("default", KEY)
    own_session.lock()
    with pytest.raises(KeyringError, match="locked") as caught:
        secrets.find_key("default", {})
    assert "ANTHROPIC_API_KEY" in caught.value.todo
    with pytest.raises(KeyringError, match="locked"):
        secrets.save_key("default", OTHER)
    with pytest.raises(KeyringError, match="locked"):
        secrets.delete_key("default")
    assert "locked" in secrets.key_status("default", {}).problem
    assert secrets.find_key("default", {"ANTHROPIC_API_KEY": OTHER.reveal()}) == FoundKey(OTHER, "environment")


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_session_that_ended_is_told(own_session: KeyringSession) -> None:
    secrets.save_key("default", KEY)
    own_session.stop()
    for call in (lambda: secrets.find_key("default", {}), lambda: secrets.save_key("default", KEY)):
        with pytest.raises(KeyringError, match="does not answer") as caught:
            call()
        assert caught.value.todo
        assert KEY.reveal() not in str(caught.value)


OTHER_PROCESS = """
import sys
from batchtui import secrets
if "keyring" in sys.modules:
    sys.exit("keyring imported too early")
profile, want = sys.argv[1:]
found = secrets.find_key(profile, {})
print(found.source, found.key, found.note)
if want == "save":
    secrets.save_key(profile, secrets.Key("sk-ant-api03-from-another-process"))
"""


def run(profile: str, want: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", OTHER_PROCESS, profile, want],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_another_process_finds_the_keyring_by_itself(session: KeyringSession) -> None:
    done = run("default", "save", session.environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "sdk None \n", "")
    assert secrets.find_key("default", {}).key == Key("sk-ant-api03-from-another-process")
    done = run("default", "find", session.environ)
    assert done.stdout == "keyring sk-ant-…cess \n"


def test_a_machine_without_a_keyring_can_still_use_a_login(session: KeyringSession) -> None:
    without = session.environ | {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}
    done = run("default", "find", without)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "sdk None This machine has no keyring that can be reached.\n"
    done = run("default", "save", without)
    assert "batchtui.domain.errors" not in done.stdout
    assert "NoKeyringError: This machine has no keyring" in done.stderr
    assert "ANTHROPIC_API_KEY" in done.stderr


def test_the_key_is_on_no_disk_in_plain_text(own_session: KeyringSession) -> None:
    secrets.save_key("default", KEY)
    files = [path for path in Path(own_session.environ["HOME"]).rglob("*") if path.is_file()]
    assert any(path.suffix == ".keyring" for path in files)
    for path in files:
        assert KEY.reveal().encode() not in path.read_bytes()


def test_a_bad_key_in_the_environment_is_named_and_not_shown() -> None:
    with pytest.raises(InputError, match="ANTHROPIC_API_KEY") as caught:
        secrets.find_key("default", {"ANTHROPIC_API_KEY": "sk-ant-two words"})
    assert "words" not in str(caught.value)


@pytest.mark.usefixtures("session")
def test_the_secret_of_a_hook_is_in_the_variable_it_names_or_in_the_keyring() -> None:
    assert secrets.hook_secret("post", "", {}) is None
    secrets.save_key("hook:post", Key("signs-with-this"))
    try:
        assert secrets.hook_secret("post", "", {}) == "signs-with-this"
        assert secrets.hook_secret("other", "", {}) is None
        assert secrets.hook_secret("post", "HOOK", {}) is None
        assert secrets.hook_secret("post", "HOOK", {"HOOK": "a phrase"}) == "a phrase"
    finally:
        secrets.delete_key("hook:post")
