"""`hook`: trying hooks, and the secrets that posts are signed with."""

from __future__ import annotations

import sys

import click

from batchtui.cli import options
from batchtui.cli.desk import opened
from batchtui.cli.options import Given
from batchtui.cli.output import say
from batchtui.config import Config
from batchtui.domain.errors import InputError
from batchtui.domain.watching import Hook
from batchtui.secrets import Key, save_key

MAX_INPUT_CHARS = 10_000


@click.group("hook")
@options.general
def hook() -> None:
    """Try the hooks of config.toml."""


@hook.command("test")
@click.argument("name", type=options.TEXT)
@options.general
@click.pass_obj
def test(given: Given, name: str) -> None:
    """Tell a hook of a batch that does not exist, with the event "test"; fails if the hook does."""
    config = given.config()
    chosen = _hook(config, name)
    with opened(given, config) as desk:
        desk.wait(desk.bench.notices.try_hook(chosen))
    say(f"The hook {chosen.name} was told: {chosen.target}.")


@hook.command("secret")
@click.argument("name", type=options.TEXT)
@options.general
@click.pass_obj
def secret(given: Given, name: str) -> None:
    """Read the secret of a hook from a hidden prompt or from stdin, and keep it in the keyring."""
    chosen = _hook(given.config(), name)
    if not chosen.url or chosen.secret_variable:
        why = f"takes it from {chosen.secret_variable}" if chosen.url else "is a command, which is not signed"
        raise InputError(f"The hook {chosen.name} has no use for a secret in the keyring: it {why}.")
    if sys.stdin.isatty():
        typed = click.prompt(f"Secret of the hook {chosen.name} (not shown)", hide_input=True, err=True)
    else:
        typed = sys.stdin.read(MAX_INPUT_CHARS)
    save_key(f"hook:{chosen.name}", Key(typed))
    say(f"What is posted to {chosen.target} is signed with it from now on.")


def _hook(config: Config, name: str) -> Hook:
    for one in config.hooks:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in config.hooks) or "none"
    raise InputError(f"There is no hook {name!r} in config.toml.", todo=f"Known are: {known}.")
