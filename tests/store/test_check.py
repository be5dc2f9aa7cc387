from __future__ import annotations

from pathlib import Path

import pytest

from batchtui.domain.errors import StoreError
from batchtui.domain.selection import Selection
from batchtui.store import Store
from batchtui.store.check import Finding
from tests.store.conftest import Open
from tests.store.making import PROFILE, bring, draft, foreign, request_line, running, send, succeeded

IDS = ["a", "b", "c"]


async def whole(store: Store) -> None:
    """Make a batch with requests and results."""
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, IDS, "msgbatch_1")
    await bring(store, "msgbatch_1", [succeeded(custom_id) for custom_id in IDS])
    assert store.check() == []


def kinds(findings: list[Finding]) -> list[tuple[str, bool]]:
    return [(finding.kind, finding.can_repair) for finding in findings]


async def test_results_that_do_not_fit_their_index_are_indexed_anew(store: Store) -> None:
    await whole(store)
    path = store.files.results_path("msgbatch_1")
    lines = [succeeded("c", "longer than before"), succeeded("a"), succeeded("b")]
    path.write_bytes(b"\n".join(lines))
    assert kinds(store.check()) == [("results", True)]
    assert await store.repair() == ["msgbatch_1: the results were indexed anew."]
    stored = store.batches.get("msgbatch_1")
    rows = store.results.rows(store.results.keys(Selection((stored.key,))))
    assert [store.results.line(row) for row in rows] == [lines[1], lines[2], lines[0]]
    assert store.check() == []
    assert await store.repair() == []


async def test_results_without_all_their_lines_are_shown_and_brought_again(store: Store) -> None:
    await whole(store)
    store.files.results_path("msgbatch_1").write_bytes(succeeded("b") + b"\n")
    await store.repair()
    stored = store.batches.get("msgbatch_1")
    assert stored.results == "partial"
    assert len(store.results.keys(Selection((stored.key,)))) == 1
    assert store.check() == []
    await bring(store, "msgbatch_1", [succeeded(custom_id) for custom_id in IDS])
    assert store.batches.get("msgbatch_1").results == "complete"
    assert store.check() == []


async def test_results_that_are_gone_count_as_not_downloaded(store: Store) -> None:
    await whole(store)
    store.files.results_path("msgbatch_1").unlink()
    assert kinds(store.check()) == [("results", True)]
    assert len(await store.repair()) == 1
    assert store.batches.get("msgbatch_1").results == "none"
    assert store.check() == []


async def test_results_put_there_by_hand_are_taken_in(store: Store) -> None:
    await foreign(store, "msgbatch_1", 1)
    path = store.files.results_path("msgbatch_1")
    path.parent.mkdir()
    path.write_bytes(succeeded("a") + b"\n")
    assert kinds(store.check()) == [("results", True)]
    await store.repair()
    assert store.batches.get("msgbatch_1").results == "complete"


async def test_requests_that_do_not_fit_their_index_are_indexed_anew(store: Store) -> None:
    await whole(store)
    lines = [request_line(custom_id, model="another") for custom_id in ("c", "a", "b")]
    store.files.requests_path("msgbatch_1").write_bytes(b"\n\n".join(lines))
    assert kinds(store.check()) == [("requests", True)]
    assert await store.repair() == ["msgbatch_1: the requests were indexed anew."]
    stored = store.batches.get("msgbatch_1")
    assert store.requests.line(stored.key, "a") == lines[1]
    keys = store.results.keys(Selection((stored.key,)))
    assert [row.facts.custom_id for row in store.results.rows(keys)] == ["c", "a", "b"]
    assert store.check() == []


async def test_requests_that_cannot_be_read_do_not_stop_the_rest(store: Store) -> None:
    await whole(store)
    await foreign(store, "msgbatch_2", 1)
    store.files.requests_path("msgbatch_1").write_bytes(b"nonsense")
    path = store.files.results_path("msgbatch_2")
    path.parent.mkdir()
    path.write_bytes(succeeded("a"))
    first, second = await store.repair()
    assert "requests.jsonl, line 1" in first
    assert second == "msgbatch_2: the results were indexed anew."
    assert kinds(store.check()) == [("requests", True)]


async def test_requests_that_are_gone_are_said(store: Store) -> None:
    await whole(store)
    store.files.requests_path("msgbatch_1").unlink()
    (finding,) = store.check()
    assert (finding.kind, finding.subject, finding.can_repair) == ("requests", "msgbatch_1", False)
    assert await store.repair() == []


async def test_requests_not_indexed_yet_keep_rows_from_being_sent_again(open_store: Open) -> None:
    store = open_store()
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, IDS)
    await store.intents.mark_sending(intent.id)

    stored = await store.intents.close(intent.id, running("msgbatch_1", 3))

    with pytest.raises(StoreError, match="not in the index yet"):
        store.results.failed([stored.key])
    assert kinds(store.check()) == [("requests", True)]
    other = open_store()
    assert other.check() == []
    assert store.results.failed([stored.key]) == []


async def test_what_was_left_behind_is_removed(store: Store, home: Path) -> None:
    await whole(store)
    left = [
        home / "batches" / "msgbatch_1" / "results.jsonl.77.part",
        home / "spool" / "prepare-0123456789abcdef-aa" / "requests.jsonl",
        home / "spool" / "intent_gone" / "requests.jsonl",
    ]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left")
    assert kinds(store.check()) == [("leftover", True)] * 3
    assert len(await store.repair()) == 3
    assert store.check() == []


async def test_what_nobody_knows_is_left_alone(store: Store, home: Path) -> None:
    stranger = home / "batches" / "msgbatch_9"
    stranger.mkdir()
    assert kinds(store.check()) == [("leftover", False)]
    assert await store.repair() == []
    assert stranger.exists()


async def test_a_draft_without_lines_is_said(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    intent = await draft(store, job, IDS)
    store.files.drop_spool(intent.id)
    (finding,) = store.check()
    assert (finding.kind, finding.subject, finding.can_repair) == ("requests", intent.id, False)


async def test_a_row_that_belongs_to_nothing_is_said(store: Store) -> None:
    await whole(store)
    store._database._writer.execute("PRAGMA foreign_keys = OFF")
    store._database._writer.execute("DELETE FROM downloads")
    findings = store.check()
    assert ("database", False) in kinds(findings)
    assert any("results belongs to nothing" in finding.message for finding in findings)
