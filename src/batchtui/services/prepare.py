"""From request lines to a spool on disk that is checked, priced and ready to be sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from batchtui.domain.errors import LintError, StoreError
from batchtui.domain.estimate import Estimate, Estimator
from batchtui.domain.job import KeptTemplate
from batchtui.domain.lint import CheckedRequest, Linter, Problem
from batchtui.domain.model import ModelList
from batchtui.domain.request import body_length
from batchtui.domain.result import read_object
from batchtui.domain.split import deal, spread
from batchtui.store import Store
from batchtui.store.files import new_private, rows_beside, template_beside, write_private
from batchtui.store.requests import NO_ROW


@dataclass(frozen=True, slots=True)
class TakenLine:
    """A request line, without its newline, that the API has taken before, with what the index says of it.

    It goes out as it is: nothing of it is read or checked again. `input_tokens` are guessed.
    """

    line: bytes
    model: str
    input_tokens: int
    max_tokens: int


Line = tuple[CheckedRequest | TakenLine, bytes | None]
"""A request and the line of the data row it was made from, if there is one, without a newline."""


@dataclass(frozen=True, slots=True)
class PreparedPart:
    """The lines of one batch to be, on disk: `sha256` is of the file, `body_bytes` of the create body.

    `template` is what the requests were made from, if they were: beside the lines are its text and the data rows
    then.
    """

    spool: Path
    request_count: int
    body_bytes: int
    sha256: str
    estimate: Estimate
    models: frozenset[str]
    template: KeptTemplate | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission that could go out: its parts, and warnings the user should see.

    The last `held_parts` of the parts are written down with the others and not sent: they wait as drafts until the
    user lets them go. `betas` go into the header of every part; `mended` requests are not sent as they were given.
    `problems` are the first of each rule, `counts` all of them by rule. `comparison_key` is what they
    judge, if they do.
    """

    source: str
    parts: tuple[PreparedPart, ...]
    problems: tuple[Problem, ...]
    betas: tuple[str, ...] = ()
    mended: int = 0
    held_parts: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    comparison_key: int | None = None

    @property
    def now(self) -> Prepared:
        """Return what is sent now of it."""
        return replace(self, parts=self.parts[: len(self.parts) - self.held_parts], held_parts=0)

    @property
    def held(self) -> Prepared:
        """Return what is held back of it, which can be nothing."""
        return replace(self, parts=self.parts[len(self.parts) - self.held_parts :], held_parts=0)

    @property
    def estimate(self) -> Estimate:
        """Return what all parts will cost."""
        return reduce(add, (part.estimate for part in self.parts))

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models asked for, in all parts."""
        return tuple(sorted(frozenset().union(*(part.models for part in self.parts))))

    @property
    def problem_count(self) -> int:
        """Return how many problems there are, those that are not listed included."""
        return sum(self.counts.values()) or len(self.problems)

    @property
    def request_count(self) -> int:
        """Return the number of requests in all parts."""
        return sum(part.request_count for part in self.parts)

    @property
    def body_bytes(self) -> int:
        """Return the bytes of all parts."""
        return sum(part.body_bytes for part in self.parts)


async def prepare(
    store: Store,
    lines: Iterable[bytes],
    source: str,
    *,
    models: ModelList | None = None,
    mend: bool = False,
    sample: int | None = None,
) -> Prepared:
    """Check and price request lines and spool them to disk, every line in exactly one part.

    `source` names where the lines come from, for messages; `models` and `mend` are as for `Linter`. With a `sample`
    that many requests, spread over the file, are to be sent now, and the others are held. Raises `LintError` if a
    line cannot be sent or there is none, `StoreError` if the spool cannot be written; then nothing is left on disk.
    """
    linter = Linter(models, mend=mend)
    checked = ((request, None) for request in linter.read(lines))
    return await asyncio.to_thread(spool, store, checked, linter, source, sample=sample)


def spread_lines(prepared: Prepared, size: int) -> Iterator[bytes]:
    """Yield `size` request lines spread evenly over a prepared submission, the first and the last among them."""
    wanted = spread(prepared.request_count, size)
    return (line for number, line in enumerate(request_lines(prepared)) if number in wanted)


def request_lines(prepared: Prepared) -> Iterator[bytes]:
    """Yield the request lines of a prepared submission from its spools."""
    for part in prepared.parts:
        with part.spool.open("rb") as file:
            yield from file


def merged(several: Sequence[Prepared]) -> Prepared:
    """Return submissions of which nothing is held as the parts of one; there is at least one."""
    first, *others = several
    counts = Counter(first.counts)
    for other in others:
        counts.update(other.counts)
    return replace(
        first,
        parts=tuple(part for one in several for part in one.parts),
        problems=tuple(problem for one in several for problem in one.problems),
        counts=dict(counts),
    )


async def discard(prepared: Prepared) -> None:
    """Drop a prepared submission that is not going to be sent."""
    for part in prepared.parts:
        await asyncio.to_thread(shutil.rmtree, part.spool.parent, ignore_errors=True)


def estimate_lines(
    path: Path,
    *,
    input_ratio: float | None = None,
    usual_output: Mapping[str, float] | None = None,
    tried_output: Mapping[str, float] | None = None,
) -> Estimate:
    """Return what the request lines in a file will cost; the other arguments are as for `Estimator`."""
    estimator = Estimator(input_ratio=input_ratio, usual_output=usual_output, tried_output=tried_output)
    with path.open("rb") as lines:
        for line in lines:
            estimator.add(read_object(line)["params"])
    return estimator.estimate()


def spool(
    store: Store,
    lines: Iterable[Line],
    linter: Linter,
    source: str,
    *,
    template: KeptTemplate | None = None,
    sample: int | None = None,
    todo: str = "",
) -> Prepared:
    """Write request lines to disk while `linter` checks them; this blocks, and raises as `prepare` does.

    With a `template` its text and the data rows go beside them. `todo` is what to do about problems.
    """
    tried = store.templates.tried_output(template.text) if template else {}
    path = store.files.new_spool()
    try:
        written = _Written(tried)
        lengths = _write(path, lines, template, written)
        if not linter.error_count and not lengths:
            linter.add(Problem(1, "", "empty", "there are no requests"))
        if linter.error_count:
            raise LintError(source, linter.problems, linter.counts, todo=todo)
        part_of, held_parts = deal(lengths, sample=sample)
        parts = _parts(store, path, part_of, tried) if any(part_of) else (written.part(path),)
        return Prepared(
            source,
            tuple(replace(part, template=template) for part in parts),
            tuple(linter.problems),
            tuple(sorted(linter.betas)),
            linter.mended,
            held_parts,
            dict(linter.counts),
        )
    except OSError as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise StoreError(
            f"{path}: the requests could not be written: {error.strerror}.",
            unharmed="Nothing was sent.",
            todo="Make room or name another home with --home.",
        ) from error
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise


class _Written:
    """What is learned of the request lines of a part while they go by."""

    def __init__(self, tried: Mapping[str, float]) -> None:
        self._digest = hashlib.sha256()
        self._estimator = Estimator(tried_output=tried)
        self._request_count = self._line_bytes = 0

    def add(self, line: bytes, params: dict[str, Any]) -> None:
        """Count a line, which ends with its newline."""
        self._count(line)
        self._estimator.add(params)

    def add_taken(self, line: bytes, request: TakenLine) -> None:
        """Count a line, which ends with its newline, without reading it."""
        self._count(line)
        self._estimator.add_size(request.model, request.input_tokens, request.max_tokens)

    def _count(self, line: bytes) -> None:
        self._digest.update(line)
        self._request_count += 1
        self._line_bytes += len(line) - 1

    def part(self, path: Path) -> PreparedPart:
        """Return the part that a file of these lines is."""
        return PreparedPart(
            path,
            self._request_count,
            body_length(self._line_bytes, self._request_count),
            self._digest.hexdigest(),
            self._estimator.estimate(),
            frozenset(self._estimator.models),
        )


def _write(path: Path, lines: Iterable[Line], template: KeptTemplate | None, written: _Written) -> array[int]:
    """Write the lines and what they were made from, see them on disk, and return the bytes of each request line."""
    lengths = array("L")
    with ExitStack() as opened:
        requests = opened.enter_context(new_private(path))
        files, rows = [requests], None
        if template is not None:
            text = opened.enter_context(new_private(template_beside(path)))
            text.write(template.text.encode())
            rows = opened.enter_context(new_private(rows_beside(path)))
            files += [text, rows]
        for request, row in lines:
            line = request.line + b"\n"
            requests.write(line)
            if isinstance(request, TakenLine):
                written.add_taken(line, request)
            else:
                written.add(line, request.params)
            lengths.append(len(request.line))
            if rows is not None:
                rows.write((row or NO_ROW) + b"\n")
        for file in files:
            file.flush()
            os.fsync(file.fileno())
    return lengths


def _parts(
    store: Store, path: Path, part_of: Sequence[int], tried: Mapping[str, float]
) -> tuple[PreparedPart, ...]:
    """Return the parts of a spool, each with one of its own; the one of them all goes."""
    spools: list[Path] = []
    try:
        spools.extend(store.files.new_spool() for _ in range(max(part_of) + 1))
        copy_lines(path, spools, part_of)
        if template_beside(path).exists():
            copy_lines(rows_beside(path), [rows_beside(part) for part in spools], part_of)
            for part in spools:
                write_private(template_beside(part), template_beside(path).read_bytes())
        shutil.rmtree(path.parent)
        return tuple(_measured(part, tried) for part in spools)
    except BaseException:
        for part in spools:
            shutil.rmtree(part.parent, ignore_errors=True)
        raise


def _measured(path: Path, tried: Mapping[str, float]) -> PreparedPart:
    written = _Written(tried)
    with path.open("rb") as lines:
        for line in lines:
            written.add(line, read_object(line)["params"])
    return written.part(path)


def copy_lines(source: Path, places: Sequence[Path], part_of: Sequence[int]) -> None:
    """Write each line of a file to the one of the new files that `part_of` names for it, and see them on disk."""
    with ExitStack() as opened:
        lines = opened.enter_context(source.open("rb"))
        files = [opened.enter_context(new_private(place)) for place in places]
        for line, part in zip(lines, part_of, strict=True):
            files[part].write(line)
        for file in files:
            file.flush()
            os.fsync(file.fileno())
