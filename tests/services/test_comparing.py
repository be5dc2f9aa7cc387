"""Comparing: every kind of side, by hand-checked answers."""

from __future__ import annotations

import asyncio
import codecs
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from batchtui.domain.comparison import KINDS, Comparison, Kind, Sort
from batchtui.domain.errors import DataError, InputError, StoreError, UnknownIdError
from batchtui.domain.filter import parse_result_filter
from batchtui.domain.search import Search
from batchtui.services.prepare import prepare
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from tests.services.conftest import request_line
from tests.services.queueing import end, submit
from tests.services.sides import compared, result_file, stored_side
from tests.store.making import (
    TEMPLATE,
    arrived,
    bring,
    errored,
    expired,
    record,
    result_line,
    running,
    send,
    succeeded,
)

LEFT: Mapping[str, str | None] = {
    "same": "It stays.",
    "code": "def f(x):\r\n    return x\r\n",
    "table": "| a | b |\n| - | - |\n| 1 | 2 |\n",
    "chinese": "价格是十二元。",
    "arabic": "السعر اثنا عشر",
    "emoji": "👍",
    "worse": "An answer.",
    "better": None,
    "failed": None,
    "alone": "Only here.",
}
RIGHT: Mapping[str, str | None] = {
    "new": "Only there.",
    "better": "Now there is one.",
    "failed": None,
    "worse": None,
    "emoji": "👍🏽",
    "arabic": "السعر ثلاثة عشر",
    "chinese": "价格是十三元。",
    "table": "| a | b |\n| - | - |\n| 1 | 3 |\n",
    "code": "def f(x):\n    return x\n",
    "same": "It stays.",
}
KINDS_BY_HAND = {
    "same": "same",
    "code": "changed",
    "table": "changed",
    "chinese": "changed",
    "arabic": "changed",
    "emoji": "changed",
    "worse": "outcome",
    "better": "outcome",
    "failed": "same",
    "alone": "left",
    "new": "right",
}


def kinds_of(bench: Workbench, comparison: Comparison) -> dict[str, str]:
    pairs = bench.comparisons.pairs(comparison, range(len(comparison.pairs)))
    return {pair.custom_id: pair.kind for pair in pairs}


def content(path: str) -> bytes:
    return Path(path).read_bytes()


def tool(custom_id: str, text: str = "", use_id: str = "toolu_1", **given: object) -> bytes:
    message = json.loads(succeeded(custom_id, text))["result"]["message"]
    use = {"type": "tool_use", "id": use_id, "name": "record", "input": given}
    message["content"] = [*([{"type": "text", "text": text}] if text else []), use]
    return result_line(custom_id, type="succeeded", message=message | {"stop_reason": "tool_use"})


async def test_two_batches_are_joined_row_by_row(bench: Workbench) -> None:
    await stored_side(bench.store, "before", LEFT)
    await stored_side(bench.store, "after", RIGHT)
    comparison = await compared(bench, "before", "after")
    assert kinds_of(bench, comparison) == KINDS_BY_HAND
    assert list(kinds_of(bench, comparison)) == [*LEFT, "new"]
    summary = comparison.summary
    assert (summary.same, summary.changed, summary.outcome, summary.only_left, summary.only_right) == (
        2,
        5,
        2,
        1,
        1,
    )
    assert (summary.left.rows, summary.left.succeeded, summary.left.failed) == (10, 8, 2)
    assert (summary.right.rows, summary.right.succeeded, summary.right.failed) == (10, 8, 2)
    assert (summary.left.tokens.input, summary.left.tokens.output) == (8_000, 1_600)
    assert summary.left.cost_usd == pytest.approx(8 * (1_000 * 0.5 + 200 * 2.5) / 1e6)
    assert summary.left.duration_seconds == 300
    assert comparison.notes == ()


async def test_a_batch_and_itself_are_the_same(bench: Workbench) -> None:
    await stored_side(bench.store, "before", LEFT)
    comparison = await compared(bench, "before", "batch-before")
    assert set(kinds_of(bench, comparison).values()) == {"same"}
    assert not comparison.summary.differs


