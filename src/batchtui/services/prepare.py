"""From request lines to a spool on disk that is checked, priced and ready to be sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from batchtui.domain.errors import LintError, StoreError
from batchtui.domain.estimate import Estimate, Estimator
from batchtui.domain.lint import Linter, Problem
from batchtui.domain.model import ModelList
from batchtui.domain.request import body_length
from batchtui.domain.split import part_sizes
from batchtui.store import Store


@dataclass(frozen=True, slots=True)
class PreparedPart:
    """The lines of one batch to be, on disk: `sha256` is of the file, `body_bytes` of the create body."""

    spool: Path
    request_count: int
    body_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission that could go out: its parts, what it will cost, and warnings the user should see.

    `betas` go into the header of every part; `mended` requests are not sent as they were given.
    """

    source: str
    parts: tuple[PreparedPart, ...]
    estimate: Estimate
    models: tuple[str, ...]
    problems: tuple[Problem, ...]
    betas: tuple[str, ...] = ()
    mended: int = 0

    @property
    def request_count(self) -> int:
        """Return the number of requests in all parts."""
        return sum(part.request_count for part in self.parts)

    @property
    def body_bytes(self) -> int:
        """Return the bytes that will be sent."""
        return sum(part.body_bytes for part in self.parts)


async def prepare(
    store: Store, lines: Iterable[bytes], source: str, *, models: ModelList | None = None, mend: bool = False
) -> Prepared:
    """Check and price request lines and spool them to disk.

    `source` names where the lines come from, for messages; `models` and `mend` are as for `Linter`. Raises
    `LintError` if a line cannot be sent or there is none, `StoreError` if the spool cannot be written; then nothing
    is left on disk.
    """
    return await asyncio.to_thread(_prepare, store, lines, source, Linter(models, mend=mend))


async def sample(store: Store, prepared: Prepared, size: int) -> Prepared:
    """Return a submission of `size` requests spread over a prepared one, which is dropped.

    What was found and mended in the whole of it is told with the sample too.
    """
    try:
        few = await asyncio.to_thread(
            _prepare, store, spread_lines(prepared, size), f"a sample of {prepared.source}", Linter()
        )
    finally:
        await discard(prepared)
    return replace(few, problems=prepared.problems, betas=prepared.betas, mended=prepared.mended)


def spread_lines(prepared: Prepared, size: int) -> Iterator[bytes]:
    """Yield `size` request lines spread evenly over a prepared submission, the first and the last among them."""
    size = min(size, prepared.request_count)
    wanted = {round(number * (prepared.request_count - 1) / max(1, size - 1)) for number in range(size)}
    return (line for number, line in enumerate(request_lines(prepared)) if number in wanted)


def request_lines(prepared: Prepared) -> Iterator[bytes]:
    """Yield the request lines of a prepared submission from its spools."""
    for part in prepared.parts:
        with part.spool.open("rb") as file:
            yield from file


async def discard(prepared: Prepared) -> None:
    """Drop a prepared submission that is not going to be sent."""
    for part in prepared.parts:
        await asyncio.to_thread(shutil.rmtree, part.spool.parent, ignore_errors=True)


def _prepare(store: Store, lines: Iterable[bytes], source: str, linter: Linter) -> Prepared:
    spool = store.files.new_spool()
    try:
        return _spool(store, lines, source, spool, linter)
    except OSError as error:
        shutil.rmtree(spool.parent, ignore_errors=True)
        raise StoreError(
            f"{spool}: the requests could not be written: {error.strerror}.",
            unharmed="Nothing was sent.",
            todo="Make room or name another home with --home.",
        ) from error
    except BaseException:
        shutil.rmtree(spool.parent, ignore_errors=True)
        raise


def _spool(store: Store, lines: Iterable[bytes], source: str, spool: Path, linter: Linter) -> Prepared:
    estimator = Estimator()
    lengths = array("L")
    with spool.open("xb") as file:
        for request in linter.read(lines):
            file.write(request.line + b"\n")
            lengths.append(len(request.line))
            estimator.add(request.params)
        file.flush()
        os.fsync(file.fileno())
    if not linter.problems and not lengths:
        linter.problems.append(Problem(1, "", "empty", "there are no requests"))
    if any(problem.is_error for problem in linter.problems):
        raise LintError(source, linter.problems)
    sizes = part_sizes(lengths)
    spools = [spool] if len(sizes) == 1 else _split(store, spool, sizes)
    parts, first = [], 0
    for path, size in zip(spools, sizes, strict=True):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        total = sum(lengths[first : first + size])
        parts.append(PreparedPart(path, size, body_length(total, size), digest))
        first += size
    return Prepared(
        source,
        tuple(parts),
        estimator.estimate(),
        tuple(sorted(estimator.models)),
        tuple(linter.problems),
        tuple(sorted(linter.betas)),
        linter.mended,
    )


def _split(store: Store, spool: Path, sizes: list[int]) -> list[Path]:
    paths: list[Path] = []
    try:
        with spool.open("rb") as lines:
            for size in sizes:
                path = store.files.new_spool()
                paths.append(path)
                with path.open("xb") as file:
                    file.writelines(islice(lines, size))
                    file.flush()
                    os.fsync(file.fileno())
    except BaseException:
        for path in paths:
            shutil.rmtree(path.parent, ignore_errors=True)
        raise
    shutil.rmtree(spool.parent)
    return paths
