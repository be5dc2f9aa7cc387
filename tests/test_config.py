from __future__ import annotations

from datetime import timedelta
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


def test_the_notify_table_and_hooks(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        """
[notify]
bell = false
vanishing_days = 5
spend_day_usd = 20

[[hooks]]
name = "tell"
command = ["/usr/bin/tell", "--json"]
events = ["ended", "failed"]
timeout_seconds = 2.5

[[hooks]]
name = "post"
url = "https://hooks.example/x?token=y"
secret_variable = "HOOK_SECRET"
""",
        encoding="utf-8",
    )
    config = load_config(path, environ={})
    assert (config.notify.bell, config.notify.desktop, config.notify.spend_day_usd) == (False, True, 20)
    assert config.notify.vanishing == timedelta(days=5)
    assert [(hook.name, hook.target, hook.channel) for hook in config.hooks] == [
        ("tell", "/usr/bin/tell", "hook tell"),
        ("post", "hooks.example", "hook post"),
    ]
    assert config.hooks[0].events == ("ended", "failed")
    assert config.hooks[1].events == ("ended", "failed", "late", "vanishing", "spend")
    assert (config.sources["notify.bell"], config.sources["notify.desktop"]) == ("config.toml", "default")
    assert config.sources["hooks"] == "config.toml"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[notify]\nsound = true\n", ["line 2", "sound"]),
        ("[notify]\nfailed_share = 5\n", ["line 2", "failed_share"]),
        ("[notify]\nlate_hours = 0\n", ["line 2", "late_hours"]),
        ("[notify]\nspend_day_usd = 0\n", ["line 2", "spend_day_usd"]),
        ("[hooks]\nname = 'x'\n", ["hooks"]),
        ("[[hooks]]\nname = 'x'\ncomand = ['y']\n", ["line 3", "comand"]),
        ("[[hooks]]\ncommand = ['y']\n", ["name"]),
        ("[[hooks]]\nname = 'x'\n", ["line 2", "a command or a url"]),
        ("[[hooks]]\nname = 'x'\ncommand = []\n", ["a command or a url"]),
        ("[[hooks]]\nname = 'x'\ncommand = ['']\n", ["line 3", "command"]),
        ("[[hooks]]\nname = 'x'\ncommand = 'rm -rf /'\n", ["line 3", "command"]),
        ("[[hooks]]\nname = 'x'\ncommand = ['y']\nurl = 'https://h.example'\n", ["a command or a url"]),
        ("[[hooks]]\nname = 'a b'\ncommand = ['y']\n", ["line 2", "no name"]),
        (
            "[[hooks]]\nname = 'x'\ncommand = ['y']\n[[hooks]]\nname = 'x'\ncommand = ['z']\n",
            ["line 5", "two hooks"],
        ),
        ("[[hooks]]\nname = 'x'\ncommand = ['y']\nevents = ['end']\n", ["line 4", "end"]),
        ("[[hooks]]\nname = 'x'\ncommand = ['y']\ntimeout_seconds = 0\n", ["line 4", "timeout_seconds"]),
        ("[[hooks]]\nname = 'x'\nurl = 'http://hooks.example/'\n", ["line 3", "plain http"]),
        ("[[hooks]]\nname = 'x'\nurl = 'ftp://hooks.example/'\n", ["line 3", "http"]),
        ("[[hooks]]\nname = 'x'\nurl = 'https://me:pw@hooks.example/'\n", ["line 3", "password"]),
        ("[[hooks]]\nname = 'x'\nurl = 'https://hooks.example/a b'\n", ["line 3", "space"]),
        ("[[hooks]]\nname = 'x'\nurl = 'https://h.example'\nsecret = 'in the file'\n", ["line 4", "secret"]),
    ],
)
def test_a_wrong_hook_or_notice_is_named(tmp_path: Path, text: str, named: list[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ={})
    for word in (*named, str(path)):
        assert word in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://localhost/x", "http://[::1]:80/", "https://h.example"]
)
def test_a_hook_may_post_to_this_machine_or_with_tls(tmp_path: Path, url: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[[hooks]]\nname = 'x'\nurl = '{url}'\n", encoding="utf-8")
    assert load_config(path, environ={}).hooks[0].url == url


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ('kind = "bedrock"', "Amazon Bedrock has no Message Batches"),
        ('kind = "vertex"', "Google Vertex AI has no Message Batches"),
        ('kind = "foundry"', "Microsoft Foundry has no Message Batches"),
        ('kind = "azure"', 'kind is "anthropic" or "aws"'),
        ('kind = "aws"', "needs a workspace_id"),
        ('kind = "aws"\nworkspace_id = "wrkspc_1"', "a region or base_url"),
        ('kind = "aws"\nworkspace_id = "wrkspc_1"\nregion = "x.example.com/"', "is no AWS region"),
        ('region = "us-west-2"', "region is for kind"),
    ],
)
def test_a_profile_that_cannot_work_is_refused_with_its_line(tmp_path: Path, lines: str, named: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[profiles.other]\n\n[profiles.cloud]\n{lines}\n")
    with pytest.raises(ConfigError, match="line 3") as caught:
        load_config(path, environ={})
    assert named in str(caught.value)


def test_a_profile_of_claude_platform_on_aws(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[profiles.cloud]\nkind = "aws"\nregion = "us-west-2"\nworkspace_id = "wrkspc_1"\n')
    config = load_config(path, profile="cloud", environ={})
    assert config.base_url == "https://aws-external-anthropic.us-west-2.api.aws"
    assert (config.workspace_id, config.sources["base_url"]) == ("wrkspc_1", "config.toml")
