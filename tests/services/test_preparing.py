"""What is known of a submission before it is sent: models, price, size."""

from __future__ import annotations

import json

import pytest

from batchtui.domain.errors import StoreError
from batchtui.services.workbench import Workbench
from batchtui.simulator import Fault, Served
from tests.services.conftest import request_line

MODELS = "/v1/models"
COUNT = "/v1/messages/count_tokens"


def asked(server: Served, path: str) -> int:
    return sum(seen["path"].startswith(path) for seen in server.simulator.log)


async def test_models_are_asked_for_once_a_day_and_kept(bench: Workbench, server: Served) -> None:
    assert not bench.models.known().complete
    await bench.sync.run()
    await bench.sync.run()
    known = bench.models.known()
    assert known.complete
    assert asked(server, MODELS) == 1
    facts = known.find("claude-haiku-5-5")
    assert facts is not None
    assert facts.takes_batches
    most = facts.max_output_tokens
    assert most is not None
    prepared = await bench.prepare([request_line("a", max_tokens=most + 1), request_line("b", model="x-1")], "test")
    assert [(p.custom_id, p.rule) for p in prepared.problems] == [("a", "max_tokens-limit"), ("b", "model-unknown")]
    assert asked(server, MODELS) == 1


async def test_a_server_without_models_is_left_alone(bench: Workbench, server: Served) -> None:
    server.simulator.faults.pending.append(Fault(kind="refuse", status=404, path=MODELS, times=0))
    await bench.sync.run()
    await bench.sync.run()
    assert asked(server, MODELS) == 1
    assert not bench.models.known().complete


async def test_the_api_counts_a_sample_of_the_input(bench: Workbench, server: Served) -> None:
    lines = [request_line(f"r{n}", "汉字" * (n + 1)) for n in range(100)]
    prepared = await bench.prepare(lines, "test")
    counted = await bench.count_sample(prepared)
    assert not prepared.estimate.input_counted
    assert counted.estimate.input_counted
    assert asked(server, COUNT) == 8
    truth = 0
    for line in lines:
        truth += await bench.gateway.count_tokens(json.loads(line)["params"])
    guess_off = abs(prepared.estimate.input_tokens - truth)
    assert abs(counted.estimate.input_tokens - truth) < min(guess_off, truth * 0.2)
    assert counted.estimate.cost_usd_high is not None
    assert [part.sha256 for part in counted.parts] == [part.sha256 for part in prepared.parts]


@pytest.mark.parametrize("status", [404, 400, 529])
async def test_without_a_count_the_guess_stays(bench: Workbench, server: Served, status: int) -> None:
    server.simulator.faults.pending.append(Fault(kind="refuse", status=status, path=COUNT, times=0))
    prepared = await bench.prepare([request_line("a")], "test")
    assert await bench.count_sample(prepared) == prepared


async def test_what_a_model_usually_writes_narrows_the_price(bench: Workbench, server: Served) -> None:
    lines = [request_line(f"r{n}", "Describe a river at length.", max_tokens=4_000) for n in range(10)]
    first = await bench.count_sample(await bench.prepare(lines, "test"))
    await bench.submissions.send(first, name="first")
    server.simulator.shelf.end_now(server.simulator.shelf.all()[0])
    await bench.sync.run()
    second = await bench.count_sample(await bench.prepare(lines, "test"))
    cost = bench.store.batches.list()[0].cost_usd
    assert first.estimate.cost_usd_low is not None
    assert second.estimate.cost_usd_low is not None
    assert cost is not None
    assert first.estimate.cost_usd_low < second.estimate.cost_usd_low == pytest.approx(cost, rel=0.2)
    assert second.estimate.cost_usd_high == first.estimate.cost_usd_high


async def test_a_spool_that_cannot_be_written_is_named(bench: Workbench, server: Served) -> None:
    spools = bench.store.files.new_spool().parent.parent
    for spool in spools.iterdir():
        spool.rmdir()
    spools.rmdir()
    spools.write_text("in the way")
    with pytest.raises(StoreError, match="spool"):
        await bench.prepare([request_line("a")], "test")