async def test_what_each_side_has_can_be_read(bench: Workbench) -> None:
    await stored_side(bench.store, "before", LEFT)
    await stored_side(bench.store, "after", RIGHT)
    comparison = await compared(bench, "before", "after")
    position = {pair.custom_id: pair for pair in bench.comparisons.pairs(comparison, range(11))}
    texts = {key: bench.comparisons.texts(comparison, pair) for key, pair in position.items()}
    assert texts["code"] == (LEFT["code"], RIGHT["code"])
    assert texts["alone"] == ("Only here.", None)
    assert texts["new"] == (None, "Only there.")
    assert texts["better"] == ("overloaded_error: Overloaded", "Now there is one.")
    lines = bench.comparisons.lines(comparison, position["emoji"])
    assert lines == (succeeded("emoji", "👍"), succeeded("emoji", "👍🏽"))
    left, right = bench.comparisons.requests(comparison, position["same"])
    assert left == right
    assert left is not None
    assert left["max_tokens"] == 64


@pytest.mark.parametrize("left_is_file", [True, False])
async def test_a_file_of_results_is_a_side(bench: Workbench, tmp_path: Path, left_is_file: bool) -> None:
    await stored_side(bench.store, "stored", LEFT if not left_is_file else RIGHT)
    path = result_file(tmp_path / "other.jsonl", LEFT if left_is_file else RIGHT)
    before = content(path)
    comparison = await compared(bench, *((path, "stored") if left_is_file else ("stored", path)))
    assert kinds_of(bench, comparison) == KINDS_BY_HAND
    of_file = comparison.summary.left if left_is_file else comparison.summary.right
    assert (of_file.name, of_file.rows, of_file.succeeded, of_file.tokens.output) == ("other.jsonl", 10, 8, 1_600)
    assert of_file.cost_usd == pytest.approx(8 * (1_000 * 0.5 + 200 * 2.5) / 1e6)
    side = comparison.left if left_is_file else comparison.right
    assert side.ident.startswith("file:")
    await bench.comparisons.rank(comparison)
    found = await bench.comparisons.search(comparison, Search("十三"))
    assert [bench.comparisons.pair(comparison, at).custom_id for at in found] == ["chinese"]
    pattern = await bench.comparisons.search(comparison, Search("st?ays", regex=True))
    assert [bench.comparisons.pair(comparison, at).custom_id for at in pattern] == ["same"]
    assert content(path) == before
    assert len(bench.store.batches.list()) == 1


async def test_a_file_may_have_other_lines_too(bench: Workbench, tmp_path: Path) -> None:
    await stored_side(bench.store, "before", {"a": "One.", "b": "Two.", "c": None})
    target = bench.finder.known("before")
    rows = bench.reader.rows(bench.reader.keys(bench.reader.selection(target)))
    joined = [json.dumps(bench.reader.as_object(row, join=True)).encode() for row in rows]
    path = tmp_path / "joined.jsonl"
    path.write_bytes(b"\n".join([*joined, b"", b"{not json", b"[]", errored("a"), b'{"custom_id": "x"}']))
    comparison = await compared(bench, "before", str(path))
    assert set(kinds_of(bench, comparison).values()) == {"same"}
    assert comparison.notes == (
        "joined.jsonl: 3 lines are no results and are left out.",
        "joined.jsonl: 1 line has the custom_id of another.",
    )
    pair = bench.comparisons.pair(comparison, 0)
    assert bench.comparisons.texts(comparison, pair) == ("One.", "One.")
    for search in (Search("Two."), Search("Tw[o]", regex=True)):
        both = await compared(bench, str(path), str(path))
        assert list(await bench.comparisons.search(both, search)) == [1]


async def test_a_byte_order_mark_hides_no_row(bench: Workbench, tmp_path: Path) -> None:
    plain = result_file(tmp_path / "plain.jsonl", LEFT)
    marked = str(tmp_path / "marked.jsonl")
    (tmp_path / "marked.jsonl").write_bytes(codecs.BOM_UTF8 + content(plain))
    comparison = await compared(bench, plain, marked)
    assert set(kinds_of(bench, comparison).values()) == {"same"}
    assert comparison.notes == ()
    first = bench.comparisons.pair(comparison, 0)
    assert bench.comparisons.lines(comparison, first) == (content(plain).splitlines()[0],) * 2
    both = await compared(bench, marked, marked)
    assert list(await bench.comparisons.search(both, Search("It st[a]ys", regex=True))) == [0]
    with pytest.raises(InputError, match=r"marked\.jsonl: no row has anything in a column 'name'"):
        await compared(bench, marked, plain, on="name")


