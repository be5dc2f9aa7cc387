from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchtui.domain.filter import ResultFilter, ResultTerm, parse_result_filter
from batchtui.domain.retry import FailedRow
from batchtui.domain.search import Search
from batchtui.domain.selection import Selection, SortBy
from batchtui.store import Store
from tests.store.making import (
    PROFILE,
    arrived,
    bring,
    ended,
    errored,
    expired,
    foreign,
    record,
    request_line,
    running,
    send,
    succeeded,
)

ANSWERS: dict[str, Callable[[str], bytes]] = {
    "s": succeeded,
    "e": errored,
    "x": expired,
    "t": lambda custom_id: succeeded(custom_id, stop_reason="max_tokens"),
}
"""Outcomes by a letter: succeeded, errored, expired, succeeded but truncated."""


async def attempt(store: Store, job_name: str, number: int, rows: str, *, runs: bool = False, part: int = 1) -> int:
    """Send and bring home `a:s b:e c:-` (a succeeded, b errored, c has no line); return the key of the batch."""
    job = (store.jobs.find(job_name) or [await store.jobs.create(job_name, PROFILE)])[0]
    outcomes = dict(row.split(":") for row in rows.split())
    batch_id = f"msgbatch_{job_name}_{number}_{part}"
    stored = await send(store, job, list(outcomes), batch_id, attempt=number, part=part)
    if not runs:
        lines = [ANSWERS[outcome](custom_id) for custom_id, outcome in outcomes.items() if outcome != "-"]
        await bring(store, batch_id, lines[::-1])
    return stored.key


def names(rows: list[FailedRow]) -> list[str]:
    return [f"{row.custom_id}:{row.type}:{row.batch_key}" for row in rows]


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (["a:s b:s"], []),
        (["a:e b:s c:x"], ["a:errored:1", "c:expired:1"]),
        (["a:e b:x", "a:s b:e"], ["b:errored:2"]),
        (["a:e b:x", "b:s"], ["a:errored:1"]),
        (["a:e b:x c:e", "b:x", "c:e"], ["a:errored:1", "b:expired:2", "c:errored:3"]),
        (["a:s b:e", "a:e b:e"], ["b:errored:2"]),
        (["a:e b:e", "a:? b:?"], []),
        (["a:e b:e", "a:?"], ["b:errored:1"]),
        (["a:? b:?"], []),
        (["a:? b:?", "a:e"], []),
        (["a:- b:s c:e"], ["a:missing:1", "c:errored:1"]),
        (["a:e", "a:-"], ["a:missing:2"]),
        (["a:t b:e"], ["b:errored:1"]),
        ([""], []),
    ],
)
async def test_failed_is_what_has_no_success_and_is_not_under_way(
    store: Store, attempts: list[str], expected: list[str]
) -> None:
    keys = [
        await attempt(store, "job", number, rows.replace("?", "s"), runs="?" in rows)
        for number, rows in enumerate(attempts, 1)
    ]
    rows = store.results.failed(keys)
    assert names(rows) == expected
    assert store.results.failed(keys[::-1]) == rows
    for row in rows:
        assert store.requests.line_at(row.batch_key, row.offset, row.length) == request_line(row.custom_id)


async def test_failed_over_parts_comes_in_input_order(store: Store) -> None:
    second = await attempt(store, "job", 1, "c:e d:s e:x", part=2)
    first = await attempt(store, "job", 1, "b:s a:e", part=1)
    assert [row.custom_id for row in store.results.failed([second, first])] == ["a", "c", "e"]


async def test_failed_of_a_foreign_batch_has_no_request(store: Store) -> None:
    stored = await foreign(store, "msgbatch_1", 3)
    await bring(store, "msgbatch_1", [succeeded("a"), errored("b", "api_error", "Oops"), b"odd", b"odder"])
    rows = store.results.failed([stored.key])
    assert rows[0] == FailedRow("b", "errored", "api_error", "Oops", stored.key, 0, 0)
    assert [(row.type, row.length) for row in rows[1:]] == [("unreadable", 0)] * 2


async def test_an_unreadable_line_leaves_its_request_missing(store: Store) -> None:
    job = await store.jobs.create("job", PROFILE)
    stored = await send(store, job, ["a", "b"], "msgbatch_1")
    await bring(store, "msgbatch_1", [b"odd", succeeded("b"), errored("stranger")])
    assert names(store.results.failed([stored.key])) == [f"a:missing:{stored.key}"]


