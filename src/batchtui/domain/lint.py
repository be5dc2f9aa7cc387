"""What is wrong with request lines before anything is written or sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from batchtui.domain.batch import MAX_BODY_BYTES
from batchtui.domain.model import ModelList, offline_models
from batchtui.domain.params import Severity, betas_of, flaws, without_removed
from batchtui.domain.request import CUSTOM_ID, encode_request
from batchtui.domain.result import read_object
from batchtui.domain.seen import FirstSeen

ALLOWED_KEYS = frozenset({"custom_id", "params"})

MENDED_RULES = frozenset({"removed-param", "betas"})
"""The rules whose breach can be mended without asking what was meant."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: on which line (counting from 1), of which request, and what to change.

    Errors stop a submission; warnings are shown and the user decides.
    """

    line: int
    custom_id: str
    rule: str
    message: str
    severity: Severity = "error"

    @property
    def is_error(self) -> bool:
        """Return whether the submission cannot go out with this problem."""
        return self.severity == "error"


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request line without its newline, exactly as it will be sent, and what it holds."""

    line: bytes
    custom_id: str
    params: dict[str, Any]


class Linter:
    """Reads request lines one by one and collects what is wrong with them; none of them is kept.

    With `mend` set, params that no model takes any more are left out and `betas` are collected for the header of
    the batch; such a line is written anew, every other one stays as it is to the byte.
    """

    def __init__(self, models: ModelList | None = None, *, mend: bool = False) -> None:
        self.problems: list[Problem] = []
        self.betas: set[str] = set()
        self.mended = 0
        self._models = models or offline_models()
        self._mend = mend
        self._seen = FirstSeen()

    def read(self, lines: Iterable[bytes]) -> Iterator[CheckedRequest]:
        """Yield each usable request; blank lines are passed over.

        Lines with an error are reported in `problems` and not yielded.
        """
        for number, raw in enumerate(lines, 1):
            line = raw.strip()
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line:
                continue
            checked = self._check(number, line)
            if checked is not None:
                yield checked

    def _check(self, number: int, line: bytes) -> CheckedRequest | None:
        before = len(self.problems)
        try:
            value = read_object(line)
        except (ValueError, RecursionError) as error:
            self._add(number, "", "json", f"not a JSON object: {error}")
            return None
        custom_id = self._check_custom_id(number, value)
        for key in value.keys() - ALLOWED_KEYS:
            message = f"{key!r} is not part of a request; the API may refuse the whole batch for it"
            self._add(number, custom_id, "unknown-key", message, "warning")
        params = value.get("params")
        if isinstance(params, dict):
            line, params = self._check_params(number, custom_id, line, params)
        else:
            self._add(number, custom_id, "params-missing", "there are no params")
            params = {}
        if len(line) > MAX_BODY_BYTES:
            self._add(number, custom_id, "size", f"one request may not be over {MAX_BODY_BYTES:,} bytes")
        if any(problem.is_error for problem in self.problems[before:]):
            return None
        return CheckedRequest(line, custom_id, params)

    def _check_custom_id(self, number: int, value: dict[str, Any]) -> str:
        custom_id = value.get("custom_id")
        if custom_id is None:
            self._add(number, "", "custom_id-missing", "there is no custom_id")
            return ""
        if not isinstance(custom_id, str) or not CUSTOM_ID.match(custom_id):
            message = "a custom_id has 1 to 64 of the characters a-z A-Z 0-9 _ and -"
            self._add(number, str(custom_id), "custom_id-pattern", message)
            return str(custom_id)
        first = self._seen.first(custom_id, number)
        if first != number:
            self._add(number, custom_id, "custom_id-duplicate", f"line {first} has the same custom_id")
        return custom_id

    def _check_params(
        self, number: int, custom_id: str, line: bytes, params: dict[str, Any]
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the line and params to send, mended if that was asked for."""
        found = list(flaws(params, self._models))
        if self._mend and any(flaw.rule in MENDED_RULES for flaw in found):
            self.betas.update(betas_of(params))
            self.mended += 1
            params = without_removed(params)
            line = encode_request(custom_id, params)
            found = [flaw for flaw in found if flaw.rule not in MENDED_RULES]
        for flaw in found:
            self._add(number, custom_id, flaw.rule, flaw.message, flaw.severity)
        return line, params

    def _add(self, line: int, custom_id: str, rule: str, message: str, severity: Severity = "error") -> None:
        self.problems.append(Problem(line, custom_id, rule, message, severity))
