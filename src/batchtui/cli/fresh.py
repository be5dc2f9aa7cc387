"""Bringing what is stored of some batches up to date before a command uses it."""

from __future__ import annotations

from batchtui.cli.output import say
from batchtui.cli.report import report
from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import MissingError
from batchtui.services.find import Target
from batchtui.services.workbench import Workbench


async def refreshed(bench: Workbench, target: Target) -> Target:
    """Ask for those batches of a target that still run, and return it as it is now."""
    running = [stored for stored in target.batches if not stored.batch.has_ended]
    for stored in running:
        mention_elsewhere(bench, stored)
        try:
            batch = await bench.gateway.retrieve(stored.id)
        except MissingError as error:
            # The API has been seen to give a 404 for a batch that is there; what is stored holds on.
            say(f"{error}")
        else:
            await bench.store.batches.record([batch], profile=stored.profile, base_url=stored.base_url)
    return reread(bench, target) if running else target


async def found_at_home(bench: Workbench, id_: str) -> Target:
    """Return what an id names, with the results of what has ended."""
    return await brought_home(bench, await bench.finder.find(id_))


async def brought_home(bench: Workbench, target: Target) -> Target:
    """Refresh a target and download the results of what has ended, and return it as it is now."""
    target = await refreshed(bench, target)
    due = [stored for stored in target.batches if stored.batch.has_ended and stored.results in {"none", "partial"}]
    for stored in due:
        mention_elsewhere(bench, stored)
        say(f"Downloading the results of {stored.id} …")
        await bench.downloads.download(stored)
        if mismatch := bench.downloads.mismatch(stored):
            report(mismatch)
    return reread(bench, target) if due else target


def reread(bench: Workbench, target: Target) -> Target:
    """Return a target as it is stored now, a job with all the batches it has by now."""
    if target.is_job:
        return whole_job(bench, target)
    batches = tuple(bench.store.batches.get(stored.id) for stored in target.batches)
    return Target(bench.store.jobs.get(target.job.id), batches, target.is_job)


def whole_job(bench: Workbench, target: Target) -> Target:
    """Return the job of a target with all its batches."""
    summary = bench.store.jobs.summary(target.job.id)
    return Target(summary.job, summary.batches, is_job=True)


def mention_elsewhere(bench: Workbench, stored: StoredBatch) -> None:
    """Say that a batch was made at another server than the one that is going to be asked, if so."""
    if stored.base_url != bench.gateway.base_url:
        say(f"{stored.id} was made at {stored.base_url}; asking {bench.gateway.base_url}.")
