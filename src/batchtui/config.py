"""Settings: from flags, the environment and config.toml, in that order."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from batchtui.domain.batch import MAX_QUEUED_REQUESTS
from batchtui.domain.errors import ConfigError
from batchtui.domain.origin import check_base_url, is_loopback
from batchtui.domain.pacing import SOONEST_SECONDS, YOUNG_SECONDS
from batchtui.domain.policy import RetryPolicy, parse_quiet_hours
from batchtui.domain.verdicts import Rule
from batchtui.domain.watching import Hook, Notify, check_hooks

DEFAULT_BASE_URL = "https://api.anthropic.com"
DEFAULT_PROFILE = "default"

AWS_BASE_URL = "https://aws-external-anthropic.{region}.api.aws"
"""Where the SDK's client for Claude Platform on AWS finds the API."""

WITHOUT_BATCHES = {"bedrock": "Amazon Bedrock", "vertex": "Google Vertex AI", "foundry": "Microsoft Foundry"}
"""Kinds of profile that cannot be, and what they would be for."""

Source = Literal["flag", "environment", "config.toml", "default"]


class ProfileConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[profiles.NAME]` table."""

    kind: str = "anthropic"
    """Or "aws": Claude Platform on AWS, with an API key made there."""

    base_url: str = DEFAULT_BASE_URL
    """Where the API is: https, or http on a loopback host."""

    region: str | None = None
    """With kind "aws": the AWS region, in place of a base_url."""

    workspace_id: str | None = None
    """Sent with every call; keys that can act in several workspaces need it, and those of kind "aws"."""

    @property
    def server(self) -> str:
        """Where the API is, by whichever setting says so."""
        return AWS_BASE_URL.format(region=self.region) if self.region else self.base_url

    def check(self) -> None:
        """Raise `ValueError` for what the types do not show to be wrong."""
        if self.kind in WITHOUT_BATCHES:
            raise ValueError(f"{WITHOUT_BATCHES[self.kind]} has no Message Batches, so there is no such profile")
        if self.kind not in {"anthropic", "aws"}:
            raise ValueError(f'kind is "anthropic" or "aws", not {self.kind!r}')
        if self.region is not None:
            if self.kind != "aws" or self.base_url != DEFAULT_BASE_URL:
                raise ValueError('region is for kind "aws", and in place of base_url')
            if not re.fullmatch(r"[a-z0-9-]{1,40}", self.region):
                raise ValueError(f"{self.region!r} is no AWS region")
        if self.kind == "aws" and (not self.workspace_id or self.server == DEFAULT_BASE_URL):
            raise ValueError('kind "aws" needs a workspace_id, and a region or base_url')


class RetryConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[retry]` table."""

    auto: Literal["off", "resend"] = "off"
    """With "resend", rows that only have to be sent again are, without a question."""

    attempts: Annotated[int, msgspec.Meta(ge=1)] = 3
    """A row that met the same error this often is left to a person."""

    backoff_minutes: Annotated[float, msgspec.Meta(ge=0)] = 5
    """Pause before the first automatic retry; each further one waits twice as long."""

    max_cost_usd: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """What one automatic retry may cost at most; the general max_cost_usd holds too."""

    quiet_hours: str = ""
    """Local hours in which nothing is sent by itself, as in "22:00-07:00"."""

    verdicts: tuple[Rule, ...] = ()
    """Rules that are asked before the shipped ones."""

    def policy(self) -> RetryPolicy:
        """Return the table as the retry services take it; raises `ValueError` for hours that are none."""
        return RetryPolicy(
            is_automatic=self.auto == "resend",
            attempts=self.attempts,
            backoff=timedelta(minutes=self.backoff_minutes),
            max_cost_usd=self.max_cost_usd,
            quiet=parse_quiet_hours(self.quiet_hours),
        )


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

    retry: RetryConfig = RetryConfig()
    """What happens to rows that failed."""

    notify: Notify = Notify()
    """What people are told of."""

    hooks: tuple[Hook, ...] = ()
    """Commands and URLs that are told of it too."""

    keys: dict[str, str] = {}
    """Other keys for the screens: the name of an action, and a key for it, or several with commas between."""

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
    retry: RetryConfig
    notify: Notify
    hooks: tuple[Hook, ...]
    keys: dict[str, str]
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
    file = read_file(path)
    name, name_from = _pick(profile, environ.get("BATCHTUI_PROFILE"), file.profile, DEFAULT_PROFILE)
    if name != DEFAULT_PROFILE and name not in file.profiles:
        raise ConfigError(
            f"There is no profile {name!r} in {path}.",
            todo=f"Known are: {', '.join(sorted({DEFAULT_PROFILE, *file.profiles}))}.",
        )
    chosen = file.profiles.get(name, ProfileConfig())
    url, url_from = _pick(base_url, environ.get("ANTHROPIC_BASE_URL"), chosen.server, DEFAULT_BASE_URL)
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
        retry=file.retry,
        notify=file.notify,
        hooks=file.hooks,
        keys=file.keys,
        sources={
            "profile": name_from,
            "base_url": url_from,
            "workspace_id": "config.toml" if chosen.workspace_id else "default",
            "read_only": "flag" if read_only else "config.toml" if file.read_only else "default",
            **_file_sources(file, defaults, ("poll_seconds", "max_queued_requests", "max_cost_usd", "theme")),
            **_file_sources(file.retry, defaults.retry, RetryConfig.__struct_fields__, "retry."),
            **_file_sources(file.notify, defaults.notify, Notify.__struct_fields__, "notify."),
            **_file_sources(file, defaults, ("hooks", "keys")),
        },
    )


def _pick(flag: str | None, environment: str | None, in_file: str, default: str) -> tuple[str, Source]:
    if flag:
        return flag, "flag"
    if environment:
        return environment, "environment"
    return in_file, "default" if in_file == default else "config.toml"


def _file_sources(
    given: msgspec.Struct, defaults: msgspec.Struct, names: tuple[str, ...], prefix: str = ""
) -> dict[str, Source]:
    """Return where the settings of a table come from that only the file can set."""
    return {
        f"{prefix}{name}": "default" if getattr(given, name) == getattr(defaults, name) else "config.toml"
        for name in names
    }


def read_file(path: Path) -> FileConfig:
    """Return what config.toml says, all defaults if there is none; raises `ConfigError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return FileConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} could not be read: {error}.", todo="Mend or remove the file.") from error
    import tomllib

    try:
        file = msgspec.convert(tomllib.loads(text), FileConfig)
        _check_retry(file.retry)
        _check_hooks(file.hooks)
        _check_profiles(file.profiles)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}.", todo="Mend the line named.") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}{_line_of(str(error), text)}: {error}.", todo="Mend or remove it.") from error
    return file


def _check_retry(retry: RetryConfig) -> None:
    """Raise a `ValidationError` for what the types do not show to be wrong."""
    try:
        retry.policy()
    except ValueError as error:
        raise msgspec.ValidationError(f"{error} - at `$.retry.quiet_hours`") from error
    for number, rule in enumerate(retry.verdicts):
        try:
            re.compile(rule.message)
        except re.error as error:
            raise msgspec.ValidationError(
                f"message is no regular expression: {error} - at `$.retry.verdicts[{number}].message`"
            ) from error


def _check_hooks(hooks: tuple[Hook, ...]) -> None:
    try:
        check_hooks(hooks)
    except ValueError as error:
        raise msgspec.ValidationError(str(error)) from error


def _check_profiles(profiles: dict[str, ProfileConfig]) -> None:
    for name, profile in profiles.items():
        try:
            profile.check()
        except ValueError as error:
            raise msgspec.ValidationError(f"{error} - at `$.profiles.{name}`") from error


def _line_of(message: str, text: str) -> str:
    """Return `, line N` for the key a validation message names, or nothing if it cannot be found."""
    unknown = re.search(r"unknown field `([^`]+)`", message)
    path = re.search(r"at `\$\.([^`]+)`", message)
    place = path[1] if path else ""
    key = unknown[1] if unknown else re.sub(r"\[\d+\]\Z", "", place.split(".")[-1])
    # Which of several tables of one name, as in `hooks[1].name`.
    table = re.match(r"(\w+)\[(\d+)\]", place)
    before = int(table[2]) + 1 if table else 0
    for number, line in enumerate(text.splitlines(), 1):
        if before and table and re.match(rf"\s*\[\[\s*{table[1]}\s*\]\]", line):
            before -= 1
        if key and not before and re.match(rf"\s*(\[.*\b)?\"?{re.escape(key)}\b", line):
            return f", line {number}"
    return ""
