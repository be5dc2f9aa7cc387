from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from batchtui.domain.errors import InputError, StoreError
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKeys, Selection
from batchtui.store import Store, searching
from tests.store.making import MODEL, arrived, bring, ended, errored, expired, record, result_line, succeeded


def cited(custom_id: str, *blocks: str | None) -> bytes:
    """Return an answer of several blocks; None stands for one that is no text."""
    content = [
        {"type": "server_tool_use", "name": "web_search"} if text is None else {"type": "text", "text": text}
        for text in blocks
    ]
    message = {
        "model": MODEL,
        "stop_reason": "end_turn",
        "content": content,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    return result_line(custom_id, type="succeeded", message=message)


def escaped(line: bytes, *, large: bool = False) -> bytes:
    """Return a line with everything beyond ASCII escaped."""
    line = json.dumps(json.loads(line)).encode()
    return line.replace(b"\\u6771\\u4eac", b"\\u6771\\u4EAC") if large else line


LINES = [
    succeeded("plain", "A Needle in the hay"),
    cited("cut", "Need", "le."),
    cited("tool", "hay", None, "needle"),
    succeeded("escapes", 'They say "hi" \\o/\r\non two\nlines'),
    succeeded("tokyo", "東京 🙂"),
    escaped(succeeded("tokyo-escaped", "東京 🙂")),
    escaped(succeeded("tokyo-large", "東京"), large=True),
    succeeded("cyrillic", "Привет"),
    errored("failed", "overloaded_error", "No needle today"),
    expired("needle-expired"),
    b'{"custom_id": "lone", "result": {"type": "succeeded", "message": {"content": "lone \\ud800 needle"}}}',
    b'{"custom_id": "bytes", "result": {"type": "succeeded", "message": {"content": "bad \xff needle"}}}',
    b"needle, but no result",
    result_line("flat", type="errored", error={"type": "x", "message": "flat needle"}),
    succeeded("zero", "nul \x00 needle"),
]

SEARCHES: list[tuple[Search, str]] = [
    (Search("needle"), "plain cut tool failed lone bytes flat zero"),
    (Search("needle", match_case=True), "tool failed lone bytes flat zero"),
    (Search("Needle.", match_case=True), "cut"),
    (Search("NEEDLE IN"), "plain"),
    (Search('say "HI"'), "escapes"),
    (Search("\\o/"), "escapes"),
    (Search("\r\non two\nlines"), "escapes"),
    (Search("hay\n\nneedle"), "tool"),
    (Search("東京"), "tokyo tokyo-escaped tokyo-large"),
    (Search("東京", match_case=True), "tokyo tokyo-escaped tokyo-large"),
    (Search("🙂"), "tokyo tokyo-escaped"),
    (Search("привет"), "cyrillic"),
    (Search("\ufffd"), "bytes"),
    (Search("end_turn"), ""),
    (Search("overloaded_error"), ""),
    (Search("\x00"), "zero"),
    (Search("ne+dle$", regex=True), "tool lone bytes flat zero"),
    (Search("N.{4}e", regex=True, match_case=True), "plain cut failed"),
    (Search("^hay$|two", regex=True), "escapes"),
]


def names(store: Store, keys: ResultKeys) -> str:
    return " ".join(row.facts.custom_id for row in store.results.rows(keys))


@pytest.fixture(params=[b"\n", b"\r\n"], ids=["lf", "crlf"])
def newline(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param)


async def test_every_search_finds_what_it_should(store: Store, newline: bytes) -> None:
    await record(store, ended("msgbatch_1", len(LINES)))
    writer = store.results.writer("msgbatch_1")
    await writer.feed(newline.join(LINES))
    await writer.finish(None)
    everything = Selection((store.batches.get("msgbatch_1").key,))
    found = {search: names(store, await store.results.search(everything, search)) for search, _ in SEARCHES}
    assert found == dict(SEARCHES)


async def many(store: Store, batch_id: str, texts: Sequence[str]) -> Selection:
    await bring(store, batch_id, [succeeded(f"{batch_id}-{number}", text) for number, text in enumerate(texts)])
    return Selection((store.batches.get(batch_id).key,))


@pytest.mark.parametrize("search", [Search("needle"), Search("need.e", regex=True)], ids=["bytes", "pattern"])
async def test_hits_are_told_in_the_order_of_the_file(
    store: Store, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(searching, "BLOCK_BYTES", 500)
    selection = await many(store, "msgbatch_1", ["needle" if n % 3 else "x" * 700 for n in range(50)])
    told: list[int] = []
    backwards = Selection(selection.batch_keys, sort="custom_id", reverse=True)
    found = await store.results.search(backwards, search, lambda hits: told.extend(seq for _, seq in hits))
    assert told == [n for n in range(50) if n % 3]
    assert sorted(seq for _, seq in found) == told
    assert [row.facts.custom_id for row in store.results.rows(found)] == sorted(
        (f"msgbatch_1-{n}" for n in told), reverse=True
    )


async def test_hits_stay_within_the_selection(store: Store) -> None:
    selection = await many(store, "msgbatch_1", ["blue needle", "red needle", "blue"])
    blue = Selection(selection.batch_keys, where=parse_result_filter("blue"))
    told: list[ResultKeys] = []
    assert names(store, await store.results.search(blue, Search("needle"), told.append)) == "msgbatch_1-0"
    assert [len(hits) for hits in told] == [1]


@pytest.mark.parametrize("search", [Search("needle"), Search("need.e", regex=True)], ids=["bytes", "pattern"])
async def test_everything_on_disk_is_searched(store: Store, search: Search) -> None:
    first = await many(store, "msgbatch_1", ["needle", "x", "needle"])
    await many(store, "msgbatch_2", ["x"])
    third = await many(store, "msgbatch_3", ["needle"])
    told: list[tuple[int, ResultKeys]] = []
    found = await store.results.search_everywhere(search, lambda key, hits: told.append((key, hits)))
    assert found == told
    assert {key: names(store, hits) for key, hits in found} == {
        first.batch_keys[0]: "msgbatch_1-0 msgbatch_1-2",
        third.batch_keys[0]: "msgbatch_3-0",
    }


async def test_a_file_that_is_gone_does_not_keep_the_others_from_being_searched(store: Store) -> None:
    await many(store, "msgbatch_1", ["needle"])
    await many(store, "msgbatch_2", ["needle"])
    store.files.results_path("msgbatch_2").unlink()
    told: list[int] = []
    for search in (Search("needle"), Search("need.e", regex=True)):
        told.clear()
        with pytest.raises(StoreError, match="msgbatch_2"):
            await store.results.search_everywhere(search, lambda key, _hits: told.append(key))
        assert told == [store.batches.get("msgbatch_1").key]


@pytest.mark.usefixtures("at_once")
async def test_results_are_searched_while_they_arrive(store: Store) -> None:
    await record(store, ended("msgbatch_1", 3))
    writer = store.results.writer("msgbatch_1")
    await arrived(writer, succeeded("a", "needle") + b"\n")
    selection = Selection((store.batches.get("msgbatch_1").key,))
    for search in (Search("needle"), Search("need.e", regex=True)):
        found = await store.results.search(selection, search)
        assert names(store, found) == "a"
    await writer.abort()


@pytest.mark.parametrize("search", [Search("needle"), Search("need.e", regex=True)], ids=["bytes", "pattern"])
async def test_a_batch_that_is_forgotten_has_no_hits(store: Store, search: Search) -> None:
    selection = await many(store, "msgbatch_1", ["needle"])
    await store.batches.forget("msgbatch_1")
    assert not await store.results.search(selection, search)
    assert await store.results.search_everywhere(search) == []


async def test_a_pattern_that_takes_for_ever_is_given_up(store: Store) -> None:
    selection = await many(store, "msgbatch_1", ["needle", "a" * 40 + "b"])
    with pytest.raises(InputError, match="takes more than 1 s"):
        await store.results.search(selection, Search("(a+)+$", regex=True))


async def test_a_search_that_is_cancelled_tells_nothing_more(store: Store) -> None:
    selection = await many(store, "msgbatch_1", ["needle"] * 10 + ["a" * 40 + "b"])
    told = asyncio.Event()

    def on_hits(_hits: ResultKeys) -> None:
        told.set()

    search = asyncio.create_task(store.results.search(selection, Search("needle|(a+)+$", regex=True), on_hits))
    await told.wait()
    told.clear()
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    assert names(store, await store.results.search(selection, Search("needle"))).count("msgbatch_1") == 10
    assert not told.is_set()
