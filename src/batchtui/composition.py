"""The one place where settings, store, API and services are put together."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from batchtui.api.anthropic_gateway import AnthropicGateway
from batchtui.api.calls import ApiCall
from batchtui.config import Config
from batchtui.paths import Places
from batchtui.services.workbench import Profile, Workbench
from batchtui.store import Store

if TYPE_CHECKING:
    from batchtui.domain.watching import Hook
    from batchtui.secrets import Key


CALLS_KEPT = 500
"""How many calls to the API are remembered for people to look at."""


def workbench(places: Places, config: Config) -> Workbench:
    """Open the store of a home and return the services of the configured profile.

    The key is looked up, and the SDK imported, when the first call is made and not on this thread. Raises
    `StoreError` if the home cannot be used.
    """
    calls: deque[ApiCall] = deque(maxlen=CALLS_KEPT)
    gateway = AnthropicGateway(
        config.base_url,
        key_finder(config.profile),
        workspace_id=config.workspace_id,
        on_call=calls.append,
    )
    return Workbench(
        Store.open(places),
        gateway,
        Profile(
            config.profile,
            config.base_url,
            config.read_only,
            config.max_queued_requests,
            config.max_cost_usd,
            config.retry.policy(),
            config.retry.verdicts,
            config.notify,
            config.hooks,
        ),
        poll_seconds=config.poll_seconds,
        hook_secret=find_hook_secret,
        calls=calls,
    )


async def check_key(config: Config, key: Key | None) -> None:
    """Make one free call with a key that is not stored yet; raises an `ApiError` if it is of no use.

    Without one the call is made with what the SDK finds; raises `NoKeyError` if that is nothing.
    """
    gateway = AnthropicGateway(
        config.base_url, lambda: key.reveal() if key else None, workspace_id=config.workspace_id
    )
    try:
        await gateway.check()
    finally:
        await gateway.close()


def find_hook_secret(hook: Hook) -> str | None:
    """Return what a hook signs with, None if there is nothing. Raises KeyringError if the keyring is in the way."""
    from batchtui.secrets import hook_secret

    return hook_secret(hook.name, hook.secret_variable, os.environ)


def key_finder(profile: str) -> Callable[[], str | None]:
    """Return a function that looks up the key of a profile; None leaves it to the SDK's own places."""

    def find() -> str | None:
        from batchtui.secrets import find_key

        found = find_key(profile, os.environ)
        return found.key.reveal() if found.key is not None else None

    return find
