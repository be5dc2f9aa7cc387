"""Failed rows, and their causes counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from batchtui.domain.facets import alike
from batchtui.domain.verdicts import Verdict, Verdicts, verdicts

MISSING = "missing"
"""Our word for a request that has no result line though its batch has ended."""

GONE = "gone"
"""Our word for a request whose result the API dropped before it came here."""


class FailedRow(msgspec.Struct, frozen=True, gc=False):
    """A row of a job whose newest answer is not a success; `batch_key` holds its request, at `offset`.

    `attempt` is the one it failed in, `failures` how many attempts running it met an error like this one, `tries`
    in how many it was sent at all. `length` is 0 where its request is not known. It may also be a success that
    somebody wants another answer for: `error_type` is its flag then.
    """

    custom_id: str
    type: str
    error_type: str | None
    error_message: str | None
    batch_key: int
    offset: int
    length: int
    attempt: int = 1
    model: str = ""
    max_tokens: int = 0
    failures: int = 1
    tries: int = 1

    def after(self, before: FailedRow) -> FailedRow:
        """Return this failure as the next one of a row that had failed before."""
        if self.attempt <= before.attempt:
            return self
        failures = before.failures + 1 if self._is_like(before) else 1
        return msgspec.structs.replace(self, failures=failures, tries=before.tries + 1)

    def _is_like(self, other: FailedRow) -> bool:
        return (self.type, self.error_type) == (other.type, other.error_type) and (
            alike(self.error_message or "") == alike(other.error_message or "")
        )


@dataclass(frozen=True, slots=True)
class Cause:
    """Equal failures counted: their error type (or outcome), a message, and what to do with them.

    Where their messages differ in numbers, ids and quoted parts, these are left out of it.
    """

    error_type: str
    message: str
    count: int
    verdict: Verdict


def causes(errors: Mapping[tuple[str, str], int], table: Verdicts | None = None) -> tuple[Cause, ...]:
    """Return failures grouped by type and message, most frequent first; `errors` counts them by both."""
    table = table or verdicts()
    grouped: defaultdict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for (kind, message), count in errors.items():
        grouped[kind, alike(message)].append((message, count))
    found = [
        Cause(
            kind,
            alikes[0][0] if len(alikes) == 1 else shape,
            sum(count for _, count in alikes),
            table.verdict(kind, None, alikes[0][0]),
        )
        for (kind, shape), alikes in grouped.items()
    ]
    return tuple(sorted(found, key=lambda cause: -cause.count))
