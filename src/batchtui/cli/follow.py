"""`sync` and `watch`: one look, and looking until it is over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import click
import msgspec

from batchtui.cli import options
from batchtui.cli.desk import opened
from batchtui.cli.fresh import brought_home, reread
from batchtui.cli.look import print_batches
from batchtui.cli.options import Given
from batchtui.cli.output import LiveLine, out_json, say
from batchtui.cli.report import report, report_held, report_open
from batchtui.cli.shapes import batch_object
from batchtui.cli.telling import begin_telling, tell_news
from batchtui.config import Config
from batchtui.domain.batch import StoredBatch
from batchtui.domain.errors import AuthError, HookError, InputError, MissingError, NoKeyError, RefusedError
from batchtui.domain.human import bytes_text, counted, duration
from batchtui.domain.job import Intent
from batchtui.domain.origin import is_loopback
from batchtui.domain.pacing import SOONEST_SECONDS
from batchtui.services.find import Target
from batchtui.services.poll import PollState
from batchtui.services.submit import require_here
from batchtui.services.sync import SyncReport
from batchtui.services.workbench import Workbench
from batchtui.tui.present.notices import again_notice

FAILED_ROWS = 3
UNCLEAR = 4

LOOKS_IN_VAIN = 5
"""How often a server may say that it does not know a batch before that is believed: a young one takes a while."""


@click.command("sync")
@options.as_json
@options.general
@click.pass_obj
def sync(given: Given, as_json: bool) -> None:
    """Look once: update the batches, download what has ended, and tell the hooks. For cron.

    It asks the server also while screens that are open do; what one of them tells, the other does not.
    """
    with opened(given) as desk:
        found, hook_errors = desk.wait(_looked_once(desk.bench))
        if as_json:
            out_json({**_sync_object(found), "hook_errors": [str(error) for error in hook_errors]})
        else:
            _say_sync(found)
        for error in found.errors:
            report(error)
        report_open(desk.bench)
    if found.errors:
        raise click.exceptions.Exit(1)


async def _looked_once(bench: Workbench) -> tuple[SyncReport, list[HookError]]:
    await begin_telling(bench)
    found = await bench.sync.run()
    return found, await tell_news(bench)


def _sync_object(found: SyncReport) -> dict[str, object]:
    return {
        "changed": [batch_object(change.after) for change in found.changes],
        "ended": [stored.id for stored in found.ended],
        "sent": [stored.id for stored in found.sent],
        "retried": [stored.id for again in found.retried for stored in again.batches],
        "left": [str(error) for error in found.left],
        "downloaded": [
            {"id": one.batch.id, "results": one.lines, "unreadable": one.unreadable, "bytes": one.received_bytes}
            for one in found.downloaded
        ],
        "errors": [str(error) for error in found.errors],
    }


def _say_sync(found: SyncReport) -> None:
    new = sum(change.before is None for change in found.changes)
    say(f"{counted(len(found.changes), 'batch', 'batches')} changed, {new:,} new, {len(found.ended):,} ended.")
    for stored in found.sent:
        say(f"{stored.job_name}: {counted(stored.batch.counts.total, 'request')} that waited for room sent")
    for line in _again_lines(found):
        say(line)
    for one in found.downloaded:
        say(f"{one.batch.job_name}: {counted(one.lines, 'result')} ({bytes_text(one.received_bytes)})")


def _again_lines(found: SyncReport) -> list[str]:
    """Say what was sent again by itself, and what was not."""
    return [*(again_notice(sent).text for sent in found.retried), *map(str, found.left)]


@click.command("watch")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=options.TARGET)
@click.option(
    "--interval",
    "interval_seconds",
    type=click.FloatRange(min=0.05),
    metavar="SECONDS",
    help="Pause between looks.",
)
@options.as_json
@options.general
@click.pass_obj
def watch(given: Given, ids: tuple[str, ...], interval_seconds: float | None, as_json: bool) -> None:
    """Wait until batches have ended and their results are here.

    Without IDs, for all that run. Exits with 0 if every row succeeded, with 3 if some failed, with 1 if
    some of a job were not sent; what is held beside a sample is told, and waits for you.
    """
    config = _paced(given.config(), interval_seconds)
    with opened(given, config) as desk:
        bench = desk.bench
        desk.wait(begin_telling(bench))
        targets = desk.wait(_chosen(bench, ids))
        lost: list[str] = []
        if targets:
            lost = desk.wait(_Watch(bench, targets, interval_seconds).until_ended())
            targets = [desk.wait(brought_home(bench, reread(bench, target))) for target in targets]
        desk.wait(tell_news(bench))
        batches = _batches(targets)
        if as_json:
            out_json([batch_object(stored) for stored in batches])
        elif batches:
            print_batches(batches)
        else:
            say("Nothing is running.")
        _require_sent(bench, targets)
        if lost:
            raise MissingError(
                f"{bench.gateway.base_url} does not know {', '.join(lost)} any more.",
                unharmed="What is stored here of it is kept.",
                todo="See that the key is one of the same Workspace: `batchtui key status`.",
            )
        if mismatch := next(filter(None, map(bench.downloads.mismatch, batches)), None):
            raise mismatch
        if any(_failed_rows(bench, target) for target in targets):
            raise click.exceptions.Exit(FAILED_ROWS)


def _require_sent(bench: Workbench, targets: Sequence[Target]) -> None:
    """Raise unless all of the targets was sent, but for what is held beside a sample that was."""
    open_intents = _open_intents(bench, targets)
    if any(intent.state == "unclear" for intent in open_intents):
        report_open(bench)
        raise click.exceptions.Exit(UNCLEAR)
    drafts = [intent for intent in open_intents if intent.state == "draft"]
    sampled = {target.job.id for target in targets if target.batches}
    if all(intent.is_held and intent.job_id in sampled for intent in drafts):
        report_held(drafts)
        return
    raise RefusedError(
        f"{counted(sum(intent.request_count for intent in drafts), 'request')} not sent: kept as draft.",
        unharmed="Nothing is sent by itself.",
        todo="`batchtui settle` sends or drops what was not sent.",
    )


def _paced(config: Config, interval_seconds: float | None) -> Config:
    if interval_seconds is None:
        return config
    if interval_seconds < SOONEST_SECONDS and not is_loopback(config.base_url):
        raise InputError(
            f"--interval {interval_seconds:g} is too often for {config.base_url}.",
            todo=f"Give {SOONEST_SECONDS:g} or more; less is for a server on this machine.",
        )
    return msgspec.structs.replace(config, poll_seconds=interval_seconds)


async def _chosen(bench: Workbench, ids: Sequence[str]) -> list[Target]:
    if ids:
        targets = [await bench.finder.find(id_) for id_ in ids]
        for stored in _batches(targets):
            _require_ours(bench, stored)
        for intent in _open_intents(bench, targets):
            if intent.state == "waiting":
                require_here(intent, bench.gateway.base_url)
        return targets
    await bench.sync.update()
    running = bench.store.batches.running(bench.profile.name, bench.gateway.base_url)
    return [bench.finder.known(stored.id) for stored in running]


def _require_ours(bench: Workbench, stored: StoredBatch) -> None:
    here = (bench.profile.name, bench.gateway.base_url)
    if not stored.batch.has_ended and (stored.profile, stored.base_url) != here:
        raise RefusedError(
            f"{stored.id} runs with profile {stored.profile} at {stored.base_url}, and not where this looks.",
            todo=f"Give --profile {stored.profile} --base-url {stored.base_url}.",
        )


def _batches(targets: Sequence[Target]) -> list[StoredBatch]:
    return list({stored.id: stored for target in targets for stored in target.batches}.values())


def _open_intents(bench: Workbench, targets: Sequence[Target]) -> list[Intent]:
    """Return what is not settled yet of the jobs among some targets."""
    jobs = {target.job.id for target in targets if target.is_job}
    return [intent for intent in bench.settlements.open_submissions() if intent.job_id in jobs]


def _under_way(open_intents: Sequence[Intent]) -> int:
    """Return how many parts are sent or go out by themselves; behind an unclear one none of its job does."""
    unsettled = {intent.job_id for intent in open_intents if intent.state == "unclear"}
    return sum(
        intent.state == "sending" or (intent.state == "waiting" and intent.job_id not in unsettled)
        for intent in open_intents
    )


def _failed_rows(bench: Workbench, target: Target) -> int:
    """Return how many rows failed: of a batch its own, of a job those without a success in any attempt."""
    if target.is_job:
        return len(bench.store.results.failed([stored.key for stored in target.batches]))
    return target.batches[0].batch.counts.failed


class _Watch:
    """Follows some batches through the poller, and says on stderr what changes."""

    def __init__(self, bench: Workbench, targets: Sequence[Target], interval_seconds: float | None) -> None:
        self._bench = bench
        self._targets = list(targets)
        self._line = LiveLine()
        self._moved = asyncio.Event()
        self._reported = asyncio.Event()
        self._telling = asyncio.Lock()
        self._state = PollState()
        self._polls = 0
        self._error_said = ""
        self._errors_said: set[str] = set()
        self._again_said: set[str] = set()
        self._missing: Counter[str] = Counter()
        self._ended = {stored.id for stored in _batches(targets) if stored.batch.has_ended}
        self._poller = bench.poller(
            on_state=self._on_state, on_report=self._on_report, every_seconds=interval_seconds
        )

    async def until_ended(self) -> list[str]:
        """Return when all batches have ended and the poller has brought home what it could.

        What is returned are the ids of those the server goes on not to know; they are not waited for.
        """
        requests = sum(stored.batch.counts.total for stored in _batches(self._targets))
        number = len(_batches(self._targets))
        say(f"Watching {counted(number, 'batch', 'batches')}, {counted(requests, 'request')}.")
        polling = asyncio.create_task(self._poller.run())
        telling = asyncio.create_task(self._tell())
        try:
            while not self._is_over():
                for task in (polling, telling):
                    if task.done():
                        await task
                self._moved.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await self._moved.wait()
                self._raise_if_hopeless()
            # What a hook is being told is told to its end.
            await self._telling.acquire()
        finally:
            self._line.clear()
            polling.cancel()
            telling.cancel()
            await asyncio.wait([polling, telling])
        return self._lost()

    async def _tell(self) -> None:
        """Tell what each poll brings, for as long as this is not cancelled; polling does not wait for it."""
        while True:
            await self._reported.wait()
            self._reported.clear()
            async with self._telling:
                await tell_news(self._bench)

    def _is_over(self) -> bool:
        self._targets = [reread(self._bench, target) for target in self._targets]
        batches = _batches(self._targets)
        for stored in batches:
            if stored.batch.has_ended and stored.id not in self._ended:
                self._ended.add(stored.id)
                self._say(_end_words(stored))
        lost = self._lost()
        running = [stored for stored in batches if not stored.batch.has_ended and stored.id not in lost]
        waiting = _under_way(_open_intents(self._bench, self._targets))
        if running or waiting:
            self._line.show(_running_words(running, waiting, self._state))
            return False
        return not self._state.polling or all(stored.results in {"complete", "gone"} for stored in batches)

    def _lost(self) -> list[str]:
        return [batch_id for batch_id, looks in self._missing.items() if looks >= LOOKS_IN_VAIN]

    def _raise_if_hopeless(self) -> None:
        """Raise what the first poll met, and later what no waiting mends; say anything else and go on."""
        error = self._state.error
        if error is None or not self._state.failures:
            return
        if not self._polls or isinstance(error, AuthError | NoKeyError):
            raise error
        if str(error) != self._error_said:
            self._error_said = str(error)
            self._say(f"{error}")

    def _on_state(self, state: PollState) -> None:
        self._state = state
        self._moved.set()

    def _on_report(self, found: SyncReport) -> None:
        self._polls += 1
        self._reported.set()
        self._error_said = ""
        for error in found.errors:
            if str(error) not in self._errors_said:
                self._say(f"{error}")
        self._errors_said = {str(error) for error in found.errors}
        for line in _again_lines(found):
            if line not in self._again_said:
                self._say(line)
        self._again_said = set(map(str, found.left))
        watched = {stored.id for stored in _batches(self._targets)}
        missing = watched.intersection(stored.id for stored in found.missing)
        self._missing = Counter({batch_id: self._missing[batch_id] + 1 for batch_id in missing})
        for change in found.changes:
            before, after = change.before, change.after
            if after.id in watched and before is not None and not after.batch.has_ended:
                self._say(f"{after.job_name} ({after.id}): {after.batch.status}")
        self._moved.set()

    def _say(self, text: str) -> None:
        self._line.clear()
        say(text)


def _end_words(stored: StoredBatch) -> str:
    counts, batch = stored.batch.counts, stored.batch
    took = f" after {duration(batch.ended_at - batch.created_at)}" if batch.ended_at else ""
    return f"{stored.job_name} ({stored.id}): ended{took}, {counts.succeeded:,} succeeded, {counts.failed:,} failed"


def _running_words(running: Sequence[StoredBatch], waiting: int, state: PollState) -> str:
    """Say what can be known: the API gives no counts before the end."""
    now = datetime.now(UTC)
    words = [f"{len(running):,} running"]
    if waiting:
        words.append(f"{waiting:,} waiting for room")
    oldest = min(running, key=lambda stored: stored.batch.created_at, default=None)
    if oldest is not None:
        words.append(f"{duration(now - oldest.batch.created_at)} elapsed")
        if oldest.batch.expires_at:
            words.append(f"expires in {duration(oldest.batch.expires_at - now)}")
    if state.elsewhere:
        words.append("another batchtui polls")
    elif state.next_at:
        words.append(f"next look in {duration(state.next_at - now)}")
    return " · ".join(words)
