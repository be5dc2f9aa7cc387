"""What `sync` and `watch` tell the desktop and the hooks."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from .conftest import Server, Shell, request, start_process, write_lines

HOSTILE = "<b>rivers</b> \x1b]2;owned\x07; $(id)"


def configure(shell: Shell, *hooks: tuple[str, list[str]]) -> None:
    shell.home.mkdir(exist_ok=True)
    tables = (f'[[hooks]]\nname = "{name}"\ncommand = {json.dumps(command)}\n' for name, command in hooks)
    (shell.home / "config.toml").write_text("".join(tables), encoding="utf-8")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", f"import sys, time; {code}"]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop that writes down what it is asked to show, one argument a line."""
    programs, shown = tmp_path / "bin", tmp_path / "shown"
    programs.mkdir()
    program = programs / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {shown}\n', encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    return shown


def test_a_sync_tells_the_hooks_and_none_of_them_can_hurt_it(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    configure(
        shell,
        ("tell", python("open('told', 'a').write(sys.stdin.read())")),
        ("sad", python("sys.exit('no way out \\x1b]2;owned')")),
        ("gone", ["/does/not/exist"]),
    )
    shell("submit", requests_file, "--yes")
    shell("sync")
    server.control(end="all")
    done = shell("sync", "--json")
    assert done.code == 0
    assert [error.partition(". ")[0] for error in done.json["hook_errors"]] == [
        "The hook sad failed with exit code 1: no way out \x1b]2;owned",
        "The hook gone could not be run (No such file or directory)",
    ]
    assert "The hook sad failed" in done.stderr
    assert "\x1b" not in done.stderr
    told = json.loads((shell.home / "told").read_text(encoding="utf-8"))
    assert (told["event"], told["counts"]["succeeded"], told["cost_is"]) == ("ended", 10, "actual")
    assert shell("sync", "--json").json["hook_errors"] == []


def test_the_desktop_is_told_once_in_clean_words(
    server: Server, shell: Shell, requests_file: Path, desktop: Path
) -> None:
    shell("submit", requests_file, "--yes", "--name", HOSTILE)
    shell("sync")
    assert not desktop.exists()
    server.control(end="all")
    shell("sync")
    shell("sync")
    assert desktop.read_text(encoding="utf-8").splitlines() == [
        "--app-name=batchtui",
        "--",
        "batchtui",
        "&lt;b&gt;rivers&lt;/b&gt; \ufffd]2;owned\ufffd; $(id) ended: 10 succeeded",
    ]


def test_the_desktop_is_left_alone_if_so_wished(
    server: Server, shell: Shell, requests_file: Path, desktop: Path
) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text("[notify]\ndesktop = false\n", encoding="utf-8")
    shell("submit", requests_file, "--yes")
    shell("sync")
    server.control(end="all")
    assert shell("sync").code == 0
    assert not desktop.exists()


def test_a_watch_tells_the_hooks_before_it_returns(server: Server, shell: Shell, tmp_path: Path) -> None:
    configure(shell, ("tell", python("open('told', 'a').write(sys.stdin.read() + chr(10))")))
    file = write_lines(tmp_path / "rivers.jsonl", *(request(f"row-{number}") for number in range(10)))
    shell("submit", file, "--yes")
    with start_process("watch", "rivers", "--interval", "0.05") as watching:
        server.control(expire="all", finished_share=0.5)
        _, error = watching.communicate(timeout=60)
    assert watching.returncode == 3, error
    told = [json.loads(line) for line in (shell.home / "told").read_text(encoding="utf-8").splitlines()]
    assert [one["event"] for one in told] == ["ended", "failed"]
    assert told[1]["counts"]["failed"] == 5


def test_ctrl_c_ends_a_watch_while_a_hook_hangs(server: Server, shell: Shell, requests_file: Path) -> None:
    configure(shell, ("slow", python("open('here', 'w').close(); time.sleep(600)")))
    with (shell.home / "config.toml").open("a") as config:
        config.write("timeout_seconds = 600\n")
    for name in ("rivers", "lakes"):
        shell("submit", requests_file, "--yes", "--name", name)
    ids = [batch["id"] for batch in shell("list", "--json").json]
    with start_process("watch", "--interval", "0.05") as watching:
        assert watching.stderr is not None
        assert b"Watching 2 batches" in watching.stderr.readline()
        server.control(end=ids[0])
        while not (shell.home / "here").exists():
            assert watching.poll() is None
        watching.send_signal(signal.SIGINT)
        assert watching.wait(timeout=30) == 130


def test_a_hook_can_be_tried(server: Server, shell: Shell) -> None:
    configure(shell, ("tell", python("open('told', 'w').write(sys.stdin.read())")), ("sad", python("sys.exit(3)")))
    assert shell("hook", "test", "tell").code == 0
    told = json.loads((shell.home / "told").read_text(encoding="utf-8"))
    assert (told["event"], told["batch"]["id"], told["profile"]) == ("test", "msgbatch_test", "default")
    failed = shell("hook", "test", "sad")
    assert failed.code == 1
    assert "The hook sad failed with exit code 3." in failed.stderr
    unknown = shell("hook", "test", "other")
    assert unknown.code == 2
    assert "Known are: tell, sad." in unknown.stderr
    assert server.asked("GET") == 0


def test_only_a_post_has_a_secret_and_it_is_read_from_stdin(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text(
        "[[hooks]]\nname = 'tell'\ncommand = ['true']\n"
        "[[hooks]]\nname = 'named'\nurl = 'https://h.example'\nsecret_variable = 'HOOK'\n"
        "[[hooks]]\nname = 'post'\nurl = 'https://h.example'\n"
    )
    assert "is not signed" in shell("hook", "secret", "tell", stdin=b"s").stderr
    assert "takes it from HOOK" in shell("hook", "secret", "named", stdin=b"s").stderr
    assert "The key is empty" in shell("hook", "secret", "post", stdin=b"\n").stderr
    done = shell("hook", "secret", "post", stdin=b"signs-with-this\n")
    assert done.code == 1
    assert "keyring" in done.stderr
    assert "signs-with-this" not in done.stderr