async def test_a_second_line_of_the_same_request_can_only_help(store: Store) -> None:
    job = await store.jobs.create("job", PROFILE)
    stored = await send(store, job, ["a", "b", "c"], "msgbatch_1")
    lines = [succeeded("a"), errored("a"), errored("b"), expired("b"), errored("c"), succeeded("c")]
    await bring(store, "msgbatch_1", lines)
    assert names(store.results.failed([stored.key])) == [f"b:expired:{stored.key}"]


async def test_gone_results_are_named_and_a_later_answer_counts(store: Store) -> None:
    key = await attempt(store, "job", 1, "a:s", runs=True)
    await store.batches.set_results_state("msgbatch_job_1_1", "gone")
    assert names(store.results.failed([key])) == [f"a:gone:{key}"]
    again = await attempt(store, "job", 2, "a:s")
    assert store.results.failed([key, again]) == []


Attempts = list[dict[str, str]]

attempts_of_a_job: st.SearchStrategy[Attempts] = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("sex-"), min_size=1), min_size=1, max_size=4
)


def oracle(
    attempts: Attempts, running_ones: set[int]
) -> tuple[dict[str, tuple[str, int]], dict[str, tuple[int, str]]]:
    """Return what failed and what is final, by going through everything by hand."""
    failed: dict[str, tuple[str, int]] = {}
    final: dict[str, tuple[int, str]] = {}
    for custom_id in "abcdef":
        outcomes = [(number, rows[custom_id]) for number, rows in enumerate(attempts) if custom_id in rows]
        known = [(number, outcome) for number, outcome in outcomes if number not in running_ones]
        answers = [(number, outcome) for number, outcome in known if outcome != "-"]
        successes = [answer for answer in answers if answer[1] == "s"]
        if answers:
            final[custom_id] = (successes or answers)[-1]
        if known and not successes and len(known) == len(outcomes):
            number, outcome = known[-1]
            failed[custom_id] = ({"e": "errored", "x": "expired", "-": "missing"}[outcome], number)
    return failed, final


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attempts=attempts_of_a_job, running_ones=st.sets(st.integers(0, 3), max_size=2), data=st.data())
async def test_failed_and_final_agree_with_going_through_by_hand(
    store: Store, attempts: Attempts, running_ones: set[int], data: st.DataObject
) -> None:
    for stored in store.batches.list():
        await store.batches.forget(stored.id)
    keys = []
    for number, outcomes in enumerate(attempts):
        order = data.draw(st.permutations(list(outcomes)))
        text = " ".join(f"{custom_id}:{outcomes[custom_id]}" for custom_id in order)
        keys.append(await attempt(store, "job", number + 1, text, runs=number in running_ones))
    failed, final = oracle(attempts, running_ones)
    assert {row.custom_id: (row.type, keys.index(row.batch_key)) for row in store.results.failed(keys)} == failed
    selection = Selection(tuple(keys), final=True)
    rows = store.results.rows(store.results.keys(selection))
    short = {"succeeded": "s", "errored": "e", "expired": "x"}
    assert {row.facts.custom_id: (keys.index(row.batch_key), short[row.facts.type]) for row in rows} == final
    assert len(rows) == len(final)
    count = store.results.count(selection)
    assert (count["all"], count["failed"]) == (len(final), sum(outcome != "s" for _, outcome in final.values()))


def words(text: str) -> ResultFilter:
    return ResultFilter((ResultTerm("", text),))


async def ids(store: Store, *keys: int, **narrowed: object) -> str:
    selection = Selection(keys, **narrowed)  # type: ignore[arg-type]
    return " ".join(row.facts.custom_id for row in store.results.rows(store.results.keys(selection)))


