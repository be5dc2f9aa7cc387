from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchtui.domain.cost import cost_usd
from batchtui.domain.errors import StoreError, UnknownIdError
from batchtui.domain.job import KeptTemplate
from batchtui.domain.result import Tokens, parse_result
from batchtui.domain.selection import Selection, StoredResult
from batchtui.store import Store, ingest
from batchtui.store.lines import Lines
from tests.store.conftest import Open
from tests.store.making import (
    MODEL,
    PROFILE,
    URL,
    bring,
    draft,
    ended,
    errored,
    expired,
    finish,
    foreign,
    places,
    record,
    running,
    send,
    succeeded,
)

BIG = 4_000_000


def rows_of(store: Store, batch_id: str) -> list[StoredResult]:
    stored = store.batches.get(batch_id)
    return store.results.rows(store.results.keys(Selection((stored.key,))))


def as_read(lines: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Return offset and bytes of each line in a file of these, as a person would count them."""
    places, offset = [], 0
    for line in lines:
        places.append((offset, line))
        offset += len(line) + 1
    return places


@given(
    lines=st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=8),
    cuts=st.lists(st.integers(0, 200), max_size=12),
    last_newline=st.booleans(),
)
def test_lines_are_the_same_wherever_the_bytes_are_cut(
    lines: list[bytes], cuts: list[int], last_newline: bool
) -> None:
    data = b"\n".join(lines) + b"\n" * last_newline
    ends = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader = Lines()
    found = [place for start, end in pairwise(ends) for place in reader.feed(data[start:end])]
    found += reader.end()
    assert found == [(offset, line) for offset, line in as_read(lines) if line.strip()]
    assert reader.offset == len(data)


LINES = [
    succeeded("a", 'Zürich "quoted" \u2028 line\u0085 東京'),
    b"",
    succeeded("b", "more") + b"\r",
    b"  \r",
    errored("c"),
    "not JSON, \u2028 but ünïcode".encode(),
    expired("d"),
]


def test_every_cut_of_a_file_gives_the_same_lines() -> None:
    data = b"\n".join(LINES)
    for cut in range(len(data)):
        reader = Lines()
        found = [*reader.feed(data[:cut]), *reader.feed(data[cut:]), *reader.end()]
        assert found == [(offset, line) for offset, line in as_read(LINES) if line.strip()]


async def test_cuts_in_odd_places_give_the_same_rows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    monkeypatch.setattr(ingest, "ROWS_AT_ONCE", 1)
    data = b"\n".join(LINES)
    await foreign(store, "msgbatch_1", 5)
    seen: set[tuple[object, ...]] = set()
    newline, wide, end = data.index(b"\n"), data.index("東".encode()), len(data)
    for cut in (0, 1, newline, newline + 1, newline + 2, wide + 1, data.index(b"\r"), end - 1, end):
        writer = store.results.writer("msgbatch_1")
        await writer.feed(data[:cut])
        await writer.feed(data[cut:])
        assert (await finish(writer, 5)).complete
        seen.add(tuple((row.facts, row.offset, row.length) for row in rows_of(store, "msgbatch_1")))
    assert len(seen) == 1
    rows = rows_of(store, "msgbatch_1")
    assert [store.results.line(row) for row in rows] == [line for line in LINES if line.strip()]
    assert store.files.results_path("msgbatch_1").read_bytes() == data


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.binary(min_size=1, max_size=30).filter(lambda line: b"\n" not in line and line.strip())),
    chunk_bytes=st.integers(1, 50),
)
def test_any_bytes_at_all_are_kept_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], chunk_bytes: int
) -> None:
    store = Store.open(places(tmp_path_factory.mktemp("home")))
    try:
        asyncio.run(take(store, lines, chunk_bytes))
        rows = rows_of(store, "msgbatch_1")
        assert [store.results.line(row) for row in rows] == lines
        assert all(row.facts.type == "unreadable" for row in rows)
    finally:
        store.close()


async def take(store: Store, lines: list[bytes], chunk_bytes: int) -> None:
    await foreign(store, "msgbatch_1", len(lines))
    data = b"".join(line + b"\n" for line in lines)
    writer = store.results.writer("msgbatch_1")
    for start in range(0, len(data), chunk_bytes):
        await writer.feed(data[start : start + chunk_bytes])
    await finish(writer, len(lines))


@pytest.mark.parametrize(
    "line",
    [
        succeeded("a", "x" * BIG),
        succeeded("a").replace(b"An answer", b"\xff\xfe answer"),
        succeeded("a").replace(b"An answer", rb"\ud800 answer"),
        succeeded("a").replace(b"An answer", rb"\u0000 answer"),
        succeeded("a").replace(b"200", b"NaN"),
        succeeded("a").replace(b"200", b"9" * 40),
        succeeded("a").replace(b'"a"', rb'"\ud800"'),
        b'{"custom_id": "a", "result": ' + b"[" * 100_000,
        b'{"custom_id": 7, "result": {}}',
        b"[1, 2]",
        b"\x00",
        b"\xef\xbb\xbf" + succeeded("a"),
    ],
    ids=lambda line: line[-40:].decode("latin1"),
)
async def test_no_line_is_too_odd_to_be_kept(store: Store, line: bytes) -> None:
    await foreign(store, "msgbatch_1", 1)
    ingested = await bring(store, "msgbatch_1", [line])
    (row,) = rows_of(store, "msgbatch_1")
    assert store.results.line(row) == line
    assert row.facts == parse_result(line)
    assert ingested.unreadable == (row.facts.type == "unreadable")
    assert store.check() == []


async def test_rows_say_what_lists_need(store: Store) -> None:
    message = "x" * 3_000
    lines = [
        succeeded("a", "Two  words", stop_reason="max_tokens"),
        errored("b", "invalid_request_error", message),
        expired("c"),
        succeeded("d", model="some-unknown-model"),
        b"{}",
    ]
    await bring(store, "msgbatch_1", lines)
    a, b, c, d, e = rows_of(store, "msgbatch_1")
    assert a.facts == parse_result(lines[0])
    assert a.facts.flags == ("truncated",)
    assert (a.batch_id, a.attempt, a.seq, a.ordinal, a.offset, a.length) == (
        "msgbatch_1",
        1,
        0,
        0,
        0,
        len(lines[0]),
    )
    assert a.cost_usd == cost_usd(MODEL, Tokens(input=1_000, output=200))
    assert b.facts.error_message == message[:2_000]
    assert (b.cost_usd, c.cost_usd, d.cost_usd, e.cost_usd) == (0.0, 0.0, None, None)
    assert store.results.row(a.key) == a


async def test_rows_are_given_in_the_order_asked_for(store: Store) -> None:
    await bring(store, "msgbatch_1", [succeeded(str(number)) for number in range(300)])
    keys = store.results.keys(Selection((store.batches.get("msgbatch_1").key,)))[::-3]
    assert [row.key for row in store.results.rows(keys)] == list(keys)
    assert store.results.rows([]) == []


async def test_a_row_that_is_gone_is_an_error(store: Store) -> None:
    stored = await foreign(store, "msgbatch_1", 1)
    with pytest.raises(StoreError, match="not there any more"):
        store.results.row((stored.key, 0))
    with pytest.raises(StoreError, match="not there any more"):
        store.results.row((99, 0))


async def test_cost_is_actual_when_every_answer_has_a_price(store: Store) -> None:
    price = cost_usd(MODEL, Tokens(input=1_000, output=200))
    assert price is not None
    await bring(store, "msgbatch_1", [succeeded("a"), succeeded("b"), errored("c")])
    await bring(store, "msgbatch_2", [succeeded("a"), succeeded("b", model="unknown")])
    await bring(store, "msgbatch_3", [succeeded("b", model="unknown"), b"odd"])
    await bring(store, "msgbatch_4", [errored("a")])
    costs = [store.batches.get(f"msgbatch_{number}") for number in (1, 2, 3, 4)]
    assert [stored.cost_usd for stored in costs] == [pytest.approx(2 * price), price, None, 0.0]
    assert [stored.cost_is for stored in costs] == ["actual", "estimate", "unknown", "actual"]
    assert [stored.models for stored in costs] == [(MODEL,), (MODEL, "unknown"), ("unknown",), ()]


async def test_the_estimate_stays_where_prices_are_unknown(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["a"], "msgbatch_1")
    await bring(store, "msgbatch_1", [succeeded("a", model="unknown")])
    stored = store.batches.get("msgbatch_1")
    assert (stored.cost_usd, stored.cost_is, stored.models) == (0.5, "estimate", (MODEL,))


async def test_results_are_in_the_order_of_the_input(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    ids = [f"row-{number}" for number in range(50)]
    await send(store, job, ids, "msgbatch_1")
    await bring(
        store, "msgbatch_1", [succeeded(custom_id) for custom_id in sorted(ids)] + [b"odd", succeeded("who")]
    )
    rows = rows_of(store, "msgbatch_1")
    assert [row.facts.custom_id for row in rows] == [*ids, "", "who"]
    assert [row.ordinal for row in rows[:50]] == list(range(50))


async def test_rows_show_while_they_arrive(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    monkeypatch.setattr(ingest, "ROWS_AT_ONCE", 1)
    store, other = open_store(), open_store()
    await foreign(store, "msgbatch_1", 3)
    writer = store.results.writer("msgbatch_1")
    await writer.feed(succeeded("a") + b"\n" + succeeded("b")[:20])
    await store.leases.release("a write that comes", "after")
    assert other.batches.get("msgbatch_1").results == "partial"
    (row,) = rows_of(other, "msgbatch_1")
    assert other.results.line(row) == succeeded("a")
    await writer.feed(succeeded("b")[20:] + b"\n" + succeeded("c"))
    assert (await finish(writer, 3)).complete
    assert other.results.line(row) == succeeded("a")
    assert other.batches.get("msgbatch_1").results == "complete"
    assert len(rows_of(other, "msgbatch_1")) == 3
    await writer.abort()
    assert len(rows_of(other, "msgbatch_1")) == 3


async def test_a_download_with_lines_missing_leaves_nothing(store: Store, home: Path) -> None:
    ingested = await bring(store, "msgbatch_1", [succeeded("a"), succeeded("b")], expected=3)
    assert (ingested.lines, ingested.missing, ingested.complete) == (2, 1, False)
    assert store.batches.get("msgbatch_1").results == "none"
    assert rows_of(store, "msgbatch_1") == []
    assert not list((home / "batches" / "msgbatch_1").iterdir())


async def test_a_last_line_cut_off_is_not_taken_for_an_answer(store: Store) -> None:
    ingested = await bring(store, "msgbatch_1", [succeeded("a"), succeeded("b")[:-5]], end=b"")
    assert (ingested.lines, ingested.unreadable, ingested.complete) == (2, 1, False)
    assert store.batches.get("msgbatch_1").results == "none"


async def test_no_results_at_all_can_be_right(store: Store) -> None:
    await foreign(store, "msgbatch_1", 0)
    assert (await store.results.writer("msgbatch_1").finish(None)).complete
    assert store.batches.get("msgbatch_1").results == "complete"
    assert store.files.results_path("msgbatch_1").read_bytes() == b""


async def test_an_interrupted_download_can_be_done_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    lines = [succeeded(str(number)) for number in range(20)]
    await foreign(store, "msgbatch_1", 20)
    writer = store.results.writer("msgbatch_1")
    await writer.feed(b"\n".join(lines[:11]))
    await writer.abort()
    await writer.abort()
    assert store.batches.get("msgbatch_1").results == "none"
    await bring(store, "msgbatch_1", lines)
    assert [store.results.line(row) for row in rows_of(store, "msgbatch_1")] == lines
    assert store.check() == []


async def test_abort_before_the_first_byte_does_nothing(store: Store, home: Path) -> None:
    await foreign(store, "msgbatch_1", 1)
    await store.results.writer("msgbatch_1").abort()
    assert store.batches.get("msgbatch_1").results == "none"
    assert not list((home / "batches").iterdir())


async def test_complete_results_stay_until_new_ones_are_complete(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    old, new = [succeeded("a", "old"), succeeded("b")], [succeeded("b"), succeeded("a", "new")]
    await bring(store, "msgbatch_1", old)
    failing = store.results.writer("msgbatch_1")
    await failing.feed(new[0] + b"\n")
    assert not (await finish(failing, 2)).complete
    assert [store.results.line(row) for row in rows_of(store, "msgbatch_1")] == old
    writer = store.results.writer("msgbatch_1")
    await writer.feed(new[0] + b"\n" + new[1])
    assert [store.results.line(row) for row in rows_of(store, "msgbatch_1")] == old
    assert (await finish(writer, 2)).complete
    assert [store.results.line(row) for row in rows_of(store, "msgbatch_1")] == new
    assert store.check() == []


async def test_two_downloads_at_once_never_mix(
    open_store: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    monkeypatch.setattr(ingest, "ROWS_AT_ONCE", 1)
    here, there = open_store(), open_store()
    await foreign(here, "msgbatch_1", 3)
    mine = [succeeded(custom_id, "mine") for custom_id in "abc"]
    theirs = [succeeded(custom_id, "theirs") for custom_id in "cab"]
    first, second = here.results.writer("msgbatch_1"), there.results.writer("msgbatch_1")
    for left, right in zip(mine, theirs, strict=True):
        await first.feed(left + b"\n")
        await second.feed(right + b"\n")
        previews = {row.facts.preview for row in rows_of(here, "msgbatch_1")}
        assert len(previews) <= 1
    assert (await finish(first, 3)).complete
    assert [here.results.line(row) for row in rows_of(there, "msgbatch_1")] == mine
    assert (await finish(second, 3)).complete
    assert [here.results.line(row) for row in rows_of(here, "msgbatch_1")] == theirs
    assert [path.name for path in (home / "batches" / "msgbatch_1").iterdir()] == ["results.jsonl"]
    assert here.check() == []


async def test_a_batch_forgotten_meanwhile_stops_its_download(store: Store) -> None:
    await foreign(store, "msgbatch_1", 2)
    writer = store.results.writer("msgbatch_1")
    await writer.feed(succeeded("a") + b"\n" * ingest.FLUSH_BYTES)
    await store.batches.forget("msgbatch_1")
    with pytest.raises(StoreError, match="msgbatch_1 was forgotten"):
        await finish(writer, 1)
    await writer.abort()
    assert store.check() == []


async def test_a_download_of_an_unknown_batch_is_an_error(store: Store) -> None:
    writer = store.results.writer("msgbatch_1")
    with pytest.raises(UnknownIdError):
        await writer.finish(None)
    await writer.abort()


async def test_a_disk_that_refuses_is_named(store: Store, home: Path) -> None:
    await foreign(store, "msgbatch_1", 1)
    (home / "batches" / "msgbatch_1").write_bytes(b"in the way")
    with pytest.raises(StoreError, match="msgbatch_1: file exists"):
        await store.results.writer("msgbatch_1").finish(None)
    assert store.batches.get("msgbatch_1").results == "none"


async def test_the_database_holds_no_body(store: Store, home: Path) -> None:
    secret = "quartz vermilion "
    job = await store.jobs.create("rivers", PROFILE)
    stored = await send(store, job, [f"about-{secret.split(maxsplit=1)[0]}"], "msgbatch_1")
    text = "x" * 400 + secret * 50
    await bring(store, "msgbatch_1", [succeeded(f"about-{secret.split(maxsplit=1)[0]}", text)])
    store.close()
    data = (home / "batchtui.db").read_bytes()
    assert data.count(b"x" * 150) == 1
    assert b"x" * 200 not in data
    assert secret.encode() not in data
    assert b"About" not in data
    assert stored.requests_known


async def test_a_shortened_file_is_named(store: Store) -> None:
    await bring(store, "msgbatch_1", [succeeded("a")])
    (row,) = rows_of(store, "msgbatch_1")
    path = store.files.results_path("msgbatch_1")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StoreError, match=r"results\.jsonl: it is shorter") as caught:
        store.results.line(row)
    assert "doctor --repair" in caught.value.todo
    path.unlink()
    with pytest.raises(StoreError, match=r"results\.jsonl: no such file"):
        store.results.line(row)


async def test_requests_are_read_exactly(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    spool = store.files.new_spool()
    lines = [
        b'{"custom_id": "a",  "params": {"model": "m1", "max_tokens": 5, "extra": [1, {}]}}',
        b'{"params":{"max_tokens":7,"model":"m2"},"custom_id":"b"}\r',
        b'{"custom_id":"c","params":{"model":"m2","max_tokens":1e400,"text":"\\ud800"}}',
        b'{"custom_id":"d","params":{}}',
    ]
    intent = await draft(store, job, [])
    spool = store.files.spool_path(intent.id)
    spool.write_bytes(b"\n".join([lines[0], b"", *lines[1:]]))
    await store.intents.mark_sending(intent.id)
    await store.intents.close(intent.id, running("msgbatch_1", 4))
    await store.requests.ensure_indexed("msgbatch_1")
    assert await store.requests.index("msgbatch_1") == 4
    stored = store.batches.get("msgbatch_1")
    assert stored.models == ("", "m1", "m2")
    assert [store.requests.line(stored.key, custom_id) for custom_id in "abcd"] == lines
    assert store.requests.line_at(stored.key, 3, 9) == lines[0][3:12]
    with pytest.raises(UnknownIdError, match="'e' is not known"):
        store.requests.line(stored.key, "e")
    with pytest.raises(UnknownIdError):
        store.requests.line_at(99, 0, 1)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (b"nonsense", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'{"custom_id": 5, "params": {}}', "not a request"),
        (b'{"custom_id": "a"}', "not a request"),
        (b'{"custom_id": "a", "params": {}}', "that of another line"),
    ],
)
async def test_a_requests_file_gone_bad_is_named_with_its_line(store: Store, bad: bytes, what: str) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    stored = await send(store, job, ["a", "b"], "msgbatch_1")
    path = store.files.requests_path("msgbatch_1")
    path.write_bytes(path.read_bytes() + bad)
    with pytest.raises(StoreError, match=rf"requests\.jsonl, line 3: .*{what}"):
        await store.requests.index("msgbatch_1")
    assert store.requests.custom_ids(stored.key) == {"a", "b"}
    path.unlink()
    with pytest.raises(StoreError, match=r"requests\.jsonl: no such file"):
        await store.requests.index("msgbatch_1")
    with pytest.raises(UnknownIdError):
        await store.requests.index("msgbatch_9")


async def test_results_are_awaited_again_only_when_they_are_not_here(store: Store) -> None:
    await record(store, ended("msgbatch_1", 1))
    assert len(store.batches.awaiting_results(PROFILE, URL, datetime.now(UTC))) == 1
    await bring(store, "msgbatch_1", [succeeded("a")])
    assert store.batches.awaiting_results(PROFILE, URL, datetime.now(UTC)) == []


async def test_answers_have_a_usual_length_by_the_model_asked_for(store: Store) -> None:
    job = await store.jobs.create("rivers", PROFILE)
    await send(store, job, ["a", "b", "c"], "msgbatch_1")
    await bring(
        store,
        "msgbatch_1",
        [succeeded("a", model="dated", output_tokens=100), succeeded("b", output_tokens=300), errored("c")],
    )
    await bring(store, "msgbatch_2", [succeeded("x", model="other", output_tokens=7)])
    assert store.results.usual_output([MODEL, "other", "never"]) == {MODEL: 200.0, "other": 7.0}
    assert store.results.usual_output([]) == {}


async def test_answers_that_a_check_does_not_hold_for_are_flagged(store: Store) -> None:
    template = KeptTemplate("short", "params: {}\nchecks:\n  max_words: 2\n  must_match: [river]\n")
    job = await store.jobs.create("job", PROFILE)
    await send(store, job, ["a", "b", "c", "d"], "msgbatch_1", template=template)
    lines = [
        succeeded("d", "a river it is", stop_reason="max_tokens"),
        succeeded("c", "three little words"),
        succeeded("b", "a river"),
        errored("a"),
    ]
    await bring(store, "msgbatch_1", lines)
    expected = [
        (),
        (),
        ("flagged", "check:max_words", "check:must_match"),
        ("truncated", "flagged", "check:max_words"),
    ]
    assert [row.facts.flags for row in rows_of(store, "msgbatch_1")] == expected
    selection = Selection((store.batches.get("msgbatch_1").key,))
    assert store.results.count(selection)["flagged"] == 2
    assert store.results.count(selection)["check:must_match"] == 1
    assert len(store.results.keys(replace(selection, only="flagged"))) == 2
    assert len(store.results.keys(replace(selection, only="check:must_match"))) == 1
    await store.results.index("msgbatch_1")
    assert [row.facts.flags for row in rows_of(store, "msgbatch_1")] == expected


async def test_results_come_home_whatever_became_of_the_template(store: Store) -> None:
    job = await store.jobs.create("job", PROFILE)
    await send(store, job, ["a"], "msgbatch_1", template=KeptTemplate("odd", "checks: [\n"))
    assert (await bring(store, "msgbatch_1", [succeeded("a")])).complete


async def test_a_line_of_many_megabytes_comes_in_pieces(store: Store) -> None:
    await foreign(store, "msgbatch_1", 3)
    lines = [succeeded("a"), succeeded("b", "wide 東京 " * 400_000), succeeded("c")]
    data = b"\r\n".join(lines)
    writer = store.results.writer("msgbatch_1")
    for start in range(0, len(data), 65_537):
        await writer.feed(data[start : start + 65_537])
    assert (await finish(writer, 3)).complete
    rows = rows_of(store, "msgbatch_1")
    assert [store.results.line(row) for row in rows] == [lines[0] + b"\r", lines[1] + b"\r", lines[2]]
    assert rows[1].facts.text_chars == len("wide 東京 ") * 400_000
