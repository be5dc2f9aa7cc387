"""Flags and notes of a person: kept by custom_id, counted like any other flag."""

from __future__ import annotations

import sqlite3

import pytest

from batchtui.domain.errors import InputError, StoreError
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.remark import BY_PERSON, flags_with
from batchtui.domain.selection import ResultKey, Selection, StoredResult
from batchtui.store import Store
from tests.store.conftest import Open
from tests.store.making import arrived, bring, errored, foreign, succeeded
from tests.store.test_selecting import attempt

FLAG = ("flagged", BY_PERSON)


def rows(store: Store, key: int, text: str = "", only: str | None = None) -> dict[str, StoredResult]:
    keys = store.results.keys(Selection((key,), only=only, where=parse_result_filter(text)))
    return {row.facts.custom_id: row for row in store.results.rows(keys)}


def counts_are_right(store: Store, key: int) -> dict[str, int]:
    """Return the counts of a batch, which must be those of its rows."""
    counts = store.results.count(Selection((key,)))
    flagged = sum("flagged" in row.facts.flags for row in rows(store, key).values())
    assert counts["flagged"] == counts.get(BY_PERSON, 0) == flagged
    assert store.results.facets(Selection((key,))).flags.get(BY_PERSON, 0) == flagged
    return counts


def find(store: Store, key: int, custom_id: str) -> list[ResultKey]:
    return store.results.find(key, custom_id)


@pytest.mark.parametrize(
    ("before", "flagged"),
    [
        ("", "flagged,by:person"),
        ("truncated", "truncated,flagged,by:person"),
        ("refused,flagged,check:a,check:b", "refused,flagged,check:a,check:b,by:person"),
    ],
)
def test_a_flag_goes_as_it_came(before: str, flagged: str) -> None:
    assert flags_with(before, on=True) == flags_with(flagged, on=True) == flagged
    assert flags_with(flagged, on=False) == flags_with(before, on=False) == before


async def test_a_flag_is_found_counted_and_taken_back(store: Store) -> None:
    key = await attempt(store, "job", 1, "a:s b:t c:e")
    assert await store.remarks.flag([*find(store, key, "b"), *find(store, key, "c")], on=True) == 2
    assert rows(store, key)["b"].facts.flags == ("truncated", *FLAG)
    assert rows(store, key)["c"].facts.flags == FLAG
    assert counts_are_right(store, key)["truncated"] == 1
    assert [*rows(store, key, only="flagged")] == [*rows(store, key, "flag:by:person")] == ["b", "c"]
    assert [row.custom_id for row in store.results.answered([key], flag="flagged")] == ["b"]
    await store.remarks.flag(find(store, key, "b"), on=True)
    await store.remarks.flag(find(store, key, "b"), on=False)
    await store.remarks.flag(find(store, key, "a"), on=False)
    assert [*rows(store, key, only="flagged")] == ["c"]
    assert counts_are_right(store, key)["all"] == 3


async def test_a_note_is_read_found_and_taken_back(store: Store) -> None:
    key = await attempt(store, "job", 1, "a:s b:s")
    await store.remarks.note(find(store, key, "a"), "zu höflich, 100%")
    assert rows(store, key)["a"].note == "zu höflich, 100%"
    assert [*rows(store, key, 'note:"HÖFLICH"')] == []
    assert [*rows(store, key, "note:100%")] == ["a"]
    assert [*rows(store, key, "!note:100%")] == ["b"]
    assert counts_are_right(store, key)["flagged"] == 0
    await store.remarks.note(find(store, key, "a"), "")
    assert rows(store, key)["a"].note == ""


async def test_they_outlive_an_index_and_a_download(store: Store) -> None:
    key = await attempt(store, "job", 1, "a:s b:s c:e")
    batch_id = store.batches.by_key(key).id
    await store.remarks.flag(find(store, key, "b"), on=True)
    await store.remarks.note(find(store, key, "c"), "ask again")
    await store.results.index(batch_id)
    assert rows(store, key)["b"].facts.flags == FLAG
    assert rows(store, key)["c"].note == "ask again"
    assert counts_are_right(store, key)["flagged"] == 1
    await bring(store, batch_id, [succeeded("b"), succeeded("a"), errored("c")])
    assert [*rows(store, key, only="flagged")] == ["b"]
    assert counts_are_right(store, key)["all"] == 3


async def test_a_row_is_flagged_while_the_others_come(store: Store, at_once: None) -> None:
    key = (await foreign(store, "msgbatch_a", 3)).key
    writer = store.results.writer("msgbatch_a")
    await arrived(writer, succeeded("a") + b"\n" + succeeded("b") + b"\n")
    await store.remarks.flag([(key, 0), (key, 1)], on=True)
    await store.remarks.flag([(key, 1)], on=False)
    assert [*rows(store, key, only="flagged")] == ["a"]
    await arrived(writer, succeeded("c") + b"\n")
    await writer.finish(3)
    assert [*rows(store, key, only="flagged")] == ["a"]
    assert counts_are_right(store, key)["all"] == 3


async def test_it_is_about_every_line_with_the_custom_id(store: Store) -> None:
    key = (await foreign(store, "msgbatch_a", 3)).key
    await bring(store, "msgbatch_a", [succeeded("a"), errored("b"), succeeded("a")])
    assert find(store, key, "a") == [(key, 0), (key, 2)]
    await store.remarks.flag([(key, 2)], on=True)
    assert store.results.count(Selection((key,)))["flagged"] == 2
    await store.remarks.flag([(key, 0)], on=False)
    assert store.results.count(Selection((key,)))["flagged"] == 0


async def test_many_are_flagged_at_once(store: Store) -> None:
    key = await attempt(store, "job", 1, " ".join(f"r{number}:s" for number in range(1_200)))
    keys = store.results.keys(Selection((key,)))
    assert await store.remarks.flag(keys, on=True) == 1_200
    assert counts_are_right(store, key)["flagged"] == 1_200


async def test_what_has_no_custom_id_or_is_gone_is_refused(store: Store) -> None:
    key = (await foreign(store, "msgbatch_a", 2)).key
    await bring(store, "msgbatch_a", [succeeded("a"), b"no json"])
    with pytest.raises(InputError, match="without a custom_id"):
        await store.remarks.flag([(key, 0), (key, 1)], on=True)
    with pytest.raises(StoreError, match="not there any more"):
        await store.remarks.flag([(key, 0), (key, 7)], on=True)
    assert counts_are_right(store, key)["flagged"] == 0


async def test_they_go_with_their_batch(open_store: Open, store: Store) -> None:
    key = await attempt(store, "job", 1, "a:s")
    await store.remarks.flag(find(store, key, "a"), on=True)
    await store.batches.forget(store.batches.by_key(key).id)
    connection = sqlite3.connect(f"file:{store.files.templates.parent / 'batchtui.db'}?mode=ro", uri=True)
    try:
        assert connection.execute("SELECT count(*) FROM remarks").fetchone() == (0,)
    finally:
        connection.close()