async def test_a_selection_narrows_and_sorts(store: Store) -> None:
    job = await store.jobs.create("job", PROFILE)
    stored = await send(store, job, ["a", "b", "c", "d", "e"], "msgbatch_1")
    key = stored.key
    lines = [
        succeeded("e", "Blue 100%", output_tokens=5, stop_reason="refusal"),
        errored("d", "api_error", "blue_screen"),
        expired("c"),
        succeeded("b", "red", output_tokens=9, stop_reason="max_tokens", model="z"),
        succeeded("a", "Green and long", output_tokens=7, input_tokens=1),
    ]
    await bring(store, "msgbatch_1", lines)
    assert await ids(store, key) == "a b c d e"
    assert await ids(store, key, reverse=True) == "e d c b a"
    assert await ids(store, key, only="failed") == "c d"
    assert await ids(store, key, only="succeeded") == "a b e"
    assert await ids(store, key, only="truncated") == "b"
    assert await ids(store, key, only="refused") == "e"
    assert await ids(store, key, only="nonsense") == ""
    assert await ids(store, key, where=words("BLUE")) == "d e"
    assert await ids(store, key, where=words("0%")) == "e"
    assert await ids(store, key, where=words("e_s")) == "d"
    assert await ids(store, key, where=words("\\")) == ""
    assert await ids(store, key, where=words("\udcff")) == ""
    assert await ids(store, key, where=words("blue"), only="errored", final=True) == "d"
    assert await ids(store, key, sort="output_tokens") == "c d e a b"
    assert await ids(store, key, sort="output_tokens", reverse=True) == "b a e c d"
    assert await ids(store, key, sort="length", final=True) == "c d b e a"
    assert await ids(store, key, sort="model", only="succeeded") == "a e b"
    assert store.results.count(Selection((key,), only="errored")) == {
        "all": 5,
        "failed": 2,
        "succeeded": 3,
        "errored": 1,
        "expired": 1,
        "truncated": 1,
        "refused": 1,
        "flagged": 0,
    }
    assert store.results.count(Selection((key,), where=words("blue")))["all"] == 2
    assert store.results.count(Selection((key,), where=words("blue"), final=True))["all"] == 2
    assert store.results.count(Selection(()))["all"] == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("status:failed", "c d"),
        ("!status:failed", "a b e"),
        ("status:err", "d"),
        ("error:expired", "c"),
        ("error:API_error", "d"),
        ("error:blue_s", "d"),
        ("!error:blue", "a b c e"),
        ("stop:max", "b"),
        ("!stop:max", "a c d e"),
        ("model:z", "b"),
        ("flag:refused", "e"),
        ("!flag:refused", "a b c d"),
        ("id:c", "c"),
        ("tokens>7", "b"),
        ("tokens>=7", "a b"),
        ("tokens<7 status:succeeded", "e"),
        ("tokens=7", "a"),
        ("!tokens=7", "b c d e"),
        ("input<1,000", "a c d"),
        ("chars>3", "a e"),
        ("cost>0", "a e"),
        ("!cost>0", "b c d"),
        ("attempt:1", "a b c d e"),
        ("attempt>1", ""),
        ("blue !status:failed", "e"),
        ("100% error:", "e"),
    ],
)
async def test_a_filter_line_narrows(store: Store, line: str, expected: str) -> None:
    job = await store.jobs.create("job", PROFILE)
    stored = await send(store, job, ["a", "b", "c", "d", "e"], "msgbatch_1")
    lines = [
        succeeded("e", "Blue 100%", output_tokens=5, stop_reason="refusal"),
        errored("d", "api_error", "blue_screen"),
        expired("c"),
        succeeded("b", "red", output_tokens=9, stop_reason="max_tokens", model="z"),
        succeeded("a", "Green and long", output_tokens=7, input_tokens=1),
    ]
    await bring(store, "msgbatch_1", lines)
    where = parse_result_filter(line)
    assert await ids(store, stored.key, where=where) == expected
    assert await ids(store, stored.key, where=where, final=True, sort="custom_id") == expected
    assert store.results.count(Selection((stored.key,), where=where))["all"] == len(expected.split())


async def test_those_without_come_last_in_either_direction(store: Store) -> None:
    lines = [expired("a"), errored("b", "z_error"), succeeded("c"), errored("d", "a_error")]
    await bring(store, "msgbatch_1", lines)
    key = store.batches.get("msgbatch_1").key
    assert await ids(store, key, sort="error") == "d b a c"
    assert await ids(store, key, sort="error", reverse=True) == "b d a c"
    assert await ids(store, key, sort="stop_reason", reverse=True) == "c a b d"


async def test_final_answers_are_worked_out_anew_when_results_change(store: Store) -> None:
    first = await attempt(store, "job", 1, "a:e b:s")
    second = await attempt(store, "job", 2, "a:e")
    assert await ids(store, first, second, final=True, only="failed") == "a"
    await bring(store, "msgbatch_job_2_1", [succeeded("a")])
    assert await ids(store, first, second, final=True, only="failed") == ""
    assert await ids(store, first, second, final=True, sort="custom_id") == "a b"


async def test_results_take_the_order_of_requests_that_become_known_later(store: Store) -> None:
    job = await store.jobs.create("job", PROFILE)
    stored = await send(store, job, ["a", "b", "c"], "msgbatch_1")
    await bring(store, "msgbatch_1", [succeeded("c"), succeeded("a"), succeeded("b")])
    path = store.files.requests_path("msgbatch_1")
    assert await ids(store, stored.key) == "a b c"
    path.write_bytes(b"".join(request_line(custom_id) + b"\n" for custom_id in "bca"))
    await store.requests.index("msgbatch_1")
    assert await ids(store, stored.key) == "b c a"
    assert await ids(store, stored.key, final=True) == "b c a"


