"""Profiles in config.toml, which is a file of the user: what else is in it stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Server, Shell

CONFIG = """# my settings
theme = "batchtui-light"  # bright room

[profiles.work]
# the gateway of the team
base_url = "https://gateway.example.com"
"""


@pytest.fixture
def config(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    path = Path(shell("paths", "--json").json["config"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CONFIG)
    return path


def names(shell: Shell) -> dict[str, bool]:
    return {entry["name"]: entry["is_chosen"] for entry in shell("profile", "list", "--json").json}


def test_profiles_are_added_used_and_removed(shell: Shell, config: Path) -> None:
    assert names(shell) == {"default": True, "work": False}
    added = shell("profile", "add", "lab", "--base-url", "https://lab.example.com", "--workspace-id", "wrkspc_1")
    assert added.code == 0, added.stderr
    assert "key set --profile lab" in added.stderr
    entry = next(each for each in shell("profile", "list", "--json").json if each["name"] == "lab")
    assert (entry["base_url"], entry["workspace_id"]) == ("https://lab.example.com", "wrkspc_1")
    assert shell("profile", "use", "lab").code == 0
    assert shell("config", "--json").json["profile"] == {"value": "lab", "source": "config.toml"}
    assert names(shell) == {"default": False, "lab": True, "work": False}
    removed = shell("profile", "remove", "lab", "--yes")
    assert removed.code == 0, removed.stderr
    assert "default is used" in removed.stderr
    assert names(shell) == {"default": True, "work": False}
    assert config.read_text() == CONFIG


def test_what_else_is_in_the_file_stays_as_it_is(shell: Shell, config: Path) -> None:
    assert shell("profile", "add", "lab", "--use").code == 0
    text = config.read_text()
    for line in CONFIG.splitlines():
        assert line in text
    assert config.stat().st_mode & 0o077 == 0


def test_without_a_file_one_is_begun(shell: Shell, config: Path) -> None:
    config.unlink()
    assert shell("profile", "add", "lab").code == 0
    assert names(shell) == {"default": True, "lab": False}


def test_a_link_to_the_file_stays_a_link(shell: Shell, config: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    config.rename(real)
    config.symlink_to(real)
    assert shell("profile", "add", "lab").code == 0
    assert config.is_symlink()
    assert "[profiles.lab]" in real.read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", "work"), 1, "There is a profile work already."),
        (("add", "../evil"), 2, "cannot be the name"),
        (("add", "lab", "--base-url", "http://lab.example.com"), 2, "https"),
        (("use", "nothing"), 2, "Known are: default, work."),
        (("remove", "nothing", "--yes"), 2, "There is no profile 'nothing'."),
        (("remove", "default", "--yes"), 1, "always there"),
        (("remove", "work"), 2, "no terminal to ask at"),
    ],
)
def test_what_is_refused_changes_nothing(
    shell: Shell, config: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = shell("profile", *arguments)
    assert (done.code, words in done.stderr) == (code, True), done.stderr
    assert config.read_text() == CONFIG


def test_a_file_that_is_not_understood_is_not_written(shell: Shell, config: Path) -> None:
    config.write_text("them = 1\n")
    done = shell("profile", "add", "lab")
    assert done.code == 2
    assert "them" in done.stderr
    assert config.read_text() == "them = 1\n"


def test_batches_of_two_profiles_stand_beside_each_other(
    start: Callable[..., Server], shell: Shell, config: Path, requests_file: Path
) -> None:
    config.unlink()
    for seed, name in enumerate(("home", "lab")):
        server = start(seed=seed)
        assert shell("profile", "add", name, "--base-url", server.base_url).code == 0
        assert shell("--profile", name, "submit", requests_file, "--name", name, "--yes").code == 0
    listed = shell("--profile", "home", "list", "--offline", "--all-servers", "--json").json
    assert {(batch["name"], batch["profile"]) for batch in listed} == {("home", "home"), ("lab", "lab")}


def test_claude_platform_on_aws(shell: Shell, config: Path) -> None:
    refused = shell("profile", "add", "cloud", "--aws-region", "us-west-2")
    assert refused.code == 2
    assert "needs a workspace_id" in refused.stderr
    assert config.read_text() == CONFIG
    assert shell("profile", "add", "cloud", "--aws-region", "us-west-2", "--workspace-id", "wrkspc_1").code == 0
    entry = next(each for each in shell("profile", "list", "--json").json if each["name"] == "cloud")
    assert entry["base_url"] == "https://aws-external-anthropic.us-west-2.api.aws"


def test_a_login_stands_where_no_key_is(shell: Shell, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a-token")
    assert "ANTHROPIC_AUTH_TOKEN" in shell("profile", "list").text
    assert "a-token" not in shell("profile", "list").text
    entry = shell("profile", "list", "--json").json[0]
    assert (entry["key"], entry["login"]) == ("sdk", "ANTHROPIC_AUTH_TOKEN")
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN")
    monkeypatch.setenv("HOME", str(config.parent))
    assert "no key and no login was found" in shell("profile", "list").text
