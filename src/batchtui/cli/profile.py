"""`profile`: a name for each key, workspace or gateway."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from batchtui.cli import options
from batchtui.cli.ask import agree
from batchtui.cli.key import source_of, source_words
from batchtui.cli.options import Given
from batchtui.cli.output import out_json, out_table, say
from batchtui.config import DEFAULT_PROFILE
from batchtui.secrets import delete_key, key_status, sdk_login
from batchtui.services.profiles import UNCHANGED, Profiles


@click.group("profile")
@options.general
def profile() -> None:
    """Keep a profile for each key: which server and workspace, in config.toml, and its key in the keyring."""


@profile.command("list")
@options.as_json
@options.general
@click.pass_obj
def list_profiles(given: Given, as_json: bool) -> None:
    """List the profiles and where the key of each comes from."""
    entries = Profiles(given.places().config).list()
    in_force = given.config().profile
    keys = {entry.name: key_status(entry.name, os.environ) for entry in entries}
    if as_json:
        out_json(
            [
                {
                    **asdict(entry),
                    "in_force": entry.name == in_force,
                    "key": source_of(keys[entry.name]),
                    "login": sdk_login(os.environ) or None,
                }
                for entry in entries
            ]
        )
        return
    out_table(
        ("", "PROFILE", "SERVER", "WORKSPACE", "KEY"),
        (
            (
                "*" if entry.name == in_force else "",
                entry.name,
                entry.base_url,
                entry.workspace_id or "",
                source_words(keys[entry.name]),
            )
            for entry in entries
        ),
    )


@profile.command("add")
@click.argument("name", metavar="NAME", type=options.TEXT)
@click.option(
    "--workspace-id", type=options.TEXT, metavar="ID", help="For a key that can act in several workspaces."
)
@click.option("--aws-region", type=options.TEXT, metavar="REGION", help="For Claude Platform on AWS.")
@click.option("--use", is_flag=True, help="Use it from now on when no profile is named.")
@options.general
@click.pass_obj
def add(given: Given, name: str, workspace_id: str | None, aws_region: str | None, use: bool) -> None:
    """Add a profile, for the server of --base-url; `key set --profile NAME` then stores its key."""
    profiles = Profiles(given.places().config)
    profiles.add(name, base_url=given.base_url, workspace_id=workspace_id, region=aws_region)
    if use:
        profiles.use(name)
    say(f"The profile {name} is in {given.places().config}.")
    say(f"`batchtui key set --profile {name}` stores its key.")


@profile.command("use")
@click.argument("name", metavar="NAME", type=options.TEXT)
@options.general
@click.pass_obj
def use(given: Given, name: str) -> None:
    """Use a profile from now on when none is named."""
    Profiles(given.places().config).use(name)
    say(f"{name} is used when no profile is named.")
    if os.environ.get("BATCHTUI_PROFILE"):
        say("BATCHTUI_PROFILE is set and goes first.")


@profile.command("remove")
@click.argument("name", metavar="NAME", type=options.TEXT)
@click.option("--keep-key", is_flag=True, help="Leave its key in the keyring.")
@options.yes
@options.general
@click.pass_obj
def remove(given: Given, name: str, keep_key: bool, yes: bool) -> None:
    """Take a profile out of config.toml, and its key out of the keyring; its batches stay."""
    profiles = Profiles(given.places().config)
    profiles.require_removable(name)
    has_key = not keep_key and key_status(name, os.environ).in_keyring is not None
    along = " and its key in the keyring" if has_key else ""
    agree(f"Remove the profile {name}{along}", yes=yes, unharmed=UNCHANGED)
    was_chosen = any(entry.is_chosen and entry.name == name for entry in profiles.list())
    profiles.remove(name)
    if has_key:
        delete_key(name)
    say(f"The profile {name} is gone; its batches are still listed.")
    if was_chosen:
        say(f"{DEFAULT_PROFILE} is used when no profile is named.")
