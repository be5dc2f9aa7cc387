"""What the screens tell, once a home."""

import asyncio
import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from functools import partial
from pathlib import Path

import pytest

from batchtui.domain.watching import Hook, Notify
from batchtui.paths import Places
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.app import BatchtuiApp
from tests.tui.conftest import (
    PATIENCE_SECONDS,
    WIDE,
    end_all,
    make_app,
    make_bench,
    submit,
    told,
    until,
    until_told,
)

HOSTILE = "rivers \x1b]2;owned\x07[/foo] $(id)"


class Ringing(BatchtuiApp):
    """Counts its bells."""

    rung = 0

    def bell(self) -> None:
        self.rung += 1


def make_ringing(bench: Workbench) -> Ringing:
    app = make_app(bench)
    app.__class__ = Ringing
    assert isinstance(app, Ringing)
    return app


@pytest.mark.parametrize("bell", [True, False])
async def test_an_end_rings_once(server: Served, places: Places, *, bell: bool) -> None:
    bench = make_bench(places, server.base_url, notify=Notify(bell=bell))
    await submit(bench, HOSTILE, 3)
    await submit(bench, "lakes", 3)
    app = make_ringing(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until(pilot, lambda: app.session.poller.state.last_synced_at is not None)
        app.session.poller.toggle_pause()
        await until(pilot, lambda: not app.session.poller.state.polling)
        end_all(server)
        app.session.poller.toggle_pause()
        await until_told(pilot, "2 batches ended")
        assert app.rung == bell
    await bench.close()


async def test_what_another_process_has_found_out_is_told(bench: Workbench, server: Served, places: Places) -> None:
    """As a sync by cron beside the screens, which has no way to tell a person."""
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    other = make_bench(places, server.base_url)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until(pilot, lambda: app.session.poller.state.last_synced_at is not None)
        app.session.poller.toggle_pause()
        end_all(server)
        await other.sync.run()
        await until_told(pilot, "lakes ended: 3 succeeded")
    await other.close()


async def test_two_screens_tell_once(server: Served, places: Places, tmp_path: Path) -> None:
    said = tmp_path / "said"
    code = f"import sys; open({str(said)!r}, 'a').write(sys.stdin.read() + chr(10))"
    hook = Hook("tell", command=(sys.executable, "-c", code))
    benches = [make_bench(places, server.base_url, hooks=(hook,)) for _ in range(2)]
    first, second = (make_app(one) for one in benches)
    await submit(benches[0], "lakes", 3)

    def is_told(text: str) -> bool:
        return text in told(first) + told(second)

    def has_heard(number: int) -> bool:
        return len(heard(said)) == number

    async with first.run_test(size=WIDE, notifications=True) as pilot:
        await until(pilot, lambda: first.session.poller.state.last_synced_at is not None)
        async with second.run_test(size=WIDE, notifications=True) as beside:
            await until(beside, lambda: second.session.poller.state.elsewhere)
            for number, name in enumerate(("lakes", "rivers"), 1):
                end_all(server)
                await asyncio.gather(pilot.press("R"), beside.press("R"))
                await until(beside, partial(is_told, f"{name} ended"))
                await until(beside, partial(has_heard, number))
                await submit(benches[0], "rivers", 3)
            assert sorted((told(first) + "\n" + told(second)).strip().splitlines()) == [
                "lakes ended: 3 succeeded",
                "rivers ended: 3 succeeded",
            ]
    assert heard(said) == ["lakes", "rivers"]
    for one in benches:
        await one.close()


def heard(said: Path) -> list[str]:
    """Return the names of the jobs of which a hook has been told."""
    lines = said.read_text(encoding="utf-8").splitlines() if said.exists() else []
    return [json.loads(line)["job"]["name"] for line in lines]


async def test_a_hook_that_hangs_or_fails_holds_nothing_up(server: Served, places: Places) -> None:
    slow = Hook("slow", command=(sys.executable, "-c", "import time; time.sleep(600)"), timeout_seconds=600)
    sad = Hook("sad", command=(sys.executable, "-c", "import sys; sys.exit('no [/way] \x1b]2;out')"))
    bench = make_bench(places, server.base_url, hooks=(slow, sad))
    await submit(bench, "lakes", 3)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until(pilot, lambda: app.session.poller.state.last_synced_at is not None)
        end_all(server)
        await pilot.press("R")
        await until_told(pilot, "lakes ended")
        await submit(bench, "rivers", 3)
        end_all(server)
        await pilot.press("R")
        await until_told(pilot, "rivers ended")
    await bench.close()


def test_a_terminal_that_has_notices_of_the_desktop_is_asked_for_one(
    server: Served, places: Places, tmp_path: Path
) -> None:
    """The real command in a real terminal: the bell and the notice, and nothing of the name is obeyed."""
    bench = make_bench(places, server.base_url)
    places.config.write_text("poll_seconds = 0.2\n", encoding="utf-8")
    asyncio.run(_submit_and_close(bench))
    environ = {
        name: value for name, value in os.environ.items() if name not in {"TMUX", "DBUS_SESSION_BUS_ADDRESS"}
    } | {
        "BATCHTUI_HOME": str(places.home),
        "HOME": str(tmp_path),
        "ANTHROPIC_BASE_URL": server.base_url,
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "TERM": "xterm-256color",
        "TERM_PROGRAM": "WezTerm",
        "COLUMNS": "100",
        "LINES": "30",
    }
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    with subprocess.Popen(
        [sys.executable, "-m", "batchtui"], env=environ, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        try:
            seen = _read_until(ours, b"synced just now")
            end_all(server)
            os.write(ours, b"R")
            seen += _read_until(ours, b"ended: 3 succeeded\x1b\\")
        finally:
            process.kill()
    os.close(ours)
    sequence = seen[seen.index(b"\x1b]777;") :].decode()
    assert sequence.startswith(
        "\x1b]777;notify;batchtui;rivers \ufffd]2,owned\ufffd[/foo] $(id) ended: 3 succeeded\x1b\\"
    )
    assert b"\x07" in seen
    assert b"\x1b]2;owned" not in seen


async def _submit_and_close(bench: Workbench) -> None:
    await submit(bench, HOSTILE, 3)
    await bench.sync.run()
    await bench.close()


def _read_until(terminal: int, wanted: bytes) -> bytes:
    seen, deadline = b"", time.monotonic() + PATIENCE_SECONDS
    while wanted not in seen:
        assert time.monotonic() < deadline, seen[-4000:]
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 1 << 16)
    return seen
