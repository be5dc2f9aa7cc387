"""Outcomes of servers with manners of their own are repaired until every row has its answer."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.foreign.test_manners import (
    MANNERS,
    Meet,
    late_results_are_soon_there,
    meet,
    submit,
    until_home,
)

__all__ = ["late_results_are_soon_there", "meet"]


@pytest.mark.parametrize("manners", [(), *MANNERS], ids=", ".join)
async def test_what_failed_is_repaired_to_the_last_row(meet: Meet, manners: tuple[str, ...]) -> None:
    bench, foreign = meet(*manners)
    await submit(bench)
    await until_home(bench)
    (target,) = bench.queue.jobs()
    causes = {group.cause: group.count for group in bench.queue.groups()}
    assert causes == (
        {"overloaded_error": 1, "missing": 2}
        if "only answers" in manners
        else {"overloaded_error": 1, "canceled": 1, "expired": 1}
    )
    rows = [row.custom_id for row in bench.queue.rows(target)]
    assert await bench.queue.edit(target, rows[:2], {"messages.0.content": "Be succeeded"}) == 2
    await bench.queue.run(target)
    assert bench.queue.rows(target) == []
    await until_home(bench)
    target = bench.finder.known("one")
    (left,) = bench.queue.rows(target)
    assert (left.custom_id, left.failure.tries, left.failure.failures) == (rows[2], 2, 2)
    await bench.queue.replace_request(
        target, rows[2], bench.queue.request_text(target, rows[2]).replace("Be expired", "Be succeeded")
    )
    await bench.queue.run(target)
    await until_home(bench)
    assert bench.queue.jobs() == []
    sent = Counter(request["custom_id"] for held in foreign.held.values() for request in held.requests)
    assert sent == {"row-0": 1, "row-1": 2, "row-2": 2, "row-3": 3, "row-4": 1}
    final = bench.reader.selection(bench.finder.known("one"), final=True)
    assert bench.reader.count(final)["succeeded"] == 5
    assert bench.store.check() == []