@pytest.mark.usefixtures("at_once")
async def test_requests_that_become_known_during_a_download_give_their_order(store: Store) -> None:
    job = await store.jobs.create("job", PROFILE)
    stored = await send(store, job, ["a", "b"], "msgbatch_1")
    await record(store, ended("msgbatch_1", 3))
    writer = store.results.writer("msgbatch_1")
    await arrived(writer, succeeded("c") + b"\n")
    store.files.requests_path("msgbatch_1").write_bytes(
        b"".join(request_line(custom_id) + b"\n" for custom_id in "abc")
    )
    await store.requests.index("msgbatch_1")
    await writer.feed(succeeded("b") + b"\n" + succeeded("a"))
    assert (await writer.finish(3)).complete
    assert await ids(store, stored.key) == "a b c"
    assert [row.ordinal for row in store.results.rows(store.results.keys(Selection((stored.key,))))] == [0, 1, 2]


@pytest.mark.parametrize("sort", get_args(SortBy))
async def test_every_order_is_over_all_batches(store: Store, sort: SortBy) -> None:
    first = await attempt(store, "job", 1, "a:s b:e c:x")
    second = await attempt(store, "job", 2, "b:s c:x")
    forward = store.results.keys(Selection((second, first), sort=sort))
    assert sorted(forward) == [(first, 0), (first, 1), (first, 2), (second, 0), (second, 1)]
    backward = store.results.keys(Selection((second, first), sort=sort, reverse=True))
    assert sorted(backward) == sorted(forward)


async def test_final_answers_stand_where_their_request_stood_first(store: Store) -> None:
    first = await attempt(store, "job", 1, "a:s b:e c:x d:s")
    second = await attempt(store, "job", 2, "c:x b:s")
    assert await ids(store, first, second) == "a b c d c b"
    assert await ids(store, first, second, final=True) == "a b c d"
    assert await ids(store, first, second, final=True, only="failed") == "c"
    assert await ids(store, first, second, final=True, reverse=True) == "d c b a"
    final = store.results.rows(store.results.keys(Selection((first, second), final=True)))
    assert [row.attempt for row in final] == [1, 2, 2, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("needle", "a b"),
        ("NEEDLE", "a b"),
        ("straße", "c"),
        ("STRAßE", "c"),
        ('say "hi"', "d"),
        ("two\nlines", "d"),
        ("overloaded", "e"),
        ("end_turn", ""),
    ],
)
async def test_a_search_reads_whole_outputs(store: Store, text: str, expected: str) -> None:
    long = "x" * 5_000
    lines = [
        succeeded("a", long + " Needle"),
        succeeded("b", "needle"),
        succeeded("c", "Große Straße"),
        succeeded("d", 'They say "hi"\non two\nlines.'),
        errored("e"),
        b"odd needle",
    ]
    await bring(store, "msgbatch_1", lines)
    selection = Selection((store.batches.get("msgbatch_1").key,))
    found = store.results.rows(await store.results.search(selection, Search(text)))
    assert " ".join(row.facts.custom_id for row in found) == expected


async def test_a_search_stays_within_the_selection(store: Store) -> None:
    first = await attempt(store, "job", 1, "a:s b:t c:e")
    second = await attempt(store, "job", 2, "c:s")
    await record(store, running("msgbatch_9", 1))
    selection = Selection((first, second, store.batches.get("msgbatch_9").key), final=True, reverse=True)
    found = store.results.rows(await store.results.search(selection, Search("an answer")))
    assert [row.facts.custom_id for row in found] == ["c", "b", "a"]
    truncated = Selection((first, second), only="truncated")
    assert len(await store.results.search(truncated, Search("an answer"))) == 1


async def test_a_row_told_twice_in_one_attempt_keeps_its_count_of_failures(store: Store) -> None:
    job = await store.jobs.create("twice", PROFILE)
    keys = []
    for number in (1, 2):
        stored = await send(store, job, ["a"], f"msgbatch_twice_{number}", attempt=number)
        await bring(store, stored.id, [errored("a")] * number, expected=1)
        keys.append(stored.key)
    (row,) = store.results.failed(keys)
    assert (row.attempt, row.failures, row.tries) == (2, 2, 2)
