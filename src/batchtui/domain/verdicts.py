"""Which failed rows are worth sending again: the table of rules, the shipped one and the user's before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
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

    def is_met(self, message: str) -> bool:
        """Return whether an error message is one this rule is about."""
        return not self.message or re.search(self.message, message, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The rules in force, first to last. The last of the shipped ones fits everything."""

    rules: tuple[Rule, ...]
    _by_kind: dict[str, tuple[Rule, ...]] = field(default_factory=dict, compare=False, repr=False)

    def rule(self, type_: str, error_type: str | None, message: str | None = None) -> Rule:
        """Return the rule that decides about a failed row, by its outcome and its error."""
        kind = error_type or type_
        fitting = self._by_kind.get(kind)
        if fitting is None:
            fitting = self._by_kind[kind] = tuple(self._fitting(kind))
        return next(rule for rule in fitting if rule.is_met(message or "")) if fitting[0].message else fitting[0]

    def verdict(self, type_: str, error_type: str | None, message: str | None = None) -> Verdict:
        """Return what to do with a failed row."""
        return self.rule(type_, error_type, message).verdict

    def _fitting(self, kind: str) -> Iterator[Rule]:
        """Yield the rules about a kind of error, up to the first that takes any message."""
        for rule in self.rules:
            if ANY in rule.type or kind in rule.type:
                yield rule
                if not rule.message:
                    return


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
