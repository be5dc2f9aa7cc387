"""Every error a user can meet, in one tree.

BatchtuiError
├── InputError            what the user gave cannot be used
│   ├── LintError         request lines with problems
│   ├── TemplateError     a template, a check or an expression cannot be used as it is written
│   ├── RenderError       a template and a row of data do not make a request
│   ├── DataError         data rows that cannot be read
│   ├── UnknownIdError    no batch or job has that id
│   └── AmbiguousIdError  more than one has
├── ConfigError           a setting is wrong
├── RefusedError          not allowed now: read-only, cost cap, no terminal to ask
├── NoKeyError            no key anywhere
├── KeyringError          the keyring is missing, locked or denied
├── StoreError            the disk or the database said no
│   └── NewerStoreError   written by a newer batchtui
├── ApiError              the API or the way to it said no
│   ├── UnreachableError  no connection was made
│   ├── UnclearError      the request went out, the answer did not come or made no sense
│   ├── AuthError         401 or 403
│   ├── MissingError      404
│   ├── RejectedError     any other 4xx
│   ├── RateLimitError    429
│   ├── SpendLimitError   a spend cap of the organisation or workspace
│   └── ServerError       5xx
├── HookError             what the user wants told could not be told
├── MismatchError         results and requests that are not of the same batch
└── UnclearSubmissionError  a create whose outcome is unknown
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.lint import Problem
    from batchtui.domain.template.problem import TemplateProblem


def os_reason(error: OSError) -> str:
    """Return the words of the operating system for what went wrong, to stand after a name and a colon."""
    return (error.strerror or str(error)).lower()


class BatchtuiError(Exception):
    """Something a user can be told: what happened, what was not harmed, and what to do.

    The three sentences may hold outside text; whoever shows them cleans them.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, unharmed: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.unharmed = unharmed
        self.todo = todo

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.unharmed, self.todo) if part)


class InputError(BatchtuiError):
    """What the user gave cannot be used: a file, an id, an argument."""

    exit_code = 2


class LintError(InputError):
    """Request lines have problems, so nothing was written or sent; `source` is the file.

    `problems` names them all, or the first of each rule; `counts` is how many there are by rule.
    """

    exit_code = 1

    def __init__(
        self, source: str, problems: Sequence[Problem], counts: Mapping[str, int] | None = None, *, todo: str = ""
    ) -> None:
        counts = Counter(problem.rule for problem in problems) if counts is None else counts
        errors = sum(counts[rule] for rule in {problem.rule for problem in problems if problem.is_error})
        super().__init__(
            f"{source}: {errors:,} problem{'' if errors == 1 else 's'} in the requests.",
            unharmed="Nothing was written and nothing was sent.",
            todo=todo or "Mend the lines named and submit again.",
        )
        self.source = source
        self.problems = tuple(problems)
        self.counts = dict(counts)


class DataError(InputError):
    """Data rows cannot be read as they are; the message names the file and, where there is one, the `line`."""

    def __init__(
        self, what: str, *, todo: str, line: int | None = None, unharmed: str = "Nothing was sent."
    ) -> None:
        super().__init__(what, unharmed=unharmed, todo=todo)
        self.line = line


class TemplateError(InputError):
    """A template cannot be used as it is written; `problems` names each with its line, `name` the template."""

    def __init__(self, name: str, problems: Sequence[TemplateProblem]) -> None:
        super().__init__(
            f"{name}: {'; '.join(map(str, problems))}.",
            unharmed="Nothing was rendered and nothing was sent.",
        )
        self.name = name
        self.problems = tuple(problems)


class RenderError(InputError):
    """A template and a row of data do not make a request; `message` is what is wrong, without the place.

    `line` is the line of the template, None where it cannot be known; `row` counts from 1.
    """

    def __init__(self, name: str, line: int | None, row: int, message: str, *, todo: str = "") -> None:
        place = f"{name}, line {line}" if line is not None else name
        super().__init__(f"{place}, row {row:,}: {message}.", unharmed="Nothing was sent.", todo=todo)
        self.name = name
        self.line = line
        self.row = row
        self.message = message


class UnknownIdError(InputError):
    """No batch and no job goes by that id, prefix, name or position."""


class AmbiguousIdError(InputError):
    """A prefix or a name fits more than one batch or job."""


class ConfigError(BatchtuiError):
    """A setting is wrong; the message names the file, the key and the line."""

    exit_code = 2


class RefusedError(BatchtuiError):
    """The action is not allowed now, and nothing was done."""


class EndedError(RefusedError):
    """The user ended it before it was done."""


class NoKeyError(BatchtuiError):
    """No API key was found in any of the places one may be."""


class KeyringError(BatchtuiError):
    """The keyring of the operating system is missing, locked, or denied access."""


class StoreError(BatchtuiError):
    """A file or the database could not be read or written; the message names which."""


class NewerStoreError(StoreError):
    """The database was written by a newer batchtui and was not touched."""


class ApiError(BatchtuiError):
    """The API, or the way to it, did not do what was asked.

    `nothing_was_created` is True only where a create can be proved to have made no batch: the connection
    was never made, or the API answered with a 4xx other than 408. `status` is the HTTP status, None without an
    answer.
    """

    nothing_was_created: ClassVar[bool] = False

    def __init__(
        self,
        what: str,
        *,
        unharmed: str = "",
        todo: str = "",
        status: int | None = None,
        error_type: str | None = None,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(what, unharmed=unharmed, todo=todo)
        self.status = status
        self.error_type = error_type
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


class UnreachableError(ApiError):
    """No connection was made, so the API cannot have seen the request."""

    nothing_was_created = True


class UnclearError(ApiError):
    """The request went out, but the answer did not come, was cut short, or made no sense."""


class AuthError(ApiError):
    """The key was refused (401) or may not do this (403)."""

    nothing_was_created = True

    @property
    def refuses_key(self) -> bool:
        """Return whether the server answers no call with this key."""
        return self.status == 401


class MissingError(ApiError):
    """The API does not know that batch, or has no results for it (404), or there is no such endpoint (404, 405)."""

    nothing_was_created = True


class RejectedError(ApiError):
    """The API refused the request as it stands (any other 4xx)."""

    nothing_was_created = True


class RateLimitError(ApiError):
    """Too many requests, or the queue is full (429); `retry_after_seconds` says how long to wait if known."""

    nothing_was_created = True


class SpendLimitError(ApiError):
    """A spend limit of the organisation or the workspace is reached; `until` is when it clears, if known."""

    nothing_was_created = True
    until: datetime | None = None


class ServerError(ApiError):
    """The API failed (5xx); a create may or may not have taken effect."""


class HookError(BatchtuiError):
    """A hook of the user could not be run, failed, or took too long; `hook` is its name."""

    def __init__(self, hook: str, what: str, *, todo: str = "") -> None:
        super().__init__(f"The hook {hook} {what}.", unharmed="Everything else goes on.", todo=todo)
        self.hook = hook


class MismatchError(BatchtuiError):
    """The results of a batch are not the answers to the requests it is said to have; both are kept."""


class UnclearSubmissionError(BatchtuiError):
    """A create was sent and its outcome is unknown; it must be settled by looking, never by sending again."""

    exit_code = 4
