"""What is wrong with request lines before anything is written or sent."""

from __future__ import annotations

from collections import Counter
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


def request_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each line, counting from 1, and the line; blank ones are passed over.

    White space around a line, and a byte order mark before the first, are no part of it.
    """
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line:
            yield number, line


def request_object(number: int, line: bytes) -> dict[str, Any] | Problem:
    """Return the object a line holds, or the problem that it holds none."""
    try:
        return read_object(line)
    except (ValueError, RecursionError) as error:
        return Problem(number, "", "json", f"not a JSON object: {error}")


class Linter:
    """Reads request lines one by one and collects what is wrong with them; none of them is kept.

    With `mend` set, params that no model takes any more are left out and `betas` are collected for the header of
    the batch; such a line is written anew, every other one stays as it is to the byte.

    `betas` are those the header has anyway. `unit` is what messages call a line. `problems` lists at most
    `listed_of_a_rule` of each rule, if that is given, and `counts` has the number of all by rule.
    """

    def __init__(
        self,
        models: ModelList | None = None,
        *,
        mend: bool = False,
        betas: Iterable[str] = (),
        unit: str = "line",
        listed_of_a_rule: int | None = None,
    ) -> None:
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.error_count = 0
        self.betas = set(betas)
        self.mended = 0
        self._models = models or offline_models()
        self._mend = mend
        self._unit = unit
        self._listed_of_a_rule = listed_of_a_rule
        self._seen = FirstSeen()

    def read(self, lines: Iterable[bytes]) -> Iterator[CheckedRequest]:
        """Yield each usable request; blank lines are passed over.

        Lines with an error are reported in `problems` and not yielded.
        """
        for number, line in request_lines(lines):
            checked = self.check(number, line)
            if checked is not None:
                yield checked

    def check(self, number: int, line: bytes) -> CheckedRequest | None:
        """Return the request of a line, or None if it has an error; lines come by rising numbers."""
        value = request_object(number, line)
        if isinstance(value, Problem):
            self.add(value)
            return None
        return self.judge(number, line, value)

    def judge(self, number: int, line: bytes, value: dict[str, Any]) -> CheckedRequest | None:
        """Return the request of a line that holds this value, or None if it has an error."""
        before = self.error_count
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
        return CheckedRequest(line, custom_id, params) if self.error_count == before else None

    def add(self, problem: Problem) -> None:
        """Count a problem, and list it unless there are enough of its rule."""
        self.counts[problem.rule] += 1
        self.error_count += problem.is_error
        if self._listed_of_a_rule is None or self.counts[problem.rule] <= self._listed_of_a_rule:
            self.problems.append(problem)

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
            self._add(number, custom_id, "custom_id-duplicate", f"{self._unit} {first:,} has the same custom_id")
        return custom_id

    def _check_params(
        self, number: int, custom_id: str, line: bytes, params: dict[str, Any]
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the line and params to send, mended if that was asked for."""
        found = list(flaws(params, self._models, self.betas))
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
        self.add(Problem(line, custom_id, rule, message, severity))
