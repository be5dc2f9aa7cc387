from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from batchtui.domain.batch import Counts, StoredBatch
from batchtui.domain.durations import NEWEST, Durations, Spread, spread
from tests.tui.present.make import batch

HAIKU, OPUS = ("claude-haiku-4-5",), ("claude-opus-4-5",)


def ended(requests: int, minutes: float, models: tuple[str, ...] = HAIKU, **fields: object) -> StoredBatch:
    stored = batch(f"ended-{requests}-{minutes}", counts=Counts(succeeded=requests), models=models, **fields)
    ended_at = stored.batch.created_at + timedelta(minutes=minutes)
    return replace(stored, batch=replace(stored.batch, ended_at=ended_at))


def running(requests: int, models: tuple[str, ...] = HAIKU, **fields: object) -> StoredBatch:
    return batch("running", status="in_progress", counts=Counts(processing=requests), models=models, **fields)


def test_a_spread_is_made_of_what_happened() -> None:
    assert spread([]) is None
    assert spread([7.0]) == Spread(1, 7.0, 7.0, 7.0)
    assert spread([float(each) for each in range(10, 0, -1)]) == Spread(10, 5.0, 9.0, 10.0)


def test_batches_of_a_like_size_count() -> None:
    past = [ended(100, 10 + number) for number in range(5)] + [ended(5_000, 200), ended(5, 1)]
    found = Durations(past).like(running(150))
    assert found is not None
    assert found.seconds == Spread(5, 720.0, 840.0, 840.0)
    assert (found.least_requests, found.most_requests, found.is_same_model) == (100, 100, True)


def test_where_few_are_that_near_those_a_little_further_count_too() -> None:
    past = [ended(100, 10), *(ended(300 + number, 30) for number in range(4)), ended(5_000, 200)]
    found = Durations(past).like(running(100))
    assert found is not None
    assert (found.seconds.number, found.least_requests, found.most_requests) == (5, 100, 303)


def test_other_models_count_only_where_the_same_says_too_little() -> None:
    many = [ended(100, 20 + number, OPUS) for number in range(5)]
    found = Durations([ended(100, 1), *many]).like(running(100))
    assert found is not None
    assert (found.seconds.number, found.is_same_model) == (6, False)
    found = Durations([*(ended(100, 1) for _ in range(5)), *many]).like(running(100))
    assert found is not None
    assert (found.seconds.number, found.seconds.longest, found.is_same_model) == (5, 60.0, True)


def test_few_are_better_than_none_and_best_of_the_same_models() -> None:
    found = Durations([ended(100, 10), ended(100, 50, OPUS), ended(100, 60, OPUS)]).like(running(100))
    assert found is not None
    assert (found.seconds.number, found.seconds.p90, found.is_same_model) == (1, 600.0, True)


def test_what_did_not_end_by_itself_on_this_server_says_nothing() -> None:
    at = datetime.fromisoformat("2026-11-20T10:00:00+00:00")
    canceled = ended(100, 10)
    canceled = replace(canceled, batch=replace(canceled.batch, cancel_initiated_at=at))
    past = [canceled, running(100), ended(100, 10, base_url="http://127.0.0.1:1"), ended(10_000, 10)]
    assert Durations(past).like(running(100)) is None
    assert Durations([]).like(running(0)) is None


def test_only_the_newest_count() -> None:
    past = [ended(100, 5)] * NEWEST + [ended(100, 500)] * NEWEST
    found = Durations(past).like(running(100))
    assert found is not None
    assert (found.seconds.number, found.seconds.longest) == (NEWEST, 300.0)