async def test_a_file_that_changed_since_is_not_misread(bench: Workbench, tmp_path: Path) -> None:
    path = result_file(tmp_path / "a.jsonl", LEFT)
    comparison = await compared(bench, path, path)
    result_file(tmp_path / "a.jsonl", {"x": "y"})
    with pytest.raises(DataError, match="changed"):
        bench.comparisons.pair(comparison, 0)
    (tmp_path / "a.jsonl").unlink()
    with pytest.raises(DataError, match="no such file"):
        bench.comparisons.pair(comparison, 0)


async def test_results_that_came_again_in_another_order_are_not_mixed_up(bench: Workbench) -> None:
    await stored_side(bench.store, "before", {"a": "One.", "b": "Two."})
    await stored_side(bench.store, "after", {"a": "One.", "b": "Two!"})
    comparison = await compared(bench, "before", "after")
    await bring(bench.store, "batch-after", [succeeded("b", "Two!"), succeeded("a", "One.")])
    with pytest.raises(StoreError, match="have changed since"):
        bench.comparisons.pairs(comparison, [0, 1])


async def test_results_that_were_forgotten_are_not_there(bench: Workbench) -> None:
    await stored_side(bench.store, "before", {"a": "One.", "b": "Two."})
    comparison = await compared(bench, "before", "before")
    await bench.store.batches.forget("batch-before")
    for work in (
        bench.comparisons.find(comparison, kinds=frozenset(KINDS), sort="custom_id"),
        bench.comparisons.labels(comparison),
        bench.comparisons.request_changes(comparison),
    ):
        with pytest.raises(StoreError, match="not there any more"):
            await work


