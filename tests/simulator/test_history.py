"""The past that the demo opens with."""

from __future__ import annotations

import json
from collections.abc import Callable

from batchtui.simulator import Settings, Simulator, history, serve
from tests.simulator.conftest import BATCHES, FROZEN_AT, Caller, request

Start = Callable[..., Caller]


def test_the_past_has_something_of_everything() -> None:
    with Simulator(Settings(frozen_at=FROZEN_AT)) as simulator:
        seeded = simulator.seed_history()
        public = {
            chapter.name: simulator.shelf.get(batch_id).public(FROZEN_AT, "http://x")
            for batch_id, chapter in seeded
        }
        totals = {name: sum(batch["request_counts"].values()) for name, batch in public.items()}
        assert totals == {chapter.name: len(chapter.requests) for _, chapter in seeded}
    assert 25 <= len(public) <= 30
    running = [name for name, batch in public.items() if batch["processing_status"] == "in_progress"]
    assert running == [seeded[-1][1].name]
    assert [name for name, batch in public.items() if batch["archived_at"]] == [seeded[0][1].name]
    assert any(batch["cancel_initiated_at"] and batch["request_counts"]["canceled"] for batch in public.values())
    assert any(batch["ended_at"] == batch["expires_at"] for batch in public.values())
    assert any(
        batch["request_counts"]["errored"] > 10 and batch["request_counts"]["expired"] > 5
        for batch in public.values()
    )
    assert any(batch["ended_at"] and not batch["request_counts"]["succeeded"] for batch in public.values())


def test_two_batches_ask_the_same_with_two_prompts() -> None:
    by_ids: dict[frozenset[str], set[str]] = {}
    for chapter in history(1, FROZEN_AT):
        lines = [json.loads(line) for line in chapter.requests]
        ids = frozenset(line["custom_id"] for line in lines)
        assert len(ids) == len(lines)
        by_ids.setdefault(ids, set()).update(line["params"].get("system", "") for line in lines)
    assert any(len(prompts) == 2 for prompts in by_ids.values())


def test_every_key_sees_the_past_and_its_requests_can_be_sent_again() -> None:
    with serve(Settings(frozen_at=FROZEN_AT)) as served:
        served.simulator.seed_history()
        caller = Caller(served.base_url, served.simulator)
        newest = caller.created(request())
        listed = caller.http.get(BATCHES, params={"limit": 100}).json()["data"]
        assert listed[0]["id"] == newest
        assert [batch["created_at"] for batch in listed] == sorted(
            (batch["created_at"] for batch in listed), reverse=True
        )
        chapter = next(each for each in history(1, FROZEN_AT) if each.name == "descriptions")
        assert caller.create(*map(json.loads, chapter.requests)).status_code == 200
        caller.http.close()


def test_the_past_depends_on_the_seed_alone() -> None:
    assert list(history(3, FROZEN_AT)) == list(history(3, FROZEN_AT))
    assert list(history(3, FROZEN_AT)) != list(history(4, FROZEN_AT))


def test_ended_batches_of_the_past_have_results() -> None:
    with serve(Settings(frozen_at=FROZEN_AT)) as served:
        seeded = served.simulator.seed_history()
        caller = Caller(served.base_url, served.simulator)
        for batch_id, chapter in seeded[1:-1]:
            results = caller.results(batch_id)
            assert set(results) == {json.loads(line)["custom_id"] for line in chapter.requests}
        caller.http.close()
