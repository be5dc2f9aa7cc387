"""`key`: the API key in the keyring of the system."""

from __future__ import annotations

import asyncio
import os
import sys

import click

from batchtui.cli import options
from batchtui.cli.ask import agree
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, out_pairs, say
from batchtui.secrets import KEY_VARIABLE, Key, KeyStatus, delete_key, key_status, save_key, sdk_login

MAX_INPUT_CHARS = 10_000


@click.group("key")
@options.general
def key() -> None:
    """Keep the API key in the keyring of the system."""


@key.command("set")
@options.general
@click.pass_obj
def set_key(given: Given) -> None:
    """Read a key from a hidden prompt or from stdin, check it with one free call, and store it."""
    from batchtui.composition import check_key

    config = given.config()
    if sys.stdin.isatty():
        typed = click.prompt(f"API key for profile {config.profile} (not shown)", hide_input=True, err=True)
    else:
        typed = sys.stdin.read(MAX_INPUT_CHARS)
    new = Key(typed)
    asyncio.run(check_key(config, new))
    save_key(config.profile, new)
    say(f"{config.base_url} takes the key {new}; it is stored for profile {config.profile}.")
    if os.environ.get(KEY_VARIABLE):
        say(f"{KEY_VARIABLE} is set and goes first.")


@key.command("status")
@options.as_json
@options.general
@click.pass_obj
def status(given: Given, as_json: bool) -> None:
    """Say where the key comes from; it is shown masked."""
    config = given.config()
    found = key_status(config.profile, os.environ)
    if as_json:
        out_json(
            {
                "profile": config.profile,
                "base_url": config.base_url,
                "source": source_of(found),
                "login": sdk_login(os.environ) or None,
                "in_environment": _masked(found.in_environment),
                "in_keyring": _masked(found.in_keyring),
                "keyring": found.keyring_name or None,
                "problem": found.problem or None,
            }
        )
        return
    out_pairs(
        [
            ("profile", f"{config.profile} at {config.base_url}"),
            ("source", source_words(found)),
            (KEY_VARIABLE, _masked(found.in_environment) or "not set"),
            ("keyring", _masked(found.in_keyring) or "no key" if found.keyring_name else "cannot be used"),
        ]
    )
    if found.problem:
        say(found.problem)


def source_words(found: KeyStatus) -> str:
    """Return where the key in force comes from, for people."""
    words = {"environment": f"the environment ({KEY_VARIABLE})", "keyring": "the keyring"}
    return words.get(source_of(found)) or sdk_login(os.environ) or "nowhere: no key and no login was found"


def source_of(found: KeyStatus) -> str:
    """Return where the key in force comes from: `environment`, `keyring`, or `sdk` for the places of the SDK."""
    if found.in_environment is not None:
        return "environment"
    return "keyring" if found.in_keyring is not None else "sdk"


def _masked(value: Key | None) -> str | None:
    return None if value is None else str(value)


@key.command("delete")
@options.yes
@options.general
@click.pass_obj
def delete(given: Given, yes: bool) -> None:
    """Remove the key from the keyring."""
    config = given.config()
    agree(
        f"Delete the key of profile {config.profile} from the keyring", yes=yes, unharmed="The key was not deleted."
    )
    delete_key(config.profile)
    say("The key is deleted.")
