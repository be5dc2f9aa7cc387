"""What the results of a batch say about one row."""

from __future__ import annotations

import random

from batchtui.store import Store
from tests.store.making import PROFILE, bring, ended, errored, expired, record, send, succeeded


def types(store: Store, batch_key: int, custom_id: str) -> list[str]:
    return [kind for kind, *_ in store.queue.outcomes(batch_key, custom_id)]


async def sent(store: Store, custom_ids: list[str]) -> int:
    job = await store.jobs.create("rivers", PROFILE)
    return (await send(store, job, custom_ids, "msgbatch_a")).key


async def test_outcomes_in_any_order_and_twice(store: Store) -> None:
    ids = [f"r{number}" for number in range(50)]
    key = await sent(store, ids)
    lines = [succeeded(custom_id) for custom_id in ids if custom_id not in {"r7", "r49"}]
    lines += [expired("r7"), errored("r7"), expired("stranger"), errored("stranger")]
    random.Random(4).shuffle(lines)
    await bring(store, "msgbatch_a", lines, expected=len(ids))
    assert all(types(store, key, custom_id) == ["succeeded"] for custom_id in ids[:7] + ids[8:49])
    assert sorted(types(store, key, "r7")) == ["errored", "expired"]
    assert sorted(types(store, key, "stranger")) == ["errored", "expired"]
    assert types(store, key, "r49") == types(store, key, "nobody") == []


async def test_outcomes_where_no_request_is_known_or_not_all_is_here(store: Store) -> None:
    await record(store, ended("msgbatch_b", 2))
    await bring(store, "msgbatch_b", [succeeded("b"), expired("a")])
    key = store.batches.get("msgbatch_b").key
    assert (types(store, key, "a"), types(store, key, "b"), types(store, key, "c")) == (
        ["expired"],
        ["succeeded"],
        [],
    )


async def test_one_row_of_many_is_found_without_reading_the_others(store: Store) -> None:
    ids = [f"r{number}" for number in range(20_000)]
    key = await sent(store, ids)
    await bring(store, "msgbatch_a", [succeeded(custom_id) for custom_id in reversed(ids)])
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with store.queue._database.snapshot() as connection:
        connection.set_progress_handler(count, 100)
    assert types(store, key, "r13") == ["succeeded"]
    with store.queue._database.snapshot() as connection:
        connection.set_progress_handler(None, 0)
    assert steps < 200
