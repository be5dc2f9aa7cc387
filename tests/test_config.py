from __future__ import annotations

from pathlib import Path

import pytest

from batchtui.config import DEFAULT_BASE_URL, load_config
from batchtui.domain.errors import ConfigError


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    config = load_config(tmp_path / "config.toml", environ={})
    assert (config.profile, config.base_url, config.read_only) == ("default", DEFAULT_BASE_URL, False)
    assert set(config.sources.values()) == {"default"}


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('profile = "eu"\n[profiles.eu]\nbase_url = "https://file.example"\n')
    environ = {"ANTHROPIC_BASE_URL": "https://environment.example"}
    in_file = load_config(path, environ={})
    assert (in_file.profile, in_file.base_url, in_file.sources["base_url"]) == (
        "eu",
        "https://file.example",
        "config.toml",
    )
    in_environment = load_config(path, environ=environ)
    assert (in_environment.base_url, in_environment.sources["base_url"]) == (
        "https://environment.example",
        "environment",
    )
    flag = load_config(path, base_url="https://flag.example", environ=environ)
    assert (flag.base_url, flag.sources["base_url"]) == ("https://flag.example", "flag")


def test_empty_variables_count_as_unset(tmp_path: Path) -> None:
    config = load_config(tmp_path / "x", environ={"ANTHROPIC_BASE_URL": "", "BATCHTUI_PROFILE": ""})
    assert config.base_url == DEFAULT_BASE_URL


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("read_only = true\ncolour = 'red'\n", ["line 2", "colour"]),
        ("read_only = 'yes'\n", ["line 1", "read_only"]),
        ("[profiles.eu]\nbase_url = 3\n", ["line 2", "base_url"]),
        ("[profiles.eu]\nsecret = 'x'\n", ["line 2", "secret"]),
        ("theme = \n", ["line 1"]),
        ("\x00", ["line 1"]),
        ("poll_seconds = 1\n", ["poll_seconds", "loopback"]),
        ("profile = 'other'\n", ["other", "default"]),
        ("[profiles.default]\nbase_url = 'http://example.com'\n", ["http"]),
    ],
)
def test_a_wrong_setting_is_named_with_file_line_and_key(tmp_path: Path, text: str, named: list[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ={})
    assert caught.value.exit_code == 2
    for word in named:
        assert word in str(caught.value)


def test_polls_may_be_quick_on_loopback(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("poll_seconds = 0.2\n")
    config = load_config(path, base_url="http://127.0.0.1:8000", environ={})
    assert config.poll_seconds == 0.2


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config(tmp_path / "config.toml", environ={})


def test_the_retry_table(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[retry]\nauto = "resend"\nattempts = 2\nquiet_hours = "22:00-07:00"\n'
        '[[retry.verdicts]]\ntype = ["api_error"]\nverdict = "never"\n'
    )
    retry = load_config(path, environ={}).retry
    assert retry.policy().is_automatic
    assert retry.policy().attempts == 2
    assert retry.verdicts[0].verdict == "never"


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ('auto = "always"', "line 2"),
        ("attempts = 0", "line 2"),
        ('quiet_hours = "at night"', "line 2"),
        ('[[retry.verdicts]]\ntype = ["*"]\nverdict = "maybe"', "line 4"),
        ('[[retry.verdicts]]\ntype = ["*"]\nverdict = "never"\nmessage = "("', "line 5"),
        ("often = true", "often"),
    ],
)
def test_a_bad_retry_table_is_refused_with_its_line(tmp_path: Path, lines: str, named: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[retry]\n{lines}\n")
    with pytest.raises(ConfigError, match=named):
        load_config(path, environ={})
