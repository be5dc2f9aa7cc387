"""What every command takes, wherever on the line it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from batchtui.config import Config, load_config
from batchtui.domain.errors import BatchtuiError
from batchtui.paths import Places, places

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

FC = TypeVar("FC", bound="Callable[..., Any] | click.Command")


MOST_PROPOSED = 200
"""How many names are proposed to a shell, which asks before it lists as many."""

_BARE = re.compile(r"[\w.@:+-]+", re.ASCII)
"""What a shell takes as one word and as nothing else."""


@dataclass(slots=True)
class Given:
    """The general options of one call; None and False are what nobody gave."""

    home: str | None = None
    profile: str | None = None
    base_url: str | None = None
    read_only: bool = False
    no_mouse: bool = False

    def places(self) -> Places:
        """Return where everything of this call is kept."""
        return places(self.home)

    def config(self) -> Config:
        """Return the settings in force; raises `ConfigError`."""
        return load_config(
            self.places().config, profile=self.profile, base_url=self.base_url, read_only=self.read_only
        )


def general(command: FC) -> FC:
    """Add the general options; they are kept in the `Given` that `click.pass_obj` hands over."""
    for option in reversed(
        (
            _kept("--home", "Keep and find everything here.", metavar="DIR"),
            _kept("--profile", "Which key and server.", metavar="NAME"),
            _kept("--base-url", "Where the API is; http on this machine only.", metavar="URL"),
            _kept("--read-only", "Never send, cancel or delete."),
            _kept("--no-mouse", "Leave the mouse to the terminal."),
        )
    ):
        command = option(command)
    return command


def _kept(name: str, help_: str, *, metavar: str | None = None) -> Callable[[FC], FC]:
    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        given = context.ensure_object(Given)
        if value and parameter.name is not None:
            setattr(given, parameter.name, value)

    return click.option(
        name, callback=keep, expose_value=False, metavar=metavar, is_flag=metavar is None, help=help_
    )


class Text(click.ParamType[str]):
    """A text that any file or database takes: bytes of an argument that are not UTF-8 become U+FFFD."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the argument, mended."""
        return str(value).encode("utf-8", "replace").decode("utf-8")


class TargetId(Text):
    """The id of a batch, or the name of a job; a shell that completes is offered those that are stored."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return names and ids that begin like what is typed, the newest first."""
        from click.shell_completion import CompletionItem

        given = ctx.find_object(Given) or Given()
        known = _known(given.places())
        fitting = {text: of for text, of in known.items() if text.startswith(incomplete) and _BARE.fullmatch(text)}
        return [CompletionItem(text, help=of) for text, of in islice(fitting.items(), MOST_PROPOSED)]


def _known(here: Places) -> dict[str, str]:
    """Return the names and ids that are stored, each with the name of its job; a home is not begun for it."""
    if not here.database.exists():
        return {}
    from batchtui.store import Store

    try:
        store = Store.open(here)
    except BatchtuiError:
        # Nothing can be told while a shell completes; the command itself will tell it.
        return {}
    try:
        batches = store.batches.list()
    finally:
        store.close()
    names = {stored.job_name: stored.job_name for stored in batches}
    return names | {stored.id: stored.job_name for stored in batches}


class Assignment(click.ParamType[tuple[str, object]]):
    """`NAME=VALUE`, where the value is JSON, and text if it is not."""

    name = "assignment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, object]:
        """Return name and value."""
        if isinstance(value, tuple):
            return value
        name, equals, text = TEXT.convert(value, param, ctx).partition("=")
        if not name or not equals:
            self.fail(f"{value!r} is not of the form NAME=VALUE", param, ctx)
        try:
            return name, json.loads(text)
        except (ValueError, RecursionError):
            return name, text


TEXT = Text()
TARGET = TargetId()
ASSIGNMENT = Assignment()

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
offline = click.option("--offline", is_flag=True, help="Only what is stored here, no network.")
max_cost = click.option(
    "--max-cost", "max_cost_usd", type=click.FloatRange(min=0), metavar="USD", help="Refuse if it may cost more."
)
mend = click.option(
    "--mend", is_flag=True, help="Leave out params that no model takes any more; move betas to the batch's header."
)
only_cause = click.option(
    "--only",
    type=TEXT,
    metavar="S",
    help="Only this outcome or error type, as expired, or answers that are truncated, refused or flagged.",
)
some_rows = click.option(
    "--row", "custom_ids", multiple=True, type=TEXT, metavar="ID", help="Only the row with this custom_id."
)
settings = click.option(
    "--set",
    "settings",
    multiple=True,
    type=ASSIGNMENT,
    metavar="PARAM=VALUE",
    help="Change a param of every row, by its path; null takes it away.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Show everything, send nothing.")
readable_file = click.Path(path_type=Path, allow_dash=True)
