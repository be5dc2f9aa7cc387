"""Questions before anything that spends, cancels or deletes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from batchtui.cli.output import say
from batchtui.domain.errors import RefusedError
from batchtui.domain.human import usd_range
from batchtui.tui.text import clean_line

if TYPE_CHECKING:
    from batchtui.domain.estimate import Estimate


class NobodyToAskError(RefusedError):
    """A question would have to be asked, and there is no terminal."""

    exit_code = 2


class DeclinedError(RefusedError):
    """The user said no."""


def agree(what: str, *, yes: bool, unharmed: str) -> None:
    """Ask whether to do `what`, a sentence without its full stop; return if the answer is yes.

    With `yes` it is only said. Raises `NobodyToAskError` without a terminal, `DeclinedError` if the user says no;
    `unharmed` is what both then say, as in "Nothing was sent."
    """
    require_somebody(yes=yes, unharmed=unharmed)
    if yes:
        say(f"{what}.")
    elif not click.confirm(clean_line(what) + "?", err=True):
        raise DeclinedError(unharmed)


def require_somebody(*, yes: bool, unharmed: str) -> None:
    """Raise `NobodyToAskError` if there is a question to ask and no terminal to ask it at."""
    if not yes and not sys.stdin.isatty():
        raise NobodyToAskError(
            "This asks first, and there is no terminal to ask at.",
            unharmed=unharmed,
            todo="Give --yes to answer beforehand, or --dry-run, where there is one, to see the numbers.",
        )


def price(estimate: Estimate) -> str:
    """Return what something will cost, as in `about $0.02 to $0.31`."""
    if estimate.cost_usd_high is None:
        return f"price unknown ({', '.join(model or 'no model' for model in estimate.unpriced_models)})"
    return f"about {usd_range(estimate.cost_usd_low, estimate.cost_usd_high)}"