async def test_what_is_no_side_is_refused(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.jsonl").touch()
    for name in ("", "nothing-of-that-name", "~nobody-of-that-name/x.jsonl", "nul\0", "x" * 5_000):
        with pytest.raises(UnknownIdError):
            bench.comparisons.side(name)
    with pytest.raises(DataError):
        bench.comparisons.side(str(tmp_path))
    for name in ("table.csv", "empty.jsonl"):
        with pytest.raises(DataError) as met:
            await compared(bench, str(tmp_path / name), str(tmp_path / name))
        assert met.value.unharmed == "Nothing was compared."


async def test_attempts_and_final_answers_of_a_job(bench: Workbench) -> None:
    job = await bench.store.jobs.create("rivers", "default")
    await send(bench.store, job, ["a", "b", "c"], "batch-1")
    await bring(bench.store, "batch-1", [succeeded("a", "One."), errored("b"), expired("c")])
    await send(bench.store, job, ["b", "c"], "batch-2", attempt=2)
    await bring(bench.store, "batch-2", [succeeded("b", "Two."), errored("c")])
    first = await compared(bench, "rivers#1", "rivers#2")
    assert kinds_of(bench, first) == {"a": "left", "b": "outcome", "c": "outcome"}
    assert (first.left.ident, first.right.name) == (f"attempt:{job.id}#1", "rivers#2")
    final = await compared(bench, "rivers", "rivers#1")
    assert kinds_of(bench, final) == {"a": "same", "b": "outcome", "c": "outcome"}
    totals = final.summary.left
    assert (totals.rows, totals.succeeded, totals.failed) == (3, 2, 1)
    assert (totals.tokens.input, totals.duration_seconds) == (2_000, 600)
    with pytest.raises(UnknownIdError, match="newest attempt is 2"):
        bench.comparisons.side("rivers#3")


async def test_what_a_retry_left_behind_is_not_counted(bench: Workbench) -> None:
    job = await bench.store.jobs.create("rivers", "default")
    for attempt, stop in ((1, "max_tokens"), (2, "end_turn")):
        await send(bench.store, job, ["a"], f"batch-{attempt}", attempt=attempt)
        await bring(bench.store, f"batch-{attempt}", [succeeded("a", f"Try {attempt}.", stop_reason=stop)])
    totals = (await compared(bench, "rivers", "rivers")).summary.left
    assert (totals.rows, totals.truncated, totals.tokens.output) == (1, 0, 200)
    assert totals.cost_usd == pytest.approx((1_000 * 0.5 + 200 * 2.5) / 1e6)


async def test_a_batch_that_still_runs_is_compared_as_far_as_it_is_here(bench: Workbench) -> None:
    await stored_side(bench.store, "before", {"a": "One.", "b": "Two."})
    await record(bench.store, running("batch-after", 2))
    writer = bench.store.results.writer("batch-after")
    await arrived(writer, succeeded("a", "One."))
    comparison = await compared(bench, "before", "batch-after")
    await writer.abort()
    (note,) = comparison.notes
    assert "still runs" in note
    assert comparison.summary.right.duration_seconds is None


async def test_tool_use_is_part_of_an_answer(bench: Workbench) -> None:
    sides = {
        "before": [
            tool("input", price=1, unit="EUR"),
            tool("order", price=1, unit="EUR"),
            tool("text", "Done.", price=1),
            succeeded("words", "Done."),
        ],
        "after": [
            tool("input", price=2, unit="EUR"),
            tool("order", "", "toolu_2", unit="EUR", price=1),
            tool("text", "Done!", price=1),
            tool("words", "Done.", price=1),
        ],
    }
    for name, lines in sides.items():
        await record(bench.store, running(f"batch-{name}", 4))
        await bring(bench.store, f"batch-{name}", lines)
    comparison = await compared(bench, "batch-before", "batch-after")
    assert kinds_of(bench, comparison) == {
        "input": "changed",
        "order": "same",
        "text": "changed",
        "words": "changed",
    }
    left, right = bench.comparisons.texts(comparison, bench.comparisons.pair(comparison, 0))
    assert left is not None
    assert json.loads(left) == {"tool": "record", "input": {"price": 1, "unit": "EUR"}}
    assert right == left.replace('"price": 1', '"price": 2')


async def test_results_from_before_there_were_fingerprints_are_compared_too(
    bench: Workbench, tmp_path: Path
) -> None:
    await stored_side(bench.store, "before", LEFT)
    await stored_side(bench.store, "after", RIGHT)
    with sqlite3.connect(tmp_path / "home" / "batchtui.db") as connection:
        connection.execute("DELETE FROM fingerprints")
        connection.execute("UPDATE results SET text_hash = x'' WHERE custom_id IN ('same', 'code', 'emoji')")
    connection.close()
    comparison = await compared(bench, "before", "after")
    assert kinds_of(bench, comparison) == KINDS_BY_HAND
    with sqlite3.connect(tmp_path / "home" / "batchtui.db") as connection:
        (kept,) = connection.execute("SELECT count(*) FROM fingerprints").fetchone()
    connection.close()
    assert kept == 2
    assert kinds_of(bench, await compared(bench, "before", "after")) == KINDS_BY_HAND


async def test_rows_are_joined_on_a_column_of_their_data(bench: Workbench, tmp_path: Path) -> None:
    await stored_side(bench.store, "before", {"a": "One.", "b": "Two.", "c": "Three."}, template=TEMPLATE)
    path = tmp_path / "other.jsonl"
    rows = [("x1", "b", "Two!"), ("x2", "a", "One."), ("x3", "a", "Again."), ("x4", None, "Nothing.")]
    path.write_text(
        "".join(
            json.dumps(
                {
                    "custom_id": key,
                    "type": "succeeded",
                    "text": text,
                    "row": {"name": name},
                    "model": "m",
                    "usage": {},
                }
            )
            + "\n"
            for key, name, text in rows
        )
    )
    comparison = await compared(bench, "before", str(path), on="name")
    assert kinds_of(bench, comparison) == {"a": "same", "b": "changed", "c": "left", "x3": "right", "x4": "right"}
    assert comparison.notes == (
        "other.jsonl: 1 row has nothing in 'name'.",
        "other.jsonl: 1 row repeats a value in 'name'.",
    )


async def test_changed_pairs_are_ranked_and_found(bench: Workbench) -> None:
    words = [f"word{number}" for number in range(50)]
    texts = {"much": " ".join(words), "little": " ".join(words), "not": "x", "gone": "y", "other": "z"}
    changed: dict[str, str | None] = {
        "much": " ".join(reversed(words)),
        "little": " ".join([*words, "more"]),
        "not": "x",
        "other": None,
    }
    await stored_side(bench.store, "before", texts)
    await stored_side(bench.store, "after", changed)
    comparison = await compared(bench, "before", "after")
    told: list[tuple[int, int]] = []
    await bench.comparisons.rank(comparison, lambda done, total: told.append((done, total)))
    await asyncio.sleep(0)
    assert comparison.is_ranked
    assert told[-1] == (2, 2)

    async def found(
        kinds: frozenset[Kind] = frozenset(KINDS), where: str = "", sort: Sort = "input", reverse: bool = False
    ) -> list[str]:
        positions = await bench.comparisons.find(
            comparison, kinds=kinds, where=parse_result_filter(where), sort=sort, reverse=reverse
        )
        return [pair.custom_id for pair in bench.comparisons.pairs(comparison, positions)]

    assert await found(sort="change") == ["other", "much", "little", "gone", "not"]
    assert await found(sort="change", reverse=True) == ["not", "gone", "little", "much", "other"]
    assert await found(sort="custom_id") == ["gone", "little", "much", "not", "other"]
    assert await found(frozenset({"changed"})) == ["much", "little"]
    assert await found(where="status:errored") == ["other"]
    assert await found(where="id:it") == ["little"]
    assert await found(where="!id:o") == ["much", "little"]
    hits: list[int] = []
    positions = await bench.comparisons.search(comparison, Search("more"), hits.extend)
    assert list(positions) == [1]
    assert hits == [1]


async def test_a_filter_holds_for_files_as_it_does_for_the_store(bench: Workbench, tmp_path: Path) -> None:
    await stored_side(bench.store, "before", LEFT)
    stored = await compared(bench, "before", "before")
    path = result_file(tmp_path / "a.jsonl", LEFT)
    of_file = await compared(bench, path, path)
    for text in (
        "status:failed",
        "here",
        "!an",
        "error:over",
        "chars>10",
        "tokens<=200",
        "model:HAIKU",
        "cost=0",
        "id:价",
    ):
        where = parse_result_filter(text)
        both = [
            list(await bench.comparisons.find(comparison, kinds=frozenset(KINDS), where=where))
            for comparison in (stored, of_file)
        ]
        assert both[0] == both[1], text


async def test_one_change_of_the_prompt_is_told_once(bench: Workbench, server: Served) -> None:
    for name, prompt, params in (
        ("before", "Name a river in {}. Be brief.", {}),
        ("after", "Name a large river in {}. Be very brief, please.", {"max_tokens": 128, "system": "Geographer."}),
    ):
        lines = [
            request_line(f"r{n}", prompt.format(f"country number {n} of {n * n}"), **params) for n in range(12)
        ]
        await submit(bench, lines, name)
    end(server)
    await bench.sync.run()
    comparison = await compared(bench, "before", "after")
    changes = await bench.comparisons.request_changes(comparison)
    assert (changes.compared, changes.equal, changes.unknown) == (12, 0, 0)
    assert {(group.path, group.left, group.right) for group in changes.groups} == {
        ("max_tokens", "64", "128"),
        ("system", "", "Geographer."),
        ("messages[0].content", "", "large "),
        ("messages[0].content", "brief", "very brief, please"),
    }
    assert all(changes.is_everywhere(group) for group in changes.groups)


async def test_requests_that_are_equal_or_not_known_are_counted(bench: Workbench, tmp_path: Path) -> None:
    await stored_side(bench.store, "before", LEFT)
    same = await bench.comparisons.request_changes(await compared(bench, "before", "before"))
    assert (same.groups, same.compared, same.equal) == ((), 10, 10)
    path = result_file(tmp_path / "a.jsonl", LEFT)
    unknown = await bench.comparisons.request_changes(await compared(bench, "before", path))
    assert (unknown.compared, unknown.unknown) == (0, 10)


async def test_short_answers_are_counted_against_each_other(bench: Workbench, tmp_path: Path) -> None:
    left = {"1": "spam", "2": "ham", "3": "spam\n", "4": None, "5": "ham"}
    right = {"1": "spam", "2": "spam", "3": "ham", "4": "ham", "5": None}
    await stored_side(bench.store, "before", left)
    await stored_side(bench.store, "after", right)
    for other in ("after", result_file(tmp_path / "after.jsonl", right)):
        comparison = await compared(bench, "before", other)
        matrix = await bench.comparisons.labels(comparison)
        assert matrix is not None
        assert set(matrix.left_labels) == {"spam", "ham", "(errored)"}
        assert list(matrix.positions("spam", "ham")) == [2]
        assert (matrix.count("spam", "spam"), matrix.count("ham", "spam"), matrix.count("(errored)", "ham")) == (
            1,
            1,
            1,
        )
        assert (matrix.total, matrix.agreeing) == (5, 1)


async def test_one_answer_that_explains_itself_hides_no_labels(bench: Workbench) -> None:
    labels = {str(number): "spam" for number in range(11)}
    await stored_side(bench.store, "before", labels | {"long": "It is spam, because " * 9})
    await stored_side(bench.store, "after", labels | {"long": "spam"})
    matrix = await bench.comparisons.labels(await compared(bench, "before", "after"))
    assert matrix is not None
    assert (matrix.count("spam", "spam"), matrix.count("(other)", "spam")) == (11, 1)


async def test_labels_in_a_field_of_json_answers(bench: Workbench) -> None:
    def answers(labels: list[str]) -> dict[str, str | None]:
        return {
            str(n): json.dumps({"why": f"Because of {n} " * 9, "result": {"label": label}, "sure": n % 2 == 0})
            for n, label in enumerate(labels)
        }

    await stored_side(bench.store, "before", answers(["a", "b"] * 5))
    await stored_side(bench.store, "after", answers(["a", "a"] * 5))
    comparison = await compared(bench, "before", "after")
    assert await bench.comparisons.labels(comparison) is None
    assert await bench.comparisons.label_fields(comparison) == ["result.label", "sure"]
    matrix = await bench.comparisons.labels(comparison, "result.label")
    assert matrix is not None
    assert (matrix.count("b", "a"), matrix.count("a", "a"), matrix.field) == (5, 5, "result.label")
    assert await bench.comparisons.labels(comparison, "why") is None


async def test_of_short_json_answers_the_field_that_looks_like_a_label_is_told(bench: Workbench) -> None:
    labels = [("spam", "spam"), ("ham", "spam"), ("spam", "ham"), ("eggs", "eggs")] * 3
    answers: list[dict[str, str | None]] = [
        {
            str(n): json.dumps({"v": 1.0 if side else 1, "score": n, "is": pair[side]})
            for n, pair in enumerate(labels)
        }
        for side in (0, 1)
    ]
    answers[1] = {key: f"```json\n{text}\n```" for key, text in answers[1].items() if text}
    await stored_side(bench.store, "before", answers[0])
    await stored_side(bench.store, "after", answers[1])
    comparison = await compared(bench, "before", "after")
    found = await bench.diff_exports.report(comparison, with_requests=True)
    assert found.matrix is not None
    assert found.matrix.field == "is"
    assert (found.matrix.count("ham", "spam"), found.matrix.agreeing) == (3, 6)


async def test_ranking_ends_soon_after_nobody_waits_for_it(bench: Workbench) -> None:
    await stored_side(bench.store, "before", {str(n): f"a {n} " * 2_000 for n in range(300)})
    await stored_side(bench.store, "after", {str(n): f"b {n} " * 2_000 for n in range(300)})
    comparison = await compared(bench, "before", "after")
    begun = asyncio.Event()
    ranking = asyncio.create_task(bench.comparisons.rank(comparison, lambda _done, _total: begun.set()))
    await begun.wait()
    ranking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ranking
    await bench.store.on_reader(lambda: None)
    assert not comparison.is_ranked


async def test_what_came_through_the_api_can_be_compared(bench: Workbench, server: Served) -> None:
    for name in ("before", "after"):
        lines = [request_line(f"row-{n}", f"Name river {n} of {name}.") for n in range(20)]
        await bench.submissions.send(await prepare(bench.store, lines, "test"), name=name)
    end(server)
    await bench.sync.run()
    comparison = await compared(bench, "before", "after")
    pairs = bench.comparisons.pairs(comparison, range(20))
    for pair in pairs:
        left, right = bench.comparisons.texts(comparison, pair)
        assert (pair.kind == "same") == (left == right)
    summary = comparison.summary
    assert summary.same + summary.changed + summary.outcome == len(comparison.pairs) == 20
