"""Bad input gets a message that names it and an exit code; nothing is written and nothing is sent."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Server, Shell, request, write_lines

BAD_LINES = [
    pytest.param(b"not json", "json", "", id="not JSON"),
    pytest.param(b"[1, 2]", "json", "", id="no object"),
    pytest.param(b"\xff\xfe\x00junk\x1b[31m", "json", "", id="binary"),
    pytest.param(b"[" * 100_000, "json", "", id="nested"),
    pytest.param({"params": request("x")["params"]}, "custom_id-missing", "", id="no custom_id"),
    pytest.param({"custom_id": "x"}, "params-missing", "x", id="no params"),
    pytest.param({"custom_id": "x", "params": 3}, "params-missing", "x", id="params no object"),
    pytest.param({**request("x"), "custom_id": "a.b"}, "custom_id-pattern", "a.b", id="bad custom_id"),
    pytest.param({**request("x"), "custom_id": "x" * 65}, "custom_id-pattern", "x" * 65, id="long custom_id"),
    pytest.param({**request("x"), "custom_id": 7}, "custom_id-pattern", "7", id="numeric custom_id"),
    pytest.param(request("row-1"), "custom_id-duplicate", "row-1", id="duplicate custom_id"),
    pytest.param(request("x", stream=True), "stream", "x", id="stream"),
]


@pytest.mark.parametrize(("line", "rule", "custom_id"), BAD_LINES)
def test_a_line_that_cannot_be_sent(
    server: Server, shell: Shell, tmp_path: Path, *, line: object, rule: str, custom_id: str
) -> None:
    file = write_lines(tmp_path / "bad.jsonl", request("row-1"), line)
    done = shell("submit", file, "--yes", "--json")
    assert done.code == 1
    problem = done.json["problems"][0]
    assert (problem["line"], problem["rule"], problem["custom_id"]) == (2, rule, custom_id)
    assert done.json["batches"] == []
    assert f"{file}:2: " in done.stderr
    assert rule in done.stderr
    assert custom_id in done.stderr
    assert "\x1b" not in done.stderr
    assert shell.files() == {}
    assert list((shell.home / "spool").iterdir()) == []
    assert server.asked("POST") == server.asked("GET") == 0


def test_many_problems_are_counted_and_the_first_shown(server: Server, shell: Shell, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "bad.jsonl", *[b"junk"] * 100)
    done = shell("submit", file, "--yes", "--json")
    assert len(done.json["problems"]) == 100
    assert "100 problems" in done.stderr
    assert "and 95 more" in done.stderr
    assert len(done.stderr.splitlines()) < 30


def test_a_warning_does_not_stop_a_submission(server: Server, shell: Shell, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "old.jsonl", request("row-1", temperature=0.5))
    done = shell("submit", file, "--yes", "--json")
    assert done.code == 0
    assert f"warning: {file}:1: row-1: removed-param" in done.stderr
    assert [problem["severity"] for problem in done.json["problems"]] == ["warning"]


def test_an_empty_file(server: Server, shell: Shell, tmp_path: Path) -> None:
    done = shell("submit", write_lines(tmp_path / "empty.jsonl"), "--yes")
    assert done.code == 1
    assert "there are no requests" in done.stderr


@pytest.mark.parametrize("kind", ["missing", "directory", "unreadable"])
def test_a_file_that_cannot_be_read(server: Server, shell: Shell, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "requests.jsonl"
    if kind == "directory":
        path.mkdir()
    elif kind == "unreadable":
        # A link to itself cannot be opened, not even by the superuser.
        path.symlink_to(path)
    done = shell("submit", path, "--yes")
    assert done.code == 2
    assert str(path) in done.stderr
    assert not shell.home.exists()


def test_no_key_at_all(server: Server, shell: Shell, requests_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    done = shell("submit", requests_file, "--yes")
    assert done.code == 1
    assert "batchtui key set" in done.stderr
    assert "ANTHROPIC_API_KEY" in done.stderr
    assert shell.files() == {}
    assert server.asked("POST") == 0


def test_a_refused_key(
    start: Callable[..., Server], shell: Shell, requests_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(api_key="another")
    done = shell("submit", requests_file, "--yes")
    assert done.code == 1
    assert "key" in done.stderr
    assert "0123456789abcdef" not in done.stderr
    assert shell.files() == {}
    assert server.asked("POST") == 0


@pytest.mark.parametrize("command", ["show", "results", "retry", "watch", "cancel", "adopt"])
def test_an_unknown_id(server: Server, shell: Shell, command: str) -> None:
    for id_ in ("nope", "msgbatch_nope", "@1", "@x", "", "\x1b[31mred", "\udcff"):
        done = shell(command, id_)
        assert done.code == 2, id_
        assert done.stdout == b""
        assert "\x1b" not in done.stderr
        assert "Traceback" not in done.stderr
    assert server.asked("POST") == 0


def test_an_ambiguous_beginning(server: Server, shell: Shell, requests_file: Path) -> None:
    for _ in range(2):
        shell("submit", requests_file, "--yes")
    done = shell("show", "msgbatch_")
    assert done.code == 2
    assert "fits 2 batches" in done.stderr


@pytest.mark.parametrize("command", [["list"], ["sync"], ["watch"], ["show", "msgbatch_01"], ["doctor"]])
def test_an_unreachable_server(shell: Shell, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        done = shell(*command)
    assert done.code == 1
    assert "connection" in done.stderr + done.text
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["http://example.com", "ftp://localhost", "nonsense", "https://a:b@example.com"])
def test_a_base_url_that_may_not_be_used(shell: Shell, url: str) -> None:
    done = shell("list", "--base-url", url)
    assert done.code == 2
    assert "base URL" in done.stderr
    assert not shell.home.exists()


@pytest.mark.parametrize("place", ["file", "below a file"])
def test_a_home_that_cannot_be_written(shell: Shell, tmp_path: Path, place: str) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    home = file if place == "file" else file / "home"
    done = shell("list", "--offline", "--home", home)
    assert done.code in {1, 2}
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_text() == "mine"


def test_a_newer_database(shell: Shell) -> None:
    assert shell("list", "--offline").code == 0
    database = shell.home / "batchtui.db"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version = 9999")
    connection.commit()
    connection.close()
    before = database.read_bytes()
    for command in (["list", "--offline"], ["doctor", "--offline"]):
        done = shell(*command)
        assert done.code == 1
        assert "newer" in done.stderr + done.text
    assert database.read_bytes() == before


def test_a_wrong_setting(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text("# mine\npoll_secnds = 3\n")
    done = shell("list", "--offline")
    assert done.code == 2
    assert "config.toml" in done.stderr
    assert "line 2" in done.stderr
    assert "poll_secnds" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["frobnicate"],
        ["list", "--limit", "x"],
        ["list", "--limit", "0"],
        ["results", "x", "--only", "good"],
        ["results", "x", "--format", "csv"],
        ["retry", "x", "--set", "max_tokens"],
        ["submit"],
        ["settle", "--resend", "--discard"],
        ["watch", "--interval", "0"],
        ["simulate", "--error-rate", "2"],
        ["simulate", "--set", "nonsense=1"],
        ["rename", "x", " "],
        [],
    ],
)
def test_usage(server: Server, shell: Shell, command: list[str]) -> None:
    done = shell(*command)
    assert done.code == 2
    assert done.stdout == b""
    assert done.stderr.startswith("error: ")


def test_a_pace_that_is_only_for_this_machine(shell: Shell) -> None:
    done = shell("watch", "--interval", "1", "--base-url", "https://api.example.com")
    assert done.code == 2
    assert "5" in done.stderr


def test_a_file_name_that_is_not_unicode(server: Server, shell: Shell, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b.jsonl"))
    write_lines(path, request("row-1"))
    done = shell("submit", path, "--yes", "--json")
    assert done.code == 0, done.stderr
    assert "\x1b" not in done.stderr
    assert shell("list", "--json").json[0]["name"] == done.json["name"]


@pytest.mark.parametrize(
    "position", ["@0", "@-1", "@x", "@", "@99999999999999999999", "@" + "9" * 5000, "@٣"], ids=len
)
def test_what_is_no_position(server: Server, shell: Shell, position: str) -> None:
    done = shell("show", position)
    assert done.code == 2
    assert "Positions are @1" in done.stderr


def test_a_list_that_shows_nothing_tells_only_of_other_servers(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    shell("submit", requests_file, "--yes")
    nothing = shell("list", "--status", "ended", "--json")
    assert (nothing.json, nothing.stderr) == ([], "")
    elsewhere = shell("list", "--offline", "--base-url", "http://127.0.0.1:9", "--json")
    assert elsewhere.json == []
    assert "1 batch of other servers" in elsewhere.stderr


def test_a_status_that_is_none_is_refused(server: Server, shell: Shell) -> None:
    done = shell("list", "--status", "nope")
    assert (done.code, done.stdout) == (2, b"")
    assert "'nope'" in done.stderr
