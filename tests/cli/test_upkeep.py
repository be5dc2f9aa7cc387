from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.cli.app import COMMANDS

from .conftest import Server, Shell

if TYPE_CHECKING:
    import pytest


def test_general_options_stand_anywhere(shell: Shell, tmp_path: Path) -> None:
    home = str(tmp_path / "elsewhere")
    for command in (["--home", home, "paths", "--json"], ["paths", "--json", "--home", home]):
        places = shell(*command).json
        assert (places["database"], places["templates"]) == (f"{home}/batchtui.db", f"{home}/templates")
    assert shell("--home", "x", "paths", "--home", home, "--json").json["home"] == home


def test_settings_say_where_they_come_from(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text("poll_seconds = 20\n")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://example.com/v1")
    settings = shell("config", "--read-only", "--json").json
    assert settings["poll_seconds"] == {"value": 20.0, "source": "config.toml"}
    assert settings["base_url"] == {"value": "https://example.com", "source": "environment"}
    assert settings["read_only"] == {"value": True, "source": "flag"}
    assert settings["profile"] == {"value": "default", "source": "default"}
    assert "https://example.com" in shell("config").text


def test_settings_show_whom_hooks_reach_and_not_with_what(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text(
        "[notify]\nlate_hours = 20\n"
        "[[hooks]]\nname = 'post'\nurl = 'https://hooks.example/in-the-url'\n"
        "[[hooks]]\nname = 'tell'\ncommand = ['tell', '--token=in-the-url']\n"
    )
    settings = shell("config", "--json").json
    assert settings["hooks"] == {"value": ["post: hooks.example", "tell: tell"], "source": "config.toml"}
    assert settings["notify.late_hours"] == {"value": 20.0, "source": "config.toml"}
    text = shell("config").text
    assert "post: hooks.example, tell: tell" in text
    assert "in-the-url" not in text


def test_the_version_and_the_help(shell: Shell) -> None:
    assert shell("--version").text.startswith("batchtui ")
    assert "submit" in shell("--help").text
    assert "--max-cost" in shell("submit", "--help").text


def test_a_healthy_home(server: Server, shell: Shell) -> None:
    checks = {check["check"]: check["state"] for check in shell("doctor", "--json").json}
    assert checks == dict.fromkeys(("settings", "home", "store", "disk", "key", "network"), "ok")
    assert shell("doctor").code == 0


def test_the_doctor_finds_and_mends(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    server.control(end="all")
    shell("sync")
    (results,) = shell.home.glob("batches/*/results.jsonl")
    lines = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(b"".join(lines[1:]))
    shell.home.chmod(0o755)
    ill = shell("doctor", "--offline", "--json")
    assert ill.code == 1
    problems = {check["check"] for check in ill.json if check["state"] == "problem"}
    assert problems == {"home", "results"}
    mended = shell("doctor", "--repair")
    assert str(results.parent.name) in mended.stderr
    assert stat.S_IMODE(shell.home.stat().st_mode) == 0o700
    assert shell("sync", "--json").json["downloaded"][0]["results"] == 10
    assert shell("doctor", "--offline").code == 0


def test_the_doctor_says_what_keeps_the_network_away(
    server: Server, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-invalid")
    done = shell("doctor", "--json")
    assert done.code == 1
    assert [check["check"] for check in done.json if check["state"] == "problem"] == ["network"]


def test_every_command_is_listed_in_one_line_and_there(shell: Shell) -> None:
    listed = shell("--help").text.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert max(map(len, listed)) <= 78
    for name in COMMANDS:
        assert shell(name, "--help").code == 0, name
