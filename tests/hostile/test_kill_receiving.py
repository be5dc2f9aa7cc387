"""`kill -9` while results come home, and while failed rows are sent again."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from batchtui.domain.selection import Selection
from batchtui.store import Store

from .child import Stop
from .world import World, account

DOWNLOAD = {
    "before the download is written down": Stop("batchtui.store.download_rows:start"),
    "download written down, no file": Stop("batchtui.store.files:Files.part_path"),
    "at the first bytes": Stop("batchtui.store.ingest:_Download.take"),
    "bytes in the file, not in the index": Stop("batchtui.store.ingest:_write_all", "after"),
    "rows not committed": Stop("batchtui.store.download_rows:insert", "after"),
    "rows committed": Stop("batchtui.store.ingest:_Download._insert", "after"),
    "finished, not committed": Stop("batchtui.store.download_rows:finish", "after"),
    "finished, not renamed": Stop("batchtui.store.download_rows:keep"),
    "renamed, not committed": Stop("batchtui.store.download_rows:keep", "after"),
    "all here, nothing said yet": Stop("batchtui.cli.follow:_say_sync"),
}

RETRY = {
    "before the intent": (Stop("batchtui.services.submit:Submissions._write_down"), ()),
    "intent not committed": (Stop("batchtui.store.files:Files.keep_spool", "after"), ()),
    "intent committed": (Stop("batchtui.services.submit:Submissions._write_down", "after"), ("draft",)),
    "marked sending": (Stop("batchtui.store.intents:Intents.mark_sending", "after"), ("unclear",)),
    "in the body": (Stop("batchtui.api.anthropic_gateway:_async_blocks", nth=2), ("unclear",)),
    "answered": (Stop("batchtui.api.anthropic_gateway:AnthropicGateway.create", "after"), ("unclear",)),
    "closed, not moved": (Stop("batchtui.store.files:Files.put_requests_in_place"), ()),
    "moved, not indexed": (Stop("batchtui.store.files:Files.put_requests_in_place", "after"), ()),
}


def assert_all_results(world: World) -> None:
    with closing(Store.open(world.places)) as store:
        (stored,) = store.batches.list()
        assert stored.results == "complete"
        rows = store.results.rows(store.results.keys(Selection((stored.key,))))
        assert [row.facts.custom_id for row in rows] == [json.loads(line)["custom_id"] for line in world.lines]
        assert {json.loads(store.results.line(row))["custom_id"] for row in rows} == {
            row.facts.custom_id for row in rows
        }
        assert store.check() == []
        assert [path.name for path in sorted(store.files.batch_directory(stored.id).iterdir())] == [
            "requests.jsonl",
            "results.jsonl",
        ]


@pytest.mark.parametrize("name", DOWNLOAD)
def test_killed_while_results_come_home(world: World, name: str) -> None:
    assert world.submit().code == 0
    (batch,) = world.served.simulator.shelf.all()
    world.served.simulator.shelf.end_now(batch)
    assert world.command("sync", stop=DOWNLOAD[name]).killed
    account(world)
    assert world.command("sync").code == 0
    assert_all_results(world)


@pytest.mark.parametrize("name", RETRY)
def test_killed_while_failed_rows_are_sent_again(world: World, name: str) -> None:
    """However a retry is killed, a second one completes the job with every row sent once more and no more."""
    stop, open_states = RETRY[name]
    assert world.submit().code == 0
    shelf = world.served.simulator.shelf
    (first,) = shelf.all()
    shelf.expire_now(first, 0.0)
    assert world.command("sync").code == 0
    assert world.command("retry", "rivers", "--yes", stop=stop).killed
    with closing(Store.open(world.places)) as store:
        assert store.check() == []
        submissions = store.intents.open_ones()
    assert tuple(intent.state for intent in submissions) == open_states
    if open_states:
        refused = world.command("retry", "rivers", "--yes")
        assert (refused.code, "settle" in refused.err) == (1, True)
        arrived = [batch.id for batch in shelf.all()[1:]]
        how = ("--adopt", arrived[0]) if arrived else ("--resend",)
        assert world.command("settle", submissions[0].id, *how, "--yes").code == 0
    else:
        assert world.command("retry", "rivers", "--yes").code == 0
    assert list(world.created().values()) == [world.lines, world.lines]
    with closing(Store.open(world.places)) as store:
        batches = sorted(store.batches.list(), key=lambda stored: stored.attempt)
        assert [stored.attempt for stored in batches] == [1, 2]
        assert {stored.job_name for stored in batches} == {"rivers"}
        for stored in batches:
            kept = store.files.requests_path(stored.id).read_bytes()
            assert kept == b"".join(world.lines)
        assert store.check() == []
