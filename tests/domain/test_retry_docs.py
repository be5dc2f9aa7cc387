"""docs/retry.md says what the code does: its table of verdicts, its settings, its commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec

from batchtui.cli.queue import queue
from batchtui.config import RetryConfig
from batchtui.domain.policy import LEFT_AFTER, LONGEST_BACKOFF
from batchtui.domain.verdicts import Rule, shipped_rules

DOCS = (Path(__file__).parents[2] / "docs" / "retry.md").read_text(encoding="utf-8")


def table_row(rule: Rule) -> str:
    types = ", ".join(f"`{kind}`" for kind in rule.type)
    words = ", ".join(f"`{word}`" for word in rule.message.split("|") if word)
    return f"| {types} | {words + ' ' if words else ''}| {rule.verdict.replace('_', ' ')} | {rule.why} |"


def test_the_table_is_that_of_the_code() -> None:
    table = DOCS.split("<!-- verdicts -->\n")[1].split("<!-- end -->")[0].splitlines()
    assert table[2:] == [table_row(rule) for rule in shipped_rules()]


def test_the_settings_are_understood_and_none_is_left_out() -> None:
    own, policy = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    settings = tomllib.loads(policy + own)["retry"]
    assert set(settings) == set(RetryConfig.__struct_fields__)
    config = msgspec.convert(settings, RetryConfig)
    assert config.policy().is_automatic
    default = RetryConfig()
    assert (settings["attempts"], settings["backoff_minutes"]) == (default.attempts, default.backoff_minutes)


def test_every_command_is_named() -> None:
    commands = set(re.findall(r"`batchtui queue (\w+)", DOCS)) | set(re.findall(r", `(\w+) …`", DOCS))
    assert commands == set(queue.commands)


def test_the_times_are_those_of_the_code() -> None:
    assert (LEFT_AFTER.days, "more than three days ago" in DOCS) == (3, True)
    assert (LONGEST_BACKOFF.days, "up to a day" in DOCS) == (1, True)
