from datetime import timedelta

import pytest

from batchtui.domain.batch import Counts, StoredBatch
from batchtui.domain.filter import parse_filter
from batchtui.tui.present import batches as present
from batchtui.tui.present.details import details
from batchtui.tui.present.listing import FIELDS, SORTS, JobRow, RowKey, rows, status_word, tally
from batchtui.tui.present.reasons import READ_ONLY, why_not
from tests.tui.present.make import NOW, batch, intent, texts


def keys(*batches: StoredBatch, **options: object) -> list[str]:
    return [row.key.id for row in rows(batches, [], **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stored", "text", "tone", "word"),
    [
        (batch(status="in_progress"), "● running", "accent", "running"),
        (batch(status="canceling"), "◌ canceling", "warn", "canceling"),
        (batch(status="paused"), "● paused", "accent", "paused"),
        (batch(), "✓ ended", "ok", "ended"),
        (batch(counts=Counts(succeeded=963, errored=7, expired=30)), "✗ 37 failed", "bad", "failed"),
        (batch(results="partial"), "↓ arriving", "accent", "ended"),
        (batch(results="gone"), "∅ gone", "muted", "ended"),
        (intent(), "✎ draft", "accent", "draft"),
        (intent("unclear"), "? unclear", "warn", "unclear"),
        (intent("sending"), "↑ sending", "accent", "sending"),
    ],
)
def test_status_by_shape_word_and_colour(stored: StoredBatch, text: str, tone: str, word: str) -> None:
    assert present.status(stored) == (text, tone)
    assert status_word(stored) == word


def test_a_row_says_what_matters() -> None:
    (row,) = rows([batch(counts=Counts(succeeded=963, errored=37))], [])
    assert texts(present.cells(row, NOW)) == [
        "✗ 37 failed",
        "  faq",
        "963/1,000",
        "2h",
        "10m took",
        "$0.12  ",
        "01abc",
        "default",
    ]
    (row,) = rows([batch(status="in_progress", hours=0.5)], [])
    assert texts(present.cells(row, NOW))[2:6] == ["10", "30m", "23h30m left", "~$0.20  "]


def test_every_row_has_a_cell_for_every_column() -> None:
    items = rows([batch(), batch("b", attempt=2)], [intent()], open_jobs={"job_1"})
    assert [row.key.kind for row in items] == ["intent", "job", "batch", "batch"]
    for row in items:
        assert len(present.cells(row, NOW)) == len(present.columns(with_profile=True))


@pytest.mark.parametrize(
    ("usd", "estimated", "text"),
    [(0.5, False, "$0.50  "), (0.5, True, "~$0.50  "), (0.001, True, "~$0.0010"), (0.00001, True, "<$0.0001")],
)
def test_costs_stand_under_each_other(usd: float, estimated: bool, text: str) -> None:
    assert present.cost_cell(usd, estimated=estimated).text == text


def test_what_a_later_attempt_answered_has_not_failed() -> None:
    first = batch("a", counts=Counts(succeeded=963, errored=37))
    second = batch("b", attempt=2, counts=Counts(succeeded=35, errored=2))
    done = tally([first, second])
    assert (done.total, done.answered, done.failed, done.is_running) == (1000, 998, 2, False)
    running = batch("b", attempt=2, status="in_progress", counts=Counts(processing=37))
    result = tally([first, running])
    assert (result.total, result.failed, result.is_running) == (1000, 0, True)


def test_parts_are_added_up() -> None:
    parts = [batch(str(part), part=part, parts=3, counts=Counts(succeeded=5)) for part in (1, 2, 3)]
    assert tally(parts).total == 15
    (row,) = rows(parts, [])
    assert isinstance(row.item, JobRow)
    assert texts(present.cells(row, NOW))[:3] == ["✓ ended", "▸ faq", "15/15"]
    opened = rows(parts, [], open_jobs={"job_1"})
    assert [texts(present.cells(one, NOW))[1] for one in opened] == [
        "▾ faq",
        "    part 1 of 3",
        "    part 2 of 3",
        "    part 3 of 3",
    ]


def test_sorting_goes_by_what_a_reader_wants_first() -> None:
    old = batch("old", job="1", name="b", hours=9, counts=Counts(succeeded=50), cost_usd=3.0)
    new = batch("new", job="2", name="C", hours=1, counts=Counts(succeeded=5), cost_usd=1.0)
    bad = batch("bad", job="3", name="a", hours=5, counts=Counts(errored=7), cost_usd=2.0)
    order = {"age": "new bad old", "status": "bad new old", "name": "bad old new", "requests": "old bad new"}
    for sort, expected in (order | {"cost": "old bad new"}).items():
        assert keys(new, bad, old, sort=sort) == expected.split()
        assert keys(new, bad, old, sort=sort, reverse=True) == expected.split()[::-1]
    assert set(order) < set(SORTS)


def test_a_filter_keeps_the_batches_that_fit_under_their_job() -> None:
    first = batch("a", counts=Counts(succeeded=1, errored=1))
    second = batch("b", attempt=2)
    other = batch("c", job="job_2", name="other")
    kept = rows([first, second, other], [intent()], words=parse_filter("status:failed", FIELDS))
    assert [row.key for row in kept] == [RowKey("job", "job_1")]
    assert [
        row.key.id for row in rows([first, second, other], [intent()], words=parse_filter("draft", FIELDS))
    ] == ["intent_1"]


def test_spend_today_counts_only_today() -> None:
    stored = [batch(cost_usd=1.0), batch("b", cost_usd=0.5), batch("c", hours=48, cost_usd=9.0)]
    assert present.spend_today(stored, NOW) == "$1.50"
    assert present.spend_today([batch("d", status="in_progress"), *stored], NOW) == "~$1.70"
    unknown = batch("e", cost_usd=None, cost_is="unknown")
    assert present.spend_today([unknown, *stored], NOW) == "≥$1.50"
    assert present.spend_today([unknown], NOW) == "—"


def test_details_of_an_ended_batch() -> None:
    text = "\n".join("".join(texts(line)) for line in details(batch(counts=Counts(succeeded=9, errored=1)), NOW))
    for wanted in ("faq", "✗ 1 failed", "succeeded", "━" * 22, "took 10m", "on disk", "$0.12", "msgbatch_01abc"):
        assert wanted in text


def test_details_of_a_running_batch_promise_nothing() -> None:
    text = "\n".join("".join(texts(line)) for line in details(batch(status="in_progress"), NOW))
    assert "The API gives no counts before the end." in text
    assert "22h of 24h left" in text
    assert "━" not in text


def test_details_of_a_job_and_of_a_submission() -> None:
    job = JobRow("job_1", "faq", (batch("a", counts=Counts(succeeded=8, errored=2)), batch("b", attempt=2)))
    text = "\n".join("".join(texts(line)) for line in details(job, NOW))
    assert "attempt 2" in text
    assert "2 batches" in text
    unclear = intent("unclear", error="the connection broke", sent_at=NOW - timedelta(minutes=1))
    text = "\n".join("".join(texts(line)) for line in details(unclear, NOW))
    assert "not sent again by itself" in text
    assert "the connection broke" in text


@pytest.mark.parametrize(
    ("action", "stored", "says"),
    [
        ("retry", batch(status="in_progress"), "still runs"),
        ("retry", batch(), ""),
        ("retry", batch(counts=Counts(errored=1)), ""),
        ("retry", batch(counts=Counts(errored=1), results="none"), "not all here"),
        ("cancel", batch(status="in_progress"), ""),
        ("cancel", batch(status="canceling"), "already"),
        ("cancel", batch(), "has ended"),
        ("download", batch(), "on disk"),
        ("download", batch(results="none"), ""),
        ("download", batch(results="gone"), "dropped"),
        ("download", batch(status="in_progress"), "still runs"),
        ("rename", batch(), ""),
        ("filter", batch(), ""),
    ],
)
def test_a_reason_is_given_where_something_cannot_be_done(action: str, stored: StoredBatch, says: str) -> None:
    reason = why_not(action, stored, [stored], ours=True, read_only=False)
    assert says in reason
    assert bool(says) == bool(reason)


def test_reasons_that_hold_for_any_row() -> None:
    failed = batch(counts=Counts(errored=1))
    assert why_not("retry", failed, [failed], ours=True, read_only=True) == READ_ONLY
    assert "profile default at https://api" in why_not("retry", failed, [failed], ours=False, read_only=False)
    assert why_not("retry", None, [], ours=True, read_only=False)
    assert "settles" in why_not("retry", intent(), [], ours=True, read_only=False)
    assert not why_not("copy", intent(), [], ours=True, read_only=False)
