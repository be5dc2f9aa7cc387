"""Settings: from flags, the environment and config.toml, in that order."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from batchtui.domain.batch import MAX_QUEUED_REQUESTS
from batchtui.domain.errors import ConfigError
from batchtui.domain.origin import check_base_url, is_loopback
from batchtui.domain.pacing import SOONEST_SECONDS, YOUNG_SECONDS

DEFAULT_BASE_URL = "https://api.anthropic.com"
DEFAULT_PROFILE = "default"

Source = Literal["flag", "environment", "config.toml", "default"]


class ProfileConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[profiles.NAME]` table."""

    base_url: str = DEFAULT_BASE_URL
    """Where the API is: https, or http on a loopback host."""

    workspace_id: str | None = None
    """Sent with every call; only keys that can act in several workspaces need it."""


class FileConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of config.toml."""

    profile: str = DEFAULT_PROFILE
    """The profile used when none is named."""

    read_only: bool = False
    """Refuse everything that sends, cancels or deletes."""

    poll_seconds: float = YOUNG_SECONDS
    """Pause between polls while a batch is young; below 5 only on a loopback server."""

    max_queued_requests: int = MAX_QUEUED_REQUESTS
    """Requests at the API at once at most; parts of a large job wait until there is room."""

    max_cost_usd: float | None = None
    """Refuse to send what may cost more, unless --max-cost says otherwise."""

    theme: str = "batchtui-dark"
    """The theme of the screens."""

    profiles: dict[str, ProfileConfig] = {}
    """A name for each key or workspace."""


class Config(msgspec.Struct, frozen=True):
    """The settings in force."""

    profile: str
    base_url: str
    workspace_id: str | None
    read_only: bool
    poll_seconds: float
    max_queued_requests: int
    max_cost_usd: float | None
    theme: str
    sources: dict[str, Source]


def load_config(
    path: Path,
    *,
    profile: str | None = None,
    base_url: str | None = None,
    read_only: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Return the settings in force; arguments that are given are flags and win.

    Raises `ConfigError` naming file, line and key for anything that is not understood.
    """
    file = _read(path)
    name, name_from = _pick(profile, environ.get("BATCHTUI_PROFILE"), file.profile, DEFAULT_PROFILE)
    if name != DEFAULT_PROFILE and name not in file.profiles:
        raise ConfigError(
            f"There is no profile {name!r} in {path}.",
            todo=f"Known are: {', '.join(sorted({DEFAULT_PROFILE, *file.profiles}))}.",
        )
    chosen = file.profiles.get(name, ProfileConfig())
    url, url_from = _pick(base_url, environ.get("ANTHROPIC_BASE_URL"), chosen.base_url, DEFAULT_BASE_URL)
    url = check_base_url(url)
    if file.poll_seconds < SOONEST_SECONDS and not is_loopback(url):
        raise ConfigError(
            f"{path}: poll_seconds is {file.poll_seconds:g}; below {SOONEST_SECONDS:g} is for loopback only.",
            todo=f"Set it to {SOONEST_SECONDS:g} or more.",
        )
    defaults = FileConfig()
    return Config(
        profile=name,
        base_url=url,
        workspace_id=chosen.workspace_id,
        read_only=read_only or file.read_only,
        poll_seconds=file.poll_seconds,
        max_queued_requests=file.max_queued_requests,
        max_cost_usd=file.max_cost_usd,
        theme=file.theme,
        sources={
            "profile": name_from,
            "base_url": url_from,
            "workspace_id": "config.toml" if chosen.workspace_id else "default",
            "read_only": "flag" if read_only else "config.toml" if file.read_only else "default",
            **{
                name: "default" if getattr(file, name) == getattr(defaults, name) else "config.toml"
                for name in ("poll_seconds", "max_queued_requests", "max_cost_usd", "theme")
            },
        },
    )


def _pick(flag: str | None, environment: str | None, in_file: str, default: str) -> tuple[str, Source]:
    if flag:
        return flag, "flag"
    if environment:
        return environment, "environment"
    return in_file, "default" if in_file == default else "config.toml"


def _read(path: Path) -> FileConfig:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return FileConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} could not be read: {error}.", todo="Mend or remove the file.") from error
    import tomllib

    try:
        return msgspec.convert(tomllib.loads(text), FileConfig)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}.", todo="Mend the line named.") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}{_line_of(str(error), text)}: {error}.", todo="Mend or remove it.") from error


def _line_of(message: str, text: str) -> str:
    """Return `, line N` for the key a validation message names, or nothing if it cannot be found."""
    unknown = re.search(r"unknown field `([^`]+)`", message)
    path = re.search(r"at `\$\.([^`]+)`", message)
    key = unknown[1] if unknown else path[1].split(".")[-1] if path else ""
    for number, line in enumerate(text.splitlines(), 1):
        if key and re.match(rf"\s*(\[.*\b)?\"?{re.escape(key)}\b", line):
            return f", line {number}"
    return ""
