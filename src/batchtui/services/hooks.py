"""Hooks: commands that are run and URLs that are posted to when there is something to tell."""

from __future__ import annotations

import asyncio
import os
import re
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from batchtui.domain.errors import HookError, KeyringError
from batchtui.domain.watching import Hook

AT_ONCE = 3
"""How many commands run at the same time at most."""

KEPT_BYTES = 400
"""How much of what a command writes to stderr is kept for the notice that it failed."""

GRACE_SECONDS = 1.0
"""How long a command may still run when nobody waits for it any more."""

LOOK_SECONDS = 0.02
BLOCK_BYTES = 1 << 16

_KEY_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_SECRET_VARIABLE = re.compile(r"^ANTHROPIC_|KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)


class Hooks:
    """Runs the hooks of config.toml.

    A command gets JSON on stdin and `BATCHTUI_HOME`, and no environment variable that could hold a key or another
    secret. It runs in the home, without a shell, in a process group of its own, which is killed if the command is
    not done in its time; what a command leaves behind when it ends is left alone. Its stdout is dropped.
    """

    def __init__(self, hooks: Sequence[Hook], home: Path, find_secret: Callable[[Hook], str | None]) -> None:
        self.all = tuple(hooks)
        self._home = home
        self._find_secret = find_secret
        self._threads = ThreadPoolExecutor(AT_ONCE, "hook")

    async def run(self, hook: Hook, body: bytes) -> None:
        """Tell a hook; raises `HookError` if it failed. Cancelling this leaves a command one second to end."""
        if hook.url:
            await self._post(hook, body)
        else:
            await self._run_command(hook, body)

    async def _post(self, hook: Hook, body: bytes) -> None:
        try:
            secret = await asyncio.to_thread(self._find_secret, hook)
        except KeyringError as error:
            raise HookError(hook.name, f"has no secret to sign with: {error.what.rstrip('.')}") from error
        if not secret:
            where = f"in {hook.secret_variable}" if hook.secret_variable else "in the keyring"
            raise HookError(
                hook.name, f"has no secret {where} to sign with", todo="docs/watching.md says how to give it one."
            )
        from batchtui.api.webhook import post

        await post(
            hook.name,
            hook.url,
            body,
            secret=secret,
            at_seconds=int(time.time()),
            timeout_seconds=hook.timeout_seconds,
        )

    async def _run_command(self, hook: Hook, body: bytes) -> None:
        stop = threading.Event()
        environ = clean_environ(os.environ, self.all) | {"BATCHTUI_HOME": str(self._home)}
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(
            self._threads, lambda: _run(hook, body, environ=environ, directory=self._home, stop=stop)
        )
        try:
            end = await asyncio.shield(running)
        except asyncio.CancelledError:
            stop.set()
            raise
        except OSError as error:
            raise HookError(hook.name, f"could not be run ({error.strerror or error})") from error
        if end.code is None:
            raise HookError(hook.name, f"took longer than {hook.timeout_seconds:g} s and was killed")
        if end.code:
            said = f": {end.said}" if end.said else ""
            how = f"was killed by signal {-end.code}" if end.code < 0 else f"failed with exit code {end.code}"
            raise HookError(hook.name, f"{how}{said}")


def clean_environ(environ: Mapping[str, str], hooks: Sequence[Hook]) -> dict[str, str]:
    """Return what a command may know of the environment: nothing that could be a key, a token or a secret."""
    secret_names = {hook.secret_variable for hook in hooks}
    keys = {environ[name] for name in _KEY_VARIABLES if environ.get(name)}
    return {
        name: value
        for name, value in environ.items()
        if name not in secret_names and not _SECRET_VARIABLE.search(name) and not any(key in value for key in keys)
    }


@dataclass(frozen=True, slots=True)
class _End:
    """How a command ended: its exit code, None if it was killed over its time, and what it said on stderr."""

    code: int | None
    said: str


def _run(hook: Hook, body: bytes, *, environ: Mapping[str, str], directory: Path, stop: threading.Event) -> _End:
    """Run a command to its end, or to that of its time; blocks meanwhile."""
    deadline = time.monotonic() + hook.timeout_seconds
    with tempfile.TemporaryFile() as stdin:
        stdin.write(body)
        stdin.seek(0)
        process = subprocess.Popen(  # noqa: S603 - the user wrote the command into a file of their own
            hook.command,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environ,
            cwd=directory,
            start_new_session=True,
        )
    said = bytearray()
    with process:
        while process.poll() is None and time.monotonic() < deadline:
            _read(process, said)
            if stop.is_set():
                stop.clear()
                deadline = min(deadline, time.monotonic() + GRACE_SECONDS)
        if (code := process.poll()) is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            _read(process, said)
    return _End(code, " ".join(said.decode("utf-8", "replace").split()))


def _read(process: subprocess.Popen[bytes], said: bytearray) -> None:
    """Wait a moment for what a command says and take it; all of it, for a full pipe would hold the command up."""
    if process.stderr is None or process.stderr.closed:
        time.sleep(LOOK_SECONDS)
        return
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        if not selector.select(LOOK_SECONDS):
            return
    block = os.read(process.stderr.fileno(), BLOCK_BYTES)
    said += block[: KEPT_BYTES - len(said)]
    if not block:
        process.stderr.close()
