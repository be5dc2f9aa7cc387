"""Two sides for the tests of comparing, judging and exporting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from batchtui.domain.comparison import Comparison
from batchtui.domain.job import KeptTemplate
from batchtui.services.workbench import Workbench
from batchtui.store import Store
from tests.store.making import bring, errored, send, succeeded


def result_file(path: Path, answers: Mapping[str, str | None]) -> str:
    """Write a file of results, None for one that failed, and return its path as it is typed."""
    lines = (errored(key) if text is None else succeeded(key, text) for key, text in answers.items())
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return str(path)


async def stored_side(
    store: Store, name: str, answers: Mapping[str, str | None], template: KeptTemplate | None = None
) -> None:
    """Bring home a job of one batch, its requests and, with a template, its data rows known."""
    job = await store.jobs.create(name, "default")
    await send(store, job, list(answers), f"batch-{name}", template=template)
    await bring(
        store,
        f"batch-{name}",
        [errored(key) if text is None else succeeded(key, text) for key, text in answers.items()],
    )


async def compared(bench: Workbench, left: str, right: str, *, on: str | None = None) -> Comparison:
    """Join two sides by what is typed for them."""
    comparisons = bench.comparisons
    return await comparisons.compare(comparisons.side(left), comparisons.side(right), on=on)


def differing(comparison: Comparison) -> Sequence[int]:
    """Return the positions of the pairs that differ."""
    return comparison.pairs.positions(frozenset({"changed", "outcome", "left", "right"}))
