"""What is wrong with request lines before anything is written or sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from batchtui.domain.batch import MAX_BODY_BYTES
from batchtui.domain.request import CUSTOM_ID
from batchtui.domain.result import read_object

REMOVED_PARAMS = ("temperature", "top_p", "top_k")
"""Parameters API version 2026-10-21 refuses, row by row and only after the batch has ended."""

ALLOWED_KEYS = frozenset({"custom_id", "params"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: on which line (counting from 1), of which request, and what to change.

    Errors stop a submission; warnings are shown and the user decides.
    """

    line: int
    custom_id: str
    rule: str
    message: str
    severity: Literal["error", "warning"] = "error"

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
    """Reads request lines one by one and collects what is wrong with them; only the custom_ids are kept."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._first_line_of: dict[str, int] = {}

    @property
    def requests(self) -> int:
        """Return the number of requests with a usable custom_id seen so far."""
        return len(self._first_line_of)

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
        params = self._check_params(number, custom_id, value)
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
            self._add(
                number,
                str(custom_id),
                "custom_id-pattern",
                "a custom_id has 1 to 64 of the characters a-z A-Z 0-9 _ and -",
            )
            return str(custom_id)
        first = self._first_line_of.setdefault(custom_id, number)
        if first != number:
            self._add(number, custom_id, "custom_id-duplicate", f"line {first} has the same custom_id")
        return custom_id

    def _check_params(self, number: int, custom_id: str, value: dict[str, Any]) -> dict[str, Any]:
        for key in value.keys() - ALLOWED_KEYS:
            self._add(
                number,
                custom_id,
                "unknown-key",
                f"{key!r} is not part of a request; the API may refuse the whole batch for it",
                severity="warning",
            )
        params = value.get("params")
        if not isinstance(params, dict):
            self._add(number, custom_id, "params-missing", "there are no params")
            return {}
        for key, kinds in (("model", str), ("max_tokens", int), ("messages", list)):
            if not isinstance(params.get(key), kinds) or isinstance(params.get(key), bool):
                self._add(number, custom_id, f"{key}-missing", f"params need {key}")
        if isinstance(params.get("max_tokens"), int) and params["max_tokens"] < 1:
            self._add(number, custom_id, "max_tokens", "max_tokens must be at least 1 in a batch")
        if params.get("stream") is True:
            self._add(number, custom_id, "stream", "a batch cannot stream; drop stream or set it to false")
        if "speed" in params:
            self._add(number, custom_id, "speed", "speed is not allowed in a batch")
        removed = [key for key in REMOVED_PARAMS if key in params]
        if removed:
            self._add(
                number,
                custom_id,
                "removed-param",
                f"{', '.join(removed)}: removed in API version 2026-10-21, the row would come back errored",
                severity="warning",
            )
        return params

    def _add(
        self,
        line: int,
        custom_id: str,
        rule: str,
        message: str,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        self.problems.append(Problem(line, custom_id, rule, message, severity))
