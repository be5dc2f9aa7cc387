"""From what a user types to what is compared."""

from __future__ import annotations

import re

from batchtui.domain.comparison import Side
from batchtui.domain.errors import DataError, InputError, UnknownIdError
from batchtui.services.comparing.answer_file import UNHARMED
from batchtui.services.exporting.place import usual
from batchtui.services.find import Finder, Target

_ATTEMPT = re.compile(r"(?P<job>.+)#0*(?P<number>[1-9][0-9]{0,5})", re.ASCII | re.DOTALL)


def side_of(finder: Finder, text: str) -> Side:
    """Return what `Comparisons.side` says."""
    try:
        return of_target(finder.known(text))
    except UnknownIdError as error:
        unknown = error
    if match := _ATTEMPT.fullmatch(text):
        try:
            target = finder.known(match["job"])
        except UnknownIdError:
            pass
        else:
            return _of_attempt(target, int(match["number"]))
    return _of_file(text, unknown)


def of_target(target: Target) -> Side:
    """Return a batch, or the final answers of a job, as a side."""
    keys = tuple(stored.key for stored in target.batches)
    if not target.is_job:
        return Side(target.name, f"batch:{target.batches[0].id}", keys)
    if not keys:
        raise InputError(
            f"{target.name} has no batch yet.",
            unharmed=UNHARMED,
            todo="Send it, or compare another.",
        )
    return Side(target.name, f"job:{target.job.id}", keys, final=True)


def _of_attempt(target: Target, number: int) -> Side:
    keys = tuple(stored.key for stored in target.batches if stored.attempt == number)
    name = f"{target.name}#{number}"
    if not keys:
        attempts = max((stored.attempt for stored in target.batches), default=0)
        raise UnknownIdError(f"There is no {name}: its newest attempt is {attempts:,}.")
    return Side(name, f"attempt:{target.job.id}#{number}", keys)


def _of_file(text: str, unknown: UnknownIdError) -> Side:
    path = usual(text)
    try:
        is_file, is_there = path.is_file(), path.exists()
    except (OSError, ValueError) as error:
        raise unknown from error
    if not is_there or not text:
        raise UnknownIdError(
            f"No batch, job or file is known as {text!r}.",
            todo="`batchtui list` shows what is known; `JOB#2` is the second attempt of a job.",
        )
    if not is_file:
        raise DataError(
            f"{text} is no file that can be read twice.",
            unharmed=UNHARMED,
            todo="Give a JSONL file of results, or a batch or job.",
        )
    return Side(path.name, "", path=path.absolute())
