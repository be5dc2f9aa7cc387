"""What people want to be told of, and how: the `[notify]` table and the `[[hooks]]` of config.toml."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import ConfigError
from batchtui.domain.origin import check_hook_url

Kind = Literal["ended", "failed", "late", "vanishing", "spend"]
"""What there is to tell: an end, many failed rows, a batch near its 24 hours, results about to vanish, a budget."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Usd = Annotated[float, msgspec.Meta(gt=0)]


class Notify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[notify]` table."""

    bell: bool = True
    """Ring the terminal bell in the screens."""

    desktop: bool = True
    """Show notices of the desktop, where the terminal or the machine has them."""

    failed_share: Share = 0.05
    """Tell of a batch of which this share of the rows failed, or more."""

    failed_rows: Annotated[int, msgspec.Meta(ge=1)] = 1
    """And at least so many."""

    late_hours: Annotated[float, msgspec.Meta(gt=0, le=24)] = 23
    """Tell of a batch that still runs after so many of its 24 hours."""

    vanishing_days: Annotated[float, msgspec.Meta(ge=0, le=29)] = 3
    """Tell so many days before the API drops results that are not on disk."""

    spend_day_usd: Usd | None = None
    """Tell when the batches a profile made since midnight cost more."""

    spend_month_usd: Usd | None = None
    """Tell when those it made since the first of the month do."""

    def is_failing(self, stored: StoredBatch) -> bool:
        """Return whether so many rows of a batch failed that it is told of; what was canceled is no news."""
        counts = stored.batch.counts
        failed = counts.failed - (counts.canceled if stored.batch.cancel_initiated_at else 0)
        return failed >= max(self.failed_rows, self.failed_share * counts.results)

    @property
    def late(self) -> timedelta:
        """The age from which a running batch is late."""
        return timedelta(hours=self.late_hours)

    @property
    def vanishing(self) -> timedelta:
        """How long before its end the time of results is told."""
        return timedelta(days=self.vanishing_days)


class Hook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[hooks]]` table: a command that is run, or a URL that is posted to."""

    name: str
    """What it is called in notices; another name is another hook."""

    command: tuple[str, ...] = ()
    """The program and its arguments; no shell reads them."""

    url: str = ""
    """https, or http on a loopback host."""

    secret_variable: str = ""
    """The environment variable that holds the secret a POST is signed with; without it the keyring does."""

    events: tuple[Kind, ...] = KINDS
    """What it is told of."""

    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 10
    """How long it may take."""

    @property
    def channel(self) -> str:
        """The name by which the store knows what it was told."""
        return f"hook {self.name}"

    @property
    def target(self) -> str:
        """The program or the host, for people; a URL or an argument may hold a secret."""
        return self.command[0] if self.command else urlsplit(self.url).netloc


def check_hooks(hooks: tuple[Hook, ...]) -> None:
    """Raise `ValueError` for hooks that cannot work, naming the field as msgspec does."""
    names: set[str] = set()
    for number, hook in enumerate(hooks):
        place = f"`$.hooks[{number}]"
        if not _NAME.fullmatch(hook.name):
            raise ValueError(f"{hook.name!r} is no name: letters, digits, '.', '_' and '-' - at {place}.name`")
        if hook.name in names:
            raise ValueError(f"two hooks are called {hook.name!r} - at {place}.name`")
        names.add(hook.name)
        if bool(hook.command) == bool(hook.url):
            raise ValueError(f"the hook {hook.name!r} needs either a command or a url - at {place}.name`")
        if hook.command and (not hook.command[0] or any("\0" in part for part in hook.command)):
            raise ValueError(f"the command of the hook {hook.name!r} is none - at {place}.command`")
        if hook.url:
            try:
                check_hook_url(hook.url)
            except ConfigError as error:
                raise ValueError(f"{error.what.rstrip('.')} - at {place}.url`") from error
