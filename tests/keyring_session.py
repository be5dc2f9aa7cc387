"""A private session with a real Secret Service in it, for tests of the keyring and of programs that use it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

TOOLS = ("dbus-run-session", "gnome-keyring-daemon")
PASSWORD = "opens the test keyring"
REQUIRE_ALL = "BATCHTUI_TEST_REQUIRE_ALL"

_START_SECONDS = 20
_SCRIPT = 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec gnome-keyring-daemon --foreground --unlock --components=secrets'


@dataclass(frozen=True)
class KeyringSession:
    """A running session; `environ` is what a program needs to find its keyring and no other."""

    environ: dict[str, str]
    process: subprocess.Popen[str]

    def lock(self) -> None:
        """Lock the keyring; nobody is there to answer the question that unlocks it."""
        import secretstorage
        from jeepney.io.blocking import open_dbus_connection

        with closing(open_dbus_connection(self.environ["DBUS_SESSION_BUS_ADDRESS"])) as connection:
            secretstorage.get_default_collection(connection).lock()

    def stop(self) -> None:
        """End the session and everything in it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


@contextmanager
def keyring_session(home: Path) -> Iterator[KeyringSession]:
    """Run a session with an unlocked, empty keyring under `home`. Skips, or fails where nothing may be skipped."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing and os.environ.get(REQUIRE_ALL):
        pytest.fail(f"{', '.join(missing)} not installed, and {REQUIRE_ALL} is set")
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    environ = _private(home)
    process = subprocess.Popen(
        ["dbus-run-session", "--", "sh", "-c", _SCRIPT],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        session = KeyringSession(environ | {"DBUS_SESSION_BUS_ADDRESS": process.stdout.readline().strip()}, process)
        try:
            process.stdin.write(PASSWORD)
            process.stdin.close()
            _wait_for_keyring(session)
            yield session
        finally:
            session.stop()


def _private(home: Path) -> dict[str, str]:
    """Return an environment in which nothing of the developer's own session can be found."""
    runtime = home / "run"
    runtime.mkdir(mode=0o700, parents=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


def _wait_for_keyring(session: KeyringSession) -> None:
    """Wait until the daemon has its name and its keyring is open.

    It must not be called before it has the name: the bus would start a second, locked daemon to answer.
    """
    import secretstorage
    from jeepney import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    deadline = time.monotonic() + _START_SECONDS
    with closing(open_dbus_connection(session.environ["DBUS_SESSION_BUS_ADDRESS"])) as connection:
        while Proxy(message_bus, connection).NameHasOwner("org.freedesktop.secrets") != (1,):
            _wait_a_little(session, deadline)
        while secretstorage.get_default_collection(connection).is_locked():
            _wait_a_little(session, deadline)


def _wait_a_little(session: KeyringSession, deadline: float) -> None:
    if session.process.poll() is not None or time.monotonic() > deadline:
        pytest.fail("the keyring daemon did not start")
    time.sleep(0.01)
