"""Which failed rows are worth sending again: the table of rules, the shipped one and the user's before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import msgspec

Verdict = Literal["resend", "edit_first", "never"]

RESEND: Verdict = "resend"
EDIT_FIRST: Verdict = "edit_first"
NEVER: Verdict = "never"

ANY = "*"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table, as `verdicts.toml` explains it."""

    type: tuple[str, ...]
    verdict: Verdict
    message: str = ""
    why: str = ""

    def fits(self, kind: str, message: str) -> bool:
        """Return whether this rule decides about an error of this kind with this message."""
        if ANY not in self.type and kind not in self.type:
            return False
        return not self.message or re.search(self.message, message, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The rules in force, first to last. The last of the shipped ones fits everything."""

    rules: tuple[Rule, ...]
    _known: dict[tuple[str, str], Rule] = field(default_factory=dict, compare=False, repr=False)

    def rule(self, type_: str, error_type: str | None, message: str | None = None) -> Rule:
        """Return the rule that decides about a failed row, by its outcome and its error."""
        kind, text = error_type if type_ == "errored" and error_type else type_, message or ""
        found = self._known.get((kind, text))
        if found is None:
            found = next(rule for rule in self.rules if rule.fits(kind, text))
            if len(self._known) < KNOWN_AT_MOST:
                self._known[kind, text] = found
        return found

    def verdict(self, type_: str, error_type: str | None, message: str | None = None) -> Verdict:
        """Return what to do with a failed row."""
        return self.rule(type_, error_type, message).verdict


KNOWN_AT_MOST = 10_000
"""Messages a verdict is remembered for; most batches have a handful."""


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return the rules of `verdicts.toml`."""
    import tomllib
    from importlib import resources

    text = resources.files("batchtui.domain").joinpath("verdicts.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["rule"], tuple[Rule, ...])


@cache
def verdicts(own: tuple[Rule, ...] = ()) -> Verdicts:
    """Return the shipped table with the user's own rules before it."""
    return Verdicts((*own, *shipped_rules()))
